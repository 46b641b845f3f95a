"""What the subject sees of a request's life: words for each state, and the steps of the timeline (W20).

Pure data, made from the table in `requests.law.states`. Sentences are marked here and translated where shown.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from requests.law.states import CLOSED, Kind, State


def _(sentence: str) -> str:
    """Marks a sentence for translation; whoever shows it calls gettext."""
    return sentence


#: Short name of each state.
NAMES: dict[State, str] = {
    State.RECEIVED: _("Received"),
    State.PROVING: _("Waiting for proof"),
    State.IN_REVIEW: _("In review"),
    State.WAITING: _("Waiting for your answer"),
    State.AWAITING_APPROVAL: _("Second check"),
    State.COOLING_OFF: _("Time to change your mind"),
    State.CARRYING_OUT: _("Being carried out"),
    State.FULFILLED: _("Done"),
    State.PARTLY_FULFILLED: _("Partly done"),
    State.REFUSED: _("Refused"),
    State.WITHDRAWN: _("Withdrawn"),
    State.LAPSED: _("Ended without an answer"),
}
#: What is happening, in one sentence for the subject.
EXPLAINED: dict[State, str] = {
    State.RECEIVED: _("We have your request and will look at it."),
    State.PROVING: _("We need to be sure who asks before anything is shown or changed."),
    State.IN_REVIEW: _("A privacy officer is looking at your request."),
    State.WAITING: _("We asked a question and need the answer to go on."),
    State.AWAITING_APPROVAL: _("A second officer checks the decision before anything is deleted."),
    State.COOLING_OFF: _("The request is approved. It can still be withdrawn for a short time."),
    State.CARRYING_OUT: _("The decision is being carried out."),
    State.FULFILLED: _("Everything you asked for was done."),
    State.PARTLY_FULFILLED: _("Part of what you asked for was done; the answer says what was not, and why."),
    State.REFUSED: _("The request was refused; the answer says why and how you can complain."),
    State.WITHDRAWN: _("The request was withdrawn. Nothing was changed because of it."),
    State.LAPSED: _("We had no answer in time and ended the request. You can file it again at any time."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One stop on the timeline and the states in which a request stands there."""

    key: str
    title: str
    states: frozenset[State]


@dataclass(frozen=True, slots=True)
class Stop:
    """A step and where this request stands towards it."""

    step: Step
    standing: Literal["done", "now", "ahead", "left_out"]


_RECEIVED = Step("received", _("Received"), frozenset({State.RECEIVED}))
_PROOF = Step("proof", _("Proof"), frozenset({State.PROVING}))
_REVIEW = Step("review", _("Review"), frozenset({State.IN_REVIEW, State.WAITING}))
_APPROVAL = Step("approval", _("Second check"), frozenset({State.AWAITING_APPROVAL, State.COOLING_OFF}))
_ACTION = Step("action", _("Carrying out"), frozenset({State.CARRYING_OUT}))
_ANSWER = Step("answer", _("Answer"), CLOSED)


def steps(kind: str) -> tuple[Step, ...]:
    """The stops a request of `kind` makes; only a deletion has a second check."""
    second = (_APPROVAL,) if Kind(kind) is Kind.DELETE else ()
    return (_RECEIVED, _PROOF, _REVIEW, *second, _ACTION, _ANSWER)


def progress(kind: str, state: str, passed: Collection[str]) -> tuple[Stop, ...]:
    """The timeline of a request in `state` that has been in the states `passed`.

    A step never entered is ahead until a later one was reached or the request closed; then it was left out.
    """
    line = steps(kind)
    here = next(index for index, step in enumerate(line) if State(state) in step.states)
    return tuple(Stop(step, _standing(step, index - here, passed)) for index, step in enumerate(line))


def _standing(
    step: Step, distance: int, passed: Collection[str]
) -> Literal["done", "now", "ahead", "left_out"]:
    if distance == 0:
        return "now"
    if distance > 0:
        return "ahead"
    return "done" if any(state in passed for state in step.states) else "left_out"
