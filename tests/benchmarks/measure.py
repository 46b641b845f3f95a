"""Paired measurement: in every round the measured work and its baselines run one after the other.

Times on a shared machine mean little, their ratio within one round means more, the median of several such
ratios is what is told.
"""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from django.db import connections
from django.test.utils import CaptureQueriesContext

Work = Callable[[], object]


@dataclass(frozen=True)
class Figure:
    """`ratio` is measured time over baseline time (or rate over rate where `rate`), median of the rounds."""

    database: str
    rows: int
    work: str
    against: str
    ratio: float
    lowest: float
    highest: float
    #: Times of one run, milliseconds, median of the rounds: for orientation only.
    ours_ms: float
    theirs_ms: float
    queries: int = 0
    peak_kb: int = 0
    goal: str = ""
    rate: bool = False

    def told(self) -> dict[str, object]:
        return asdict(self)


def compare(
    *,
    database: str,
    rows: int,
    work: str,
    ours: Work,
    baselines: Mapping[str, tuple[Work, str]],
    rounds: int,
    repeat: int = 1,
    rate: bool = False,
) -> list[Figure]:
    """One figure per baseline; each is given with its goal. Every work runs once before it is measured."""
    queries, peak = cost(ours)
    for other, _goal in baselines.values():
        other()
    taken: dict[str, list[float]] = {name: [] for name in ("", *baselines)}
    for _round in range(rounds):
        taken[""].append(_once(ours, repeat))
        for name, (other, _goal) in baselines.items():
            taken[name].append(_once(other, repeat))
    return [
        _figure(taken[""], taken[name], rate, goal, (database, rows, work, name), queries, peak)
        for name, (_other, goal) in baselines.items()
    ]


def of_times(
    *,
    database: str,
    rows: int,
    work: str,
    against: str,
    ours: list[float],
    theirs: list[float],
    goal: str = "",
    rate: bool = False,
) -> Figure:
    """A figure from times that were taken in pairs elsewhere."""
    return _figure(ours, theirs, rate, goal, (database, rows, work, against), 0, 0)


def _figure(
    ours: list[float],
    theirs: list[float],
    rate: bool,
    goal: str,
    what: tuple[str, int, str, str],
    queries: int,
    peak: int,
) -> Figure:
    pairs = list(zip(ours, theirs, strict=True))
    ratios = [b / a if rate else a / b for a, b in pairs]
    return Figure(
        *what,
        ratio=round(statistics.median(ratios), 3),
        lowest=round(min(ratios), 3),
        highest=round(max(ratios), 3),
        ours_ms=round(statistics.median(ours) * 1000, 3),
        theirs_ms=round(statistics.median(theirs) * 1000, 3),
        queries=queries,
        peak_kb=peak,
        goal=goal,
        rate=rate,
    )


def _once(work: Work, repeat: int) -> float:
    """The median of `repeat` runs: one run that was interrupted does not count."""
    times = []
    gc.collect()
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def cost(work: Work) -> tuple[int, int]:
    """Queries on both databases, and the peak of memory in kilobytes, of one run that is not timed."""
    work()
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keyring"]) as keys,
    ):
        work()
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return len(main) + len(keys), peak // 1024
