"""A person without an account answers our question by the link in its mail (W2, W16)."""

import re
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client

from portals_core.plumbing.errors import Absent, BadInput
from portals_core.plumbing.models import Mail
from requests.arriving import codes, recorded
from requests.casebook import lifecycle
from requests.law import grounds
from requests.law.calendars import place
from requests.law.states import Who
from requests.models import Clarification, Message
from requests.telling import questions
from requests.timing import clock
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import TEST, again
from tests.requests.proving import ask, code_in, latest, proof_of

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SOON = cast.NOW + timedelta(hours=1)
NEXT_WEEK = cast.NOW + timedelta(days=7)
WORDS = "Which of the two addresses do you mean?"


@pytest.fixture
def asked(made):
    """A request of somebody without an account, proved and asked about. Nobody signed in has it."""
    made.users["stranger"].delete()
    case = ask()
    codes.try_code(proof_of(case).pk, code_in(latest(case)), at=cast.NOW)
    return _ask(made, case)


def _ask(made, case, *, at=SOON):
    officer = made.actor("officer")
    ground = next(one.code for one in grounds.QUESTIONS if one.code != clock.IDENTITY)
    return clock.ask(actor=officer, case=case.pk, ground=ground, question=WORDS, at=at)


def mail() -> Mail:
    return Mail.objects.filter(kind="case.question").latest("created_at")


def page(said: Mail | None = None) -> str:
    return case_cast.there(re.search(r"/requests/question/[\w-]+/", (said or mail()).body)).group()


def token() -> str:
    return page().split("/")[-2]


def test_the_mail_leads_to_the_question_and_looking_changes_nothing(asked):
    """W16: whatever a mail scanner opens, and however often."""
    before = case_cast.rows("dsr_requests.Case", "dsr_requests.Clarification", "portals_core.OneTimeLink")
    with time_machine.travel(NEXT_WEEK, tick=False):
        for method in ("get", "head", "get"):
            shown = getattr(Client(), method)(page())
            assert shown.status_code == 200
        assert WORDS in shown.content.decode() and "no-store" in shown["Cache-Control"]
    after = case_cast.rows("dsr_requests.Case", "dsr_requests.Clarification", "portals_core.OneTimeLink")
    assert before == after and again(asked).state == "waiting"


def test_the_answer_starts_the_clock_again_as_with_an_account(asked):
    due = asked.due_on
    with time_machine.travel(NEXT_WEEK, tick=False):
        sent = Client().post(page(), {"text": "The second."})
        assert sent.status_code == 302 and "answered/written" in sent["Location"]
        assert Client().get(sent["Location"]).status_code == 200
    case = again(asked)
    # A month from receipt is Easter Sunday, so Tuesday; with the week it is a Sunday, so Monday.
    assert (due, case.state, case.due_on) == (date(2026, 4, 7), "in_review", date(2026, 4, 13))
    said = Message.objects.visible_to(TEST).get(case=case)
    assert (said.direction, said.text, said.author) == ("in", "The second.", None)
    assert Clarification.objects.visible_to(TEST).get(case=case).answered_at == NEXT_WEEK


def test_it_works_once(asked):
    link = page()
    with time_machine.travel(NEXT_WEEK, tick=False):
        assert Client().post(link, {"text": "The second."}).status_code == 302
        assert Client().get(link).status_code == 404
        assert Client().post(link, {"text": "No, the first."}).status_code == 404
    assert Message.objects.visible_to(TEST).filter(case=asked).count() == 1


def test_nothing_written_is_told_next_to_the_field_and_uses_nothing_up(asked):
    with time_machine.travel(NEXT_WEEK, tick=False):
        empty = Client().post(page(), {"text": "  "})
        assert empty.status_code == 400 and WORDS in empty.content.decode()
        with pytest.raises(BadInput):
            clock.answer_by_link(token(), text=" ", at=NEXT_WEEK)
        assert Client().post(page(), {"text": "The second."}).status_code == 302


@pytest.mark.parametrize("after", [29, 31])
def test_it_ends_with_the_day_until_which_to_answer(asked, after):
    at = cast.NOW + timedelta(days=after)
    if after < 30:
        assert questions.linked(token(), at=at).case_id == asked.pk
    else:
        with pytest.raises(Absent):
            questions.linked(token(), at=at)


def test_it_works_on_that_day_until_its_last_minute_where_the_person_is(asked):
    zone = place(asked.country, asked.subdivision).zone
    over = datetime.combine(clock.last_day(asked, SOON) + timedelta(days=1), time.min, tzinfo=zone)
    assert questions.linked(token(), at=over - timedelta(minutes=1)).case_id == asked.pk
    with pytest.raises(Absent):
        questions.linked(token(), at=over)


def test_it_ends_with_a_case_that_waits_no_more(asked):
    """The question was not answered, so only the case says so. Bait: it worked before."""
    assert questions.linked(token(), at=SOON).case_id == asked.pk
    lifecycle.move(again(asked), "lapse", actor=TEST, who=Who.SYSTEM, at=SOON)
    with pytest.raises(Absent):
        questions.linked(token(), at=SOON)
    with pytest.raises(Absent):
        clock.answer_by_link(token(), text="The second.", at=SOON)
    assert again(asked).state == "lapsed" and not Message.objects.visible_to(TEST).filter(case=asked).exists()


def test_it_ends_with_an_answer_that_came_another_way(made, asked):
    first = token()
    clock.answer(actor=made.actor("officer"), case=asked.pk, text="By telephone.", at=NEXT_WEEK)
    with pytest.raises(Absent):
        clock.answer_by_link(first, text="Late.", at=NEXT_WEEK)
    again_asked = _ask(made, again(asked), at=NEXT_WEEK)
    with pytest.raises(Absent):
        questions.linked(first, at=NEXT_WEEK)
    assert questions.linked(token(), at=NEXT_WEEK).case_id == again_asked.pk


def test_it_is_of_one_purpose(asked):
    """A link to a question proves no address and reads no thread, and the other way round."""
    proof = case_cast.there(re.search(r"/requests/prove/([\w-]+)/", latest(asked).body)).group(1)
    with time_machine.travel(SOON, tick=False):
        for path in (
            f"/requests/prove/{token()}/",
            f"/requests/read/{token()}/",
            f"/requests/question/{proof}/",
        ):
            assert Client().get(path).status_code == 404, path
        assert Client().get(page()).status_code == 200


def test_who_has_an_account_is_led_to_the_portal(made):
    """The passing twin: no link is made for them."""
    case = _ask(made, case_cast.file(made, "export"))
    assert f"/privacy/requests/{case.pk}/answer/" in mail().body
    assert "/requests/question/" not in mail().body


def test_who_has_no_address_gets_no_mail_and_no_link(made):
    given = {"kind": "export", "channel": "letter", "number": "none-7", "seen": {"number": "card shown"}}
    case = recorded.record(actor=made.actor("officer"), at=cast.NOW, **given)
    _ask(made, case)
    assert questions.way(again(case), cast.NOW.date(), at=SOON) == ""
    assert not Mail.objects.filter(kind="case.question").exists()
