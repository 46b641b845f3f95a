"""The outbox: promised with the change, claimed by one, tried again, parked, never run by a stale worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import Celery
from django.db import transaction

from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Broken
from portals_core.plumbing.models import Job, JobState
from tests import registering

pytestmark = pytest.mark.django_db
RAN: list[str] = []


@pytest.fixture(autouse=True)
def handlers(monkeypatch):
    """Two handlers of this test: one that notes its run, one that always fails."""
    RAN.clear()
    registering.stand_in(monkeypatch, outbox.HANDLERS, "test.note", lambda held: RAN.append(held.about))
    registering.stand_in(monkeypatch, outbox.HANDLERS, "test.fail", _fail)


def _fail(held: outbox.Claim) -> None:
    raise ValueError("jan.kowalski@people.example cannot be done")


def _promise(handler: str = "test.note", **more) -> Job:
    with transaction.atomic():
        key = outbox.enqueue(handler, about="thing:1", **more)
    return Job.objects.get(pk=key)


def test_a_job_promised_in_a_transaction_that_fails_does_not_exist():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.enqueue("test.note", about="thing:1")
        raise ZeroDivisionError
    assert not Job.objects.exists()


def test_an_unknown_handler_is_refused_when_it_is_promised():
    with pytest.raises(Broken), transaction.atomic():
        outbox.enqueue("test.unknown", about="thing:1")


def test_of_two_claims_one_gets_the_job():
    job, now = _promise(), clock.now()
    assert outbox.claim(job.pk, at=now) is not None
    assert outbox.claim(job.pk, at=now) is None
    assert outbox.run_now(job.pk) is None and RAN == []


def test_a_job_runs_once_however_often_its_message_comes():
    job = _promise()
    assert [outbox.run_now(job.pk), outbox.run_now(job.pk), outbox.run_now(job.pk)] == [
        JobState.DONE,
        None,
        None,
    ]
    assert RAN == ["thing:1"]


def test_a_worker_that_lost_its_lease_writes_nothing(settings):
    job, now = _promise(), clock.now()
    slow = outbox.claim(job.pk, at=now)
    quick = outbox.claim(job.pk, at=now + timedelta(seconds=settings.JOB_LEASE_SECONDS + 1))
    assert slow is not None and quick is not None and quick.fence == slow.fence + 1
    with transaction.atomic():
        quick.hold()
    with pytest.raises(outbox.Stale), transaction.atomic():
        slow.hold()
    with pytest.raises(outbox.Stale):
        outbox.finish(slow, at=now)
    outbox.finish(quick, at=now)


def test_a_failing_job_waits_longer_each_time_and_is_parked_and_shown(settings):
    settings.JOB_ATTEMPTS = 3
    job, waits = _promise("test.fail"), []
    for _attempt in range(3):
        job.refresh_from_db()
        start = job.not_before
        with pytest.raises(ValueError, match="cannot be done"):
            outbox.run_now(job.pk, at=max(start, clock.now()))
        job.refresh_from_db()
        waits.append((job.not_before - clock.now()).total_seconds())
    assert job.state == JobState.PARKED and waits == sorted(waits)
    assert job.failure == "ValueError", "a failure is stored without anybody's data (promise 28)"


def test_what_is_late_is_found_and_what_is_not_due_is_left():
    now = clock.now()
    late, later = _promise(), _promise(not_before=now + timedelta(hours=1))
    assert outbox.late(at=now + timedelta(seconds=10)) == [late.pk]
    assert set(outbox.late(at=now + timedelta(hours=2))) == {late.pk, later.pk}


def test_a_broker_that_is_away_costs_time_and_not_the_job(monkeypatch, django_capture_on_commit_callbacks):
    away = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)
    away.conf.broker_transport_options = {"max_retries": 0}
    monkeypatch.setattr(outbox, "current_app", away)
    with django_capture_on_commit_callbacks(execute=True):
        job = _promise()
    assert outbox.late(at=clock.now() + timedelta(seconds=10)) == [job.pk]
