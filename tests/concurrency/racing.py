"""Several acts at the same moment, each on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import IntegrityError, connections

from portals_core.plumbing.errors import DsrError

#: Seconds after which somebody who is waited for counts as stuck; a busy machine must not reach it.
PATIENCE = 60


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act returned or was refused with, all started together."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait(timeout=PATIENCE)
        return alone(act)

    with ThreadPoolExecutor(max_workers=len(acts)) as pool:
        return list(pool.map(run, acts, timeout=2 * PATIENCE))


def alone(act: Callable[[], object]) -> object:
    """What an act returns or is refused with; the connection it opened is closed."""
    try:
        return act()
    except (DsrError, IntegrityError) as refusal:
        return refusal
    finally:
        connections.close_all()
