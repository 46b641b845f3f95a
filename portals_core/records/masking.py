"""What of a field's values is covered: uncovering one for staff, and channels a field does not leave on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access import fields as access_fields
from portals_core.access.actor import Actor, Kind
from portals_core.ledger import append
from portals_core.plumbing.errors import Absent, Forbidden
from portals_core.records import catalogue, sealed
from portals_core.records.models import Field, Record


def uncover(*, actor: Actor, record: UUID | str, key: str, at: datetime) -> object:
    """The stored value of one masked field, for staff with "records.unmask"; each call leaves a leaf (F7).

    Raises `Forbidden` without the right, `Absent` alike for a record out of sight and for a field that is
    not there, not masked or not shown to this person even covered.
    """
    found: Record = Record.objects.fetch(actor, record)
    if actor.kind is not Kind.STAFF or not actor.may(access_fields.UNMASK):
        raise Forbidden(_("Your role does not show masked values. Ask an administrator if you need it."))
    covered = access_fields.masked(actor, found.module, catalogue.fields(found.module))
    if key not in {one.key for one in covered}:
        raise Absent(_("There is no such field."), code="field.absent")
    with transaction.atomic():
        append.record(
            "field.uncovered",
            actor=actor,
            about=f"record:{found.pk}",
            subject=found.pk,
            at=at,
            detail={"field": key},
        )
    return sealed.opened(found).get(key)


def fields_on(channel: str, fields: Iterable[Field]) -> list[Field]:
    """The fields whose values leave on a channel (F12). A person's own copy of their data has no channel:
    nothing is withheld from it."""
    return [one for one in fields if channel not in one.withheld]
