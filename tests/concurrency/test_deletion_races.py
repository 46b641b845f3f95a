"""Deletions at the same moment as something else: two workers of one, the person who takes it back, officers
who do not agree (promises 8 to 11; attacks 36, 38, 41). PostgreSQL only: SQLite has one writer at a time by
nature. Each race is run once with its guard taken away, to show that it is one."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from portals_core.locks import place
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Absent, Conflict
from portals_core.plumbing.models import Job, JobState
from portals_core.plumbing.sources import SOURCES
from portals_core.records.models import Record
from requests.arriving import codes as codes_sent
from requests.arriving import intake, matching
from requests.carrying_out import erasure
from requests.casebook import effects, lifecycle
from requests.deciding import approvals, cooling, verdicts
from requests.holding import duties, judging, planning
from requests.models import Case, Effect, Proof, Proposal, Verdict
from tests import cast
from tests.concurrency.racing import at_once
from tests.concurrency.test_case_races import (
    approving,
    file_and_submit,
    unguarded,
    without_guards,
    without_locks,
    won,
)
from tests.concurrency.test_lock_races import meeting
from tests.requests import partly_cast, proving
from tests.requests.case_cast import LATER, TEST, again, approve, approved_deletion, codes, decide, file

__all__ = ["unguarded"]

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
]


@pytest.fixture
def made(transactional_db):
    return cast.set_up()


def two_jobs(made, case) -> list[Job]:
    """The job of the approval and the one of an officer who had it run again meanwhile."""
    approvals.resume(actor=made.actor("officer"), case=case.pk, at=clock.now())
    return list(Job.objects.filter(about=case.ref, handler=cooling.CARRY_OUT).order_by("created_at"))


def done(case) -> list[str]:
    """What was erased, in its order."""
    rows = Effect.objects.visible_to(TEST).filter(case=case, step=erasure.ERASE)
    return [one.item for one in rows]


# --- two workers of one deletion (attacks 38, 41) ------------------------------------------------------


def stops_at_the_second(monkeypatch, job):
    """A worker whose second record cannot be erased: what it began stays begun."""
    records, calls = SOURCES.get("records"), []
    whole = type(records).erase

    def failing(self, item, **given):
        calls.append(item.ref)
        if len(calls) == 2:
            raise OSError("the disk went away")
        whole(self, item, **given)

    def run():
        monkeypatch.setattr(type(records), "erase", failing)
        with pytest.raises(OSError):
            outbox.run_now(job.pk)

    return run


def test_a_worker_that_comes_to_a_deletion_begun_meanwhile_goes_on_with_it(made, monkeypatch):
    """12, N3: to the second worker the data no longer matches the plan, because the first erased some of it.
    That is no drift: what was begun never goes back to where the person could still withdraw it."""
    orders = [cast.order(made, f"A{n}", made.subject) for n in range(2)]
    case = approved_deletion(made)
    late, first = two_jobs(made, case)
    beginning = stops_at_the_second(monkeypatch, first)
    ended, _stopped, waited = meeting(
        monkeypatch, partial(outbox.run_now, late.pk), planning, "entries_stored", beginning
    )
    assert not waited and ended == JobState.DONE
    assert again(case).state == "fulfilled" and codes(case).count("case.drift") == 0
    gone = [made.subject.pk, *(one.pk for one in orders)]
    assert not Record.objects.visible_to(TEST).filter(pk__in=gone).exists()


def test_without_a_look_at_what_was_done_it_would_go_back_half_erased(made, monkeypatch):
    """The control of the test above: the person could withdraw what is half done."""
    cast.order(made, "A1", made.subject)
    case = approved_deletion(made)
    late, first = two_jobs(made, case)

    def unlooked(found, held):
        return effects.Run(found, held, TEST)

    monkeypatch.setattr(effects, "begin", unlooked)
    meeting(
        monkeypatch,
        partial(outbox.run_now, late.pk),
        planning,
        "entries_stored",
        stops_at_the_second(monkeypatch, first),
    )
    assert again(case).state == "awaiting_approval" and len(done(case)) > 0


def taken_back(made, case, first, kept):
    """A duty to keep comes, the first worker sends the case back, the duty ends, and the person withdraws."""

    def act():
        place.place(
            actor=TEST, record=kept.pk, ground="legal_hold", reason="a claim", placed_by="user:x",
            at=clock.now(),
        )  # fmt: skip
        outbox.run_now(first.pk)
        assert again(case).state == "awaiting_approval"
        place.lift(actor=TEST, placed_by="user:x", at=clock.now(), reason="settled")
        return lifecycle.withdraw(actor=made.actor("subject"), case=case.pk, at=clock.now())

    return act


def test_a_worker_erases_nothing_of_a_case_that_was_withdrawn_meanwhile(made, monkeypatch):
    """10, attack 36: withdrawn means that nothing was done, whatever a worker had looked at before."""
    order = cast.order(made, "A1", made.subject)
    case = approved_deletion(made)
    late, first = two_jobs(made, case)
    ended, withdrawn, waited = meeting(
        monkeypatch, partial(outbox.run_now, late.pk), planning, "entries_now",
        taken_back(made, case, first, order),
    )  # fmt: skip
    assert not waited and withdrawn.state == "withdrawn" and ended == JobState.DONE
    assert again(case).state == "withdrawn" and done(case) == []
    assert Record.objects.visible_to(TEST).filter(pk__in=[made.subject.pk, order.pk]).count() == 2


def test_without_a_look_at_the_case_all_of_it_would_be_erased(made, monkeypatch):
    """The control of the test above: the case says withdrawn, and nothing is left."""
    order = cast.order(made, "A1", made.subject)
    case = approved_deletion(made)
    late, first = two_jobs(made, case)
    ended, withdrawn, _waited = meeting(
        monkeypatch, partial(outbox.run_now, late.pk), planning, "entries_now",
        unlooked(monkeypatch, taken_back(made, case, first, order)),
    )  # fmt: skip
    assert withdrawn.state == "withdrawn" and isinstance(ended, Conflict)
    assert again(case).state == "withdrawn" and done(case) != []
    assert not Record.objects.visible_to(TEST).filter(pk__in=[made.subject.pk, order.pk]).exists()


def unlooked(monkeypatch, before):
    """The act, after which workers take a case without a look at where it stands."""

    def act():
        found = before()
        monkeypatch.setattr(erasure, "_taken", lambda run: Case.objects.fetch(TEST, run.case.pk, lock=True))
        return found

    return act


# --- the person takes it back (attack 36) --------------------------------------------------------------


def cooled(made, settings):
    """A deletion at the end of its time, the job that starts it, and the person who takes it back."""
    settings.COOLING_OFF_HOURS = 1
    case = approved_deletion(made)
    job = Job.objects.get(about=case.ref, handler=cooling.START).pk
    until = LATER + timedelta(hours=1)
    withdrawing = partial(lifecycle.withdraw, actor=made.actor("subject"), case=case.pk, at=until)
    return case, partial(outbox.run_now, job, at=clock.now()), withdrawing


def waiting_to_run(case) -> int:
    return Job.objects.filter(about=case.ref, handler=cooling.CARRY_OUT).count()


def test_who_takes_it_back_while_it_is_started_is_told_that_it_is_too_late(made, monkeypatch, settings):
    case, starting, withdrawing = cooled(made, settings)
    started, withdrawn, waited = meeting(monkeypatch, starting, cooling, "_due", withdrawing)
    assert waited and started == JobState.DONE and isinstance(withdrawn, Conflict)
    assert (again(case).state, waiting_to_run(case)) == ("carrying_out", 1)


def test_what_was_taken_back_first_is_not_started(made, monkeypatch, settings):
    case, starting, withdrawing = cooled(made, settings)
    withdrawn, started, waited = meeting(monkeypatch, withdrawing, lifecycle, "role_of", starting)
    assert waited and started == JobState.DONE and isinstance(withdrawn, Case)
    assert (again(case).state, waiting_to_run(case)) == ("withdrawn", 0)


def test_without_the_guard_it_would_be_started_and_withdrawn(made, monkeypatch, settings):
    """The control of the two tests above."""
    case, starting, withdrawing = cooled(made, settings)
    without_guards(monkeypatch)
    started, withdrawn, waited = meeting(monkeypatch, starting, cooling, "_due", withdrawing)
    assert not waited and started == JobState.DONE and withdrawn.state == "withdrawn"
    assert (again(case).state, waiting_to_run(case)) == ("carrying_out", 1)


def test_the_first_irreversible_act_ends_the_time_to_withdraw(made, monkeypatch):
    """Whoever withdraws while the first item goes waits for it and is told that it is too late. From here the
    table of states has no step back, so there is no interleaving that lets it through; the race is the one at
    the start, above, and the one of two workers."""
    case = approved_deletion(made)
    job = Job.objects.get(about=case.ref, handler=cooling.CARRY_OUT).pk
    withdrawing = partial(lifecycle.withdraw, actor=made.actor("subject"), case=case.pk, at=clock.now())
    ended, withdrawn, waited = meeting(
        monkeypatch, partial(outbox.run_now, job), duties, "refuse_if_kept", withdrawing
    )
    assert waited and ended == JobState.DONE and isinstance(withdrawn, Conflict | Absent)
    assert again(case).state == "fulfilled"


# --- officers who do not agree (promise 10) ------------------------------------------------------------


def sending_back(made, case, who):
    return partial(approvals.send_back, actor=made.actor(who), case=case.pk, at=LATER, reason="Look again.")


def test_of_an_approval_and_a_sending_back_exactly_one_wins(made):
    made.users["third"] = cast.staff("third", "officer")
    case = decide(made, file(made, "delete"))
    results = at_once(approving(made, case, "second_officer"), sending_back(made, case, "third"))
    assert {type(one) for one in results} == {Case, Conflict}
    assert (again(case).state, waiting_to_run(case)) in {("in_review", 0), ("carrying_out", 1)}
    counts = Counter(codes(case))
    assert counts["case.approve"] + counts["case.send_back"] == 1


def test_without_the_guard_it_would_be_sent_back_and_run(made, unguarded):
    """The control of the test above: whoever wrote last says where it stands, and its job is waiting."""
    made.users["third"] = cast.staff("third", "officer")
    case = file_and_submit(made)
    results = at_once(approving(made, case, "second_officer"), sending_back(made, case, "third"))
    assert len(won(results)) == 2 and waiting_to_run(case) == 1


# --- a request that is filed meanwhile (attacks 39, 40) ------------------------------------------------


def filing(made, kind="rectify", **given):
    given = {"proposals": {"name": "Sage Summer"}} if kind == "rectify" else given
    return partial(intake.file_case, actor=made.actor("subject"), kind=kind, at=clock.now(), **given)


def left_of(made) -> int:
    """Open cases of the person, and proposed values of theirs."""
    mine = Case.objects.visible_to(TEST).filter(subject=made.subject.pk, closed_at=None)
    return mine.count() + Proposal.objects.visible_to(TEST).filter(case__subject=made.subject.pk).count()


@pytest.mark.parametrize("kind", ["rectify", "export", "stop"])
def test_who_asks_while_the_last_of_them_is_deleted_leaves_nothing_behind(made, monkeypatch, kind):
    """16: the person was found before the deletion ended, and the request would have been kept after it."""
    case = approved_deletion(made)
    job = Job.objects.get(about=case.ref, handler=cooling.CARRY_OUT).pk
    filed, ended, _waited = meeting(
        monkeypatch, filing(made, kind), intake, "_about", partial(outbox.run_now, job)
    )
    assert ended == JobState.DONE and isinstance(filed, Absent)
    assert again(case).state == "fulfilled" and left_of(made) == 0


def test_without_a_second_look_it_would_be_kept_of_somebody_erased(made, monkeypatch):
    """The control of the test above."""
    case = approved_deletion(made)
    job = Job.objects.get(about=case.ref, handler=cooling.CARRY_OUT).pk
    look, found = intake._person, []

    def seen_once(**narrow):
        found.extend([] if found else [look(**narrow)])
        return found[0]

    monkeypatch.setattr(intake, "_person", seen_once)
    filed, ended, _waited = meeting(monkeypatch, filing(made), intake, "_about", partial(outbox.run_now, job))
    assert ended == JobState.DONE and isinstance(filed, Case) and left_of(made) == 2


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_a_case_is_bound_to_nobody_who_was_deleted_while_they_were_searched(made, monkeypatch, guarded):
    """W25: found before the deletion ended, and looked at again under the lock."""
    made.users["third"] = cast.staff("third", "officer")
    deletion = decide(made, file(made, "delete", "officer", subject=made.stranger.pk), who="second_officer")
    approve(made, deletion, "third")
    job = Job.objects.get(about=deletion.ref, handler=cooling.CARRY_OUT).pk
    case = proving.ask()
    key, code = proving.proof_of(case).pk, proving.code_in(proving.latest(case))
    if not guarded:
        monkeypatch.setattr(matching, "_stands", lambda subject: True)
    proved, ended, _waited = meeting(
        monkeypatch, partial(codes_sent.try_code, key, code, at=cast.NOW), matching, "search",
        partial(outbox.run_now, job),
    )  # fmt: skip
    assert ended == JobState.DONE and isinstance(proved, Proof) and again(deletion).state == "fulfilled"
    assert again(case).state == "in_review"
    assert again(case).subject == (None if guarded else made.stranger.pk)


# --- an item is decided while the plan is made (W5, W11) -----------------------------------------------


def keeping(made, case, order):
    """An officer drafts that one order is kept."""
    given = {"ref": str(order.pk), "ground": partly_cast.CLAIMS, "sentence": "There is a claim."}
    return partial(partly_cast.put, made, case, **given)


def submitting(made, case):
    actor = made.actor("second_officer")
    return partial(approvals.decide, actor=actor, case=case.pk, outcome="as_drafted", at=LATER)


def said(case, order) -> tuple[str, list[str]]:
    """What the plan does with an order, and what stands drafted about it."""
    drafted = Verdict.objects.visible_to(TEST).filter(case=case, ref=str(order.pk))
    return partly_cast.planned(case)["orders", str(order.pk)][0], [row.verdict for row in drafted]


def test_what_is_drafted_while_the_case_is_submitted_is_in_the_plan(made, monkeypatch):
    order = cast.order(made, "A1", made.subject)
    case = file(made, "delete")
    drafted, decided, waited = meeting(
        monkeypatch, keeping(made, case, order), verdicts, "_refuse_unless_open", submitting(made, case)
    )
    assert waited and isinstance(drafted, Verdict) and isinstance(decided, Case)
    assert said(case, order) == ("refuse", ["refuse"])


def test_what_is_drafted_after_the_plan_was_made_is_refused(made, monkeypatch):
    order = cast.order(made, "A1", made.subject)
    case = file(made, "delete")
    decided, drafted, waited = meeting(
        monkeypatch, submitting(made, case), judging, "entries", keeping(made, case, order)
    )
    assert waited and isinstance(decided, Case) and isinstance(drafted, Conflict)
    assert said(case, order) == ("fulfil", [])


@pytest.mark.parametrize("first", ["the draft", "the plan"])
def test_without_the_locks_the_plan_would_say_something_else(made, monkeypatch, first):
    """The control of the two tests above: kept says the draft, deleted says the plan."""
    order = cast.order(made, "A1", made.subject)
    case = file(made, "delete")
    drafting, deciding = keeping(made, case, order), submitting(made, case)
    without_locks(monkeypatch)
    if first == "the draft":
        results = meeting(monkeypatch, drafting, verdicts, "_refuse_unless_open", deciding)
    else:
        results = meeting(monkeypatch, deciding, judging, "entries", drafting)
    assert not results[2] and len(won(list(results[:2]))) == 2
    assert said(case, order) == ("fulfil", ["refuse"])


def test_a_plan_made_anew_by_a_worker_takes_no_draft_in(made, monkeypatch):
    """W5: drafts are taken in review only. Before and after the drift the case is in no review, so here no
    interleaving can let one in, and there is no guard to take away but the table of states."""
    order = cast.order(made, "A1", made.subject)
    case = approved_deletion(made)
    cast.order(made, "A2", made.subject)
    job = Job.objects.get(about=case.ref, handler=cooling.CARRY_OUT).pk
    ended, drafted, waited = meeting(
        monkeypatch, partial(outbox.run_now, job), judging, "entries_anew", keeping(made, case, order)
    )
    assert waited and ended == JobState.DONE and isinstance(drafted, Conflict)
    assert again(case).state == "awaiting_approval" and said(case, order) == ("fulfil", [])
