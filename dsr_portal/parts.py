"""The processes an installation on one machine consists of."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dsr_portal.processes import Part
from portals_core.plumbing.errors import Conflict

_MANAGE = str(settings.BASE_DIR / "manage.py")
#: Seconds between two looks of the signer.
SIGN_EVERY = 10


def all_parts(*, port: int) -> list[Part]:
    """Web, worker, scheduler and signer, each with the interpreter that runs us."""
    python = sys.executable
    # The web server looks for collected files; where there are none it serves them from the apps.
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)

    def answers() -> bool:
        with socket.socket() as visitor:
            return visitor.connect_ex(("127.0.0.1", port)) == 0

    return [
        Part("web", (python, "-m", "gunicorn", *_web(port), "dsr_portal.wsgi:application"), answers),
        Part("worker", (python, "-m", "celery", "--app", "dsr_portal", "--quiet", "worker", *_WORKER)),
        Part("scheduler", (python, _MANAGE, "run_scheduler")),
        Part("signer", (python, _MANAGE, "sign_checkpoints", "--every", str(SIGN_EVERY))),
    ]


def _web(port: int) -> list[str]:
    """Two processes of two threads: SQLite takes one writer at a time, more would only wait for it."""
    return [
        f"--bind=127.0.0.1:{port}",
        "--workers=2",
        "--threads=2",
        "--preload",
        "--graceful-timeout=10",
        "--no-control-socket",
        "--log-level=warning",
    ]


_WORKER = [
    "--concurrency=1",
    "--prefetch-multiplier=1",
    "--without-gossip",
    "--without-mingle",
    "--without-heartbeat",
    "--loglevel=WARNING",
]


def refuse_busy_port(port: int) -> None:
    """Raise `Conflict` when something else answers at this port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Conflict(
                _("Port %(port)s is in use. Choose another one: DSR_PORT=%(other)s make demo")
                % {"port": port, "other": port + 1},
                code="port.busy",
            ) from None
