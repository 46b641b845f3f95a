"""Collecting everything about one person into JSON lines, against dumping one plain table."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from exports import collect, spool
from portals_core.access.actor import system
from tests.benchmarks.measure import Figure, compare
from tests.benchmarks.models import PlainOrder
from tests.benchmarks.world import World

_BY = system("measure a collection")


def figures(world: World, database: str, rounds: int) -> Iterator[Figure]:
    """The rate of collecting, and its peak of memory."""

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder:
            found = spool.Spool(Path(folder)).fill(collect.collect(world.collected, actor=_BY))
        if found < world.related:
            raise AssertionError(f"{found} rows collected, {world.related} are there")

    def theirs() -> None:
        rows = PlainOrder.objects.filter(customer=world.collected).values().iterator()
        with tempfile.TemporaryFile() as file:
            file.writelines(spool.encoded(row) + b"\n" for row in rows)

    yield from compare(
        database=database,
        rows=world.related,
        work="collect a person",
        ours=ours,
        baselines={".values().iterator() to JSON lines": (theirs, "≥ 0.8")},
        rounds=rounds,
        rate=True,
    )
