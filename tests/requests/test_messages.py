"""The thread between the person and the officers, and the notes that never leave the desk."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, TooMany
from portals_core.plumbing.sources import SOURCES
from requests.casebook import details
from requests.models import Letter, Message
from requests.parts import letters as letters_part
from requests.parts import thread as thread_part
from requests.telling import messages, reading
from tests.requests import letter_cast
from tests.requests.case_cast import LATER, TEST, codes, file, there
from tests.requests.letter_cast import mails, said_in
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
CANARY = "canary-between-officers"


def say(made, case, text="Hello", who="officer", at=LATER):
    return messages.say(actor=made.actor(who), case=case, text=text, at=at)


def note(made, case, text=CANARY, who="officer"):
    return messages.note(actor=made.actor(who), case=case, text=text, at=LATER)


def token(case):
    """The token in the newest mail that leads to the page for people without an account."""
    found = re.search(r"/requests/read/([^/\s]+)/", mails("case.message")[-1].body)
    return there(found).group(1)


def test_both_sides_write_and_read_and_the_log_keeps_that_they_did(made):
    """W20."""
    case = file(made, "export")
    say(made, case, "Which orders?")
    say(made, case, "All of 2025", who="subject", at=LATER + timedelta(hours=1))
    for who in ("officer", "subject", "auditor"):
        thread = messages.thread(made.actor(who), case)
        assert [(one.direction, one.text) for one in thread] == [
            ("out", "Which orders?"), ("in", "All of 2025"),
        ]  # fmt: skip
    assert [one.by for one in messages.thread(made.actor("officer"), case)] == ["Officer", ""]
    assert [one.by for one in messages.thread(made.actor("subject"), case)] == ["", ""]
    assert codes(case).count("case.message") == 2


def test_the_mail_says_that_there_is_a_message_and_nothing_of_it(made):
    case = file(made, "export")
    say(made, case, "canary words")
    (mail,) = mails("case.message")
    assert "canary" not in mail.title + mail.body and case.number in mail.title
    assert reverse("dsr_requests:status", args=[case.pk]) in mail.body
    say(made, case, "answer", who="subject")
    assert len(mails("case.message")) == 1


def test_a_note_is_on_no_page_of_the_portal_and_in_no_copy_of_the_data(made):
    """C10: a canary, searched for on every page of the person, in the export, in mail and behind the link."""
    case = file(made, "export")
    note(made, case)
    say(made, case, "to the person")
    subject = browser(made, "subject")
    for name in ("status", "talk"):
        page = subject.get(reverse(f"dsr_requests:{name}", args=[case.pk])).content.decode()
        assert "to the person" in page and CANARY not in page
    assert CANARY not in subject.get(reverse("privacy")).content.decode()
    assert not [one for one in messages.thread(made.actor("subject"), case) if one.text == CANARY]
    assert not Message.objects.visible_to(made.actor("subject")).filter(direction="note").exists()
    copied = [row for _key, source in SOURCES.items() for row in source.export(made.subject.pk, actor=TEST)]
    assert "to the person" in str(copied) and CANARY not in str(copied)
    assert all(CANARY not in mail.body for mail in mails("case.message"))
    assert not [one for one in reading.messages(case) if one.direction == "note"]
    assert any(one.text == CANARY for one in messages.thread(made.actor("officer"), case))
    assert "case.note" in codes(case) and mails("case.note") == []


def test_messages_and_letters_belong_to_the_copy_of_the_data(made):
    """Art. 15."""
    case = file(made, "export")
    say(made, case, "ours")
    say(made, case, "theirs", who="subject")
    letter = letter_cast.write(case)
    rows = list(SOURCES.get("requests").export(made.subject.pk, actor=TEST))
    said = [(row.values["text"], row.provided) for row in rows if row.table == "messages"]
    assert sorted(said) == [("ours", False), ("theirs", True)]
    kept = [row.values["text"] for row in rows if row.table == "letters"]
    assert kept == [one.body for one in letter_cast.letters_of(case, receipt=True)]
    assert len(kept) == 2 and letter.body in kept
    assert list(SOURCES.get("requests").export(made.stranger.pk, actor=TEST)) == []


def test_who_asked_for_somebody_else_has_no_part_in_the_thread(made):
    """Decision 14, W17; promises 1, 2."""
    case = file(made, "export", subject=made.added.pk)
    say(made, case, "for the person alone")
    asker = made.actor("subject")
    assert messages.thread(asker, case) == []
    with pytest.raises(Absent):
        messages.say(actor=asker, case=case, text="me too", at=LATER)
    client = browser(made, "subject")
    page = client.get(reverse("dsr_requests:status", args=[case.pk]))
    assert page.status_code == 200 and "for the person alone" not in page.content.decode()
    assert client.get(reverse("dsr_requests:talk", args=[case.pk])).status_code == 404
    assert "case.refused_attempt" in codes(case) and len(said_in(case)) == 1


@pytest.mark.parametrize(
    ("who", "error"), [("stranger", Absent), ("auditor", Forbidden), ("operator", Forbidden)]
)
def test_nobody_else_writes(made, who, error):
    case = file(made, "export")
    with pytest.raises(error):
        say(made, case, who=who)
    with pytest.raises(Forbidden):
        note(made, case, who=who)
    assert said_in(case) == []


@pytest.mark.parametrize("text", ["", "  \r\n ", "x" * 5001, "a\x00b"])
def test_an_empty_or_endless_message_is_refused(made, text):
    case = file(made, "export")
    with pytest.raises(BadInput):
        say(made, case, text)
    assert said_in(case) == [] and mails("case.message") == []


def test_who_writes_without_end_is_asked_to_wait_until_tomorrow(made):
    case = file(made, "export")
    for _number in range(messages.A_DAY):
        say(made, case, who="subject")
    with pytest.raises(TooMany):
        say(made, case, who="subject")
    say(made, case, who="subject", at=LATER + timedelta(days=1, minutes=1))


def test_nothing_is_said_any_more_once_the_words_are_deleted(made):
    case = file(made, "export")
    say(made, case)
    details.purge([case.pk])
    assert said_in(case) == []
    for who in ("officer", "subject"):
        with pytest.raises(Conflict):
            say(made, case, who=who)
    assert thread_part.part(made.actor("officer"), case, LATER)["thread"]["say"] is None


def test_what_the_other_side_wrote_is_new_until_it_is_marked_or_answered(made):
    case = file(made, "export")
    say(made, case, "one", who="subject")
    officer = made.actor("officer")
    assert messages.waiting(officer, case) == 1 and messages.waiting(made.actor("subject"), case) == 0
    browser(made, "officer").get(reverse("dsr_requests:desk-talk", args=[case.pk]))
    assert messages.waiting(officer, case) == 1
    assert browser(made, "officer").post(reverse("dsr_requests:seen", args=[case.pk])).status_code == 302
    assert messages.waiting(officer, case) == 0
    say(made, case, "two", who="subject")
    note(made, case)
    assert messages.waiting(officer, case) == 1
    say(made, case, "answer")
    assert messages.waiting(officer, case) == 0 and messages.waiting(made.actor("subject"), case) == 1


def test_the_pages_write_and_refuse_with_what_is_wrong(made):
    case = file(made, "export")
    officer, subject = browser(made, "officer"), browser(made, "subject")
    for client, name in ((officer, "say"), (officer, "note"), (subject, "talk")):
        address = reverse(f"dsr_requests:{name}", args=[case.pk])
        wrong = client.post(address, {"text": " "})
        assert wrong.status_code == 400 and "Please check these points" in words(wrong)
        assert client.post(address, {"text": f"by {name}"}).status_code == 302
    assert sorted((one.direction, one.text) for one in said_in(case)) == [
        ("in", "by talk"), ("note", "by note"), ("out", "by say"),
    ]  # fmt: skip
    details.purge([case.pk])
    assert subject.post(reverse("dsr_requests:talk", args=[case.pk]), {"text": "x"}).status_code == 409
    assert officer.post(reverse("dsr_requests:say", args=[case.pk]), {"text": "x"}).status_code == 409


def test_markup_in_a_message_stays_text(made):
    """Attack 55."""
    case = file(made, "export")
    say(made, case, "<script>alert(1)</script>", who="subject")
    for who, name in (("officer", "desk-talk"), ("subject", "talk"), ("subject", "status")):
        page = browser(made, who).get(reverse(f"dsr_requests:{name}", args=[case.pk])).content.decode()
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page


class TestByLink:
    """W16: people without an account read behind a link that shows nothing on GET."""

    @pytest.fixture
    def case(self, made):
        case = letter_cast.filed_for(made, letter_cast.no_account(made))
        with time_machine.travel(LATER, tick=False):
            yield case

    def page(self, case):
        return reverse("dsr_requests:read", args=[token(case)])

    def test_nothing_is_shown_before_the_button_is_pressed(self, made, case):
        say(made, case, "canary words")
        note(made, case)
        address, client = self.page(case), Client()
        shut = client.get(address)
        assert shut.status_code == 200 and "canary" not in shut.content.decode()
        assert said_in(case)[0].seen_at is None
        opened = client.post(address, {"act": "open"})
        assert "canary words" in words(opened) and CANARY not in opened.content.decode()
        assert "no-store" in opened.headers["Cache-Control"]
        assert {one.text: bool(one.seen_at) for one in said_in(case)} == {"canary words": True, CANARY: False}

    def test_an_answer_uses_the_link_up(self, made, case):
        say(made, case, "Which?", at=LATER - timedelta(minutes=1))
        address, client = self.page(case), Client()
        assert client.post(address, {"act": "answer", "text": ""}).status_code == 400
        assert client.post(address, {"act": "answer", "text": "That one"}).status_code == 302
        assert said_in(case)[-1].text == "That one" and said_in(case)[-1].author is None
        for given in ({"act": "answer", "text": "again"}, {"act": "open"}):
            assert client.post(address, given).status_code == 404
        assert len(said_in(case)) == 2

    def test_the_link_ends_after_days_and_with_the_words(self, made, case):
        say(made, case)
        address = self.page(case)
        with time_machine.travel(LATER + reading.TTL, tick=False):
            assert Client().get(address).status_code == 404
        assert Client().get(address).status_code == 200
        details.purge([case.pk])
        assert Client().post(address, {"act": "open"}).status_code == 404

    def test_a_letter_is_handed_out_by_the_link_of_its_own_case_only(self, made, case):
        letter = letter_cast.make(letter_cast.write(case))
        other = letter_cast.make(letter_cast.write(file(made, "export", "stranger")))
        say(made, case)
        address = self.page(case)
        got = Client().post(address, {"act": "letter", "letter": str(letter.pk)})
        assert got.content.startswith(b"%PDF-") and "no-store" in got.headers["Cache-Control"]
        for wrong in (str(other.pk), "x", ""):
            assert Client().post(address, {"act": "letter", "letter": wrong}).status_code == 404
        assert letter.title in words(Client().post(address, {"act": "open"}))


def test_the_parts_ask_as_often_for_many_rows_as_for_few(made, django_assert_num_queries):
    case, officer = file(made, "export"), made.actor("officer")
    counts = []
    for _round in range(2):
        say(made, case)
        note(made, case)
        letter_cast.write(case)
        counts.append(_queries(lambda: thread_part.part(officer, case, LATER)))
        counts.append(_queries(lambda: letters_part.part(officer, case, LATER)))
    assert counts[:2] == counts[2:]
    assert Letter.objects.visible_to(TEST).filter(case=case).count() == 3


def _queries(act):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as caught:
        act()
    return len(caught)
