"""The restriction of a case and its end, as the case page shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from portals_core.access.actor import Actor
from requests.carrying_out import lifting
from requests.models import Case, Kind
from requests.telling import reached


def part(actor: Actor, case: Case, *, at: datetime) -> dict[str, Any]:
    """Context of `case_lifting.html`: nothing where no restriction of this case stands."""
    stands = case.kind == Kind.STOP and not case.is_open and lifting.in_force(case)
    return {
        "locks": stands or 0,
        "lifts_at": case.lifts_at if stands else None,
        "lift_ends": lifting.ends(case) if stands else None,
        "lift_after_days": settings.LIFT_AFTER_DAYS,
        "lift_by_post": bool(stands) and reached.by_post(case),
        "post_days": settings.POST_DAYS,
        "may_lift": bool(stands) and actor.may("cases.decide"),
    }
