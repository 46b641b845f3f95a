"""States are written in one place: legal steps only, each once, each with its entry."""

import pytest

from portals_core.ledger import append, codes
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing.errors import Absent, Broken, Conflict, Forbidden
from portals_core.plumbing.models import Job
from requests import wiring
from requests.arriving import mandates
from requests.casebook import lifecycle
from requests.law import states
from requests.law.states import Who
from requests.models import Case, Transition
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST, file

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def test_every_step_of_the_table_has_a_sentence_for_the_ledger():
    named = {f"case.{step.name}" for step in states.TRANSITIONS}
    assert named <= set(wiring.LEDGER_CODES)
    assert all(code in codes.CODES for code in wiring.LEDGER_CODES)


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ("delete", ["file", "review", "submit", "approve", "start", "finish"]),
        ("stop", ["file", "review", "carry_out", "finish"]),
        ("rectify", ["file", "review", "carry_out", "finish"]),
        ("export", ["file", "review", "carry_out"]),
    ],
)
def test_every_change_of_state_leaves_one_row_and_one_entry(made, kind, steps):
    """22: no effect without entry, no entry without effect."""
    given = {"proposals": {"name": "New"}} if kind == "rectify" else {}
    # How an export is built is the app above's matter: here it is only handed on.
    case = (
        case_cast.again(case_cast.decide(made, file(made, kind)))
        if kind == "export"
        else case_cast.carried_out(made, kind, **given)
    )
    history = list(Transition.objects.visible_to(TEST).filter(case=case))
    assert [row.name for row in history] == steps
    assert [row.target for row in history][:-1] == [row.source for row in history][1:]
    assert history[-1].target == case.state
    entries = [code for code in case_cast.codes(case) if code != "case.effect"]
    assert entries == [f"case.{name}" for name in steps]


def test_a_change_whose_entry_fails_does_not_happen(made, monkeypatch):
    """22: the failing append aborts the act; the same act passes once it can be recorded."""
    case = file(made, "delete")

    def broken(*args, **kwargs):
        raise Broken("", code="ledger.test")

    with monkeypatch.context() as patch:
        patch.setattr(append, "record", broken)
        with pytest.raises(Broken):
            lifecycle.withdraw(actor=made.actor("subject"), case=case.pk, at=LATER)
    stored = case_cast.again(case)
    assert (stored.state, stored.version, stored.closed_at) == ("in_review", case.version, None)
    assert Transition.objects.visible_to(TEST).filter(case=case).count() == 2
    assert lifecycle.withdraw(actor=made.actor("subject"), case=case.pk, at=LATER).state == "withdrawn"


def test_of_two_writers_who_read_the_same_case_one_wins(made):
    """8, attacks 35 and 36: the loser changes nothing and leaves no entry."""
    file(made, "delete")
    one = Case.objects.visible_to(TEST).get()
    other = Case.objects.visible_to(TEST).get()
    lifecycle.move(one, "withdraw", actor=made.actor("subject"), who=Who.SUBJECT, at=LATER)
    before = LedgerEntry.objects.count()
    with pytest.raises(Conflict) as caught:
        lifecycle.move(other, "submit", actor=made.actor("officer"), who=Who.OFFICER, at=LATER)
    assert caught.value.code == "request.changed"
    assert case_cast.again(one).state == "withdrawn"
    assert LedgerEntry.objects.count() == before


def test_an_illegal_step_is_a_conflict_and_a_wrong_hand_is_forbidden(made):
    case = file(made, "delete")
    with pytest.raises(Conflict):
        lifecycle.move(case, "approve", actor=made.actor("officer"), who=Who.SECOND_OFFICER, at=LATER)
    with pytest.raises(Forbidden):
        lifecycle.move(case, "submit", actor=made.actor("subject"), who=Who.SUBJECT, at=LATER)
    assert case_cast.again(case).version == case.version


def test_a_person_withdraws_their_own_request_until_it_is_carried_out(made):
    """Attack 36: withdrawn means no effect; too late means conflict."""
    first = file(made, "delete")
    case_cast.decide(made, first)
    withdrawn = lifecycle.withdraw(
        actor=made.actor("subject"), case=first.pk, at=LATER, reason="Changed my mind"
    )
    assert (withdrawn.state, withdrawn.closed_at) == ("withdrawn", LATER)
    with pytest.raises(Conflict):
        case_cast.approve(made, first)
    assert not Job.objects.filter(about=first.ref).exists()
    second = case_cast.approved_deletion(made)
    with pytest.raises(Conflict):
        lifecycle.withdraw(actor=made.actor("subject"), case=second.pk, at=LATER)
    assert Job.objects.filter(about=second.ref).count() == 1


def test_nobody_withdraws_somebody_elses_request(made):
    case = file(made, "delete")
    for who in ("stranger", "officer", "administrator", "auditor"):
        with pytest.raises(Absent):
            lifecycle.withdraw(actor=made.actor(who), case=case.pk, at=LATER)
    assert case_cast.again(case).state == "in_review"


def test_the_person_withdraws_what_somebody_else_filed_for_them(made):
    case = file(made, "delete", subject=made.added.pk)
    mandates.confirm(case_cast.token_for(case), at=LATER)
    made.users["added"] = cast.portal_user(made.added, made.user_type)
    ended = lifecycle.withdraw(actor=made.actor("added"), case=case.pk, at=LATER)
    assert ended.state == "withdrawn"


def test_filing_and_moving_announce_what_happened(made, monkeypatch):
    """Upper apps hear of a case only through what is announced with the change."""
    from portals_core.plumbing import outbox

    heard = []
    monkeypatch.setattr(outbox, "announce", lambda event, **ids: heard.append((event, ids["about"])))
    case = file(made, "export")
    case_cast.decide(made, case)
    assert heard == [
        ("case.file", case.ref),
        ("case.review", case.ref),
        ("case.carry_out", case.ref),
        ("export.approved", case.ref),
    ]
