"""Named places where a crash test may stop the process; they do nothing outside test settings.

A point set to `stop` writes `<point>.reached` under the state folder and waits to be killed, so that a
test can send SIGKILL at exactly that place.
"""

import time
from pathlib import Path

from django.conf import settings


def reach(point: str) -> None:
    """Pass through `point`; under test settings that name it, wait there for the signal."""
    if settings.FAULT_POINTS.get(point) != "stop":
        return
    Path(settings.STATE_DIR, f"{point}.reached").touch()
    while True:
        time.sleep(0.05)
