"""Invitations: a single-use link by mail; who follows it chooses a password and is confirmed (U1, U3, U9).

A password is never mailed (decision 6).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.people import accounts, preferences, usertypes
from portals_core.people.models import User, UserKind
from portals_core.plumbing import links, mail
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records.models import Record
from portals_core.writing import door

PURPOSE = "invitation"
_INVITE = system("invite people")


def invite_person(
    *, actor: Actor, record: UUID | str, user_type: int, at: datetime, language: str = "en"
) -> User:
    """Open an account for the person of an identity record and send the invitation.

    Raises `BadInput` when the record is no person or has no mail address (U1), `Conflict` for a user type
    with conditions that are still to be written, and what `create_portal_user` and `invite` raise.
    """
    usertypes.refuse_unfinished(user_type)
    with transaction.atomic():
        person = Record.objects.fetch(actor, record)
        email = str(person.values.get(person.module.email_key) or "")
        if not person.module.identity or not email:
            raise BadInput(
                _("This record has no e-mail address. Add one, or serve the person by post."),
                code="invitation.no_address",
            )
        user = accounts.create_portal_user(
            actor=actor,
            identity=person.pk,
            email=email,
            name=str(person.values.get(person.module.title_key) or ""),
            user_type=user_type,
            at=at,
            language=language,
        )
        invite(actor=actor, user=user, at=at)
    return user


def invite_staff(
    *, actor: Actor, email: str, name: str, roles: Iterable[str], at: datetime, language: str = "en"
) -> User:
    """Open an account for a member of staff and send the invitation; raises what `create_staff` raises."""
    with transaction.atomic():
        user = accounts.create_staff(
            actor=actor, email=email, name=name, roles=roles, at=at, language=language
        )
        invite(actor=actor, user=user, at=at)
    return user


def invite(*, actor: Actor, user: User, at: datetime) -> None:
    """Send the link with which an account is confirmed; the links sent before end. Works for staff too.

    Raises `Conflict` for an account that is confirmed or closed, `Locked` while a lock forbids this actor
    mail to the person (L16), `Absent` for a person who was erased.
    """
    if not actor.may("people.manage"):
        raise Forbidden(_("Only an administrator may invite people."))
    with transaction.atomic():
        held = User.objects.fetch(_INVITE, user.pk, lock=True)
        _may_be_invited(actor, held)
        token = links.issue(PURPOSE, about=held.ref, at=at, ttl=accounts.INVITATION_TTL)
        again = held.invited_at is not None
        title, body = _letter(held, token, again=again)
        kind = "reinvitation" if again else "invitation"
        mail.send(
            to=held.email,
            title=title,
            body=body,
            kind=kind,
            language=held.language,
            subject=held.identity_id,
            at=at,
        )
        User.objects.visible_to(_INVITE).filter(pk=held.pk).update(invited_at=at)
        append.record("account.invited", actor=actor, about=held.ref, at=at, detail={"kind": kind})


def invited(token: str, *, at: datetime) -> User:
    """The account that a link confirms; changes nothing. Raises `Absent` for a link that does not work."""
    return _account(links.peek(token, PURPOSE, at=at).about)


def accept(
    *,
    token: str,
    password: str,
    language: str,
    time_zone: str,
    time_format: str,
    country: str,
    at: datetime,
) -> User:
    """Use the link up: set the password and the preferences, confirm the account. Of two at once
    one succeeds.

    Whatever is refused leaves the link as it was. Raises `Absent` for a link that does not work,
    `BadInput` for a weak password or an unknown choice.
    """
    with transaction.atomic():
        user = _account(links.redeem(token, PURPOSE, at=at).about)
        actor = accounts.actor_of(user, verified=False)
        preferences.set_preferences(
            actor=actor,
            user=user,
            language=language,
            time_zone=time_zone,
            time_format=time_format,
            country=country,
            at=at,
        )
        accounts.set_password(user=user, password=password, at=at, actor=actor)
        append.record("account.confirmed", actor=actor, about=user.ref, at=at)
        user.refresh_from_db()
    return user


def _may_be_invited(actor: Actor, user: User) -> None:
    if user.kind == UserKind.PORTAL and user.identity_id is None:
        raise Absent(_("This person is no longer kept here."), code="invitation.erased")
    if not user.is_active:
        raise Conflict(_("This account is closed. Open it again first."), code="account.closed")
    if user.confirmed_at is not None:
        raise Conflict(
            _("This account is confirmed. Its owner can ask for a new password on the sign-in page."),
            code="account.confirmed",
        )
    if user.identity_id:
        door.refuse_if_locked(user.identity_id, "mail", actor=actor)


def _account(about: str) -> User:
    rows = User.objects.visible_to(_INVITE).filter(public_id=about.partition(":")[2], is_active=True)
    user = rows.first()
    if user is None or user.confirmed_at is not None:
        raise Absent(
            _("This invitation was used already or withdrawn. Sign in, or ask for a new one."),
            code="link.gone",
        )
    return user


def _letter(user: User, token: str, *, again: bool) -> tuple[str, str]:
    named = {
        "name": user.name,
        "organisation": settings.ORGANISATION,
        "link": links.address(reverse("portals_core:welcome", args=[token])),
        "days": accounts.INVITATION_TTL.days,
        "contact": settings.CONTACT_EMAIL,
    }
    with translation.override(user.language):
        title = (
            gettext("Reminder: your access to %(organisation)s")
            if again
            else gettext("Your access to %(organisation)s")
        )
        body = gettext(
            "Hello %(name)s,\n\n"
            "%(organisation)s has opened an account for you. Choose a password here:\n\n"
            "%(link)s\n\n"
            "The link works once, for %(days)s days. If you did not expect this message, you need not do "
            "anything.\n\n"
            "Questions: %(contact)s\n"
        )
        return title % named, body % named
