"""Approvals, the time to change one's mind, duplicates and authority on the page of a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portals_core.access.actor import Actor
from portals_core.plumbing.errors import Conflict, Forbidden
from requests.casebook import barriers, names
from requests.deciding import duplicates, signatures
from requests.forms.approval import AuthorityForm, LinkForm, RecallForm
from requests.forms.desk import SendBackForm
from requests.holding import holdings, planning, scoping
from requests.law import states
from requests.law.states import State, Who
from requests.models import Case


@dataclass(frozen=True)
class Signed:
    """One officer's yes."""

    by: str
    at: datetime


def part(actor: Actor, case: Case, at: datetime) -> dict[str, Any]:
    """What the template `case_approval.html` shows; forms only for whoever may send them."""
    return {
        **_approvals(actor, case),
        **_same(actor, case),
        "recall": RecallForm() if case.state == State.COOLING_OFF and actor.may("cases.decide") else None,
        "authority": AuthorityForm() if _authority_is_asked(actor, case) else None,
    }


def _approvals(actor: Actor, case: Case) -> dict[str, Any]:
    given = signatures.standing(case) if case.plan_digest else []
    waiting = case.state == State.AWAITING_APPROVAL
    return {
        "signed": [Signed(names.called(actor, one.by), one.at) for one in given],
        "missing": max(0, case.approvals_needed - len(given)) if waiting else 0,
        **(_planned(case) if waiting else {}),
        "own_decision": waiting and _had_a_part(actor, case),
        "back": SendBackForm() if waiting and actor.may("cases.approve") else None,
    }


def _planned(case: Case) -> dict[str, Any]:
    """What an approval erases and what it leaves, and how many items the plan would have now."""
    entries = planning.entries_stored(case)
    total, done = len(entries), sum(entries.counts().values())
    # A page does not collect a very large plan anew; approving it does.
    now = total if total > holdings.MOST else len(planning.entries_now(case, entries))
    return {
        "plan_total": done,
        "plan_left": total - done,
        "plan_account": any(entry.touched for entry in entries.of(scoping.ACCOUNT)),
        "plan_items": total,
        "plan_now": now,
    }


def _had_a_part(actor: Actor, case: Case) -> bool:
    try:
        barriers.second_person(actor, case)
        barriers.another_signer(actor, signatures.officers(case))
    except (Forbidden, Conflict):
        return True
    return False


def _same(actor: Actor, case: Case) -> dict[str, Any]:
    """The request of which this is a duplicate, those of this one, and what may be linked."""
    may = actor.may("cases.decide") and case.is_open
    first = case.duplicate_of
    copies = list(duplicates.linked(actor, case))
    free = may and first is None and not copies
    hindrance = duplicates.hindrance(actor, case) if may and first is not None else None
    settling = may and first is not None and case.state == State.IN_REVIEW
    return {
        "duplicate_of": first,
        "copies": copies,
        "offered": duplicates.candidates(actor, case) if free else [],
        "link": LinkForm() if free else None,
        "may_settle": settling and hindrance is None,
        "not_settled": str(hindrance.public) if hindrance is not None else "",
        "may_unlink": may and first is not None,
    }


def _authority_is_asked(actor: Actor, case: Case) -> bool:
    open_to = "prove" in states.allowed(case.state, Who.OFFICER, kind=case.kind)
    return case.on_behalf and open_to and actor.may("cases.decide")
