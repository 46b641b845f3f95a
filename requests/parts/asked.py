"""What exactly is asked, on the page of a case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portals_core.access.actor import Actor
from requests import portal
from requests.models import Case


def part(actor: Actor, case: Case, *, at: datetime) -> dict[str, Any]:
    """Context of `case_asked.html`: questions with their answers, none where nothing was asked about."""
    return {"particulars": portal.particulars(actor, case)}
