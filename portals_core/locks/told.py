"""Locks of one record as staff read them: every one in force, and the last ones that ended (L8, L12, L18)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from portals_core.access.actor import Actor, system
from portals_core.ledger import reads as ledger
from portals_core.locks import place, words
from portals_core.locks.decide import ACTS, RESTRICTED, Binding
from portals_core.locks.models import Ground, Lock, Source
from portals_core.records.models import Field

#: How many ended locks a record's page tells of.
PAST = 10
_CASE = "case:"
_HOW_IT_ENDED = system("tell how a lock in sight ended")


@dataclass(frozen=True)
class Told:
    """One lock. `by` and `lifted_by` are opaque; who reads this puts a name in `name` and `lifted_name`."""

    id: UUID
    record: UUID
    module: str
    ground: Ground
    source: Source
    rule: str
    reason: str
    by: str
    since: datetime
    until: date | None
    acts: Sequence[object]
    #: Labels of the fields it keeps, of those that the reader sees; `whole`: all of them.
    fields: Sequence[str]
    whole: bool
    binding: Binding
    ended_at: datetime | None = None
    lifted_by: str = ""
    lifted_why: str = ""
    name: str = ""
    lifted_name: str = ""
    bound: Sequence[str] = ()

    @property
    def case(self) -> UUID | None:
        """The request that placed it."""
        return case_of(self.by)

    @property
    def by_hand(self) -> bool:
        """Whether people placed it, and may end it (L19)."""
        return self.source == Source.MANUAL


def case_of(placed_by: str) -> UUID | None:
    """The case in what placed a lock (`decide.case_ref`), if it was one."""
    try:
        return UUID(placed_by.removeprefix(_CASE)) if placed_by.startswith(_CASE) else None
    except ValueError:
        return None


def standing(actor: Actor, record: UUID, fields: Iterable[Field]) -> list[Told]:
    """The locks in force on a record, oldest first. `fields` are those the reader sees: no other is named."""
    shown = list(fields)
    return [_told(lock, shown) for lock in place.of_record(actor, record).filter(ended_at=None)]


def past(actor: Actor, record: UUID, fields: Iterable[Field]) -> list[Told]:
    """The last locks that ended, newest first, with who ended them and why as far as the ledger tells."""
    shown = list(fields)
    rows = place.of_record(actor, record).filter(ended_at__isnull=False).order_by("-ended_at", "-pk")
    found = [_told(lock, shown) for lock in rows[:PAST]]
    endings = _endings(record) if found else {}
    return [_with_ending(one, endings) for one in found]


def listed(locks: Iterable[Lock]) -> list[Told]:
    """Locks of the register, of which fields are not told."""
    return [_told(lock, []) for lock in locks]


def _told(lock: Lock, fields: Sequence[Field]) -> Told:
    value = place.as_value(lock)
    refused = RESTRICTED if value.ground == Ground.RESTRICTION else value.actions
    kept = value.locks([field.key for field in fields])
    return Told(
        id=lock.pk,
        record=lock.record_id,
        module=lock.record.module.label_plural,
        ground=Ground(lock.ground),
        source=Source(lock.source),
        rule=value.rule,
        reason=lock.reason,
        by=lock.placed_by,
        since=lock.placed_at,
        until=lock.ends_on,
        acts=[words.ACTS[act] for act in ACTS if act in refused],
        fields=[field.label for field in fields if field.key in kept],
        whole=len(kept) == len(fields),
        binding=value.binding,
        ended_at=lock.ended_at,
    )


def _endings(record: UUID) -> Mapping[str, tuple[str, str]]:
    """Lock id -> who ended it and why."""
    about = f"record:{record}"
    entries = ledger.entries(_HOW_IT_ENDED, about=about, code="lock.lifted")[:PAST]
    read = [(entry.actor, ledger.detail_of(entry, _HOW_IT_ENDED) or {}) for entry in entries]
    return {str(detail.get("lock")): (who, str(detail.get("reason") or "")) for who, detail in read}


def _with_ending(one: Told, endings: Mapping[str, tuple[str, str]]) -> Told:
    who, why = endings.get(str(one.id), ("", ""))
    return replace(one, lifted_by=who, lifted_why=why)
