"""`manage.py add_person`: an account for a member of staff, or for the person of a record.

The first account of an installation is made with it. Without `--password-stdin` an invitation is mailed.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.management.command import DsrCommand, acting_as
from portals_core.people import accounts, factors, invitations, roles, usertypes
from portals_core.people.models import User
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput
from portals_core.records import catalogue, values
from portals_core.records.models import Record, UniqueValue

_FIND = system("find a record by its unique address")


class Command(DsrCommand):
    help = "Add a member of staff (--staff) or a portal user (--portal). --json answers in JSON."
    acts_as_person = False

    def arguments(self, parser: ArgumentParser) -> None:
        kind = parser.add_mutually_exclusive_group(required=True)
        kind.add_argument("--staff", action="store_true", help="a member of staff")
        kind.add_argument("--portal", metavar="RECORD|EMAIL", help="the person of this record or address")
        parser.add_argument("--as", dest="acting", metavar="EMAIL", help="the administrator who acts")
        parser.add_argument("--email", default="", help="address of the member of staff")
        parser.add_argument("--name", default="", help="name of the member of staff")
        parser.add_argument("--role", action="append", default=[], help="a role; may be repeated")
        parser.add_argument("--user-type", default="", metavar="NAME", help="user type of the portal user")
        parser.add_argument("--language", default="en")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from stdin")
        parser.add_argument("--totp", action="store_true", help="set up a second factor, print its secret")

    def act(self, actor: Actor, **options: Any) -> Mapping[str, object]:
        actor = acting_as(options["acting"]) if options["acting"] else system("command add_person")
        password = sys.stdin.readline().rstrip("\n") if options["password_stdin"] else ""
        at = clock.now()
        with transaction.atomic():
            user = (_staff if options["staff"] else _portal)(actor, at, options)
            if options["password_stdin"]:
                accounts.set_password(user=user, password=password, at=at, actor=actor)
            else:
                invitations.invite(actor=actor, user=user, at=at)
            secret = factors.install(user=user, at=at, actor=actor) if options["totp"] else ""
        return {
            "account": str(user.public_id),
            "email": user.email,
            "invited": not options["password_stdin"],
            "totp_secret": secret.replace(" ", ""),
        }


def _staff(actor: Actor, at: datetime, options: Mapping[str, Any]) -> User:
    if not options["email"]:
        raise BadInput(_("Give the address of the member of staff with --email."), code="command.email")
    roles.ensure_default_roles(actor=actor, at=at)
    return accounts.create_staff(
        actor=actor,
        email=options["email"],
        name=options["name"],
        roles=options["role"],
        at=at,
        language=options["language"],
    )


def _portal(actor: Actor, at: datetime, options: Mapping[str, Any]) -> User:
    user_type = (
        usertypes.user_type_named(options["user_type"])
        if options["user_type"]
        else usertypes.user_types().filter(is_default=True).first()
    )
    if user_type is None:
        raise Absent(_("There is no user type yet. Set one up first."), code="user_type.absent")
    record = _person(actor, options["portal"])
    return accounts.create_portal_user(
        actor=actor,
        identity=record.pk,
        email=str(record.values.get(record.module.email_key) or ""),
        name=str(record.values.get(record.module.title_key) or ""),
        user_type=user_type.pk,
        at=at,
        language=options["language"],
    )


def _person(actor: Actor, given: str) -> Record:
    """The identity record with this id, or the one whose unique address this is."""
    if "@" not in given:
        return Record.objects.fetch(actor, given)
    for module in catalogue.modules().filter(identity=True):
        for field in catalogue.fields(module):
            if field.key == module.email_key and field.unique:
                form = values.normal_form(field, values.parse(field, given))
                rows = UniqueValue.objects.visible_to(_FIND).filter(field=field, value=form)
                found = rows.values_list("record", flat=True).first()
                if found is not None:
                    return Record.objects.fetch(actor, found)
    raise Absent(_("No record has this address. Give the record's id."), code="person.absent")
