"""Sandboxed PDF: a document comes out of its own text, or nothing comes out (RD6, promise 26).

WeasyPrint runs in a process of its own: no secrets in its environment, no network, bounded memory and
time, and a fetcher that denies everything. One denied reference fails the whole document, because a page
that asked for something is not the page that was meant.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import Broken

CHILD = "portals_core.plumbing.render_child"
#: How the child ends, beside 0.
DENIED, FAILED = 3, 4
#: Seconds between the child's own limit on computing time and the end of our patience.
_GRACE = 10
_FONT_PLACES = {"FONTCONFIG_FILE", "FONTCONFIG_PATH", "XDG_DATA_DIRS"}


class RenderFailed(Broken):
    """No PDF was made; `code` says whether a reference was denied, a limit was hit or the renderer broke."""

    default_code = "render.failed"

    def __init__(self, *, code: str, detail: str) -> None:
        super().__init__(
            _("The PDF document could not be made, so nothing was kept of it. The team has been told."),
            code=code,
            detail=detail,
        )


def pdf(html: str, *, title: str) -> bytes:
    """The PDF of a self-contained document. Equal input gives equal bytes. Raises `RenderFailed`.

    Nothing in `html` is trusted: files, addresses, style sheets, fonts and images that it refers to are
    neither read nor asked for.
    """
    order = json.dumps(
        {
            "html": html,
            "title": title,
            "megabytes": settings.RENDER_MEGABYTES,
            "seconds": settings.RENDER_SECONDS,
        }
    ).encode()
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-s", "-m", CHILD],
            input=order,
            capture_output=True,
            cwd=settings.BASE_DIR,
            env=_environment(),
            timeout=settings.RENDER_SECONDS + _GRACE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RenderFailed(code="render.limit", detail="out of time") from None
    _judge(done)
    return done.stdout


def _judge(done: subprocess.CompletedProcess[bytes]) -> None:
    if done.returncode == 0 and done.stdout.startswith(b"%PDF-") and done.stdout.rstrip().endswith(b"%%EOF"):
        return
    if done.returncode == DENIED:
        raise RenderFailed(code="render.denied", detail="the document refers to something outside itself")
    # A signal: the kernel ended it for computing too long, or it fell over in native code.
    code = "render.limit" if done.returncode < 0 else "render.failed"
    told = done.stderr[-80:].decode("ascii", "replace").strip() if done.returncode == FAILED else ""
    raise RenderFailed(code=code, detail=f"the renderer ended with {done.returncode} {told}".strip())


def _environment() -> dict[str, str]:
    """No secret of ours, a fixed hash seed so that equal input gives equal bytes."""
    kept = {name: os.environ[name] for name in _FONT_PLACES if name in os.environ}
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "0",
        **kept,
    }
