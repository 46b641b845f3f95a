"""What happens every second, every few seconds and every day."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction

from dsr_portal import scheduler
from portals_core.access.actor import system
from portals_core.ledger import append, seal
from portals_core.people import sessions
from portals_core.plumbing import duties, keyring, outbox
from portals_core.plumbing.errors import Broken
from portals_core.plumbing.models import Job, JobState
from portals_core.plumbing.sweeper import FIRST_PAUSE, Sweeper

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def promised(at: datetime) -> str:
    """A job that is due at this moment."""
    with time_machine.travel(at, tick=False), transaction.atomic():
        return str(outbox.enqueue(sessions.HANDLER, about="duty:test"))


def test_every_waiting_entry_of_the_ledger_is_integrated():
    keyring.create_master()
    with transaction.atomic():
        for number in range(3):
            append.record("record.created", actor=system("a test"), about=f"record:{number}")
    assert seal.waiting() >= 3
    scheduler.seal_all()
    assert seal.waiting() == 0


def test_a_job_that_is_late_is_woken_and_one_that_is_not_is_left_alone():
    job = promised(NOON)
    sweeper = Sweeper()
    assert sweeper.sweep(at=NOON + timedelta(seconds=1)) == []
    assert [str(one) for one in sweeper.sweep(at=NOON + timedelta(seconds=6))] == [job]


def test_a_long_queue_is_not_flooded_and_no_job_is_forgotten():
    promised(NOON)
    sweeper, late = Sweeper(), NOON + timedelta(seconds=6)
    assert len(sweeper.sweep(at=late)) == 1
    assert sweeper.sweep(at=late + timedelta(seconds=2)) == []
    assert len(sweeper.sweep(at=late + FIRST_PAUSE)) == 1
    assert sweeper.sweep(at=late + FIRST_PAUSE + timedelta(seconds=11)) == []
    assert len(sweeper.sweep(at=late + 3 * FIRST_PAUSE)) == 1


def test_a_job_that_ran_is_not_woken_again():
    job = promised(NOON)
    sweeper = Sweeper()
    sweeper.sweep(at=NOON + timedelta(seconds=6))
    outbox.drain()
    assert Job.objects.get(pk=job).state == JobState.DONE
    assert sweeper.sweep(at=NOON + timedelta(hours=1)) == []


def test_a_duty_is_promised_once_a_day_however_often_somebody_looks():
    for moment, count in ((NOON, 1), (NOON + timedelta(hours=1), 0), (NOON + timedelta(days=1), 1)):
        with time_machine.travel(moment, tick=False):
            assert len(duties.promise_due(at=moment)) == count * len(dict(duties.DAILY.items()))


def test_sessions_that_ended_are_removed_and_others_stay():
    living, ended = SessionStore(), SessionStore()
    living.create()
    ended.set_expiry(-60)
    ended.create()
    assert Session.objects.count() == 2
    promised(NOON)
    outbox.drain()
    assert [one.session_key for one in Session.objects.all()] == [living.session_key]


def test_a_database_that_is_away_for_a_moment_is_waited_for():
    stop = Event()
    tried: list[int] = []

    def act() -> None:
        tried.append(len(tried))
        if len(tried) == 1:
            raise DatabaseError
        stop.set()

    scheduler.run(stop, ticking=[scheduler.Beat("look", 0.01, act)])
    assert tried == [0, 1]


def test_a_broken_promise_ends_the_scheduler_instead_of_being_repeated():
    def act() -> None:
        raise Broken("", code="ledger.index_taken")

    with pytest.raises(Broken):
        scheduler.run(Event(), ticking=[scheduler.Beat("look", 0.01, act)])


def test_who_is_asked_to_stop_takes_no_further_beat():
    stop = Event()
    taken: list[str] = []

    def first() -> None:
        taken.append("first")
        stop.set()

    beats = [
        scheduler.Beat("first", 0.01, first),
        scheduler.Beat("second", 0.01, lambda: taken.append("second")),
    ]
    scheduler.run(stop, ticking=beats)
    assert taken == ["first"]
