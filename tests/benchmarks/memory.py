"""What a step takes that is done once: time by the clock, processor time, how much the process grew."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from django.db import connection

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Taken(NamedTuple):
    """Seconds, seconds of processor time of this process, kilobytes above what it had at most."""

    clock: float
    processor: float
    above: int


def taken(work: Callable[[], object]) -> Taken:
    """Do it once, and say what it took."""
    connection.queries_log.clear()
    _FORGET.write_text("5")  # the peak is counted from now on
    before, start, busy = _kilobytes("VmRSS"), time.perf_counter(), time.process_time()
    work()
    spent = time.perf_counter() - start, time.process_time() - busy
    return Taken(*spent, max(1, _kilobytes("VmHWM") - before))


def _kilobytes(name: str) -> int:
    line = next(one for one in _STATUS.read_text().splitlines() if one.startswith(f"{name}:"))
    return int(line.split()[1])
