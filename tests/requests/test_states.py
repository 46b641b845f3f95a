"""The table of steps against a naive model written by hand, and the promises that must hold on every path."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portals_core.plumbing.errors import BadInput, Broken, Conflict
from requests.law.states import (
    CLOSED,
    DPV_TERMS,
    OPEN,
    TRANSITIONS,
    Kind,
    State,
    Who,
    actor_next,
    allowed,
    may,
    next_state,
    start,
)
from requests.law.states_page import page

REPOSITORY = Path(__file__).parent.parent.parent

#: The naive model: the sentences of the requirement, spelled out edge by edge, in plain strings.
EDGES = """
received ask_proof proving
proving prove in_review
received review in_review
in_review ask_subject waiting
waiting answered in_review
in_review submit awaiting_approval delete
awaiting_approval send_back in_review
awaiting_approval approve cooling_off
cooling_off recall in_review delete
cooling_off start carrying_out delete
in_review carry_out carrying_out stop,export,rectify
carrying_out drift awaiting_approval delete
carrying_out finish fulfilled
carrying_out finish_partly partly_fulfilled
in_review none_held fulfilled
in_review settle fulfilled
in_review settle_partly partly_fulfilled
in_review refuse refused
awaiting_approval refuse refused
received withdraw withdrawn
proving withdraw withdrawn
in_review withdraw withdrawn
waiting withdraw withdrawn
awaiting_approval withdraw withdrawn
cooling_off withdraw withdrawn
received object withdrawn
proving object withdrawn
in_review object withdrawn
waiting object withdrawn
awaiting_approval object withdrawn
cooling_off object withdrawn
proving lapse lapsed
waiting lapse lapsed
"""
STATES = [
    "received",
    "proving",
    "in_review",
    "waiting",
    "awaiting_approval",
    "cooling_off",
    "carrying_out",
    "fulfilled",
    "partly_fulfilled",
    "refused",
    "withdrawn",
    "lapsed",
]
KINDS = ["delete", "stop", "export", "rectify"]


def naive() -> dict[tuple[str, str, str], str]:
    model = {}
    for line in EDGES.split("\n"):
        if line:
            source, name, target, *kinds = line.split(" ")
            for kind in kinds[0].split(",") if kinds else KINDS:
                model[source, name, kind] = target
    return model


MODEL = naive()
NAMES = sorted({name for _source, name, _kind in MODEL})


def outcome(state: str, name: str, kind: str | None) -> str | None:
    try:
        return str(next_state(state, name, kind=kind))
    except Conflict as conflict:
        assert len(str(conflict)) > 30
        return None


def test_every_state_step_and_kind_answers_as_the_naive_model_does() -> None:
    assert [str(state) for state in State] == STATES
    assert sorted(step.name for step in TRANSITIONS) == NAMES
    for state, name, kind in product(STATES, NAMES, KINDS):
        assert outcome(state, name, kind) == MODEL.get((state, name, kind)), (state, name, kind)


@given(st.sampled_from(KINDS), st.lists(st.sampled_from(NAMES), max_size=25))
def test_any_path_agrees_with_the_naive_model_and_keeps_its_promises(kind: str, path: list[str]) -> None:
    """R1, decision 22."""
    state, approved = str(start(kind)), False
    for name in path:
        expected = MODEL.get((state, name, kind))
        assert outcome(state, name, kind) == expected
        if expected is None:
            continue
        assert state not in CLOSED, "a closed request never moves"
        approved = (approved or name == "approve") and name not in {"send_back", "recall", "drift"}
        state = expected
        if kind == "delete" and state == "carrying_out":
            assert approved, "nothing is deleted without a second officer"


def test_every_open_state_but_the_last_can_be_withdrawn() -> None:
    assert {state for state in State if "withdraw" in allowed(state, "subject")} == OPEN - {
        State.CARRYING_OUT
    }


def test_each_state_is_open_or_closed_and_only_open_ones_lead_anywhere() -> None:
    assert set(State) == OPEN | CLOSED
    assert not OPEN & CLOSED
    leading = {source for step in TRANSITIONS for source in step.sources}
    assert leading == OPEN


def test_every_state_has_a_way_in() -> None:
    assert {step.target for step in TRANSITIONS} | {start("delete")} == set(State)


@pytest.mark.parametrize("name", ["submit", "carry_out", "drift"])
def test_a_step_for_some_kinds_is_refused_while_the_kind_is_not_told(name: str) -> None:
    source, kind = next((source, kind) for source, step, kind in MODEL if step == name)
    assert next_state(source, name, kind=kind)
    with pytest.raises(Conflict):
        next_state(source, name)
    assert name not in allowed(source, next(iter(_who(name))))
    assert name in allowed(source, next(iter(_who(name))), kind=kind)


def _who(name: str) -> frozenset[Who]:
    return next(step.who for step in TRANSITIONS if step.name == name)


def test_refusals_say_what_to_do() -> None:
    sentences = {}
    for state, name, kind in [
        ("fulfilled", "withdraw", "delete"),
        ("carrying_out", "withdraw", "delete"),
        ("in_review", "carry_out", "delete"),
        ("in_review", "submit", "export"),
        ("received", "approve", "delete"),
    ]:
        with pytest.raises(Conflict) as refusal:
            next_state(state, name, kind=kind)
        assert refusal.value.code == f"request.{name}"
        sentences[str(refusal.value)] = name
    assert len(sentences) == 5


def test_the_officer_who_submits_is_not_the_one_who_approves() -> None:
    assert allowed("awaiting_approval", "second_officer") == ("send_back", "approve", "refuse")
    assert allowed("awaiting_approval", "officer") == ("refuse",)
    assert may("second_officer", "approve")
    for who in set(Who) - {Who.SECOND_OFFICER}:
        assert not may(who, "approve")


def test_a_representative_proves_nothing_and_cannot_object_for_the_person() -> None:
    """R3, W17."""
    assert allowed("proving", "representative") == ("withdraw",)
    assert allowed("proving", "person") == ("prove", "withdraw", "object")
    assert next_state("proving", "object") is State.WITHDRAWN


def test_nobody_but_the_people_named_may_act() -> None:
    for state in State:
        assert allowed(state, "stranger") == ()
    assert allowed("in_review", "subject") == ("withdraw",)
    for state in CLOSED:
        assert all(allowed(state, who, kind="delete") == () for who in Who)


def test_whoever_acts_next_has_a_step_to_take() -> None:
    """W20."""
    for state in OPEN - {State.COOLING_OFF}:
        who = actor_next(state)
        assert any(allowed(state, str(who), kind=kind) for kind in Kind)
    assert {actor_next(state) for state in CLOSED} == {None}
    assert actor_next("proving") is Who.SUBJECT
    assert actor_next("proving", represented=True) is Who.PERSON
    assert actor_next("waiting", represented=True) is Who.SUBJECT


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_request_begins_as_received(kind: str) -> None:
    assert start(kind) is State.RECEIVED


def test_an_unknown_kind_is_bad_input() -> None:
    with pytest.raises(BadInput):
        start("forget")


def test_an_unknown_state_or_step_is_a_fault_of_ours() -> None:
    with pytest.raises(Broken):
        next_state("received", "teleport")
    with pytest.raises(Broken):
        next_state("nowhere", "approve")
    with pytest.raises(Broken):
        may("officer", "teleport")


#: The request states DPV 2.3 knows, copied from its vocabulary.
DPV = {
    "RequestInitiated",
    "RequestAcknowledged",
    "RequestAccepted",
    "RequestRejected",
    "RequestFulfilled",
    "RequestUnfulfilled",
    "RequestRequiresAction",
    "RequestRequiredActionPerformed",
    "RequestActionDelayed",
}


def test_every_state_has_a_term_of_the_public_vocabulary() -> None:
    assert set(DPV_TERMS) == set(State)
    assert set(DPV_TERMS.values()) <= DPV
    assert [state for state, term in DPV_TERMS.items() if term == "RequestFulfilled"] == [State.FULFILLED]


def test_the_reference_page_is_current() -> None:
    stored = (REPOSITORY / "docs" / "reference" / "states.md").read_text(encoding="utf-8")
    assert stored == page(), "run: python -m requests.law.states_page > docs/reference/states.md"


def test_the_reference_page_names_every_state_and_step() -> None:
    text = page()
    for word in [*STATES, *NAMES]:
        assert f"| `{word}`" in text
