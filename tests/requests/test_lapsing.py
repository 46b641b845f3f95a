"""Requests that nobody proves or answers end, on the day after the last, with a word to whoever asked."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import transaction

from portals_core.plumbing import duties, outbox
from portals_core.plumbing.errors import Absent
from portals_core.plumbing.models import Mail
from requests.arriving import mandates
from requests.casebook import lifecycle, reads
from requests.models import Proof
from requests.telling.notices import period
from requests.timing import clock, lapsing
from tests import cast
from tests.requests import case_cast

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SCOPE = "JustificationA12InformationRequired"


@pytest.fixture(autouse=True)
def _days(settings):
    settings.PROOF_DAYS, settings.ANSWER_DAYS = 14, 30


def at_noon(days: int) -> datetime:
    return cast.NOW + timedelta(days=days)


def promised() -> object:
    with transaction.atomic():
        return outbox.enqueue(lapsing.JOB, about="duty:test")


def run(at: datetime, times: int = 1) -> None:
    with time_machine.travel(at, tick=False):
        for _again in range(times):
            assert outbox.run_now(promised()) == "done"


def waiting(made, **given):
    case = case_cast.file(made, "export", **given)
    actor = made.actor("officer")
    return clock.ask(actor=actor, case=case.pk, ground=SCOPE, question="Which?", at=cast.NOW)


def unproved(made):
    """A request for a person the subject added, who was asked and is silent."""
    return case_cast.file(made, "export", subject=made.added.pk)


def test_the_duty_is_a_daily_one():
    assert dict(duties.DAILY.items())[lapsing.JOB] == lapsing.JOB


@pytest.mark.parametrize(("begin", "days"), [(waiting, 30), (unproved, 14)])
def test_a_request_ends_after_its_last_day_and_not_on_it(made, begin, days):
    case = begin(made)
    run(at_noon(days))
    assert case_cast.again(case).closed_at is None
    run(at_noon(days + 1), times=2)
    ended = case_cast.again(case)
    assert (ended.state, ended.closed_at) == ("lapsed", at_noon(days + 1))
    assert case_cast.codes(case).count("case.lapse") == 1
    assert Mail.objects.filter(kind="case.lapsed").count() == 1


def test_the_last_day_lasts_to_its_end_where_the_answer_is_owed(made):
    """30 days after 5 March is 4 April; 21:59 UTC is still the 4th in Warsaw."""
    case = waiting(made)
    run(datetime(2026, 4, 4, 21, 59, tzinfo=UTC))
    assert case_cast.again(case).state == "waiting"
    run(datetime(2026, 4, 4, 22, 1, tzinfo=UTC))
    assert case_cast.again(case).state == "lapsed"


def test_the_person_is_told_why_and_where_to_complain(made):
    """Art. 12(4)."""
    case = waiting(made)
    run(at_noon(31))
    (mail,) = Mail.objects.filter(kind="case.lapsed")
    assert mail.to == "sage@people.example" and case.number in mail.title
    assert "had no answer in time" in mail.body and "complain" in mail.body and "court" in mail.body
    history = list(reads.history(made.actor("officer"), case))
    assert history[-1].reason == "The question was not answered within 30 days."


def test_who_asked_for_a_silent_person_is_told_and_the_person_is_left_in_peace(made):
    unproved(made)
    run(at_noon(15))
    (mail,) = Mail.objects.filter(kind="case.lapsed")
    assert mail.to == "sage@people.example" and "not confirmed in time" in mail.body


def test_a_proof_sent_again_begins_the_days_anew(made):
    case = unproved(made)
    Proof(case=case, kind="email", value="a@b.example", name_hash="x", sent_at=at_noon(10)).save()
    run(at_noon(15))
    assert case_cast.again(case).state == "proving"
    run(at_noon(25))
    assert case_cast.again(case).state == "lapsed"


def test_an_answer_in_time_keeps_the_request_open(made):
    case = waiting(made)
    clock.answer(actor=made.actor("subject"), case=case.pk, text="That.", at=at_noon(30))
    run(at_noon(60))
    assert case_cast.again(case).state == "in_review"


def test_a_second_question_has_days_of_its_own(made):
    case = waiting(made)
    officer = made.actor("officer")
    clock.answer(actor=made.actor("subject"), case=case.pk, text="That.", at=at_noon(20))
    clock.ask(actor=officer, case=case.pk, ground=SCOPE, question="And?", at=at_noon(21))
    run(at_noon(31))
    assert case_cast.again(case).state == "waiting"
    run(at_noon(52))
    assert case_cast.again(case).state == "lapsed"


def test_a_crash_between_two_cases_ends_each_once(made, monkeypatch):
    """What was ended stays ended; what broke is as it was, and is ended by the next run."""
    first, second = sorted([waiting(made), waiting(made, who="stranger")], key=lambda case: case.pk)
    real = period.lapsed

    def breaks(case, **given):
        if case.pk == second.pk:
            raise RuntimeError("stop")
        real(case, **given)

    monkeypatch.setattr(period, "lapsed", breaks)
    with time_machine.travel(at_noon(31), tick=False), pytest.raises(RuntimeError):
        outbox.run_now(promised())
    assert [case_cast.again(one).state for one in (first, second)] == ["lapsed", "waiting"]
    monkeypatch.setattr(period, "lapsed", real)
    run(at_noon(32))
    assert [case_cast.codes(one).count("case.lapse") for one in (first, second)] == [1, 1]


def test_every_page_of_the_list_is_worked_off(made, monkeypatch):
    monkeypatch.setattr(lapsing, "BATCH", 1)
    cases = [waiting(made), waiting(made, who="stranger"), unproved(made)]
    run(at_noon(31))
    assert [case_cast.again(one).state for one in cases] == ["lapsed"] * 3


def test_what_was_taken_back_meanwhile_is_left_alone(made):
    case = waiting(made)
    lifecycle.withdraw(actor=made.actor("subject"), case=case.pk, at=at_noon(2))
    run(at_noon(31))
    assert case_cast.again(case).state == "withdrawn"
    assert not Mail.objects.filter(kind="case.lapsed").exists()


def test_a_lapsed_link_to_confirm_leads_nowhere(made):
    """W16: nothing is proved for a request that has ended."""
    case = unproved(made)
    token = case_cast.token_for(case)
    run(at_noon(15))
    with pytest.raises(Absent):
        mandates.confirm(token, at=at_noon(13))
    assert case_cast.again(case).state == "lapsed"


def test_the_days_are_those_of_the_settings(made, settings):
    settings.ANSWER_DAYS = 3
    case = waiting(made)
    (mail,) = Mail.objects.filter(kind="case.question")
    assert "March 8, 2026" in mail.body
    run(at_noon(4))
    assert case_cast.again(case).closed_at.date() == date(2026, 3, 9)
