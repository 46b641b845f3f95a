"""Requests that end because nobody answers: no proof of who asks, or no answer to a question. Daily.

Each case is looked at again under its locks and ended in a transaction of its own, so doing it twice, or
after a crash, does it once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import ngettext

from portals_core.access.actor import system
from portals_core.plumbing import clock, outbox
from requests import barriers, counting, lifecycle, notices
from requests.models import Case, Clarification, Mandate, Proof, Transition
from requests.states import State, Who

JOB = "requests.lapse"
BATCH = 100
_RULE = system("end requests that nobody answers")


def lapse(held: outbox.Claim) -> None:
    """Job handler: end every request whose time to prove or to answer is over, and tell whoever asked."""
    at = clock.now()
    for key in _candidates(at):
        with transaction.atomic():
            found = barriers.taken(_RULE, key, "decide")
            if _is_over(found, at):
                _end(found, at)
                held.hold()


def _candidates(at: datetime) -> Iterator[UUID]:
    """Ids in order, page by page; each page is read after the one before was dealt with."""
    proving = Q(state=State.PROVING, filed_at__lte=at - timedelta(days=settings.PROOF_DAYS))
    waiting = Q(state=State.WAITING, filed_at__lte=at - timedelta(days=settings.ANSWER_DAYS))
    rows = Case.objects.visible_to(_RULE).filter(proving | waiting).order_by("pk")
    after: UUID | None = None
    while True:
        page = rows.filter(pk__gt=after) if after else rows
        ids = list(page.values_list("pk", flat=True)[:BATCH])
        if not ids:
            return
        yield from ids
        after = ids[-1]


def _is_over(found: Case, at: datetime) -> bool:
    """Whether the last day to prove or answer has passed where the answer is owed."""
    if found.state == State.PROVING:
        asked, days = _proof_asked(found), settings.PROOF_DAYS
    elif found.state == State.WAITING:
        rows = Clarification.objects.visible_to(_RULE).filter(case=found, answered_at=None)
        asked, days = rows.aggregate(last=Max("asked_at"))["last"], settings.ANSWER_DAYS
    else:
        return False
    if asked is None:
        return False
    return counting.local_day(found, at) > counting.local_day(found, asked) + timedelta(days=days)


def _proof_asked(found: Case) -> datetime | None:
    """When the person was last asked to prove who they are, or that somebody may ask for them."""
    steps = Transition.objects.visible_to(_RULE).filter(case=found, target=State.PROVING)
    proofs = Proof.objects.visible_to(_RULE).filter(case=found)
    mandates = Mandate.objects.visible_to(_RULE).filter(case=found)
    asked = (
        steps.aggregate(last=Max("at"))["last"],
        proofs.aggregate(last=Max("sent_at"))["last"],
        mandates.aggregate(last=Max("asked_at"))["last"],
    )
    return max((one for one in asked if one is not None), default=None)


def _end(found: Case, at: datetime) -> None:
    unproved = found.state == State.PROVING
    if unproved:
        days = settings.PROOF_DAYS
        reason = ngettext("Nobody proved within %(days)s day who asks.",
                          "Nobody proved within %(days)s days who asks.", days)  # fmt: skip
    else:
        days = settings.ANSWER_DAYS
        reason = ngettext("The question was not answered within %(days)s day.",
                          "The question was not answered within %(days)s days.", days)  # fmt: skip
    ended = lifecycle.move(found, "lapse", actor=_RULE, who=Who.SYSTEM, at=at, reason=reason % {"days": days})
    notices.lapsed(ended, unproved=unproved, at=at)
