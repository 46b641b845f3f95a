"""Walks along lookups: what belongs to a record, and what merely mentions it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from portals_core.access.actor import system
from portals_core.records.models import Edge, Link

_WALK = system("walk the lookups")
BATCH = 500


def belonging(start: UUID) -> Iterator[list[UUID]]:
    """Ids of the records that hang on `start`, directly or through others, one batch after the other.

    Breadth first: a record is yielded after what it hangs on. Every id comes once, whatever the loops;
    one query per batch and level.
    """
    seen = {start}
    level = [start]
    while level:
        following: list[UUID] = []
        for cut in range(0, len(level), BATCH):
            found = [key for key in _hanging_on(level[cut : cut + BATCH]) if key not in seen]
            fresh = list(dict.fromkeys(found))
            seen.update(fresh)
            following.extend(fresh)
            if fresh:
                yield fresh
        level = following


def _hanging_on(targets: list[UUID]) -> Iterator[UUID]:
    edges = Edge.objects.visible_to(_WALK).filter(target__in=targets, field__link=Link.BELONGS)
    return edges.order_by("source").values_list("source", flat=True).iterator()


def mentions(target: UUID) -> Iterator[tuple[UUID, str, str]]:
    """(record, module key, field key) of records that name `target` without hanging on it."""
    edges = Edge.objects.visible_to(_WALK).filter(target=target, field__link=Link.MENTIONS)
    rows = edges.order_by("field", "source").values_list("source", "field__module__key", "field__key")
    return rows.iterator()
