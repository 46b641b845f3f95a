"""How records leave with the person's own copy, and why no lock stands in the way."""

from __future__ import annotations

from exports import build, notices
from portals_core.locks.paths import register


def register_all() -> None:
    """Called once by the wiring."""
    register(
        "exports.copy",
        build.build,
        who="the worker, once an officer approved the request",
        jobs=("exports.build",),
        commands=("carry_out", "build_bundle"),
        free="a restriction and a duty to keep leave the person's own copy untouched (Art. 15, 18(2))",
    )
    register(
        "exports.ready",
        notices.ready,
        who="the worker that made the copy",
        jobs=("exports.build",),
        commands=("carry_out", "build_bundle"),
        free="legal notices about the request itself stay allowed (L16)",
    )
