"""Between promise and hand-over: whatever ends the permission meanwhile holds the message back (D15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from consent.catalogue import purposes
from consent.contact import asking
from consent.deciding import answers, decisions, objections
from consent.grounds import recording
from consent.models import Authority, Method, Signal, State, Text
from consent.standing import history
from portals_core.locks import place
from portals_core.plumbing import clock, mail, outbox
from portals_core.plumbing.models import Job, JobState, Mail, MailState
from portals_core.writing.records import delete_record
from tests import cast, letterbox
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, mails, token_in

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def made():
    with time_machine.travel(cast.NOW, tick=False):
        found = consent_cast.set_up()
        found.news.marketing = True
        found.news.save()
        yield found


@pytest.fixture
def server(settings):
    with letterbox.serving(settings) as box:
        yield box


def promised(subject, **more) -> Mail:
    with transaction.atomic():
        key = mail.send(
            to="sage@people.example",
            title="News",
            body="This month",
            kind="news",
            subject=subject,
            purpose="news",
            **more,
        )
    return Mail.objects.get(pk=key)


def handed_over(letter: Mail) -> Mail:
    outbox.drain(about=f"mail:{letter.pk}")
    letter.refresh_from_db()
    return letter


# --- what can end it ------------------------------------------------------------------------------------


def withdrawn_in_the_portal(made, subject):
    decisions.withdraw(actor=made.actor("subject"), subject=subject, purpose="news", at=clock.now())


def withdrawn_by_link(made, subject):
    asking.confirm_receipt(record=made.org.subject, purpose=made.news, text=made.text, at=clock.now())
    token = token_in(mails("consent.confirmed")[0])
    answers.withdraw_by_link(token=token, at=clock.now())


def ended_by_a_rule(made, subject):
    history.add(
        State.EXPIRED,
        actor=LOOK,
        subject=subject,
        purpose=made.news,
        text=made.text,
        before=history.latest(subject, made.news),
        authority=Authority.RULE,
        method=Method.RULE,
        at=clock.now(),
    )


def objected(made, subject):
    objections.object_to(
        actor=made.actor("subject"),
        subject=subject,
        marketing=True,
        sharing=False,
        signal=Signal.PORTAL,
        at=clock.now(),
    )


def restricted(made, subject):
    place.place(
        actor=LOOK, record=subject, ground="restriction", reason="r", placed_by="case:1", at=clock.now()
    )


def asked_again_by_a_new_text(made, subject):
    Text(purpose=made.news, version=2, language="en", renew_by=clock.now(), published_at=clock.now()).save()


def the_channel_was_dropped(made, subject):
    purposes.define(actor=LOOK, key="news", name="Newsletter", channels=["post"])


def the_purpose_was_dropped(made, subject):
    purposes.define(actor=LOOK, key="news", name="Newsletter", channels=["email"], active=False)


ENDS = (
    withdrawn_in_the_portal,
    withdrawn_by_link,
    ended_by_a_rule,
    objected,
    restricted,
    asked_again_by_a_new_text,
    the_channel_was_dropped,
    the_purpose_was_dropped,
)


@pytest.mark.parametrize("ends", ENDS)
def test_whatever_ends_the_permission_holds_back_what_was_promised(made, server, ends):
    """The control: the message promised to somebody else, at the same moment, arrives."""
    subject = made.org.subject.pk
    made.give()
    made.give("stranger")
    letter = promised(subject)
    other = _consented_beside(made, ends)
    ends(made, subject)
    assert handed_over(letter).state == MailState.HELD and letter.body == ""
    if other is not None:
        assert handed_over(other).state == MailState.SENT
    assert len(server.letters) == (other is not None)
    assert mail.held_back(since=cast.NOW) == {"news": 1}


def _consented_beside(made, ends) -> Mail | None:
    """A message to somebody whom it does not touch; nobody where it touches everybody."""
    everybody = (asked_again_by_a_new_text, the_channel_was_dropped, the_purpose_was_dropped)
    return None if ends in everybody else promised(made.org.stranger.pk)


def test_a_message_to_somebody_whose_record_is_gone_is_held_back(made, server):
    other = cast.contact(made.org.contacts, "Gone Soon")
    recording.record_basis(actor=LOOK, subject=other.pk, purpose="news", basis="A6-1-b", at=clock.now())
    first, second = promised(other.pk), promised(other.pk)
    assert handed_over(first).state == MailState.SENT
    delete_record(actor=LOOK, record=other.pk, at=clock.now())
    assert handed_over(second).state == MailState.HELD and len(server.letters) == 1


def test_what_is_owed_by_law_leaves_whatever_stands_in_the_way_of_purposes(made, server):
    """Art. 12: the answer to a request of somebody who is restricted and objected."""
    subject = made.org.subject.pk
    restricted(made, subject)
    objected(made, subject)
    with transaction.atomic():
        key = mail.send(to="sage@people.example", title="t", body="b", kind="case.answer", subject=subject)
    assert handed_over(Mail.objects.get(pk=key)).state == MailState.SENT


# --- workers that die -----------------------------------------------------------------------------------


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_message_that_was_possibly_sent_is_asked_about_again_before_the_next_try(
    made,
    server,
    settings,
    withdrawn,
):
    subject = made.org.subject.pk
    made.give()
    letter = promised(subject)
    right, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    with pytest.raises(OSError):
        outbox.drain(about=f"mail:{letter.pk}")
    letter.refresh_from_db()
    assert letter.state == MailState.SENDING
    settings.EMAIL_PORT = right
    if withdrawn:
        withdrawn_in_the_portal(made, subject)
    job = Job.objects.get(about=f"mail:{letter.pk}")
    outbox.run_now(job.pk, at=job.not_before)
    letter.refresh_from_db()
    assert letter.state == (MailState.HELD if withdrawn else MailState.SENT) and letter.body == ""
    assert len(server.letters) == (not withdrawn)


def test_a_worker_that_lost_its_lease_sends_nothing(made, server):
    """It asked while the consent stood; another worker took over, and that one is told no."""
    subject = made.org.subject.pk
    made.give()
    letter = promised(subject)
    job = Job.objects.get(about=f"mail:{letter.pk}")
    slow = outbox.claim(job.pk, at=clock.now())
    quick = outbox.claim(job.pk, at=clock.now() + timedelta(days=1))
    with pytest.raises(outbox.Stale):
        mail.hand_over(slow)
    letter.refresh_from_db()
    assert (letter.state, server.letters) == (MailState.WAITING, [])
    mail.hand_over(quick)
    letter.refresh_from_db()
    assert letter.state == MailState.SENT and len(server.letters) == 1
    job.refresh_from_db()
    assert job.state == JobState.RUNNING


def test_a_message_that_was_held_back_does_not_leave_when_the_permission_returns(made, server):
    """Its text is gone: whoever agrees again gets what is promised from then on."""
    letter = promised(made.org.subject.pk)
    assert handed_over(letter).state == MailState.HELD
    made.give()
    Job.objects.filter(about=f"mail:{letter.pk}").update(state=JobState.WAITING)
    assert handed_over(letter).state == MailState.HELD and server.letters == []
