"""Objections to direct marketing, and to data going to others (Art. 21(2), (3), (5)).

Recorded, they hold at once: the gate looks at them, whatever the basis of a purpose. Nobody weighs anything,
and nothing is erased. What the person expressly agrees to afterwards holds again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purposes
from consent.models import PERMITTING, Decision, Objection, Signal
from consent.standing import reach
from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Forbidden
from portals_core.records.models import Record

#: Announced with every objection: about "record:<id>", with `marketing` and `sharing`.
EVENT = "consent.objected"
#: How an objection can reach us by somebody of each kind.
_WAYS = {
    Kind.PORTAL: {Signal.PORTAL, Signal.GPC},
    Kind.STAFF: {Signal.STAFF, Signal.CASE},
    Kind.SYSTEM: set(Signal),
}
_READ = system("see to what a person objects")


def object_to(
    *,
    actor: Actor,
    subject: UUID | None,
    marketing: bool,
    sharing: bool,
    signal: Signal,
    at: datetime,
) -> Objection:
    """Record that a person objects; in force when this returns, restricted or not.

    For oneself in the portal, never for people one added (decision 14): they are asked, or tell staff. Staff
    need "consent.manage" and the person in sight. While the same stands, nothing is stored and the objection
    that stands is returned; of the browser's signal the first is the only one, so that it cannot undo again
    and again what the person agreed to since. Raises `Absent`, `Forbidden`, and `BadInput` for an objection
    to nothing.
    """
    person = _person(actor, subject, signal)
    if not marketing and not sharing:
        raise BadInput(_("Say what it is that is objected to: advertising, sharing, or both."))
    with transaction.atomic():
        record = reach.lock(person)
        before = _standing_already(record.pk, marketing, sharing, signal)
        if before is not None:
            return before
        stored = Objection(
            subject=record.pk,
            marketing=marketing,
            sharing=sharing,
            signal=signal,
            recorded_by_id=actor.user_id,
            at=at,
        )
        stored.save(force_insert=True)
        append.record(
            "objection.recorded",
            actor=actor,
            about=f"record:{record.pk}",
            subject=record.pk,
            at=at,
            detail={"marketing": marketing, "sharing": sharing, "signal": signal.value},
        )
        outbox.announce(EVENT, about=f"record:{record.pk}", marketing=marketing, sharing=sharing)
    return stored


def standing(subject: UUID) -> list[Objection]:
    """The newest objection to marketing and the newest to sharing, newest first; one where it is both."""
    rows = _of(subject)
    newest = (rows.filter(**{about: True}).first() for about in ("marketing", "sharing"))
    found = {one.pk: one for one in newest if one is not None}
    return sorted(found.values(), key=lambda one: one.at, reverse=True)


def own(actor: Actor) -> Mapping[str, object]:
    """What the portal shows a person of their objections, and what they can still object to."""
    subject = actor.identity
    if actor.kind is not Kind.PORTAL or subject is None:
        return {"standing": [], "can_marketing": False, "can_sharing": False}
    return {
        "standing": standing(subject),
        "can_marketing": not _stands(subject, "marketing"),
        "can_sharing": purposes.active().filter(sharing=True).exists() and not _stands(subject, "sharing"),
    }


def _person(actor: Actor, subject: UUID | None, signal: Signal) -> UUID:
    if signal not in _WAYS.get(actor.kind, ()):
        raise Forbidden(_("An objection is made by the person, or entered by staff."))
    if subject is None or (actor.kind is Kind.PORTAL and subject != actor.identity):
        raise Absent(_("There is nothing here, or it is not shared with you."))
    if actor.kind is Kind.STAFF:
        if not actor.may("consent.manage"):
            raise Forbidden(_("Your role does not include recording objections."))
        Record.objects.fetch(actor, subject)
    return subject


def _standing_already(subject: UUID, marketing: bool, sharing: bool, signal: Signal) -> Objection | None:
    if signal is Signal.GPC:
        return _of(subject).filter(signal=signal).first()
    wanted = [name for name, asked in (("marketing", marketing), ("sharing", sharing)) if asked]
    if not all(_stands(subject, about) for about in wanted):
        return None
    return _of(subject).filter(**{wanted[0]: True}).first()


def _stands(subject: UUID, about: str) -> bool:
    """Whether an objection stops every purpose of this sort: made, and nothing agreed to since."""
    newest = _of(subject).filter(**{about: True}).first()
    if newest is None:
        return False
    since = Decision.objects.visible_to(_READ).filter(
        **{f"purpose__{about}": True}, subject=subject, superseded_at=None, at__gt=newest.at
    )
    return not since.filter(state__in=sorted(PERMITTING)).exists()


def _of(subject: UUID) -> QuerySet[Objection]:
    return Objection.objects.visible_to(_READ).filter(subject=subject)
