"""Two people work on one case at the same moment (promise 8, attacks 35 and 36). PostgreSQL only: SQLite has
one writer at a time by nature. Each race is run once with its guard taken away, to show that it is one."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Absent, Conflict, DsrError
from portals_core.plumbing.models import Job, JobState
from requests.arriving import mandates
from requests.casebook import lifecycle
from requests.deciding import approvals, cooling, duplicates, signatures
from requests.holding import planning
from requests.law import states
from requests.models import Case, Counter, Transition
from tests import cast
from tests.concurrency.racing import PATIENCE, at_once
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST, decide, file

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def made(transactional_db) -> Iterator[cast.Organisation]:
    yield cast.set_up()


def won(results: list[object]) -> list[object]:
    return [result for result in results if not isinstance(result, DsrError)]


def _unlocked(self, actor, key, action="view", *, lock=False):
    """`fetch` that never waits."""
    return self.visible_to(actor, action).get(pk=key)


def without_guards(monkeypatch, both_read: threading.Barrier | None = None) -> None:
    """No locks, and a state written without looking at what it was."""

    def naive(case, transition, *, actor, who, at, reason="", **changes):
        target = states.next_state(case.state, transition, kind=case.kind)
        # "start" is the second step of an approval: whoever takes it holds the row already.
        if both_read is not None and transition != "start":
            both_read.wait(timeout=PATIENCE)
        Case.objects.visible_to(TEST).filter(pk=case.pk).update(state=target, **changes)
        return Case.objects.visible_to(TEST).get(pk=case.pk)

    monkeypatch.setattr(lifecycle, "move", naive)
    without_locks(monkeypatch)


def without_locks(monkeypatch) -> None:
    """Nobody waits for a person or a case."""
    monkeypatch.setattr(planning, "lock_subject", lambda subject: None)
    monkeypatch.setattr(type(Case.objects), "fetch", _unlocked)


@pytest.fixture
def unguarded(monkeypatch) -> threading.Barrier:
    """No guards, and both have read before one writes."""
    both_read = threading.Barrier(2)
    without_guards(monkeypatch, both_read)
    return both_read


def approving(made, case, who):
    actor = made.actor(who)
    return lambda: approvals.approve(actor=actor, case=case.pk, at=LATER)


def test_two_officers_approve_and_one_does(made):
    made.users["third"] = cast.staff("third", "officer")
    case = decide(made, file(made, "delete"))
    results = at_once(approving(made, case, "second_officer"), approving(made, case, "third"))
    assert len(won(results)) == 1 and {type(result) for result in results} == {Case, Conflict}
    assert Job.objects.filter(about=case.ref).count() == 1
    assert Transition.objects.visible_to(TEST).filter(case=case, name="approve").count() == 1


def test_without_the_guard_both_would_approve(made, unguarded):
    """The control of the test above."""
    made.users["third"] = cast.staff("third", "officer")
    case = file_and_submit(made)
    results = at_once(approving(made, case, "second_officer"), approving(made, case, "third"))
    assert len(won(results)) == 2
    assert Job.objects.filter(about=case.ref).count() == 2


def file_and_submit(made):
    """A submitted deletion, made without `lifecycle`, which is unguarded here."""
    entries = planning.entries_of(made.subject.pk, "erase")
    case = Case(
        number="2026-90001",
        kind="delete",
        state="awaiting_approval",
        subject=made.subject.pk,
        requester=made.users["subject"],
        channel="portal",
        received_at=cast.NOW,
        filed_at=cast.NOW,
        country="PL",
        due_on=LATER.date(),
        unpaused_on=LATER.date(),
        ends_at=LATER,
        proved_at=cast.NOW,
        decided_by=made.users["officer"],
    )
    case.save(force_insert=True)
    case.plan_digest = planning.store(case, entries, at=cast.NOW).digest
    case.save()
    return case


def test_of_approval_and_withdrawal_exactly_one_wins(made):
    case = decide(made, file(made, "delete"))
    subject = made.actor("subject")
    results = at_once(
        approving(made, case, "second_officer"),
        lambda: lifecycle.withdraw(actor=subject, case=case.pk, at=LATER),
    )
    assert {type(result) for result in results} == {Case, Conflict}
    state = case_cast.again(case).state
    jobs = Job.objects.filter(about=case.ref).count()
    assert (state, jobs) in {("withdrawn", 0), ("carrying_out", 1)}


def test_without_the_guard_both_would_win(made, unguarded):
    """The control of the test above: withdrawn, and yet its job is waiting."""
    case, subject = file_and_submit(made), made.actor("subject")
    results = at_once(
        approving(made, case, "second_officer"),
        lambda: lifecycle.withdraw(actor=subject, case=case.pk, at=LATER),
    )
    assert len(won(results)) == 2 and Job.objects.filter(about=case.ref).count() == 1


def signing(made, settings):
    """A submitted deletion that needs two approvals, and the acts of two officers."""
    settings.TWO_APPROVALS_FROM = 1
    made.users["third"] = cast.staff("third", "officer")
    case = decide(made, file(made, "delete"))
    return case, [approving(made, case, who) for who in ("second_officer", "third")]


def test_two_officers_countersign_and_it_starts_once(made, settings):
    """10: each sees the other's yes, so the second of them is the last."""
    case, acts = signing(made, settings)
    assert len(won(at_once(*acts))) == 2
    assert case_cast.again(case).state == "carrying_out"
    assert Job.objects.filter(about=case.ref).count() == 1


def test_without_the_locks_neither_would_be_the_last(made, monkeypatch, settings):
    """The control of the test above: both counted before either yes was stored."""
    case, acts = signing(made, settings)
    counted, count = threading.Barrier(2), signatures.standing

    def both_counted(found):
        rows = count(found)
        counted.wait(timeout=PATIENCE)
        return rows

    monkeypatch.setattr(signatures, "standing", both_counted)
    monkeypatch.setattr(planning, "lock_subject", lambda subject: None)
    monkeypatch.setattr(type(Case.objects), "fetch", _unlocked)
    assert len(won(at_once(*acts))) == 2
    assert case_cast.again(case).state == "awaiting_approval"


def test_of_the_end_of_the_time_and_a_withdrawal_exactly_one_wins(made, settings):
    """Attack 36: taken back in the last moment means no effect; too late means conflict."""
    settings.COOLING_OFF_HOURS = 1
    case = case_cast.approved_deletion(made)
    until, subject = LATER + timedelta(hours=1), made.actor("subject")
    job = Job.objects.get(about=case.ref, handler=cooling.START).pk
    results = at_once(
        lambda: outbox.run_now(job, at=clock.now()),
        lambda: lifecycle.withdraw(actor=subject, case=case.pk, at=until),
    )
    waiting = Job.objects.filter(about=case.ref, handler=cooling.CARRY_OUT).count()
    withdrawn = isinstance(results[1], Case)
    assert results[0] == JobState.DONE
    assert (case_cast.again(case).state, waiting) == (("withdrawn", 0) if withdrawn else ("carrying_out", 1))


def test_two_links_at_once_make_no_circle(made):
    """Both cases are locked in one order, so neither waits for ever and one sees the other's link."""
    one, other = file(made, "export"), file(made, "export", "officer", subject=made.subject.pk)
    officer = made.actor("officer")

    def linking(case, of):
        return lambda: duplicates.link(actor=officer, case=case.pk, of=of.pk, at=LATER)

    results = at_once(linking(one, other), linking(other, one))
    assert {type(result) for result in results} == {Case, Conflict}


def filing(made, who, kind="export", **given):
    from requests.arriving import intake

    actor = made.actor(who)
    return lambda: intake.file_case(actor=actor, kind=kind, at=cast.NOW, **given)


def test_numbers_stay_unique_and_free_of_gaps(made):
    people = [cast.contact(made.contacts, f"Person{n}") for n in range(6)]
    results = at_once(*(filing(made, "officer", subject=person.pk) for person in people))
    assert sorted(str(case) for case in won(results)) == [f"2026-{n:05d}" for n in range(1, 7)]
    assert Counter.objects.visible_to(TEST).get().last == 6


def test_the_same_request_twice_at_once_is_filed_once(made):
    results = at_once(*(filing(made, "subject") for _ in range(4)))
    assert len(won(results)) == 1
    assert all(isinstance(result, Case | Conflict) for result in results)


def test_without_the_subjects_lock_it_would_be_filed_twice(made, monkeypatch):
    """The control of the test above: all looked before one wrote."""
    from requests.arriving import intake

    looked, look = threading.Barrier(2), intake._refuse_if_pointless

    def wait_for_the_other(*args):
        look(*args)
        looked.wait(timeout=PATIENCE)

    monkeypatch.setattr(intake, "_refuse_if_pointless", wait_for_the_other)
    monkeypatch.setattr(planning, "lock_subject", lambda subject: None)
    assert len(won(at_once(filing(made, "subject"), filing(made, "subject")))) == 2


def test_yes_and_no_to_one_question_count_once(made):
    case = file(made, "delete", subject=made.added.pk)
    token = case_cast.token_for(case)
    results = at_once(
        *(lambda: mandates.confirm(token, at=LATER) for _ in range(3)),
        lambda: mandates.object_to(token, at=LATER),
    )
    assert len(won(results)) == 1
    assert {type(result) for result in results} <= {Case, Absent, Conflict}
    assert case_cast.again(case).version == case.version + 1


def test_a_decision_waits_for_the_filing_it_must_see(made):
    """The lock order is subject, case, records everywhere: nobody waits for ever."""
    case = decide(made, file(made, "delete"))
    results = at_once(
        approving(made, case, "second_officer"),
        *(filing(made, "subject", kind) for kind in ("export", "stop")),
    )
    states_now = set(Case.objects.visible_to(TEST).values_list("kind", "state"))
    if isinstance(results[0], Case):
        assert states_now <= {("delete", "carrying_out"), ("export", "in_review"), ("stop", "in_review")}
        assert all(isinstance(result, Conflict) for result in results[1:])
    else:
        assert ("delete", "carrying_out") not in states_now
