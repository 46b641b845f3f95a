"""What the pages of a person in the portal show: themself, people they added, their requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.standing import reach
from consent.standing import reads as consent
from portals_core.access.actor import Actor
from portals_core.plumbing.errors import Absent
from portals_core.records import reads as record_reads
from portals_core.records import sealed
from portals_core.records.models import Field, FieldType, Record
from requests.casebook import lifecycle, reads, words
from requests.holding import asked, kept, offers
from requests.law import states
from requests.law.states import State, Who
from requests.models import Case, Kind

#: Requests shown on the privacy tab, and people offered as a choice; the rest has pages of its own.
SHOWN = 10


@dataclass(frozen=True)
class Person:
    """Somebody a request can be about: the one who asks, or somebody they added."""

    id: UUID
    name: str
    oneself: bool
    record: Record | None


@dataclass(frozen=True)
class Line:
    """One request as its asker finds it in a list."""

    case: Case
    whom: str
    badge: words.Badge
    due: words.Due
    next: str


def person(actor: Actor, key: str) -> Person:
    """The person a request is to be about. Raises `Absent` for anybody who is neither oneself nor added."""
    own = actor.identity
    if own is not None and key in ("", str(own)):
        return Person(own, actor.name, True, Record.objects.visible_to(actor).filter(pk=own).first())
    try:
        record = reach.people_added(actor).filter(pk=UUID(key)).first()
    except ValueError:
        record = None
    if record is None:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return Person(record.pk, name_of(actor, record), False, record)


def others(actor: Actor) -> list[Person]:
    """People one added, first come first; at most `SHOWN` and one, so that a page can say there are more."""
    return [
        Person(row.pk, name_of(actor, row), False, row)
        for row in reach.people_added(actor).order_by("created_at", "id")[: SHOWN + 1]
    ]


def name_of(actor: Actor, record: Record) -> str:
    """What the actor may call the person; plain words where the naming field is hidden from them (F1)."""
    return consent.name_of(actor, record) or gettext("a person you added")


def correctable(actor: Actor, record: Record | None) -> list[tuple[Field, object]]:
    """The fields a page offers for correction with what stands in them now: every field in sight, also one
    that cannot be edited (R1). Links are put right by an officer, who sees both ends."""
    if record is None:
        return []
    known = record_reads.readable(actor, record.module, record)
    stored = sealed.opened(record)
    return [(field, stored.get(field.key)) for field in known if field.type != FieldType.LOOKUP]


def correctable_of(actor: Actor, person: UUID | None) -> list[tuple[Field, object]]:
    """The same for the person an officer writes a correction down for. Raises `Absent` out of reach."""
    return correctable(actor, Record.objects.fetch(actor, person))


def cursor(text: str) -> UUID | None:
    """The record after which a list goes on; none for what is no id."""
    try:
        return UUID(text)
    except ValueError:
        return None


def particulars(actor: Actor, case: Case) -> list[tuple[str, str]]:
    """What exactly was asked, as (question, answer); nothing where it was never asked about."""
    return asked.told(case.kind, case.asked, offers.names()) if case.asked else []


def open_one(actor: Actor, kind: str, subject: UUID) -> Case | None:
    """One's own open request of the same kind about the same person, to be followed instead of repeated."""
    rows = reads.mine(actor).filter(kind=kind, subject=subject, requester=actor.user_id, closed_at=None)
    return rows.first()


def under_way(actor: Actor, *, at: datetime) -> list[tuple[Case, words.Badge, words.Due]]:
    """One's open requests with state and due day, newest first, at most `SHOWN`; one query."""
    found = reads.mine(actor).filter(closed_at=None)[:SHOWN]
    return [(case, words.badge(case.state), words.due(case, at=at)) for case in found]


def lines(actor: Actor, *, at: datetime) -> list[Line]:
    """One's requests, newest first; at most `SHOWN` and one. Three queries, whatever their number."""
    cases = list(reads.mine(actor).select_related("requester")[: SHOWN + 1])
    names = _names(actor, {case.subject for case in cases if case.subject})
    return [
        Line(
            case,
            whom(actor, case, names),
            words.badge(case.state),
            words.due(case, at=at),
            next_step(actor, case),
        )
        for case in cases
    ]


def whom(actor: Actor, case: Case, names: dict[UUID, str] | None = None) -> str:
    """For whom a request is, in the eyes of the one who looks."""
    if case.subject == actor.identity:
        if case.on_behalf and case.requester is not None:
            return gettext("you, asked by %(name)s") % {"name": case.requester.name or case.requester.email}
        return gettext("you")
    if case.subject is None:
        return gettext("you")
    known = _names(actor, {case.person}) if names is None else names
    return known.get(case.person) or gettext("a person you added")


def _names(actor: Actor, subjects: set[UUID]) -> dict[UUID, str]:
    return {row.pk: name_of(actor, row) for row in reach.people_added(actor).filter(pk__in=subjects)}


def next_step(actor: Actor, case: Case) -> str:
    """Who acts next, said to the one who looks (W20)."""
    who = reads.next_actor(case)
    sentence: Promise = words.NEXT[who]
    if who is Who.PERSON:
        sentence = (
            _("You act next: open the link in the mail we sent you.")
            if case.subject == actor.identity
            else _("We wait for this person to confirm. We asked them by mail.")
        )
    return str(sentence)


def may_withdraw(actor: Actor, case: Case) -> bool:
    """Whether the one who looks may still take the request back."""
    role = lifecycle.role_of(actor, case)
    return "withdraw" in states.allowed(case.state, role, kind=case.kind)


def left(actor: Actor, found: Case) -> list[kept.Shown]:
    """What of a request was not done and why, for the person it is about and for nobody else (Art. 12(4)).
    Constantly many queries, whatever is kept."""
    if found.state != State.PARTLY_FULFILLED or found.subject != actor.identity:
        return []
    return kept.shown(actor, found)


def copied(actor: Actor, case: Case) -> bool:
    """Whether the answer is a copy of one's own data, whole or in part, to be downloaded."""
    done = case.state in (State.FULFILLED, State.PARTLY_FULFILLED)
    return done and case.kind == Kind.EXPORT and case.subject == actor.identity
