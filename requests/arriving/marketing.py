"""An objection to advertising holds at once, and nobody weighs it (Art. 21(2), (3), decision 13).

As soon as it is certain who asks, the objection is recorded, the case closes and the person is told. Only
advertising stops: nothing is locked, nothing is erased.
"""

from __future__ import annotations

from uuid import UUID

from consent.deciding import objections
from consent.models import Signal
from portals_core.access.actor import system
from portals_core.plumbing import clock
from requests.casebook import lifecycle
from requests.holding.asked import MARKETING, is_marketing
from requests.law.states import State, Who
from requests.models import Case
from requests.telling.notices import answers

#: What says that a request is proved, or that its person is found.
EVENTS = ("case.review", "case.prove", "case.bound")
_ACT = system("stop advertising that a person objects to")


def on_proof(*, about: str, case: str = "", **ids: object) -> None:
    """Inline subscriber: carry out the objection in the transaction of the proof.

    A case about nobody known yet waits: it is found again when its person is. Any other changes nothing.
    """
    found = Case.objects.visible_to(_ACT).filter(pk=UUID(case or about.partition(":")[2])).first()
    if found is None or found.subject is None or found.state != State.IN_REVIEW:
        return
    if found.proved_at is None or not is_marketing(found.kind, found.asked):
        return
    at = clock.now()
    objections.object_to(
        actor=_ACT, subject=found.subject, marketing=True, sharing=False, signal=Signal.CASE, at=at
    )
    moved = lifecycle.move(
        found, "carry_out", actor=_ACT, who=Who.SYSTEM, at=at, ground=MARKETING, decided_at=at
    )
    answers.no_more_advertising(lifecycle.finish(moved, actor=_ACT, at=at), at=at)
