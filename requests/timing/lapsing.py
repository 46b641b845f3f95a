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
from django.db.models import Exists, Max, OuterRef, Q
from django.utils.translation import ngettext

from portals_core.access.actor import system
from portals_core.plumbing import clock, keyset, outbox
from requests.casebook import barriers, counting, lifecycle
from requests.law.states import State, Who
from requests.models import Case, Clarification, Mandate, Proof, Transition
from requests.telling import reached
from requests.telling.notices import period

JOB = "requests.lapse"
BATCH = 100
_ORDER = ("filed_at", "id")
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
    """Ids of what was filed long enough ago and nobody was asked about since, oldest first, state by state;
    each page is read after the one before was dealt with."""
    for state, days in ((State.PROVING, settings.PROOF_DAYS), (State.WAITING, settings.ANSWER_DAYS)):
        # An hour more, for days on which clocks are changed.
        since = at - timedelta(days=days) + timedelta(hours=1)
        rows = Case.objects.visible_to(_RULE).filter(closed_at=None, state=state, filed_at__lte=since)
        rows = rows.exclude(_asked(state, since)).values_list(*_ORDER)
        for page in keyset.pages(rows, _ORDER, BATCH):
            yield from (key for _filed, key in page)


def _asked(state: State, since: datetime) -> Q:
    """The person was asked after this moment: their time is not over, and the case need not be opened."""
    if state == State.WAITING:
        rows = Clarification.objects.visible_to(_RULE).filter(answered_at=None, asked_at__gt=since)
        return Q(Exists(rows.filter(case=OuterRef("pk"))))
    steps = Transition.objects.visible_to(_RULE).filter(target=State.PROVING, at__gt=since)
    proofs = Proof.objects.visible_to(_RULE).filter(sent_at__gt=since)
    mandates = Mandate.objects.visible_to(_RULE).filter(asked_at__gt=since)
    every = (Exists(rows.filter(case=OuterRef("pk"))) for rows in (steps, proofs, mandates))
    return Q(*every, _connector=Q.OR)


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
    days += reached.post_days(found)
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
    post = reached.post_days(found)
    if unproved:
        days = settings.PROOF_DAYS + post
        reason = ngettext("Nobody proved within %(days)s day who asks.",
                          "Nobody proved within %(days)s days who asks.", days)  # fmt: skip
    else:
        days = settings.ANSWER_DAYS + post
        reason = ngettext("The question was not answered within %(days)s day.",
                          "The question was not answered within %(days)s days.", days)  # fmt: skip
    ended = lifecycle.move(found, "lapse", actor=_RULE, who=Who.SYSTEM, at=at, reason=reason % {"days": days})
    period.lapsed(ended, unproved=unproved, at=at)
