"""Who can be asked about a purpose now. Everything is answered for many people at once, each in one query."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from consent.catalogue import texts
from consent.models import (
    PERMITTING,
    Authority,
    Decision,
    Objection,
    Purpose,
    Question,
    State,
    Text,
)
from portals_core.access.actor import Actor, system
from portals_core.locks import place, words
from portals_core.locks.decide import InForce, decide
from portals_core.locks.models import Source
from portals_core.people.models import User
from portals_core.plumbing.errors import Conflict, Locked

_READ = system("see who can be asked about a purpose")
_SAID_NO = frozenset({State.REFUSED, State.WITHDRAWN})


def latest_of(subjects: Collection[UUID], purpose: Purpose) -> dict[UUID, Decision]:
    """The decision in force of each of them, with its text."""
    rows = Decision.objects.visible_to(_READ).filter(
        subject__in=subjects, purpose=purpose, superseded_at=None
    )
    return {row.subject: row for row in rows.select_related("text")}


def floor(purpose: Purpose, at: datetime) -> int:
    """The oldest version to which a consent still holds: everybody had to renew by then (D17)."""
    due = texts.renewals().filter(purpose=purpose, renew_by__lte=at)
    return due.aggregate(newest=Max("version"))["newest"] or 0


def holds(decision: Decision | None, at: datetime, floor: int) -> bool:
    """Whether this is a consent that lets the purpose be pursued at that moment."""
    return decision is not None and decision.permits(at) and decision.text.version >= floor


def said_no(decision: Decision | None) -> bool:
    """Whether the person themself said no. Only they can change that (W18)."""
    return decision is not None and decision.state in _SAID_NO and decision.authority == Authority.SELF


def locked(subjects: Collection[UUID]) -> set[UUID]:
    """Those whom nobody may write to now."""
    return {subject for subject, locks in place.in_force(subjects).items() if _in_the_way(locks)}


def refuse_if_locked(subject: UUID, *, actor: Actor) -> None:
    """Raise `Locked` while a lock forbids mail to the person (L16)."""
    found = _in_the_way(place.in_force([subject]).get(subject, ()))
    if found is not None:
        raise Locked(words.refusal(found, "mail", actor), code=found.ground)


def _in_the_way(locks: Iterable[InForce]) -> InForce | None:
    # Data that is locked for want of consent could never be opened again if the question stayed out, too.
    return decide("mail", [lock for lock in locks if lock.source != Source.CONSENT]).by


def objected(subjects: Collection[UUID], purpose: Purpose) -> set[UUID]:
    """Those whose objection stands against this purpose: they agreed to nothing expressly since (Art. 21)."""
    against = Q(marketing=True) if purpose.marketing else Q()
    against |= Q(sharing=True) if purpose.sharing else Q()
    if not against:
        return set()
    rows = Objection.objects.visible_to(_READ).filter(against, subject__in=subjects)
    last = dict(rows.values_list("subject").annotate(Max("at")).order_by())
    agreed = Decision.objects.visible_to(_READ).filter(
        subject__in=last, purpose=purpose, superseded_at=None, state__in=PERMITTING
    )
    after = {subject for subject, at in agreed.values_list("subject", "at") if at > last[subject]}
    return set(last) - after


def refuse_if_objected(subject: UUID, purpose: Purpose) -> None:
    """Raise `Conflict` where the person objected to what this purpose is."""
    if objected([subject], purpose):
        raise Conflict(
            _("This person objected to it, so they are not asked. They can agree in the portal themselves."),
            code="consent.objected",
        )


def asked_since(subjects: Collection[UUID], text: Text, since: datetime) -> set[UUID]:
    """Those who have an open question about the purpose, or were asked on this version after that moment. Who
    answered on an earlier version can be asked on a newer one at any time."""
    rows = Question.objects.visible_to(_READ).filter(subject__in=subjects, purpose=text.purpose_id)
    lately = Q(asked_at__gt=since, text__version=text.version)
    return set(rows.filter(Q(closed_at=None) | lately).values_list("subject", flat=True))


def languages(subjects: Collection[UUID]) -> dict[UUID, str]:
    """The language of each who has an account."""
    rows = User.objects.visible_to(_READ).filter(identity__in=subjects)
    return dict(rows.values_list("identity", "language"))
