"""The clock on pages: officers ask, record and take more time; the person answers."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portals_core.access.actor import system
from requests.casebook import lifecycle
from requests.law.states import Who
from requests.models import Clarification, Message
from requests.parts import clock as part
from requests.timing import clock
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import TEST
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SOON = cast.NOW + timedelta(days=2)
SCOPE, COMPLEX = "JustificationA12InformationRequired", "JustificationA12Complexity"
QUESTION = {"ground": SCOPE, "question": "Which <b>orders</b> do you mean?"}


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(SOON, tick=False):
        yield


def url(name, case):
    return reverse(f"dsr_requests:{name}", args=[case.pk])


def waiting(made, **given):
    case = case_cast.file(made, "export", **given)
    return clock.ask(actor=made.actor("officer"), case=case.pk, at=SOON, **QUESTION)


def drawn(made, case, who="officer"):
    """The part of the case page, as it stands there."""
    return render_to_string(
        "dsr_requests/case_clock.html", {"case": case, **part.part(made.actor(who), case, SOON)}
    )


def test_an_officer_asks_and_comes_back_to_the_case(made):
    case = case_cast.file(made, "export")
    response = browser(made, "officer").post(url("ask", case), QUESTION)
    assert (response.status_code, response["Location"]) == (302, url("case", case))
    assert case_cast.again(case).state == "waiting"


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("ask", {"ground": SCOPE, "question": ""}, "Your question"),
        ("ask", {"ground": clock.IDENTITY, "question": "Who?"}, "Why do you ask?"),
        ("extend", {"ground": COMPLEX, "sentence": ""}, "Your words to the person"),
        ("extend", {"ground": "", "sentence": "Much."}, "Why is more time needed?"),
    ],
)
def test_what_is_not_filled_in_is_shown_again_with_its_field(made, name, given, said):
    case = case_cast.file(made, "export")
    response = browser(made, "officer").post(url(name, case), given)
    assert response.status_code == 400
    text = words(response)
    assert "Please check these points" in text and f"{said} –" in text
    assert case_cast.again(case).version == case.version


def test_what_cannot_be_done_any_more_is_said(made):
    case = waiting(made)
    officer = browser(made, "officer")
    response = officer.post(url("ask", case), QUESTION)
    assert response.status_code == 409 and "not possible now" in words(response)
    clock.extend(actor=made.actor("officer"), case=case.pk, ground=COMPLEX, sentence="Much.", at=SOON)
    response = officer.post(url("extend", case), {"ground": COMPLEX, "sentence": "Much."})
    assert response.status_code == 409 and "possible once" in words(response)


def test_an_officer_takes_more_time(made):
    case = case_cast.file(made, "export")
    response = browser(made, "officer").post(url("extend", case), {"ground": COMPLEX, "sentence": "Much."})
    assert response.status_code == 302
    assert case_cast.again(case).extension_ground == COMPLEX


def test_an_officer_records_an_answer_with_the_day_it_came(made):
    case = waiting(made)
    given = {"text": "All of them.", "received_on": SOON.date().isoformat()}
    with time_machine.travel(SOON + timedelta(days=4), tick=False):
        response = browser(made, "officer").post(url("record-answer", case), given)
        assert response.status_code == 302
        early = {**given, "received_on": "2026-01-01"}
        assert browser(made, "officer").post(url("record-answer", case), early).status_code == 409
    after = case_cast.again(case)
    assert (after.state, after.due_on) == ("in_review", case.due_on)


def test_an_answer_before_its_question_is_shown_beside_the_day(made):
    case = waiting(made)
    given = {"text": "All.", "received_on": "2026-01-01"}
    response = browser(made, "officer").post(url("record-answer", case), given)
    assert response.status_code == 400
    assert "not between the question and today" in words(response)


@pytest.mark.parametrize("name", ["ask", "extend", "record-answer"])
@pytest.mark.parametrize("who", ["auditor", "operator", "subject"])
def test_nobody_else_touches_the_clock(made, name, who):
    """Promise 3."""
    case = case_cast.file(made, "export")
    assert browser(made, who).post(url(name, case), {}).status_code == 403
    assert browser(made, "officer").get(url(name, case)).status_code == 405


def test_the_part_offers_what_is_possible_now_and_nothing_else(made):
    case = case_cast.file(made, "export")
    text = drawn(made, case)
    assert "Ask the person" in text and "Take more time" in text and "Record the answer" not in text
    assert "Due by the end of this day" in text and "a public holiday" in text
    case = clock.ask(actor=made.actor("officer"), case=case.pk, at=SOON, **QUESTION)
    text = drawn(made, case)
    assert "Record the answer" in text and "Ask the person something" not in text
    assert "Which &lt;b&gt;orders&lt;/b&gt; do you mean?" in text
    assert "<form" not in drawn(made, case, "auditor")


def test_the_part_says_whether_a_question_would_stop_the_clock(made, settings):
    case = case_cast.file(made, "export")
    assert "stands still until the answer" in drawn(made, case)
    settings.ASK_WITHIN_DAYS = 1
    assert "the clock goes on while you wait" in drawn(made, case)


def test_no_two_fields_of_the_part_share_an_id(made):
    case = case_cast.file(made, "export")
    text = drawn(made, case)
    ids = [piece.split('"')[0] for piece in text.split(' id="')[1:]]
    assert len(ids) == len(set(ids)) > 4


def test_the_part_asks_a_constant_number_of_questions(made):
    case, counts = case_cast.file(made, "export"), []
    for day in range(2):
        at = SOON + timedelta(hours=day)
        clock.ask(actor=made.actor("officer"), case=case.pk, at=at, **QUESTION)
        answered = clock.answer(actor=made.actor("subject"), case=case.pk, text="That.", at=at)
        actor = made.actor("officer")
        with CaptureQueriesContext(connection) as captured:
            part.part(actor, answered, at)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 3


# --- the person ------------------------------------------------------------------------------------------


def test_the_person_reads_the_question_where_the_request_stands_and_answers_there(made):
    """W20."""
    case = waiting(made)
    subject = browser(made, "subject")
    response = subject.get(url("status", case))
    text = words(response)
    assert "Which <b>orders</b> do you mean?" in text and "Please answer by April 6, 2026" in text
    assert "The days until you answer our question are added." in text
    assert f'action="{url("answer", case)}"' in response.content.decode()
    done = subject.post(url("answer", case), {"text": "The ones of May."})
    assert (done.status_code, done["Location"]) == (302, url("status", case))
    assert case_cast.again(case).state == "in_review"
    after = words(subject.get(url("status", case)))
    assert "Our question to you" not in after


def test_looking_at_the_question_changes_nothing(made):
    """W16."""
    case = waiting(made)
    response = browser(made, "subject").get(url("answer", case))
    assert response.status_code == 200 and "Which <b>orders</b>" in words(response)
    assert case_cast.again(case).version == case.version


def test_an_empty_answer_is_shown_again_and_a_late_one_is_explained(made):
    case = waiting(made)
    subject = browser(made, "subject")
    response = subject.post(url("answer", case), {"text": " "})
    assert response.status_code == 400 and "Your answer –" in words(response)
    subject.post(url("answer", case), {"text": "That."})
    response = subject.post(url("answer", case), {"text": "And that."})
    assert response.status_code == 409 and "not possible now" in words(response)
    assert Message.objects.visible_to(TEST).count() == 1


@pytest.mark.parametrize("who", ["subject", "officer"])
def test_an_answer_belongs_to_the_question_that_was_read(made, who):
    """R4: by telephone the first was answered and a second one asked while the page lay open."""
    case, officer = waiting(made), made.actor("officer")
    person, name = browser(made, who), {"subject": "answer", "officer": "record-answer"}[who]
    read = person.get(url({"subject": "answer", "officer": "case"}[who], case)).content.decode()
    first = Clarification.objects.visible_to(TEST).get()
    assert f'name="question" value="{first.pk}"' in read
    clock.answer(actor=officer, case=case.pk, text="By telephone.", at=SOON + timedelta(hours=1))
    again = {**QUESTION, "question": "And since when?"}
    clock.ask(actor=officer, case=case.pk, at=SOON + timedelta(hours=2), **again)
    refused = person.post(url(name, case), {"text": "The ones of May.", "question": first.pk})
    second = Clarification.objects.visible_to(TEST).exclude(pk=first.pk).get()
    text = words(refused)
    assert refused.status_code == 409 and "Another question has been asked" in text
    assert "And since when?" in text and "The ones of May." in text
    assert f'name="question" value="{second.pk}"' in refused.content.decode()
    assert case_cast.again(case).state == "waiting" and second.answered_at is None
    done = person.post(url(name, case), {"text": "Since May.", "question": second.pk})
    assert done.status_code == 302 and case_cast.again(case).state == "in_review"


def test_a_stranger_finds_nothing_and_who_asked_for_somebody_reads_nothing(made):
    """Decision 14, promise 3."""
    case = case_cast.file(made, "export", subject=made.added.pk)
    with transaction.atomic():
        lifecycle.move(case, "prove", actor=system("test"), who=Who.PERSON, at=SOON, proved_at=SOON)
    clock.ask(actor=made.actor("officer"), case=case.pk, at=SOON, **QUESTION)
    assert browser(made, "stranger").get(url("answer", case)).status_code == 404
    assert browser(made, "stranger").post(url("answer", case), {"text": "x"}).status_code == 404
    asker = browser(made, "subject")
    for name in ("status", "answer"):
        assert "orders" not in words(asker.get(url(name, case)))
    assert asker.post(url("answer", case), {"text": "x"}).status_code == 403
    assert Clarification.objects.visible_to(TEST).get().answered_at is None


def test_the_person_is_told_why_the_day_moved(made):
    case = waiting(made)
    later = SOON + timedelta(days=5)
    clock.answer(actor=made.actor("subject"), case=case.pk, text="That.", at=later)
    clock.extend(actor=made.actor("officer"), case=case.pk, ground=COMPLEX, sentence="Much.", at=later)
    text = words(browser(made, "subject").get(url("status", case)))
    assert "by June 10, 2026" in text and "We told you that we need more time." in text
    assert "We waited 5 days for your answer. Without that the day would be June 5, 2026." in text
