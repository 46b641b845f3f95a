"""Paired measurement: in every round the measured work and its baselines run one after the other.

Times on a shared machine mean little, their ratio within one round means more, the median of several such
ratios is what is told. Beside it stands the ratio of processor time of this process, which does not wait for
others: on SQLite the database is in it, on PostgreSQL it is not.
"""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from django.db import connections
from django.test.utils import CaptureQueriesContext

Work = Callable[[], object]
#: Seconds by the clock, and of processor time of this process.
Times = tuple[float, float]


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
    #: Ratio of processor time, median of the rounds; None where it was not taken.
    processor: float | None = None
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
    taken: dict[str, list[Times]] = {name: [] for name in ("", *baselines)}
    for _round in range(rounds):
        taken[""].append(_once(ours, repeat))
        for name, (other, _goal) in baselines.items():
            taken[name].append(_once(other, repeat))
    return [
        _figure(
            _by_clock(taken[""]),
            _by_clock(taken[name]),
            rate,
            goal,
            (database, rows, work, name),
            queries,
            peak,
            _processor(taken[""], taken[name], rate),
        )
        for name, (_other, goal) in baselines.items()
    ]


def _by_clock(times: Sequence[Times]) -> list[float]:
    return [clock for clock, _processor in times]


def _processor(ours: Sequence[Times], theirs: Sequence[Times], rate: bool) -> float | None:
    """The median ratio; None where a baseline is too short to be seen."""
    pairs = [(a, b) for (_ours, a), (_theirs, b) in zip(ours, theirs, strict=True)]
    if any(min(pair) <= 0 for pair in pairs):
        return None
    return round(statistics.median(b / a if rate else a / b for a, b in pairs), 3)


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
    processor: float | None = None,
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
        processor=processor,
        queries=queries,
        peak_kb=peak,
        goal=goal,
        rate=rate,
    )


def _once(work: Work, repeat: int) -> Times:
    """The medians of `repeat` runs: one run that was interrupted does not count."""
    times = []
    gc.collect()
    for _ in range(repeat):
        start, busy = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - start, time.process_time() - busy))
    by_clock, processor = zip(*times, strict=True)
    return statistics.median(by_clock), statistics.median(processor)


def cost(work: Work) -> tuple[int, int]:
    """Queries on both databases, and the peak of memory in kilobytes, of one run that is not timed."""
    work()
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keyring"]) as keys,
    ):
        work()
    queries = len(main) + len(keys)  # now: the next request would forget them
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return queries, peak // 1024
