"""An import as the worker runs it, against storing the same rows with nothing checked and nothing told."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Iterator

from portals_core.imports import runs
from portals_core.plumbing import clock, outbox
from portals_core.records.models import Record
from tests import cast
from tests.benchmarks.measure import Figure, of_times
from tests.benchmarks.world import World

_round = itertools.count(1)
MAPPING = {
    "values": {"number": "{{Number}}", "total": "{{Total}}", "customer": "{{Customer}}"},
    "lookups": {"customer": "email"},
}


def figures(world: World, database: str, rows: int, rounds: int) -> Iterator[Figure]:
    """The rate of an import with validation, uniqueness, links and log."""
    times = [(_import(world, rows), _bulk(world, rows)) for _ in range(rounds)]
    yield of_times(
        database=database,
        rows=rows,
        work="import with validation, uniqueness, links and log",
        against="bulk_create of the same rows without any of it",
        ours=[one for one, _other in times],
        theirs=[other for _one, other in times],
        goal="≥ 1",
        rate=True,
    )


def _import(world: World, rows: int) -> float:
    number = next(_round)
    lines = [f"I-{number}-{row},{row % 1000}.50,sage@people.example" for row in range(rows)]
    file = io.BytesIO("\n".join(["Number,Total,Customer", *lines, ""]).encode())
    run = runs.start(
        actor=world.made.actor("administrator"),
        module=world.made.orders,
        file=file,
        file_name="orders.csv",
        mapping=MAPPING,
        at=cast.NOW,
    )
    start = time.perf_counter()
    outbox.drain(about=f"import:{run.pk}")
    taken = time.perf_counter() - start
    run.refresh_from_db()
    if run.accepted != rows:
        raise AssertionError(f"{run.accepted} of {rows} rows were accepted")
    return taken


def _bulk(world: World, rows: int) -> float:
    now = clock.now()
    start = time.perf_counter()
    Record.objects.visible_to(cast.SETTING_UP).bulk_create(
        [
            Record(
                module=world.made.orders,
                values={
                    "number": f"B-{row}",
                    "total": f"{row % 1000}.50",
                    "customer": str(world.made.subject.pk),
                },
                source="bench",
                created_at=now,
                changed_at=now,
            )
            for row in range(rows)
        ],
        batch_size=1000,
    )
    return time.perf_counter() - start
