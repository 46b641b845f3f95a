"""Wakes workers for jobs whose message was lost: with it, losing the broker costs time and not work."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from portals_core.plumbing import outbox

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=10)


class Sweeper:
    """Remembers whom it woke: a long queue is late without being lost, and must not be flooded with
    messages. Each job is woken at once when it is first seen late, then ever more rarely."""

    def __init__(self) -> None:
        self._woken: dict[UUID, tuple[datetime, timedelta]] = {}

    def sweep(self, *, at: datetime) -> list[UUID]:
        """Wake what is late and due for it; the ids of the woken jobs."""
        late = outbox.late(at=at)
        known = {job: self._woken[job] for job in late if job in self._woken}
        woken = [job for job in late if job not in known or known[job][0] <= at]
        for job in woken:
            outbox.wake(job)
            pause = min(known[job][1] * 2, LONGEST_PAUSE) if job in known else FIRST_PAUSE
            known[job] = (at + pause, pause)
        self._woken = known
        return woken
