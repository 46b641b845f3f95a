"""The life of a request: its states, and one typed table of the steps between them.

Pure. `requests.casebook.lifecycle` is the only writer of a status and asks `next_state` first; pages ask
`allowed` and `actor_next`. What is not in the table does not happen; `docs/reference/states.md` is made from
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portals_core.plumbing.errors import BadInput, Broken, Conflict


def _(sentence: str) -> str:
    """Marks a sentence for translation; whoever shows it calls gettext."""
    return sentence


class State(StrEnum):
    """Where a request stands."""

    RECEIVED = "received"
    PROVING = "proving"
    IN_REVIEW = "in_review"
    WAITING = "waiting"
    AWAITING_APPROVAL = "awaiting_approval"
    COOLING_OFF = "cooling_off"
    CARRYING_OUT = "carrying_out"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Kind(StrEnum):
    """What is asked for; the four of R1, whose labels are the portal's own."""

    DELETE = "delete"
    STOP = "stop"
    EXPORT = "export"
    RECTIFY = "rectify"


class Who(StrEnum):
    """Who may take a step. `PERSON` is the one a representative acts for; `SECOND_OFFICER` is not the
    officer who asked for approval."""

    SUBJECT = "subject"
    REPRESENTATIVE = "representative"
    PERSON = "person"
    OFFICER = "officer"
    SECOND_OFFICER = "second_officer"
    SYSTEM = "system"


CLOSED = frozenset({State.FULFILLED, State.PARTLY_FULFILLED, State.REFUSED, State.WITHDRAWN, State.LAPSED})
OPEN = frozenset(State) - CLOSED
#: Until the first effect the asker may change their mind.
BEFORE_CARRYING_OUT = OPEN - {State.CARRYING_OUT}
EVERY_KIND = frozenset(Kind)
#: What can be carried out without a second officer (decision 22).
WITHOUT_APPROVAL = EVERY_KIND - {Kind.DELETE}


@dataclass(frozen=True, slots=True)
class Transition:
    """One step: from any of `sources` to `target`, by one of `who`, for requests of `kinds`."""

    name: str
    sources: frozenset[State]
    target: State
    who: frozenset[Who]
    kinds: frozenset[Kind] = EVERY_KIND


def _step(
    name: str,
    sources: set[State] | frozenset[State],
    target: State,
    who: set[Who],
    kinds: frozenset[Kind] = EVERY_KIND,
) -> Transition:
    return Transition(name, frozenset(sources), target, frozenset(who), kinds)


_ONLY_DELETE = frozenset({Kind.DELETE})
_ASKERS = {Who.SUBJECT, Who.REPRESENTATIVE, Who.PERSON}

#: The table. No other place says what may follow what.
TRANSITIONS: tuple[Transition, ...] = (
    _step("ask_proof", {State.RECEIVED}, State.PROVING, {Who.SYSTEM, Who.OFFICER}),
    # The officer proves where authority or identity was shown on paper; a representative proves nothing.
    _step("prove", {State.PROVING}, State.IN_REVIEW, {Who.SUBJECT, Who.PERSON, Who.OFFICER}),
    _step("review", {State.RECEIVED}, State.IN_REVIEW, {Who.SYSTEM, Who.OFFICER}),
    _step("ask_subject", {State.IN_REVIEW}, State.WAITING, {Who.OFFICER}),
    _step("answered", {State.WAITING}, State.IN_REVIEW, _ASKERS | {Who.OFFICER}),
    _step("submit", {State.IN_REVIEW}, State.AWAITING_APPROVAL, {Who.OFFICER}, _ONLY_DELETE),
    _step("send_back", {State.AWAITING_APPROVAL}, State.IN_REVIEW, {Who.SECOND_OFFICER}),
    # The last approval that is needed; those before it change no state. The person can still withdraw.
    _step("approve", {State.AWAITING_APPROVAL}, State.COOLING_OFF, {Who.SECOND_OFFICER}),
    # The system takes it back where it no longer fits what is stored when the time is over (promise 9).
    _step(
        "recall",
        {State.COOLING_OFF},
        State.IN_REVIEW,
        {Who.OFFICER, Who.SECOND_OFFICER, Who.SYSTEM},
        _ONLY_DELETE,
    ),
    _step("start", {State.COOLING_OFF}, State.CARRYING_OUT, {Who.SYSTEM}, _ONLY_DELETE),
    # An objection to advertising holds at once: nobody weighs it, the product carries it out (Art. 21(3)).
    _step("carry_out", {State.IN_REVIEW}, State.CARRYING_OUT, {Who.OFFICER, Who.SYSTEM}, WITHOUT_APPROVAL),
    # What is stored no longer matches the approved plan, and nothing was done yet: approve it anew (N3).
    _step("drift", {State.CARRYING_OUT}, State.AWAITING_APPROVAL, {Who.SYSTEM}, _ONLY_DELETE),
    # Nobody was found under what was proved: that is the answer, and it is a full one (W25).
    _step("none_held", {State.IN_REVIEW}, State.FULFILLED, {Who.OFFICER}),
    # A duplicate ends as the request did of which it is one; it kept its own clock until here (W18).
    _step("settle", {State.IN_REVIEW}, State.FULFILLED, {Who.OFFICER}),
    _step("settle_partly", {State.IN_REVIEW}, State.PARTLY_FULFILLED, {Who.OFFICER}),
    _step("finish", {State.CARRYING_OUT}, State.FULFILLED, {Who.SYSTEM, Who.OFFICER}),
    _step("finish_partly", {State.CARRYING_OUT}, State.PARTLY_FULFILLED, {Who.SYSTEM, Who.OFFICER}),
    _step(
        "refuse",
        {State.IN_REVIEW, State.AWAITING_APPROVAL},
        State.REFUSED,
        {Who.OFFICER, Who.SECOND_OFFICER},
    ),
    _step("withdraw", BEFORE_CARRYING_OUT, State.WITHDRAWN, _ASKERS),
    # The person disowns what was asked in their name. Nobody's right is refused by that, so no ground and
    # no complaint belong to it (Art. 12(4)): the request ends as withdrawn, by the person.
    _step("object", BEFORE_CARRYING_OUT, State.WITHDRAWN, {Who.PERSON}),
    _step("lapse", {State.PROVING, State.WAITING}, State.LAPSED, {Who.SYSTEM}),
)
_BY_NAME = {transition.name: transition for transition in TRANSITIONS}

#: Who files a request (no state comes before).
FILERS = frozenset({Who.SUBJECT, Who.REPRESENTATIVE, Who.OFFICER})

_NEXT: dict[State, Who | None] = {
    State.RECEIVED: Who.OFFICER,
    State.PROVING: Who.SUBJECT,
    State.IN_REVIEW: Who.OFFICER,
    State.WAITING: Who.SUBJECT,
    State.AWAITING_APPROVAL: Who.SECOND_OFFICER,
    State.COOLING_OFF: Who.SYSTEM,
    State.CARRYING_OUT: Who.SYSTEM,
} | dict.fromkeys(CLOSED)

#: DPV 2.3 terms for the API and the exports. There is no term for a part: a partly fulfilled request is
#: `RequestUnfulfilled`, so that no reader is told more was done than was.
DPV_TERMS: dict[State, str] = {
    State.RECEIVED: "RequestInitiated",
    State.PROVING: "RequestRequiresAction",
    State.IN_REVIEW: "RequestAcknowledged",
    State.WAITING: "RequestRequiresAction",
    State.AWAITING_APPROVAL: "RequestAcknowledged",
    State.COOLING_OFF: "RequestActionDelayed",
    State.CARRYING_OUT: "RequestAccepted",
    State.FULFILLED: "RequestFulfilled",
    State.PARTLY_FULFILLED: "RequestUnfulfilled",
    State.REFUSED: "RequestRejected",
    State.WITHDRAWN: "RequestUnfulfilled",
    State.LAPSED: "RequestUnfulfilled",
}

_CLOSED = _("This request is closed. File a new request if something is missing.")
_NOT_NOW = _("This step is not possible now. Reload the page to see where the request stands.")
_UNDER_WAY = _("The request is already being carried out and can no longer be withdrawn.")
_NOT_APPROVED = _("A deletion needs the approval of a second officer first. Submit it for approval.")
_NO_APPROVAL = _("Only a deletion goes to a second officer. Carry this request out directly.")
_SENTENCES: dict[tuple[str, State], str] = {("withdraw", State.CARRYING_OUT): _UNDER_WAY}
_WRONG_KIND = {"carry_out": _NOT_APPROVED, "submit": _NO_APPROVAL}


def start(kind: str) -> State:
    """The state of a request of `kind` when it is filed. An unknown kind is `BadInput`."""
    if kind not in EVERY_KIND:
        raise BadInput(
            _("This kind of request does not exist. Choose delete, stop processing, export or rectify."),
            code="request.kind",
            detail=f"kind {kind!r}",
        )
    return State.RECEIVED


def next_state(state: str, transition: str, *, kind: str | None = None) -> State:
    """The state after `transition`. `Conflict` if the table does not lead there from `state`.

    Steps that only some kinds may take (`submit`, `carry_out`, `drift`) need `kind`: without it they are
    refused. Who takes the step is asked with `may`.
    """
    step, here = _transition(transition), _state(state)
    code, detail = f"request.{transition}", f"{transition} from {here} for {kind}"
    if here in CLOSED:
        raise Conflict(_CLOSED, code=code, detail=detail)
    if here not in step.sources:
        raise Conflict(_SENTENCES.get((transition, here), _NOT_NOW), code=code, detail=detail)
    if not _open_to(step, kind):
        raise Conflict(_WRONG_KIND.get(transition, _NOT_NOW), code=code, detail=detail)
    return step.target


def allowed(state: str, who: str, *, kind: str | None = None) -> tuple[str, ...]:
    """Names of the steps `who` may take from `state`, in the order of the table."""
    return tuple(
        step.name
        for step in TRANSITIONS
        if state in step.sources and who in step.who and _open_to(step, kind)
    )


def may(who: str, transition: str) -> bool:
    """Whether `who` is ever one to take this step."""
    return who in _transition(transition).who


def actor_next(state: str, *, represented: bool = False) -> Who | None:
    """Who has to act next, None when closed. For a represented person the proof is the person's own."""
    if represented and state == State.PROVING:
        return Who.PERSON
    return _NEXT[_state(state)]


def _open_to(step: Transition, kind: str | None) -> bool:
    return step.kinds == EVERY_KIND or kind in step.kinds


def _state(name: str) -> State:
    if name not in OPEN | CLOSED:
        raise Broken("", code="request.state", detail=f"no state named {name!r}")
    return State(name)


def _transition(name: str) -> Transition:
    if name not in _BY_NAME:
        raise Broken("", code="request.transition", detail=f"no transition named {name!r}")
    return _BY_NAME[name]
