"""The mail of this app, and why no lock stands in its way."""

from __future__ import annotations

from portals_core.locks.paths import register
from requests import notices


def register_all() -> None:
    """Called once by the wiring."""
    register(
        "requests.notices",
        notices.acknowledged,
        notices.asked,
        notices.refused,
        notices.stopped,
        notices.corrected,
        notices.erased,
        notices.partly_erased,
        notices.left_out,
        who="whoever files, decides or carries out a request",
        pages=(
            "dsr_requests:new",
            "dsr_requests:intake",
            "dsr_requests:decide-yes",
            "dsr_requests:decide-no",
        ),
        jobs=("requests.carry_out", "exports.build"),
        commands=("carry_out", "decide_case", "file_case", "demo"),
        free="legal notices about the request itself stay allowed (L16)",
    )
