"""Locks and writes at the same moment (L6, L14, L17, W3). PostgreSQL only: SQLite has one writer at a time by
nature. Each race is run once with its guard taken away, to show that it is one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from portals_core.locks import automatic, manual, place, rules
from portals_core.locks.models import Lock, LockRule
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Conflict, DsrError, Locked
from portals_core.records.models import Note, Record
from portals_core.writing import door
from portals_core.writing.notes import add_note
from portals_core.writing.records import change_record, create_record
from tests import cast
from tests.concurrency.racing import PATIENCE, alone, at_once
from tests.portals_core import trail

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
]
_LOOK = cast.SETTING_UP
LATER = cast.NOW + timedelta(days=1)
DEAR = {"field": "total", "how": "gt", "value": "100"}


@pytest.fixture
def made(transactional_db):
    return cast.set_up()


@pytest.fixture
def order(made):
    return cast.order(made, "O-1", made.subject)


def rule(made, **more) -> LockRule:
    """Dear orders are locked, but for their total; its first job is done."""
    rules.set_mode(actor=_LOOK, module=made.orders, mode="both", at=cast.NOW)
    description = {"name": "Dear", "conditions": DEAR, "fields": ["total"], "existing": True, **more}
    row = rules.define_rule(actor=_LOOK, module=made.orders, description=description, at=cast.NOW)
    outbox.drain(about=f"lock_rule:{row.pk}")
    return row


def job(row: LockRule):
    """The settling of a rule, as a worker runs it."""
    with transaction.atomic():
        key = outbox.enqueue(rules.SETTLE_JOB, about="lock_rule:race", payload={"rule": row.pk})
    return partial(outbox.run_now, key)


def restrict(record, case="case:1"):
    return place.place(
        actor=_LOOK, record=record.pk, ground="restriction", reason="asked", placed_by=case, at=LATER
    )


def held(record) -> list[str]:
    return [lock.ground for lock in place.in_force([record.pk]).get(record.pk, ())]


def leaves(code, record) -> int:
    return len(trail.leaves(code, f"record:{record.pk}"))


@contextmanager
def stopped_after(monkeypatch, place_of, what):
    """Whoever comes through this function first waits behind it until the block is over."""
    reached, go, real = threading.Event(), threading.Event(), getattr(place_of, what)

    def halting(*given, **more):
        answer = real(*given, **more)
        if not reached.is_set():
            reached.set()
            go.wait(timeout=PATIENCE)
        return answer

    monkeypatch.setattr(place_of, what, halting)
    yield reached
    go.set()


def second(pool: ThreadPoolExecutor, work: Callable[[], object]) -> tuple[Future, bool]:
    """Start the work beside; whether it had to wait for somebody's row."""
    future = pool.submit(alone, work)
    while not future.done():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return future, True
    return future, False


def meeting(monkeypatch, writing, place_of, what, other) -> tuple[object, object, bool]:
    """What `writing` gives, which stops behind a function half-way; what `other` gives, which comes then; and
    whether that one waited for the first."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        with stopped_after(monkeypatch, place_of, what) as reached:
            first = pool.submit(alone, writing)
            assert reached.wait(timeout=PATIENCE)
            later, waited = second(pool, other)
        return first.result(timeout=PATIENCE), later.result(timeout=PATIENCE), waited


@pytest.fixture
def unguarded(monkeypatch):
    """No row is locked by whoever reads it."""
    fetch = type(Record.objects).fetch

    def unlocked(self, actor, key, action="view", *, lock=False):
        return fetch(self, actor, key, action)

    monkeypatch.setattr(type(Record.objects), "fetch", unlocked)


# --- a write and a lock --------------------------------------------------------------------------------


def edit(made, record, **given):
    actor = made.actor("operator")
    return partial(change_record, actor=actor, record=record.pk, given=given or {"total": "1"}, at=LATER)


def test_a_lock_placed_while_an_edit_is_open_wins_when_it_is_saved(made, order):
    """L17: the form was opened before the lock came, and its version is still the right one."""
    save = partial(edit(made, order), version=order.version)
    restrict(order)
    with pytest.raises(Locked):
        save()
    order.refresh_from_db()
    assert order.values["total"] == "12.50" and leaves("record.changed", order) == 0


def test_an_edit_in_flight_ends_before_the_lock_comes(made, order, monkeypatch):
    """W3: the lock waits for the edit that had asked already."""
    done, lock, waited = meeting(
        monkeypatch, edit(made, order), door, "reach_of_lookups", partial(restrict, order)
    )
    assert waited and isinstance(lock, Lock) and not isinstance(done, DsrError)
    assert leaves("record.changed", order) == 1 and held(order) == ["restriction"]


def test_without_the_row_lock_an_edit_would_end_after_the_lock(made, order, monkeypatch, unguarded):
    """The control of the test above: the lock is in force before the edit is stored."""
    done, lock, waited = meeting(
        monkeypatch, edit(made, order), door, "reach_of_lookups", partial(restrict, order)
    )
    assert not waited and isinstance(lock, Lock) and not isinstance(done, DsrError)


def test_an_edit_that_comes_while_a_lock_is_placed_is_refused(made, order, monkeypatch):
    lock, done, waited = meeting(monkeypatch, partial(restrict, order), place, "_leaf", edit(made, order))
    assert waited and isinstance(lock, Lock) and isinstance(done, Locked)
    assert leaves("record.changed", order) == 0


def note(made, record):
    return partial(add_note, actor=made.actor("operator"), record=record.pk, body="seen", at=LATER)


def test_a_note_in_flight_ends_before_the_lock_comes(made, order, monkeypatch):
    """L10, L16, W3."""
    done, lock, waited = meeting(
        monkeypatch, note(made, order), door, "refuse_if_locked", partial(restrict, order)
    )
    assert waited and isinstance(done, Note) and isinstance(lock, Lock)


def test_without_the_row_lock_a_note_would_be_added_after_the_lock(made, order, monkeypatch, unguarded):
    """The control of the test above."""
    done, lock, waited = meeting(
        monkeypatch, note(made, order), door, "refuse_if_locked", partial(restrict, order)
    )
    assert not waited and isinstance(done, Note) and isinstance(lock, Lock)


def adding(made):
    """An order comes to belong to the subject."""
    given = {"number": "O-2", "customer": str(made.subject.pk)}
    return partial(create_record, actor=_LOOK, module=made.orders, given=given, source="test", at=LATER)


def test_a_record_that_comes_to_belong_to_a_person_ends_before_the_restriction_comes(made, monkeypatch):
    """W3: whoever restricts sees everything that belongs to the person."""
    done, lock, waited = meeting(
        monkeypatch, adding(made), door, "refuse_if_locked", partial(restrict, made.subject)
    )
    assert waited and isinstance(done, Record) and isinstance(lock, Lock)


def test_without_the_row_lock_it_would_be_added_after_the_restriction(made, monkeypatch, unguarded):
    """The control of the test above."""
    done, lock, waited = meeting(
        monkeypatch, adding(made), door, "refuse_if_locked", partial(restrict, made.subject)
    )
    assert not waited and isinstance(done, Record) and isinstance(lock, Lock)


# --- locks among themselves ----------------------------------------------------------------------------


def test_two_who_place_the_same_lock_leave_one(made, order):
    """L17: of the two, one is told that it is there."""
    results = at_once(*[partial(restrict, order)] * 4)
    assert {type(one) for one in results} == {Lock, Conflict} and held(order) == ["restriction"]
    assert leaves("lock.placed", order) == 1


def test_without_the_constraint_there_would_be_two(made, order, monkeypatch, unguarded):
    """The control of the test above: every look is over before a lock is stored."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX lock_once_in_force")
    try:
        at_once(*[partial(restrict, order)] * 4)
        assert held(order) == ["restriction"] * 4
    finally:
        Lock.objects.visible_to(_LOOK).delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE UNIQUE INDEX lock_once_in_force ON portals_core_lock (record_id, ground, placed_by) "
                "WHERE ended_at IS NULL"
            )


def unlock(lock):
    return partial(manual.unlock, actor=_LOOK, lock=lock.pk, reason="settled", at=LATER)


def by_hand(record, ground="legal_hold") -> Lock:
    (lock,) = manual.lock_record(actor=_LOOK, record=record.pk, ground=ground, reason="held", at=cast.NOW)
    return lock


def test_two_locks_on_one_record_are_lifted_at_once(made, order):
    """L17: each ends once, and both do."""
    rules.set_mode(actor=_LOOK, module=made.orders, mode="manual", at=cast.NOW)
    locks = by_hand(order), by_hand(order, "business")
    results = at_once(*map(unlock, (*locks, *locks)))
    assert sum(one is None for one in results) == 2 and held(order) == []
    assert sum(isinstance(one, Conflict) for one in results) == 2
    assert leaves("lock.lifted", order) == 2


def test_the_daily_look_and_an_unlock_by_hand_end_a_lock_once(made, order):
    lock = by_hand(order)
    Lock.objects.visible_to(_LOOK).filter(pk=lock.pk).update(ends_on=cast.NOW.date())
    results = at_once(sweep(), unlock(lock))
    assert results[0] == "done" and held(order) == []
    assert results[1] is None or isinstance(results[1], Conflict)
    assert leaves("lock.lifted", order) == 1


def test_without_a_look_at_what_has_ended_it_would_end_twice(made, order, monkeypatch):
    """The control of the two tests above: both have read the lock before either ends it."""
    lock, both_read = by_hand(order), threading.Barrier(2)

    def ending(found, *, actor, at, reason):
        both_read.wait(timeout=PATIENCE)
        Lock.objects.visible_to(_LOOK).filter(pk=found.pk).update(ended_at=at)
        place._leaf("lock.lifted", found, actor=actor, at=at, reason=reason)
        return True

    monkeypatch.setattr(manual, "_own_kind", lambda actor, key: lock)
    monkeypatch.setattr(place, "end", ending)
    assert at_once(unlock(lock), unlock(lock)) == [None, None]
    assert leaves("lock.lifted", order) == 2


def sweep():
    with transaction.atomic():
        key = outbox.enqueue(automatic.SWEEP_JOB, about="duty:race")
    return partial(outbox.run_now, key)


# --- the job of a rule ---------------------------------------------------------------------------------


def unlocked_dear(made, row) -> Record:
    """An order that is dear, whose lock is missing."""
    found = cast.order(made, "O-9", made.subject, total="500")
    Lock.objects.visible_to(_LOOK).filter(rule=row).delete()
    return found


def test_a_change_during_the_job_waits_and_is_looked_at_again(made, monkeypatch):
    """L6, L14: the job has found the order dear; it becomes cheap, and is not locked."""
    row = rule(made)
    dear = unlocked_dear(made, row)
    done, changed, waited = meeting(
        monkeypatch, job(row), automatic.place, "place", edit(made, dear, total="1")
    )
    assert waited and done == "done" and not isinstance(changed, DsrError)
    assert held(dear) == [] and leaves("lock.lifted", dear) == 1


def test_the_job_waits_for_a_change_and_takes_the_record_as_it_then_is(made, monkeypatch):
    row = rule(made)
    dear = unlocked_dear(made, row)
    changed, done, waited = meeting(
        monkeypatch, edit(made, dear, total="1"), door, "refuse_if_locked", job(row)
    )
    assert waited and done == "done" and not isinstance(changed, DsrError) and held(dear) == []


def test_without_row_locks_the_job_would_lock_what_is_cheap(made, monkeypatch, unguarded):
    """The control of the two tests above: the job goes by what the record was when it was found."""
    row = rule(made)
    dear = unlocked_dear(made, row)

    def as_found(ids, placed_by, over):
        rows = list(Record.objects.visible_to(_LOOK).filter(pk__in=ids))
        assert not isinstance(alone_beside(edit(made, dear, total="1")), DsrError)
        return [(one, []) for one in rows]

    monkeypatch.setattr(automatic, "_taken", as_found)
    assert job(row)() == "done"
    dear.refresh_from_db()
    assert dear.values["total"] == "1" and held(dear) == ["business"]


def alone_beside(work: Callable[[], object]) -> object:
    """The work done meanwhile, on a connection of its own."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(alone, work).result(timeout=PATIENCE)


def test_a_rule_deleted_while_its_job_runs_leaves_no_lock(made, monkeypatch):
    """L6: the deletion waits for the records in hand; what the first job has placed a second one ends."""
    row = rule(made)
    dear = unlocked_dear(made, row)
    delete = partial(rules.delete_rule, actor=_LOOK, rule=row.pk, at=LATER)
    done, deleted, waited = meeting(monkeypatch, job(row), automatic.place, "place", delete)
    assert waited and (done, deleted) == ("done", None) and held(dear) == ["business"]
    outbox.drain()
    assert held(dear) == [] and leaves("lock.lifted", dear) == 1


def test_without_the_rules_row_the_job_would_fail(made, monkeypatch):
    """The control of the test above: what it has placed refers to a rule that is gone."""
    row = rule(made)
    unlocked_dear(made, row)
    monkeypatch.setattr(automatic, "_as_it_was", lambda rule: True)
    delete = partial(rules.delete_rule, actor=_LOOK, rule=row.pk, at=LATER)
    done, deleted, waited = meeting(monkeypatch, job(row), automatic.place, "place", delete)
    assert isinstance(done, IntegrityError) and deleted is None and not waited


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_a_job_leaves_a_rule_that_was_changed_to_the_job_of_the_change(made, monkeypatch, guarded):
    """L14: between two batches the rule is changed and settled; the rest is not done by the old conditions,
    as it would be without a look at the rule."""
    row = rule(made)
    monkeypatch.setattr(automatic, "BATCH", 1)
    if not guarded:
        monkeypatch.setattr(automatic, "_as_it_was", lambda rule: True)
    orders = [unlocked_dear(made, row), cast.order(made, "O-8", made.subject, total="500")]
    Lock.objects.visible_to(_LOOK).filter(rule=row).delete()
    conditions, taken, calls = {**DEAR, "value": "1000"}, automatic._batches, []

    def between(rows):
        for ids in taken(rows):
            yield ids
            calls.append(ids)
            if len(calls) == 1:
                assert not isinstance(alone_beside(partial(redefine, made, row, conditions)), DsrError)

    monkeypatch.setattr(automatic, "_batches", between)
    assert job(row)() == "done"
    assert sorted(len(held(one)) for one in orders) == ([0, 0] if guarded else [0, 1])


def redefine(made, row, conditions) -> None:
    description = {"name": "Dear", "conditions": conditions, "existing": True}
    rules.define_rule(actor=_LOOK, module=made.orders, description=description, at=LATER, rule=row.pk)
    outbox.drain(about=f"lock_rule:{row.pk}")
