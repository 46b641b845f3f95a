"""The time between the last approval of a deletion and its first effect (promise 10).

Until it ends the person can take the request back, and an officer can recall it. Nothing is erased before.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import BadInput, Conflict, Locked
from requests.arriving import mandates
from requests.casebook import attempts, barriers, lifecycle
from requests.holding import duties, planning
from requests.holding.book import Book
from requests.law import states
from requests.law.states import State, Who
from requests.models import Case, Kind
from requests.telling import reached
from requests.telling.notices import deletion

log = logging.getLogger(__name__)
CARRY_OUT = "requests.carry_out"
START = "requests.start_erasure"
LONGEST_REASON = 500
_COOLED = system("end the time to change one's mind")
#: What a decision wrote into the case, as it was before.
UNDECIDED: dict[str, object] = {
    "decided_by": None,
    "decided_at": None,
    "ground": "",
    "sentence": "",
    "plan_digest": "",
    "approved_by": None,
    "approved_at": None,
    "approvals_needed": 1,
    "cools_until": None,
}


def approved(found: Case, *, actor: Actor, at: datetime) -> Case:
    """The last approval that was needed, inside the caller's transaction: the person is told until when and
    how the deletion can be taken back. Without such a time it is carried out from now on."""
    # Who is told by letter has the same time from the day it can have arrived.
    post = reached.post_days(found) if settings.COOLING_OFF_HOURS else 0
    until = at + timedelta(days=post, hours=settings.COOLING_OFF_HOURS)
    moved = lifecycle.move(
        found,
        "approve",
        actor=actor,
        who=Who.SECOND_OFFICER,
        at=at,
        approved_by=barriers.user_of(actor),
        approved_at=at,
        cools_until=until,
    )
    if not settings.COOLING_OFF_HOURS:
        return _start(moved, at=at)
    payload = {"case": str(moved.pk), "plan": moved.plan_digest}
    outbox.enqueue(START, about=moved.ref, payload=payload, not_before=until)
    deletion.cooling(moved, link=mandates.way_out(moved, at=at), until=until, at=at)
    return moved


def start_erasure(held: outbox.Claim) -> None:
    """Job: the time is over. Carries out what was approved, or sends it back where that no longer fits.

    A case that was withdrawn, recalled or approved anew meanwhile is left alone: of two jobs only the one of
    the approval in force does something (attacks 41, 46).
    """
    with transaction.atomic():
        held.hold()
        found = barriers.taken(_COOLED, str(held.payload["case"]), "view")
        at = clock.now()
        if not _due(found, held, at):
            log.info("job %s: %s is not waiting to be started", held.id, held.about)
            return
        reason = _against(found)
        if reason:
            back(found, "recall", actor=_COOLED, who=Who.SYSTEM, at=at, reason=reason)
        else:
            _start(found, at=at)


def recall(*, actor: Actor, case: UUID | str, at: datetime, reason: str) -> Case:
    """An officer takes an approved deletion back into review before it is carried out; returns the case.

    Raises `Absent`, `Forbidden`, `BadInput` without a reason for the colleagues, `Conflict` once it is too
    late.
    """
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON:
        raise BadInput(
            _("Say in at most %(longest)s characters why you take it back.") % {"longest": LONGEST_REASON},
            code="recall.reason",
            fields={"reason": _("write why")},
        )
    with attempts.watched(actor=actor, act="recall", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, case, "decide")
        states.next_state(found.state, "recall", kind=found.kind)
        barriers.not_about_oneself(actor, found)
        return back(found, "recall", actor=actor, who=Who.OFFICER, at=at, reason=words)


def back(found: Case, step: str, *, actor: Actor, who: Who, at: datetime, reason: str) -> Case:
    """Back to review with everything undecided, inside the caller's transaction."""
    return lifecycle.move(found, step, actor=actor, who=who, at=at, reason=reason, **UNDECIDED)


def plan_now(found: Case) -> Book:
    """What would be erased now. Raises `Locked` where a duty to keep stands against it."""
    entries = planning.entries_now(found, planning.entries_stored(found))
    duties.refuse_if_kept(found.person, entries)
    return entries


def drifted(found: Case) -> bool:
    """Whether what is stored no longer matches the plan in force (promise 9)."""
    return plan_now(found).digest(planning.ACTS[Kind.DELETE]) != found.plan_digest


def promise(case: Case) -> None:
    """Promise the job that carries a case out."""
    outbox.enqueue(CARRY_OUT, about=case.ref, payload={"case": str(case.pk)})


def _start(found: Case, *, at: datetime) -> Case:
    started = lifecycle.move(found, "start", actor=_COOLED, who=Who.SYSTEM, at=at)
    promise(started)
    return started


def _due(found: Case, held: outbox.Claim, at: datetime) -> bool:
    return (
        found.state == State.COOLING_OFF
        and found.plan_digest == held.payload["plan"]
        and found.cools_until is not None
        and found.cools_until <= at
    )


def _against(found: Case) -> str:
    """Why it cannot be carried out as it was approved; empty where it can."""
    try:
        barriers.nothing_else_open(found)
        if drifted(found):
            return str(_("What is stored about the person changed after the approval."))
    except (Conflict, Locked) as refusal:
        return str(refusal.public)
    return ""
