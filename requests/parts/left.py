"""The part of a closed case that tells what was kept, and why (W5, W25)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portals_core.access.actor import Actor
from requests.holding import kept
from requests.law.states import State
from requests.models import Case, Kind

_DONE = {State.FULFILLED, State.PARTLY_FULFILLED}


def part(actor: Actor, case: Case, *, at: datetime) -> Mapping[str, Any] | None:
    """The groups that were kept, with the names the reader may see; for a deletion also that none was. None
    for a case that did nothing, and for a correction, which is told field by field."""
    if case.state not in _DONE or case.kind == Kind.RECTIFY or not case.plan_digest:
        return None
    groups = kept.shown(actor, case)
    if not groups and case.kind != Kind.DELETE:
        return None
    return {"case": case, "left": groups, "total": sum(one.kept.count for one in groups)}
