"""What lists say of the locks on their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from portals_core.access.actor import Actor, Kind
from portals_core.locks import place, words
from portals_core.locks.decide import InForce
from portals_core.records.listing import Listed


def marked(actor: Actor, rows: Sequence[Listed]) -> list[Listed]:
    """The rows of a page, each with what its lock is called; one query for all of them."""
    locks = place.in_force([row.id for row in rows])
    return [replace(row, lock=_mark(actor, locks.get(row.id, ()))) for row in rows]


def _mark(actor: Actor, locks: Iterable[InForce]) -> str:
    if actor.kind is Kind.PORTAL:
        return " ".join(str(ground.sentence) for ground in words.plain(locks, actor))
    return "; ".join(words.in_list(lock) for lock in locks)
