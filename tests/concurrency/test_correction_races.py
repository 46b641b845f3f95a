"""Corrections and restrictions at the same moment as something else (promises 8, 9, 20; attacks 35 to 41).
PostgreSQL only: SQLite has one writer at a time by nature. Each race is run once with its guard taken away,
to show that it is one."""

from __future__ import annotations

import threading
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import count
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from portals_core.locks import place
from portals_core.locks.models import Lock
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Conflict, DsrError, Locked
from portals_core.plumbing.models import Job, JobState
from portals_core.records.models import Record
from portals_core.writing import door
from portals_core.writing.records import change_record
from requests.arriving import intake
from requests.carrying_out import lifting, restriction
from requests.casebook import barriers, effects, lifecycle
from requests.deciding import approvals, cooling
from requests.holding import duties, planning
from requests.models import Case, Effect, Proposal, Transition
from tests import cast
from tests.concurrency.racing import PATIENCE, alone, at_once
from tests.concurrency.test_case_races import _unlocked, unguarded, won
from tests.concurrency.test_lock_races import meeting
from tests.requests.case_cast import LATER, TEST, again, approved_deletion, carried_out, codes, decide, file

__all__ = ["unguarded"]
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
]
ONE_EFFECT = (
    "dsr_requests_effect",
    "effect_once",
    "ALTER TABLE dsr_requests_effect ADD CONSTRAINT effect_once UNIQUE (case_id, step, item)",
)
ONE_LOCK = (
    "portals_core_lock",
    "lock_once_in_force",
    "CREATE UNIQUE INDEX lock_once_in_force ON portals_core_lock (record_id, ground, placed_by) "
    "WHERE ended_at IS NULL",
)
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


@contextmanager
def without(table, constraint, again_as):
    """A table without one of its unique constraints, which stands again afterwards; the rows go."""
    with connection.cursor() as cursor:
        drop = "DROP INDEX" if again_as.startswith("CREATE") else f"ALTER TABLE {table} DROP CONSTRAINT"
        cursor.execute(f"{drop} {constraint}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
            cursor.execute(again_as)


def by_two_workers(made, monkeypatch, kind, given):
    """A case and what two of its jobs ended with: both had read what was done before either did anything."""
    case = decide(made, file(made, kind, **given))
    first = job_of(case)
    with transaction.atomic():
        cooling.promise(case)
    second = Job.objects.exclude(pk=first.pk).get(about=case.ref, handler=cooling.CARRY_OUT)
    both_read, calls, begin = threading.Barrier(2), count(), effects.begin

    def together(found, held):
        run = begin(found, held)
        if next(calls) < 2:
            both_read.wait(timeout=PATIENCE)
        return run

    monkeypatch.setattr(effects, "begin", together)
    results = at_once(partial(outbox.run_now, first.pk), partial(outbox.run_now, second.pk))
    Job.objects.filter(about=case.ref).update(not_before=LATER)
    outbox.drain()
    return case, results


#: What is asked, and how many effects it has where the person has one order.
IN_TWO = [("stop", {}), ("rectify", {"proposals": {**NEW, "health": "well"}})]


@pytest.mark.parametrize(("kind", "given"), IN_TWO)
def test_what_two_workers_carry_out_is_done_once(made, monkeypatch, kind, given):
    """Attack 41: the job of one lease runs beside the job of another; nothing is done twice, and who comes
    second closes nothing."""
    cast.order(made, "A1", made.subject)
    case, results = by_two_workers(made, monkeypatch, kind, given)
    assert JobState.DONE in results and {type(one) for one in results} <= {JobState, Conflict}
    assert again(case).state == "fulfilled" and codes(case).count("case.finish") == 1
    done = Effect.objects.visible_to(TEST).filter(case=case).count()
    assert (done, codes(case).count("case.effect")) == (2, 2)
    assert lifting.in_force(case) == (2 if kind == "stop" else 0)


@pytest.mark.parametrize(("kind", "given"), IN_TWO)
def test_without_the_constraint_it_would_be_done_twice(made, monkeypatch, kind, given):
    """The control of the test above. Locks have a constraint of their own, which goes as well."""
    cast.order(made, "A1", made.subject)
    with without(*ONE_EFFECT), without(*ONE_LOCK):
        case, _results = by_two_workers(made, monkeypatch, kind, given)
        assert Effect.objects.visible_to(TEST).filter(case=case).count() == 4
        assert codes(case).count("case.effect") == 4
        assert lifting.in_force(case) == (4 if kind == "stop" else 0)


# --- beside an erasure (attacks 39, 40) ----------------------------------------------------------------


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_a_correction_is_refused_while_the_person_is_erased(made, monkeypatch, guarded):
    """Attack 40: whoever comes while the first item goes waits for it, and who goes is not corrected. The
    control does not look at what is carried out, and the correction is filed."""
    case = approved_deletion(made)
    filing = partial(intake.file_case, actor=made.actor("subject"), kind="rectify", at=LATER, proposals=NEW)
    if not guarded:
        monkeypatch.setattr(intake, "_refuse_if_pointless", lambda *given: None)
    erased, filed, waited = meeting(
        monkeypatch, partial(outbox.run_now, job_of(case).pk), duties, "refuse_if_kept", filing
    )
    assert waited and isinstance(filed, Conflict if guarded else Case)
    if guarded:
        assert erased == JobState.DONE
        assert not Record.objects.visible_to(TEST).filter(pk=made.subject.pk).exists()


def test_of_an_approval_and_a_correction_that_is_filed_only_one_goes_on(made):
    """Attack 40: the filing waits for the approval, or the approval sees what was filed."""
    case = decide(made, file(made, "delete"))
    filing = partial(intake.file_case, actor=made.actor("subject"), kind="rectify", at=LATER, proposals=NEW)
    approving = partial(approvals.approve, actor=made.actor("second_officer"), case=case.pk, at=LATER)
    results = at_once(approving, filing)
    assert {type(one) for one in results} == {Case, Conflict}


def test_without_the_subjects_lock_both_would_go_on(made, monkeypatch):
    """The control of the test above: both have looked before either writes."""
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


def ending(case):
    return partial(place.lift, actor=TEST, placed_by=case.ref, at=LATER, reason="over")


def rewriting(made, record, **given):
    actor = made.actor("administrator")
    return partial(change_record, actor=actor, record=record.pk, given=given, at=LATER)


def test_a_write_and_the_end_of_a_restriction_take_turns(made):
    """R9: the write is refused while the locks stand and done afterwards; nothing in between."""
    case = carried_out(made, "stop")
    edit = rewriting(made, made.subject, name="After")
    ended, done = at_once(ending(case), edit)
    assert ended == 1 and (isinstance(done, Locked) or not isinstance(done, DsrError))
    assert not Lock.objects.visible_to(TEST).filter(ended_at=None).exists()
    assert not isinstance(edit(), DsrError)


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_a_restriction_ends_as_a_whole_or_stands_as_a_whole(made, monkeypatch, guarded):
    """R9: a write asks once whether its record is locked and takes that for its answer, so with one record
    there is nothing between locked and free. With two there is: the control ends each lock by itself, and of
    one person the one record is open and the other is not."""
    order = cast.order(made, "A1", made.subject)
    case = carried_out(made, "stop")
    edits = [rewriting(made, made.subject, name="After"), rewriting(made, order, total="1")]
    if not guarded:
        end = place.end

        def by_itself(*given, **more):
            with transaction.atomic():
                return end(*given, **more)

        monkeypatch.setattr(place, "end", by_itself)
        monkeypatch.setattr(place, "transaction", SimpleNamespace(atomic=nullcontext))
    ended, done, waited = meeting(
        monkeypatch, ending(case), place, "end", lambda: [alone(edit) for edit in edits]
    )
    assert ended == 2 and not waited
    assert [isinstance(one, Locked) for one in done].count(True) == (2 if guarded else 1)
    assert [isinstance(edit(), DsrError) for edit in edits] == [False, False]
