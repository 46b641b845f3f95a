"""Mail: stored with its cause, handed to a real server, its text gone afterwards (D15, attack 58)."""

from __future__ import annotations

import pytest
from django.db import transaction

from portals_core.plumbing import mail, outbox
from portals_core.plumbing.errors import BadInput
from portals_core.plumbing.models import Job, JobState, Mail, MailState
from tests import cast, letterbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings):
    with letterbox.serving(settings) as box:
        yield box


def _send(**more) -> Mail:
    with transaction.atomic():
        key = mail.send(
            **{
                "to": "sage@people.example",
                "title": "Twoja prośba",
                "body": "Odnośnik: x",
                "kind": "test",
                **more,
            }
        )
    return Mail.objects.get(pk=key)


def _hand_over(letter: Mail) -> Mail:
    outbox.drain(about=f"mail:{letter.pk}")
    letter.refresh_from_db()
    return letter


def test_a_message_reaches_a_real_server_and_its_text_is_not_kept(server):
    letter = _hand_over(_send())
    (received,) = server.letters
    assert received["To"] == "sage@people.example" and received["Subject"] == "Twoja prośba"
    assert received.get_content().strip() == "Odnośnik: x"
    assert letter.state == MailState.SENT and letter.body == ""


def test_without_a_server_nothing_leaves_and_the_message_can_be_read(settings):
    assert settings.MAIL_LEAVES is False
    letter = _hand_over(_send())
    assert letter.state == MailState.KEPT and letter.body == "Odnośnik: x"


def test_a_line_break_in_a_title_adds_no_header(server):
    _hand_over(_send(title="Hello\r\nBcc: everybody@people.example"))
    (received,) = server.letters
    assert received["Bcc"] is None and received["Subject"] == "Hello Bcc: everybody@people.example"


def test_a_server_that_is_away_costs_time_and_not_the_message(server, settings):
    right, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    letter = _send()
    with pytest.raises(OSError):
        outbox.drain(about=f"mail:{letter.pk}")
    letter.refresh_from_db()
    job = Job.objects.get(about=f"mail:{letter.pk}")
    assert (letter.state, letter.body, job.state) == (MailState.SENDING, "Odnośnik: x", JobState.WAITING)
    settings.EMAIL_PORT = right
    outbox.run_now(job.pk, at=job.not_before)
    assert len(server.letters) == 1
    letter.refresh_from_db()
    assert letter.state == MailState.SENT


def test_a_second_delivery_of_the_job_sends_nothing(server):
    letter = _hand_over(_send())
    Job.objects.filter(about=f"mail:{letter.pk}").update(state=JobState.WAITING)
    _hand_over(letter)
    assert len(server.letters) == 1


def test_mail_with_a_purpose_asks_the_gate_when_it_is_handed_over(server):
    made = cast.set_up()
    held = _hand_over(_send(subject=made.subject.pk, purpose="newsletter"))
    assert held.state == MailState.HELD and held.body == "" and server.letters == []
    assert _hand_over(_send(subject=made.subject.pk)).state == MailState.SENT


def test_what_is_no_address_is_refused():
    with transaction.atomic(), pytest.raises(BadInput):
        mail.send(to="nobody", title="x", body="y", kind="test")
    assert not Mail.objects.exists()
