"""What other rooms and pages may know about consent: they ask here, never the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from consent.models import PERMITTING, Basis, Decision, State
from consent.standing import gate, reach, standings
from consent.standing.standings import Standing
from portals_core.access.actor import Actor, Kind, system
from portals_core.plumbing.errors import Absent
from portals_core.records.models import Record

_ADDED = system("show the consent of somebody the actor added")
_NO = frozenset({State.REFUSED, State.WITHDRAWN, State.REVOKED})
PAGE = 50
#: Asked by every other room before anything is done for a purpose.
allowed = gate.allowed
#: Where a page of the history ended: when, the number, the id.
Cursor = tuple[datetime, int, UUID]


@dataclass(frozen=True)
class Person:
    """Somebody the reader added, with what they may call them by."""

    id: UUID
    name: str
    standings: list[Standing]

    @property
    def agreed(self) -> list[Standing]:
        return [one for one in self.standings if one.permits]

    @property
    def waiting(self) -> list[Standing]:
        """What they were asked and have not answered."""
        return [one for one in self.standings if one.state is State.WAITING]

    @property
    def said_no(self) -> list[Standing]:
        """What they, or the reader for them, declined or ended."""
        return [one for one in self.standings if one.objected or one.state in _NO]


def current(actor: Actor, subject: UUID, *, language: str, at: datetime) -> list[Standing]:
    """Where every active purpose stands for this person; a constant number of queries.

    For oneself, for people one added, and for staff who keep consent; `Absent` otherwise. In the portal a
    basis shows only where it is consent, and a purpose pursued on another basis is not offered (D3).
    """
    _admit(actor, subject)
    return standings.of([subject], portal=actor.kind is Kind.PORTAL, language=language, at=at)[subject]


def under_compliance(actor: Actor) -> bool:
    """Whether the reader's own kind of record is kept under compliance: consent and basis show (D2)."""
    return actor.identity is not None and bool(standings.governed_among([actor.identity]))


def to_withdraw(actor: Actor, subject: UUID) -> int:
    """How many consents, given or asked for, one press on "withdraw all" ends. Reach as in `current`."""
    rows = Decision.objects.visible_to(_admit(actor, subject)).filter(subject=subject, superseded_at=None)
    return rows.filter(state__in=PERMITTING | {State.WAITING}).count()


def standing(actor: Actor, subject: UUID, purpose: str, *, language: str, at: datetime) -> Standing:
    """Where one purpose stands, as in `current`. Raises `Absent` for one that is not offered either."""
    found = current(actor, subject, language=language, at=at)
    chosen = next((one for one in found if one.purpose.key == purpose), None)
    if chosen is None:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return chosen


def history(actor: Actor, subject: UUID) -> QuerySet[Decision]:
    """Every decision about this person, newest first, with the exact texts (W15). Reach as in `current`."""
    reader = _admit(actor, subject)
    rows = Decision.objects.visible_to(reader).filter(subject=subject)
    return rows.select_related("purpose", "text", "decided_by").order_by("-at", "-number", "-id")


def history_page(
    actor: Actor, subject: UUID, *, after: Cursor | None = None, limit: int = PAGE
) -> tuple[list[Decision], Cursor | None]:
    """One page of the history, and what leads to the next one; one query, whatever its length."""
    rows = history(actor, subject)
    if after is not None:
        at, number, key = after
        rows = rows.filter(Q(at__lt=at) | Q(at=at, number__lt=number) | Q(at=at, number=number, id__lt=key))
    found = list(rows[: limit + 1])
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return shown, (last.at, last.number, last.pk) if last else None


def bases_of(actor: Actor, subject: UUID) -> QuerySet[Basis]:
    """The bases recorded for this person, newest first: all for staff, those of consent for the person."""
    return Basis.objects.visible_to(actor).filter(subject=subject).select_related("purpose", "recorded_by")


def general_basis(actor: Actor, subject: UUID) -> Basis | None:
    """The basis of keeping this person's data at all, as far as the reader may know it (decision 12)."""
    return bases_of(actor, subject).filter(purpose=None, valid_to=None).first()


def added_people(
    actor: Actor, *, language: str, at: datetime, after: UUID | None = None, limit: int = PAGE
) -> list[Person]:
    """People a portal user added, by id, from `after` on, with their consent; constantly many queries."""
    rows = reach.people_added(actor).order_by("id")
    records = list((rows.filter(pk__gt=after) if after else rows)[:limit])
    found = standings.of([record.pk for record in records], portal=True, language=language, at=at)
    return [Person(record.pk, name_of(actor, record), found[record.pk]) for record in records]


def added_person(actor: Actor, subject: UUID, *, language: str, at: datetime) -> Person:
    """One of them. Raises `Absent` for anybody else."""
    record = reach.added(actor, subject)
    return Person(record.pk, name_of(actor, record), current(actor, subject, language=language, at=at))


def name_of_added(actor: Actor, subject: UUID) -> str:
    """What the actor may call somebody they added, as in `name_of`. Raises `Absent` for anybody else."""
    return name_of(actor, reach.added(actor, subject))


def name_of(actor: Actor, record: Record) -> str:
    """What the actor may call the person; empty where the naming field is hidden from them (F1)."""
    grant = actor.grants.get(record.module_id)
    seen = grant.rights(record.layout_id).readable if grant else frozenset()
    hidden = actor.kind is Kind.PORTAL and record.module.title_key not in seen
    return "" if hidden else str(record.values.get(record.module.title_key) or "")


def person(actor: Actor, subject: UUID) -> Record:
    """The record of a person staff keep consent for. Raises `Absent` for what is no person in sight."""
    record = Record.objects.fetch(actor, subject)
    if not record.module.identity:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return record


def _admit(actor: Actor, subject: UUID) -> Actor:
    """The actor to read as, once it is clear that the reader may know."""
    if actor.kind is Kind.PORTAL and subject != actor.identity:
        reach.added(actor, subject)
        return _ADDED
    if actor.kind is Kind.ANONYMOUS or (actor.kind is Kind.STAFF and not actor.may("consent.manage")):
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return actor
