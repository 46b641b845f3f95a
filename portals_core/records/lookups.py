"""Walks along lookups: what belongs to a record, and what merely mentions it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from portals_core.access.actor import system
from portals_core.plumbing.estimates import Few
from portals_core.plumbing.spill import Ids
from portals_core.records.models import Edge, Link

_READ = system("walk the lookups")
BATCH = 500


def belonging(start: UUID) -> Iterator[list[UUID]]:
    """Ids of the records that hang on `start`, directly or through others, one batch after the other.

    Breadth first: a record is yielded after what it hangs on. Every id comes once, whatever the loops;
    one query per batch and level. What was seen is kept on disk: memory does not grow with it.
    """
    yield from _walk(Ids([start]))


def gathered(start: UUID) -> Ids:
    """The same, all of them: `start` first, then whatever hangs on it."""
    seen = Ids([start])
    for _batch in _walk(seen):
        pass
    return seen


def _walk(seen: Ids) -> Iterator[list[UUID]]:
    begin, end = 0, len(seen)
    while begin < end:
        for cut in range(begin, end, BATCH):
            found = _hanging_on(seen.between(cut, min(cut + BATCH, end)))
            while several := list(islice(found, BATCH)):
                if fresh := seen.add(several):
                    yield fresh
        begin, end = end, len(seen)


def _hanging_on(targets: list[UUID]) -> Iterator[UUID]:
    edges = Edge.objects.visible_to(_READ).filter(Few(target__in=targets), field__link=Link.BELONGS)
    return edges.order_by("source").values_list("source", flat=True).iterator()


def mentions(target: UUID) -> Iterator[tuple[UUID, str, str]]:
    """(record, module key, field key) of records that name `target` without hanging on it."""
    edges = Edge.objects.visible_to(_READ).filter(target=target, field__link=Link.MENTIONS)
    rows = edges.order_by("field", "source").values_list("source", "field__module__key", "field__key")
    return rows.iterator()
