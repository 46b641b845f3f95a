"""The yes of each officer to one plan, and how many of them a deletion needs (decision 22, promise 10)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings

from portals_core.access.actor import system
from portals_core.people.models import User
from requests.holding import planning
from requests.law.states import State
from requests.models import Approval, Case, Plan

_WRITE = system("keep who approved a plan")
#: Where a yes given before still stands, so that giving it again is no new act (attack 80).
_STANDS = (
    State.AWAITING_APPROVAL,
    State.COOLING_OFF,
    State.CARRYING_OUT,
    State.FULFILLED,
    State.PARTLY_FULFILLED,
)


def needed(plan: Plan) -> int:
    """How many officers besides the one who decided must approve this plan."""
    return 2 if planning.size(plan) >= settings.TWO_APPROVALS_FROM else 1


def standing(case: Case) -> list[Approval]:
    """The approvals that count for the plan in force, first to last, with their officers."""
    rows = Approval.objects.visible_to(_WRITE).filter(case=case, digest=case.plan_digest, void=False)
    return list(rows.select_related("by"))


def officers(case: Case) -> list[User]:
    """Whose approvals count for the plan in force."""
    return [one.by for one in standing(case) if one.by is not None]


def given_before(case: Case, user_id: int | None, seen: str) -> bool:
    """Whether this officer said yes to exactly this plan already, and it still stands."""
    if not seen or seen != case.plan_digest or case.state not in _STANDS:
        return False
    return any(one.by_id == user_id for one in standing(case))


def sign(case: Case, user: User, *, at: datetime) -> int:
    """Store one more yes to the plan in force, inside the caller's transaction and under the case's lock;
    returns how many are still missing."""
    given = len(standing(case)) + 1
    Approval(case=case, by=user, digest=case.plan_digest, at=at).save(force_insert=True)
    return max(0, case.approvals_needed - given)


def void(*, about: str, case: str, subject: str) -> None:
    """Told when a plan went back: no yes to it counts any more, and the plan in its place says anew how many
    it needs."""
    key = UUID(case)
    Approval.objects.visible_to(_WRITE).filter(case=key, void=False).update(void=True)
    found = Case.objects.visible_to(_WRITE).get(pk=key)
    stored = Plan.objects.visible_to(_WRITE).filter(case=key, digest=found.plan_digest).last()
    if stored is not None:
        Case.objects.visible_to(_WRITE).filter(pk=key).update(approvals_needed=needed(stored))
