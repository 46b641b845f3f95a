"""Questions stop the clock, answers start it, more time is taken once: and everybody sees the count."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import translation

from portals_core.access.actor import system
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.plumbing.models import Mail
from requests.casebook import counting, details, lifecycle
from requests.law.states import Who
from requests.models import Case, Clarification, Message, Proof
from requests.timing import clock
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import TEST

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SCOPE = "JustificationA12InformationRequired"
COMPLEX = "JustificationA12Complexity"
SOON = cast.NOW + timedelta(days=2)


def ask(made, case, *, at=SOON, ground=SCOPE, question="Which orders do you mean?", who="officer"):
    return clock.ask(actor=made.actor(who), case=case.pk, ground=ground, question=question, at=at)


def answer(made, case, *, at, text="The ones of May.", who="subject", **given):
    return clock.answer(actor=made.actor(who), case=case.pk, text=text, at=at, **given)


def extend(made, case, *, at=SOON, ground=COMPLEX, sentence="Many systems are searched.", who="officer"):
    return clock.extend(actor=made.actor(who), case=case.pk, ground=ground, sentence=sentence, at=at)


def question(case):
    return Clarification.objects.visible_to(TEST).get(case=case)


def recorded(made, received, **given):
    """A request an officer wrote down, received on that day."""
    return case_cast.file(
        made, "export", who="officer", subject=made.stranger.pk, received_at=received, **given
    )


# --- asking ----------------------------------------------------------------------------------------------


def test_a_question_stops_the_clock_and_the_answer_adds_the_days(made):
    """W2: whole local days between the two are added; the day without pauses stays in sight."""
    case = case_cast.file(made, "export")
    waiting = ask(made, case)
    assert (waiting.state, question(case).pauses) == ("waiting", True)
    assert (waiting.due_on, waiting.unpaused_on) == (case.due_on, case.due_on)
    back = answer(made, case, at=SOON + timedelta(days=6, hours=3))
    assert back.state == "in_review"
    assert (case.due_on, back.due_on) == (date(2026, 4, 7), date(2026, 4, 13))
    assert back.unpaused_on == case.due_on
    assert back.ends_at.astimezone(UTC).date() == back.due_on
    assert question(case).answered_at == SOON + timedelta(days=6, hours=3)
    assert case_cast.codes(case)[-2:] == ["case.ask_subject", "case.answered"]


def test_the_person_is_told_the_question_and_until_when_to_answer(made):
    case = case_cast.file(made, "export")
    ask(made, case)
    mail = Mail.objects.get(kind="case.question")
    assert mail.to == "sage@people.example" and mail.subject_id == made.subject.pk
    assert "Which orders do you mean?" in mail.body and f"/privacy/requests/{case.pk}/answer/" in mail.body
    assert "April 6, 2026" in mail.body


@pytest.mark.parametrize(("days", "stops"), [(0, True), (10, True), (11, False)])
def test_only_a_question_without_delay_stops_the_clock(made, settings, days, stops):
    """EDPB 01/2022, 159: what is asked late stops nothing, and the page says so."""
    settings.ASK_WITHIN_DAYS = 10
    case = case_cast.file(made, "export")
    at = cast.NOW + timedelta(days=days)
    ask(made, case, at=at)
    assert question(case).pauses is stops
    back = answer(made, case, at=at + timedelta(days=5))
    assert (back.due_on > case.due_on) is stops
    said = " ".join(line.why for line in clock.arithmetic(back).lines)
    assert ("not put without delay" in said) is not stops


def test_days_without_delay_are_days_where_the_answer_is_owed(made, settings):
    settings.ASK_WITHIN_DAYS = 1
    received = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # 2 March in Helsinki, 1 March in Dublin
    at = datetime(2026, 3, 3, 21, 30, tzinfo=UTC)  # 3 March in both
    for country, stops in (("FI", True), ("IE", False)):
        case = Case(received_at=received, country=country)
        assert clock.without_delay(case, at) is stops


def test_who_signed_in_is_not_asked_to_prove_who_they_are(made):
    """EDPB 01/2022, 73."""
    case = case_cast.file(made, "export")
    with pytest.raises(BadInput) as refused:
        ask(made, case, ground=clock.IDENTITY)
    assert refused.value.code == "question.identity"
    assert case_cast.again(case).state == "in_review"
    asked = ask(made, recorded(made, date(2026, 3, 3)), ground=clock.IDENTITY)
    assert asked.state == "waiting"


def test_a_proof_by_session_counts_as_signed_in(made):
    case = recorded(made, date(2026, 3, 3))
    assert not clock.signed_in(case)
    proof = Proof(case=case, kind="account", value="x", name_hash="x", method="session")
    proof.save(force_insert=True)
    assert not clock.signed_in(case)
    Proof.objects.visible_to(TEST).filter(pk=proof.pk).update(proved_at=cast.NOW)
    assert clock.signed_in(case)


@pytest.mark.parametrize(
    "given", [{"question": " "}, {"question": "x" * 2001}, {"question": "a\x00b"}, {"ground": "Because"}]
)
def test_a_question_needs_a_listed_ground_and_words(made, given):
    case = case_cast.file(made, "export")
    with pytest.raises(BadInput) as refused:
        ask(made, case, **given)
    assert set(refused.value.fields) == set(given)
    assert not Clarification.objects.visible_to(TEST).exists()


def test_only_officers_ask_and_only_in_review(made):
    case = case_cast.file(made, "export")
    for who, error in (("subject", Forbidden), ("auditor", Forbidden), ("operator", Forbidden)):
        with pytest.raises(error):
            ask(made, case, who=who)
    assert case_cast.codes(case).count("case.refused_attempt") == 3
    ask(made, case)
    with pytest.raises(Conflict):
        ask(made, case)
    assert Clarification.objects.visible_to(TEST).count() == 1


# --- answering -------------------------------------------------------------------------------------------


def test_the_answer_is_kept_as_a_message_of_the_person(made):
    case = case_cast.file(made, "export")
    ask(made, case)
    answer(made, case, at=SOON, text="  The ones of May.  ")
    (message,) = Message.objects.visible_to(TEST).filter(case=case)
    assert (message.direction, message.text) == ("in", "The ones of May.")
    assert message.author == made.users["subject"]


def test_who_asked_for_somebody_else_does_not_answer_for_them(made):
    """Decision 14: the question is about the person's data, and the answer is theirs."""
    case = case_cast.file(made, "export", subject=made.added.pk)
    with transaction.atomic():
        lifecycle.move(case, "prove", actor=system("test"), who=Who.PERSON, at=SOON, proved_at=SOON)
    ask(made, case)
    with pytest.raises(Forbidden):
        answer(made, case, at=SOON)
    assert Clarification.objects.visible_to(made.actor("subject")).count() == 0
    with pytest.raises(Absent):
        answer(made, case, at=SOON, who="stranger")
    assert case_cast.again(case).state == "waiting"
    assert not Message.objects.visible_to(TEST).exists()


def test_the_clock_runs_again_from_the_day_the_answer_came_and_not_from_its_entry(made):
    """W2: receipt through any channel."""
    case = recorded(made, date(2026, 3, 3))
    ask(made, case)
    entered = SOON + timedelta(days=9)
    back = answer(made, case, at=entered, who="officer", received=date(2026, 3, 11))
    assert clock.arithmetic(back).days == 4
    (message,) = Message.objects.visible_to(TEST).filter(case=case)
    assert message.author is None


@pytest.mark.parametrize("day", [date(2026, 3, 6), date(2026, 3, 17)])
def test_an_answer_before_its_question_or_in_the_future_is_refused(made, day):
    case = recorded(made, date(2026, 3, 3))
    ask(made, case)
    with pytest.raises(BadInput) as refused:
        answer(made, case, at=SOON + timedelta(days=9), who="officer", received=day)
    assert refused.value.code == "question.received"
    assert question(case).answered_at is None


def test_an_answer_on_the_day_of_the_question_adds_nothing(made):
    case = recorded(made, date(2026, 3, 3))
    ask(made, case)
    back = answer(made, case, at=SOON + timedelta(days=1), who="officer", received=SOON.date())
    assert back.due_on == case.due_on and question(case).answered_at == SOON


def test_nobody_answers_what_is_not_asked_and_nobody_answers_with_nothing(made):
    case = case_cast.file(made, "export")
    with pytest.raises(Conflict):
        answer(made, case, at=SOON)
    ask(made, case)
    with pytest.raises(BadInput):
        answer(made, case, at=SOON, text="  ")
    assert question(case).answered_at is None


# --- more time -------------------------------------------------------------------------------------------


def test_more_time_counts_three_months_from_receipt_and_the_person_is_told_at_once(made):
    """W1: a month-end receipt, where "first due date plus two months" would be another day."""
    case = recorded(made, date(2026, 1, 31), country="FR")
    assert case.due_on == date(2026, 3, 2)
    at = datetime(2026, 3, 2, 22, 59, 58, tzinfo=UTC)
    moved = extend(made, case, at=at)
    assert (moved.due_on, moved.unpaused_on) == (date(2026, 4, 30), date(2026, 4, 30))
    assert (moved.extended_at, moved.extension_ground) == (at, COMPLEX)
    assert moved.version == case_cast.again(case).version > case.version
    mail = Mail.objects.get(kind="case.extended")
    assert "April 30, 2026" in mail.body and "Many systems are searched." in mail.body
    assert "The request is complex." in mail.body
    entry = LedgerEntry.objects.get(code=clock.EXTENDED)
    assert (entry.about, entry.at) == (case.ref, at)


def test_after_the_first_month_no_more_time_is_taken(made):
    """Art. 12(3): the person is told within the first month, to the second of the local day."""
    case = recorded(made, date(2026, 1, 31), country="FR")
    with pytest.raises(Conflict) as refused:
        extend(made, case, at=datetime(2026, 3, 2, 23, 0, 0, tzinfo=UTC))
    assert refused.value.code == "extension.late"
    assert not Mail.objects.filter(kind="case.extended").exists()


def test_a_pause_does_not_lengthen_the_month_in_which_the_person_must_be_told(made):
    case = case_cast.file(made, "export")
    ask(made, case)
    back = answer(made, case, at=SOON + timedelta(days=20))
    assert back.due_on > date(2026, 4, 20)
    with pytest.raises(Conflict):
        extend(made, case, at=datetime(2026, 4, 8, 9, tzinfo=UTC))


def test_more_time_is_taken_once(made):
    case = case_cast.file(made, "export")
    first = extend(made, case)
    with pytest.raises(Conflict) as refused:
        extend(made, case)
    assert refused.value.code == "extension.twice"
    assert case_cast.again(case).due_on == first.due_on
    assert Mail.objects.filter(kind="case.extended").count() == 1


def test_more_time_and_pauses_add_up_in_either_order(made):
    moved = []
    for who, first in (("subject", True), ("stranger", False)):
        case = case_cast.file(made, "export", who=who)
        if first:
            extend(made, case)
        ask(made, case)
        back = answer(made, case, at=SOON + timedelta(days=6), who=who)
        moved.append(back if first else extend(made, case, at=SOON + timedelta(days=6)))
    assert {(one.due_on, one.unpaused_on) for one in moved} == {(date(2026, 6, 11), date(2026, 6, 5))}


def test_a_closed_request_gets_no_more_time(made):
    case = case_cast.file(made, "export")
    lifecycle.withdraw(actor=made.actor("subject"), case=case.pk, at=SOON)
    with pytest.raises(Conflict):
        extend(made, case)


@pytest.mark.parametrize("given", [{"sentence": ""}, {"ground": SCOPE}, {"ground": ""}])
def test_more_time_needs_a_listed_ground_and_words(made, given):
    case = case_cast.file(made, "export")
    with pytest.raises(BadInput) as refused:
        extend(made, case, **given)
    assert set(refused.value.fields) == set(given)


@pytest.mark.parametrize("who", ["subject", "auditor", "operator"])
def test_only_officers_take_more_time(made, who):
    case = case_cast.file(made, "export")
    with pytest.raises(Forbidden):
        extend(made, case, who=who)
    assert case_cast.again(case).extended_at is None


# --- the count in words ----------------------------------------------------------------------------------


def test_the_count_names_every_day_that_moved_the_end(made):
    case = recorded(made, date(2026, 1, 31), country="PL")
    said = [(line.day, line.what, line.why) for line in clock.arithmetic(case).lines]
    assert said[0][:2] == ("Jan. 31, 2026", "Received") and "PL" in said[0][2]
    assert said[1][:2] == ("Feb. 28, 2026", "One month from receipt ends")
    assert [line[0] for line in said[2:-1]] == ["Feb. 28, 2026", "March 1, 2026"]
    assert said[-1][:2] == ("March 2, 2026", "Due by the end of this day")


def test_the_count_shows_pauses_more_time_and_the_day_without_pauses(made):
    case = case_cast.file(made, "export")
    ask(made, case)
    answer(made, case, at=SOON + timedelta(days=6))
    moved = extend(made, case, at=SOON + timedelta(days=6))
    count = clock.arithmetic(moved)
    text = "\n".join(f"{line.day} {line.what} {line.why}" for line in count.lines)
    assert "Three months from receipt end" in text and "The request is complex." in text
    assert "stood still for 6 days" in text and "June 5, 2026 Due without pauses" in text
    assert count.moved and count.due_on == moved.due_on and count.unpaused_on == moved.unpaused_on
    assert count.extend_until == date(2026, 4, 7)
    short = " ".join(count.short)
    assert "June 11, 2026" in short and "waited 6 days" in short


def test_an_open_question_counts_up_to_today(made):
    case = case_cast.file(made, "export")
    waiting = ask(made, case)
    assert clock.arithmetic(waiting).due_on == case.due_on
    count = clock.arithmetic(waiting, at=SOON + timedelta(days=3))
    # 5 April is Easter Sunday: the pause lengthens the month and not what the holidays added to it.
    assert count.running and count.due_on == date(2026, 4, 8)


def test_the_count_is_what_is_stored(made):
    """The page and the columns never disagree."""
    case = case_cast.file(made, "export")
    ask(made, case)
    back = answer(made, case, at=SOON + timedelta(days=4))
    for one in (back, extend(made, case)):
        count = clock.arithmetic(one)
        assert (count.due_on, count.unpaused_on) == (one.due_on, one.unpaused_on)


def test_the_count_is_in_the_language_of_who_reads(made):
    case = case_cast.file(made, "export")
    with translation.override("fi"):
        assert clock.arithmetic(case).lines[-1].day == "7. huhtikuuta 2026"


def test_the_words_of_a_question_go_with_the_person(made):
    """What was asked and answered is emptied, the facts stay (Art. 5(2), 17)."""
    case = case_cast.file(made, "export")
    ask(made, case)
    answer(made, case, at=SOON)
    details.purge([case.pk])
    assert question(case).question == "" and not Message.objects.visible_to(TEST).exists()
    assert counting.questions(case)[0].asked_at == SOON


def test_a_question_is_asked_in_the_transaction_of_its_message(made):
    """Nothing half: without the message there is no question."""
    case = case_cast.file(made, "export")
    detail = case.detail
    detail.reply_to = "no address"
    detail.save()
    with time_machine.travel(SOON, tick=False), pytest.raises(BadInput):
        ask(made, case)
    assert case_cast.again(case).state == "in_review"
    assert not Clarification.objects.visible_to(TEST).exists()
