"""A campaign and the people it asks, at the same moment (D12, D13, D15). PostgreSQL only: SQLite has one
writer at a time by nature. The row locks are taken away once, to show that there is a race."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from consent.contact import askable, asking, questions
from consent.deciding import decisions
from consent.jobs import campaigns, waiting
from consent.models import Question
from portals_core.locks import place
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Conflict
from portals_core.records.models import Module, Record
from tests.concurrency.test_lock_races import at_once, meeting
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, leaves, mails, states

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
]


@pytest.fixture
def made():
    made = consent_cast.set_up()
    Module.objects.visible_to(LOOK).filter(key="contacts").update(compliance=True)
    return made


def start(made):
    return campaigns.start(actor=made.actor("officer"), purpose="news", audience="undecided", at=clock.now())


def job(campaign):
    """The campaign's job, as a worker runs it."""
    with transaction.atomic():
        key = outbox.enqueue(campaigns.JOB, about="race", payload={"campaign": str(campaign.pk)})
    return partial(outbox.run_now, key)


def duty(handler):
    with transaction.atomic():
        key = outbox.enqueue(handler, about="duty:race")
    return partial(outbox.run_now, key)


def refuse(made):
    actor = made.actor("stranger")
    return partial(
        decisions.refuse,
        actor=actor,
        subject=actor.identity,
        purpose="news",
        text=made.text.pk,
        at=clock.now(),
    )


def asked_of(made) -> int:
    return Question.objects.visible_to(LOOK).filter(subject=made.org.stranger.pk).count()


@pytest.fixture
def unlocked(monkeypatch):
    """The batch reads people without taking their rows."""
    queryset = type(Record.objects.visible_to(LOOK))
    monkeypatch.setattr(queryset, "select_for_update", lambda self, **how: self)


def test_one_campaign_of_many_started_at_once(made):
    """Of eight presses one campaign runs."""
    results = at_once(*[partial(start, made)] * 8)
    assert sum(isinstance(one, Conflict) for one in results) == 7


def test_two_workers_on_one_campaign_ask_everybody_once(made):
    """D12: the campaign's row is taken with each batch."""
    campaign = start(made)
    assert at_once(job(campaign), job(campaign)) == ["done", "done"]
    campaign.refresh_from_db()
    assert (campaign.asked, campaign.state) == (3, "done")
    assert Question.objects.visible_to(LOOK).count() == len(mails("consent.asked")) == 3


def test_a_no_that_comes_while_the_batch_is_open_ends_the_question(made, monkeypatch):
    """W18: the answer waits for the batch, and what the batch promised is no longer wanted."""
    campaign = start(made)
    done, refused, waited = meeting(monkeypatch, job(campaign), campaigns, "_left_out", refuse(made))
    assert waited and done == "done" and not isinstance(refused, Exception)
    assert states(made.org.stranger.pk) == ["waiting", "refused"]
    asked = Question.objects.visible_to(LOOK).get(subject=made.org.stranger.pk)
    assert asked.closed_at is not None and not questions.wanted(str(asked.pk))


def test_without_the_row_locks_a_person_who_said_no_would_be_asked(made, monkeypatch, unlocked):
    """The control of the test above: the answer does not wait, and the two collide in the database."""
    campaign = start(made)
    done, refused, waited = meeting(monkeypatch, job(campaign), campaigns, "_left_out", refuse(made))
    assert not waited and not isinstance(refused, Exception)
    assert isinstance(done, IntegrityError)


def test_a_no_in_flight_is_seen_by_the_batch(made, monkeypatch):
    """The batch waits for the decision, and leaves the person out."""
    campaign = start(made)
    refused, done, waited = meeting(monkeypatch, refuse(made), decisions.texts, "shown", job(campaign))
    assert waited and done == "done" and not isinstance(refused, Exception)
    campaign.refresh_from_db()
    assert (campaign.asked, campaign.skipped, asked_of(made)) == (2, {"said_no": 1}, 0)


def test_a_restriction_while_the_batch_is_open_holds_its_message_back(made, monkeypatch):
    """L16: the lock waits for the batch; the message asks again when its turn comes."""
    campaign = start(made)
    restrict = partial(
        place.place,
        actor=LOOK,
        record=made.org.stranger.pk,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=clock.now(),
    )
    done, _lock, waited = meeting(monkeypatch, job(campaign), asking, "link_to", restrict)
    assert waited and done == "done"
    asked = Question.objects.visible_to(LOOK).get(subject=made.org.stranger.pk)
    assert askable.locked([made.org.stranger.pk]) and not questions.wanted(str(asked.pk))


def test_a_stop_waits_for_the_batch_in_hand(made, monkeypatch):
    """What the page says after stopping is what was asked. Between two batches the database may let the next
    one pass before who waits; then everybody was asked when the stop comes, and it says so."""
    monkeypatch.setattr(campaigns, "BATCH", 1)
    campaign = start(made)
    stop = partial(campaigns.stop, actor=made.actor("officer"), campaign=campaign.pk, at=clock.now())
    done, stopped, waited = meeting(monkeypatch, job(campaign), campaigns, "_left_out", stop)
    too_late = isinstance(stopped, Conflict)
    assert waited and done == "done" and (too_late or not isinstance(stopped, Exception))
    campaign.refresh_from_db()
    assert campaign.state == ("done" if too_late else "stopped")
    assert campaign.asked == Question.objects.visible_to(LOOK).count()
    assert (campaign.asked == 3) is too_late


def test_an_answer_and_the_end_of_the_time_at_once_end_in_one_order_or_the_other(made):
    """D13: whoever answered in time is not locked; whoever did not cannot answer by the link."""
    made.news.wait_days = 0
    made.news.save()
    asked = questions.ask_person(
        actor=made.actor("officer"), subject=made.org.stranger.pk, purpose="news", at=clock.now()
    )
    assert asked.due_at <= clock.now() + timedelta(seconds=1)
    given = partial(made.give, "stranger", at=clock.now())
    at_once(given, duty(waiting.CLOSE_JOB), duty(waiting.CLOSE_JOB))
    assert states(made.org.stranger.pk) in (["waiting", "obtained"], ["waiting", "not_responded", "obtained"])
    assert place.in_force([made.org.stranger.pk]).get(made.org.stranger.pk, []) == []
    assert leaves("lock.placed") == leaves("lock.lifted") <= 1


def test_a_reminder_by_two_workers_is_one(made):
    made.news.remind_days = 0
    made.news.save()
    questions.ask_person(
        actor=made.actor("officer"), subject=made.org.stranger.pk, purpose="news", at=clock.now()
    )
    assert at_once(*[duty(waiting.REMIND_JOB) for _one in range(4)]) == ["done"] * 4
    assert leaves("consent.reminded") == len(mails("consent.reminder")) == 1
