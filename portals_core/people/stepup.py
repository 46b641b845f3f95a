"""How long ago this session proved who sits before it: dangerous acts ask for a recent proof.

Staff prove it with their second factor. A portal user without one proves it with the password; that is
weaker, and stated so in docs/decisions.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from django.conf import settings

_KEY = "stepup_at"


def mark(session: MutableMapping[str, Any], *, at: datetime) -> None:
    """Remember that the person proved who they are at this moment."""
    session[_KEY] = at.timestamp()


def is_fresh(session: MutableMapping[str, Any], *, at: datetime) -> bool:
    """Whether the last proof is recent enough; one from the future (a clock set back) does not count."""
    proved = session.get(_KEY)
    return proved is not None and 0 <= at.timestamp() - proved <= settings.STEP_UP_SECONDS
