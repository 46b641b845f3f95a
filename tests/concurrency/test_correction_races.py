"""Corrections and restrictions at the same moment as something else (promises 8, 9, 20; attacks 35 to 41).
PostgreSQL only: SQLite has one writer at a time by nature. Most races have a control without their guard; two
workers on one restriction, a write against its end and a correction of what is being erased have none yet."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from portals_core.locks import place
from portals_core.locks.models import Lock
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Conflict, DsrError, Locked
from portals_core.plumbing.models import Job, JobState
from portals_core.records.models import Record
from portals_core.writing import door
from portals_core.writing.records import change_record
from requests.carrying_out import lifting, restriction
from requests.casebook import lifecycle
from requests.deciding import approvals, cooling
from requests.holding import planning
from requests.models import Case, Effect, Proposal, Transition
from tests import cast
from tests.concurrency.racing import PATIENCE, at_once
from tests.concurrency.test_case_races import _unlocked, unguarded, won
from tests.concurrency.test_lock_races import meeting
from tests.requests.case_cast import LATER, TEST, again, approved_deletion, carried_out, decide, file

__all__ = ["unguarded"]
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
]
NEW = {"name": "Sage Summer"}
ASKED = [("rectify", {"proposals": NEW}), ("stop", {})]


@pytest.fixture
def made(transactional_db):
    return cast.set_up()


def deciding(made, case, who="officer"):
    actor = made.actor(who)
    return partial(approvals.decide, actor=actor, case=case.pk, outcome="approve", at=LATER)


def withdrawing(made, case):
    return partial(lifecycle.withdraw, actor=made.actor("subject"), case=case.pk, at=LATER)


def job_of(case) -> Job:
    return Job.objects.get(about=case.ref, handler=cooling.CARRY_OUT)


# --- deciding (attacks 35, 36) -------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "given"), ASKED)
def test_two_officers_decide_and_one_does(made, kind, given):
    case = file(made, kind, **given)
    results = at_once(deciding(made, case), deciding(made, case, "second_officer"))
    assert len(won(results)) == 1 and {type(one) for one in results} == {Case, Conflict}
    assert Job.objects.filter(about=case.ref, handler=cooling.CARRY_OUT).count() == 1
    assert Transition.objects.visible_to(TEST).filter(case=case, name="carry_out").count() == 1


@pytest.mark.parametrize(("kind", "given"), ASKED)
def test_of_a_decision_and_a_withdrawal_exactly_one_wins(made, kind, given):
    case = file(made, kind, **given)
    results = at_once(deciding(made, case), withdrawing(made, case))
    assert {type(one) for one in results} == {Case, Conflict}
    jobs = Job.objects.filter(about=case.ref, handler=cooling.CARRY_OUT).count()
    assert (again(case).state, jobs) in {("withdrawn", 0), ("carrying_out", 1)}


@pytest.mark.parametrize(
    ("kind", "given", "other"),
    # Two who decide on one correction wait for each other's answer to its fields, whatever else is locked.
    [(*one, withdrawing) for one in ASKED] + [(*ASKED[1], partial(deciding, who="second_officer"))],
)
def test_without_the_guard_both_would_win(made, kind, given, other, request):
    """The control of the two tests above: both have read before one writes."""
    case = file(made, kind, **given)
    request.getfixturevalue("unguarded")
    assert len(won(at_once(deciding(made, case), other(made, case)))) == 2
    assert Job.objects.filter(about=case.ref, handler=cooling.CARRY_OUT).count() >= 1


# --- carrying out (attacks 37, 38) ---------------------------------------------------------------------


def test_an_edit_in_flight_ends_before_the_correction_and_stands_as_what_was_there(made, monkeypatch):
    """W4: the correction waits for the edit, and says what stood there when it came."""
    case = decide(made, file(made, "rectify", proposals=NEW))
    edit = partial(
        change_record, actor=made.actor("administrator"), record=made.subject.pk, given={"name": "Meanwhile"},
        at=LATER,
    )  # fmt: skip
    done, corrected, waited = meeting(
        monkeypatch, edit, door, "reach_of_lookups", partial(outbox.run_now, job_of(case).pk)
    )
    assert waited and not isinstance(done, DsrError) and corrected == JobState.DONE
    assert Record.objects.visible_to(TEST).get(pk=made.subject.pk).values["name"] == "Sage Summer"
    assert Proposal.objects.visible_to(TEST).get(case=case).before == "Meanwhile"


def test_without_the_row_lock_one_of_the_two_would_fail(made, monkeypatch):
    """The control of the test above: the correction goes by what it read before the edit was stored."""
    case = decide(made, file(made, "rectify", proposals=NEW))
    edit = partial(
        change_record, actor=made.actor("administrator"), record=made.subject.pk, given={"name": "Meanwhile"},
        at=LATER,
    )  # fmt: skip
    monkeypatch.setattr(type(Record.objects), "fetch", _unlocked)
    done, corrected, waited = meeting(
        monkeypatch, edit, door, "reach_of_lookups", partial(outbox.run_now, job_of(case).pk)
    )
    assert not waited and isinstance(done, Conflict) and corrected == JobState.DONE


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_what_is_added_while_a_restriction_is_placed_is_locked_too(made, monkeypatch, guarded):
    """L14: an order that comes after the look is found by the next one, as it would not be with one look."""
    cast.order(made, "A1", made.subject)
    case = decide(made, file(made, "stop"))
    looks, look = [], restriction._unlocked

    def then_one_more(run, planned):
        found = look(run, planned)
        looks.append(len(found))
        if len(looks) == 1:
            found = [entry for entry in found if entry.ref != str(made.subject.pk)]
            cast.order(made, "A2", made.subject)
        return found if guarded or len(looks) == 1 else []

    monkeypatch.setattr(restriction, "_unlocked", then_one_more)
    assert outbox.run_now(job_of(case).pk) == JobState.DONE
    assert lifting.in_force(case) == (3 if guarded else 1)


def test_one_restriction_is_carried_out_once_by_two_workers(made, monkeypatch):
    """Attack 41: the job of one lease runs beside the job of another; nothing is locked twice."""
    cast.order(made, "A1", made.subject)
    case = decide(made, file(made, "stop"))
    first = job_of(case)
    with cooling.transaction.atomic():
        cooling.promise(case)
    second = Job.objects.exclude(pk=first.pk).get(about=case.ref, handler=cooling.CARRY_OUT)
    at_once(partial(outbox.run_now, first.pk), partial(outbox.run_now, second.pk))
    outbox.drain()
    assert again(case).state == "fulfilled" and lifting.in_force(case) == 2
    assert Effect.objects.visible_to(TEST).filter(case=case).count() == 2


# --- beside an erasure (attacks 39, 40) ----------------------------------------------------------------


def test_a_correction_is_refused_while_the_person_is_erased(made):
    """Attack 40: whichever comes first, a person who goes is not corrected."""
    case = approved_deletion(made)
    assert case.state == "carrying_out"
    with pytest.raises(Conflict):
        file(made, "rectify", proposals=NEW)
    outbox.drain()
    assert not Record.objects.visible_to(TEST).filter(pk=made.subject.pk).exists()


def test_of_an_approval_and_a_correction_that_is_filed_only_one_goes_on(made):
    """Attack 40: the filing waits for the approval, or the approval sees what was filed."""
    case = decide(made, file(made, "delete"))
    from requests.arriving import intake

    filing = partial(intake.file_case, actor=made.actor("subject"), kind="rectify", at=LATER, proposals=NEW)
    approving = partial(approvals.approve, actor=made.actor("second_officer"), case=case.pk, at=LATER)
    results = at_once(approving, filing)
    assert {type(one) for one in results} == {Case, Conflict}


def test_without_the_subjects_lock_both_would_go_on(made, monkeypatch):
    """The control of the test above: both have looked before either writes."""
    from requests.arriving import intake
    from requests.casebook import barriers

    case = decide(made, file(made, "delete"))
    looked = threading.Barrier(2)
    for place_of, name in ((barriers, "nothing_else_open"), (intake, "_refuse_if_pointless")):
        look = getattr(place_of, name)

        def together(*given, look=look):
            look(*given)
            looked.wait(timeout=PATIENCE)

        monkeypatch.setattr(place_of, name, together)
    monkeypatch.setattr(planning, "lock_subject", lambda subject: None)
    monkeypatch.setattr(cooling, "drifted", lambda found: False)
    filing = partial(intake.file_case, actor=made.actor("subject"), kind="rectify", at=LATER, proposals=NEW)
    approving = partial(approvals.approve, actor=made.actor("second_officer"), case=case.pk, at=LATER)
    assert len(won(at_once(approving, filing))) == 2


# --- the end of a restriction --------------------------------------------------------------------------


def announcing(made, case, who="officer"):
    actor = made.actor(who)
    return partial(lifting.announce, actor=actor, case=case.pk, reason="Checked.", at=LATER)


def test_the_end_of_a_restriction_is_announced_once(made):
    case = carried_out(made, "stop")
    results = at_once(announcing(made, case), announcing(made, case, "second_officer"))
    assert {type(one) for one in results} == {Case, Conflict}
    assert Job.objects.filter(about=case.ref, handler=lifting.JOB).count() == 1


def test_without_the_locks_it_would_be_announced_twice(made, monkeypatch):
    """The control of the test above: both have looked before either writes."""
    case, looked, look = carried_out(made, "stop"), threading.Barrier(2), lifting._reachable

    def together(*given):
        look(*given)
        looked.wait(timeout=PATIENCE)

    monkeypatch.setattr(lifting, "_reachable", together)
    monkeypatch.setattr(planning, "lock_subject", lambda subject: None)
    monkeypatch.setattr(type(Case.objects), "fetch", _unlocked)
    assert len(won(at_once(announcing(made, case), announcing(made, case, "second_officer")))) == 2


def test_a_write_and_the_end_of_a_restriction_take_turns(made):
    """R9: the write is refused while the locks stand and done afterwards; nothing in between."""
    case = carried_out(made, "stop")
    edit = partial(
        change_record, actor=made.actor("administrator"), record=made.subject.pk, given={"name": "After"},
        at=LATER,
    )  # fmt: skip
    lift = partial(place.lift, actor=TEST, placed_by=case.ref, at=LATER, reason="over")
    ended, done = at_once(lift, edit)
    assert ended == 1 and (isinstance(done, Locked) or not isinstance(done, DsrError))
    assert not Lock.objects.visible_to(TEST).filter(ended_at=None).exists()
    assert not isinstance(edit(), DsrError)
