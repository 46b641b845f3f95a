"""The subject's timeline (W20): every state has words and one stop, and the stops tell the truth."""

from requests.law.progress import EXPLAINED, NAMES, progress, steps
from requests.law.states import Kind, State


def standing(kind: str, state: str, passed: list[str]) -> dict[str, str]:
    return {stop.step.key: stop.standing for stop in progress(kind, state, passed)}


def test_every_state_has_a_name_and_a_sentence() -> None:
    assert set(NAMES) == set(EXPLAINED) == set(State)
    assert len(set(NAMES.values())) == len(NAMES)
    assert len(set(EXPLAINED.values())) == len(EXPLAINED)


def test_every_state_a_kind_can_be_in_has_exactly_one_stop() -> None:
    for kind in Kind:
        covered = [state for step in steps(kind) for state in step.states]
        assert len(covered) == len(set(covered))
        second = {State.AWAITING_APPROVAL, State.COOLING_OFF}
        assert set(State) - set(covered) == (set() if kind is Kind.DELETE else second)


def test_only_a_deletion_shows_a_second_check() -> None:
    assert "approval" in [step.key for step in steps("delete")]
    assert "approval" not in [step.key for step in steps("export")]


def test_a_request_under_review_shows_what_was_and_what_comes() -> None:
    assert standing("delete", "in_review", ["received", "proving", "in_review"]) == {
        "received": "done",
        "proof": "done",
        "review": "now",
        "approval": "ahead",
        "action": "ahead",
        "answer": "ahead",
    }


def test_a_step_never_taken_is_shown_as_left_out_and_not_as_done() -> None:
    shown = standing("delete", "refused", ["received", "in_review", "refused"])
    assert shown == {
        "received": "done",
        "proof": "left_out",
        "review": "done",
        "approval": "left_out",
        "action": "left_out",
        "answer": "now",
    }


def test_a_fulfilled_request_shows_everything_done() -> None:
    passed = ["received", "proving", "in_review", "carrying_out", "fulfilled"]
    assert set(standing("export", "fulfilled", passed).values()) == {"done", "now"}
