"""The scheduler: what must happen every second, every few seconds and every day.

Any number may run: leases let one at a time seal the ledger and promise the duties of a day, and a job that
is woken twice is run once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from time import monotonic

from django.db import DatabaseError, close_old_connections

from portals_core.ledger import seal
from portals_core.plumbing import clock, duties
from portals_core.plumbing.errors import Conflict
from portals_core.plumbing.sweeper import Sweeper

log = logging.getLogger(__name__)


@dataclass
class Beat:
    """Something to do every so many seconds."""

    name: str
    every: float
    act: Callable[[], object]
    due: float = 0.0


def beats() -> list[Beat]:
    """What one scheduler does."""
    sweeper = Sweeper()
    return [
        Beat("seal the ledger", 1.0, seal_all),
        Beat("wake late jobs", 2.0, lambda: sweeper.sweep(at=clock.now())),
        Beat("promise daily duties", 60.0, lambda: duties.promise_due(at=clock.now())),
    ]


def seal_all() -> None:
    """Integrate everything that waits, batch by batch."""
    while seal.seal():
        pass


def run(stop: Event, *, ticking: list[Beat] | None = None) -> None:
    """Keep the beat until `stop` is set; a beat under way is finished first."""
    ticking = beats() if ticking is None else ticking
    while not stop.is_set():
        for beat in ticking:
            if beat.due <= monotonic() and not stop.is_set():
                _take(beat)
                beat.due = monotonic() + beat.every
        stop.wait(max(0.0, min(beat.due for beat in ticking) - monotonic()))


def _take(beat: Beat) -> None:
    """One beat. A database that is away and a faster colleague are waited for; a broken promise ends us."""
    try:
        beat.act()
    except (DatabaseError, Conflict) as error:
        log.warning("could not %s: %s; trying again", beat.name, type(error).__name__)
        close_old_connections()
