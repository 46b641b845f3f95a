"""Reminders, no answer, endings: once each, to the second of the day, whatever runs twice."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse

from consent.catalogue import texts
from consent.contact import questions
from consent.deciding import answers, decisions
from consent.desk import campaign_reads
from consent.grounds import recording
from consent.jobs import endings, waiting
from consent.models import Question
from consent.standing import reads
from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.plumbing import duties, outbox
from portals_core.plumbing.errors import Absent, Locked
from portals_core.plumbing.models import MailState
from portals_core.writing.records import change_record, delete_record
from requests.models import Case
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, leaves, mails, states, stored, token_in
from tests.consent.pages import at_the_desk

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
REMIND = cast.NOW + timedelta(days=7)
DUE = cast.NOW + timedelta(days=30)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def made():
    return consent_cast.set_up()


def day(job, at):
    """One daily duty at that moment, twice: the second time stores nothing more."""
    with time_machine.travel(at, tick=False):
        for _again in range(2):
            with transaction.atomic():
                key = outbox.enqueue(job, about="duty:test")
            assert outbox.run_now(key) == "done"


def ask(made, who="stranger", at=cast.NOW):
    subject = getattr(made.org, who).pk
    return questions.ask_person(actor=made.actor("officer"), subject=subject, purpose="news", at=at)


def held(subject) -> list[str]:
    return [lock.placed_by for lock in place.in_force([subject]).get(subject, ())]


def set_up(made, **changed):
    for name, value in changed.items():
        setattr(made.news, name, value)
    made.news.save()


def silent(made):
    """Somebody who was asked and did not answer."""
    ask(made)
    day(waiting.CLOSE_JOB, DUE)
    return made.org.stranger.pk


def general(made, basis, at=cast.NOW):
    weighed = "Assessment 1" if basis == "A6-1-f" else ""
    recording.record_basis(
        actor=made.actor("officer"),
        subject=made.org.stranger.pk,
        basis=basis,
        assessment=weighed,
        at=at,
    )


def test_every_duty_is_a_daily_one():
    daily = {job for _name, job in duties.DAILY.items()}
    assert {waiting.REMIND_JOB, waiting.CLOSE_JOB, waiting.ERASE_JOB, endings.JOB} <= daily


# --- the reminder ----------------------------------------------------------------------------------------


def test_a_person_is_reminded_once_on_their_day(made):
    """D13: not a second before; with its leaf and a fresh link that answers."""
    ask(made)
    day(waiting.REMIND_JOB, REMIND - SECOND)
    assert mails("consent.reminder") == []
    day(waiting.REMIND_JOB, REMIND)
    (reminder,) = mails("consent.reminder")
    assert leaves("consent.reminded") == 1 and states(made.org.stranger.pk) == ["waiting"]
    with pytest.raises(Absent):
        answers.decline(token=token_in(mails("consent.asked")[0]), at=REMIND)
    assert answers.confirm(token=token_in(reminder), text=made.text.pk, at=REMIND).state == "obtained"


def test_nobody_is_reminded_who_answered_or_where_there_is_no_day(made):
    ask(made)
    answers.decline(token=token_in(mails("consent.asked")[0]), at=cast.NOW)
    set_up(made, remind_days=None)
    ask(made, "added")
    set_up(made, remind_days=30)
    ask(made, "subject")
    day(waiting.REMIND_JOB, DUE - SECOND)
    assert mails("consent.reminder") == []


def test_a_reminder_is_held_back_when_the_answer_came_first(made):
    ask(made)
    day(waiting.REMIND_JOB, REMIND)
    with time_machine.travel(REMIND, tick=False):
        answers.decline(token=token_in(mails("consent.reminder")[0]), at=REMIND)
        outbox.drain()
    assert [mail.state for mail in mails("consent.reminder")] == [MailState.HELD]


def test_nobody_is_reminded_under_a_lock(made):
    """L16; once the lock is over they are."""
    ask(made)
    lock = place.place(
        actor=LOOK,
        record=made.org.stranger.pk,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=cast.NOW,
    )
    day(waiting.REMIND_JOB, REMIND)
    assert mails("consent.reminder") == [] and leaves("consent.reminded") == 0
    with transaction.atomic():
        place.end(lock, actor=LOOK, at=REMIND, reason="over")
    day(waiting.REMIND_JOB, REMIND + HOUR)
    assert len(mails("consent.reminder")) == 1


# --- no answer -------------------------------------------------------------------------------------------


def test_no_answer_in_time_locks_the_record(made):
    """D13: to the second; restriction, source and reason as the register of locks shows them."""
    ask(made)
    day(waiting.CLOSE_JOB, DUE - SECOND)
    assert states(made.org.stranger.pk) == ["waiting"]
    day(waiting.CLOSE_JOB, DUE + HOUR)
    assert states(made.org.stranger.pk) == ["waiting", "not_responded"]
    ended = stored(made.org.stranger.pk)[-1]
    assert (ended.authority, ended.method, ended.at, ended.recorded_at) == ("rule", "rule", DUE, DUE + HOUR)
    (lock,) = place.in_force([made.org.stranger.pk])[made.org.stranger.pk]
    assert (lock.ground, lock.source, lock.placed_by) == ("restriction", "consent", "consent:news")
    assert lock.reason == "No consent was given"
    assert (leaves("consent.not_responded"), leaves("lock.placed")) == (1, 1)
    with pytest.raises(Locked):
        change_record(actor=LOOK, record=made.org.stranger.pk, given={"phone": "1"}, at=DUE)
    with pytest.raises(Absent):
        answers.confirm(token=token_in(mails("consent.asked")[0]), text=made.text.pk, at=DUE - SECOND)


@pytest.mark.parametrize(
    ("basis", "locked"),
    [("A6-1-a", True), ("not_applicable", True), *((f"A6-1-{one}", False) for one in "bcdef")],
)
def test_another_basis_in_general_keeps_the_record_open(made, basis, locked):
    """D13: only the purpose stays shut."""
    general(made, basis)
    assert bool(held(silent(made))) is locked
    assert states(made.org.stranger.pk)[-1] == "not_responded"
    assert not reads.allowed(made.org.stranger.pk, "news", "email")


def test_another_consent_that_holds_keeps_the_record_open(made):
    """Locking would stop what the person did agree to."""
    offers = consent_cast.publish("draft", body="Offers.")
    made.give("stranger", purpose="draft", text=offers.pk)
    assert held(silent(made)) == []


def test_a_question_about_a_consent_that_holds_just_ends(made):
    """The person keeps what they agreed to, and the way to withdraw it."""
    made.ask()
    answers.confirm(token=token_in(mails("consent.asked")[0]), text=made.text.pk, at=cast.NOW)
    way_out = token_in(mails("consent.confirmed")[0])
    made.republish()
    ask(made, "added")
    day(waiting.CLOSE_JOB, DUE)
    subject = made.org.added.pk
    assert states(subject) == ["waiting", "obtained"] and held(subject) == []
    assert leaves("consent.question_closed") == 1
    assert not Question.objects.visible_to(LOOK).filter(closed_at=None).exists()
    assert answers.withdraw_by_link(token=way_out, at=DUE).state == "withdrawn"


def test_the_question_of_a_record_that_is_gone_ends_as_well(made):
    ask(made)
    delete_record(actor=LOOK, record=made.org.stranger.pk, at=cast.NOW)
    day(waiting.CLOSE_JOB, DUE)
    assert states(made.org.stranger.pk) == ["waiting"]
    assert not Question.objects.visible_to(LOOK).filter(closed_at=None).exists()


def test_many_batches_take_everybody_once(made, monkeypatch):
    monkeypatch.setattr(waiting, "BATCH", 1)
    for who in ("subject", "added", "stranger"):
        ask(made, who)
    day(waiting.REMIND_JOB, REMIND)
    day(waiting.CLOSE_JOB, DUE)
    assert (leaves("consent.reminded"), leaves("consent.not_responded"), leaves("lock.placed")) == (3, 3, 3)


# --- the lock ends ---------------------------------------------------------------------------------------


def test_a_consent_given_later_opens_the_record_after_the_person_was_told(made):
    """D13, decision 9: portal; told in the transaction that lifts."""
    subject = silent(made)
    with time_machine.travel(DUE + HOUR, tick=False):
        assert made.give("stranger", at=DUE + HOUR).state == "obtained"
    assert held(subject) == [] and leaves("lock.lifted") == 1
    (told,) = mails("consent.unlocked")
    assert told.to == "robin@people.example"
    assert reads.allowed(subject, "news", "email")


def test_a_consent_by_a_new_question_opens_it_too(made):
    """The question goes out although the record is locked for want of consent, and nothing else does."""
    subject = silent(made)
    later = DUE + timedelta(days=1)
    with time_machine.travel(later, tick=False):
        ask(made, at=later)
        outbox.drain()
        (*_first, again) = mails("consent.asked")
        assert again.state == MailState.KEPT
        answers.confirm(token=token_in(again), text=made.text.pk, at=later)
    assert held(subject) == []


def test_another_basis_recorded_later_opens_it_and_no_other_does(made):
    subject = silent(made)
    later = DUE + HOUR
    with time_machine.travel(later, tick=False):
        general(made, "A6-1-a", at=later)
        recording.record_basis(
            actor=made.actor("officer"), subject=subject, basis="A6-1-b", purpose="news", at=later
        )
        assert held(subject) == ["consent:news"] and mails("consent.unlocked") == []
        general(made, "A6-1-b", at=later)
    assert held(subject) == [] and len(mails("consent.unlocked")) == 1


def test_only_this_person_s_lock_for_want_of_consent_ends(made):
    """L17: a lock of another cause and of another person stay."""
    ask(made, "added")
    subject = silent(made)
    place.place(actor=LOOK, record=subject, ground="legal_hold", reason="court", placed_by="user:1", at=DUE)
    made.give("stranger", at=DUE + HOUR)
    assert held(subject) == ["user:1"] and held(made.org.added.pk) == ["consent:news"]


def test_a_no_opens_nothing(made):
    subject = silent(made)
    decisions.refuse(
        actor=made.actor("stranger"), subject=subject, purpose="news", text=made.text.pk, at=DUE + HOUR
    )
    assert held(subject) == ["consent:news"] and mails("consent.unlocked") == []


def test_a_restriction_of_a_case_still_refuses_a_consent(made):
    """R9: only the lock for want of consent steps aside."""
    subject = silent(made)
    place.place(actor=LOOK, record=subject, ground="restriction", reason="asked", placed_by="case:1", at=DUE)
    with pytest.raises(Locked):
        made.give("stranger", at=DUE + HOUR)


# --- what follows ----------------------------------------------------------------------------------------


def erase_after(made, days=10):
    set_up(made, no_answer="erase", erase_days=days)


def test_a_deletion_is_prepared_once_after_its_days(made):
    """D14: a case for plan and second officer; nothing is erased by itself."""
    erase_after(made)
    subject = silent(made)
    day(waiting.ERASE_JOB, DUE + timedelta(days=10) - SECOND)
    assert not Case.objects.visible_to(LOOK).exists()
    for later in (0, 1, 30):
        day(waiting.ERASE_JOB, DUE + timedelta(days=10 + later))
    (case,) = Case.objects.visible_to(LOOK)
    assert (case.kind, case.state, case.subject, case.requester) == ("delete", "in_review", subject, None)
    assert leaves("consent.erase_due") == 1
    assert states(subject) == ["waiting", "not_responded"]


@pytest.mark.parametrize("choice", ["keep", "officer"])
def test_nothing_is_prepared_where_the_purpose_does_not_say_so(made, choice):
    set_up(made, no_answer=choice, erase_days=10)
    silent(made)
    day(waiting.ERASE_JOB, DUE + timedelta(days=400))
    assert not Case.objects.visible_to(LOOK).exists() and leaves("consent.erase_due") == 0


def test_nothing_is_prepared_for_whom_something_else_permits_it(made):
    """D13, D14: never locked, or opened meanwhile."""
    erase_after(made)
    general(made, "A6-1-b")
    silent(made)
    ask(made, "added", at=DUE)
    day(waiting.CLOSE_JOB, DUE + timedelta(days=30))
    recording.record_basis(
        actor=made.actor("officer"),
        subject=made.org.added.pk,
        basis="A6-1-f",
        assessment="LIA-1",
        at=DUE + timedelta(days=31),
    )
    day(waiting.ERASE_JOB, DUE + timedelta(days=400))
    assert not Case.objects.visible_to(LOOK).exists()


def test_no_second_deletion_is_opened_beside_an_open_one(made):
    from requests.arriving import intake

    erase_after(made)
    subject = silent(made)
    later = DUE + timedelta(days=10)
    with time_machine.travel(later, tick=False):
        intake.file_case(actor=made.actor("officer"), kind="delete", subject=subject, at=later)
    day(waiting.ERASE_JOB, later)
    assert Case.objects.visible_to(LOOK).count() == 1 and leaves("consent.erase_due") == 1


# --- endings ---------------------------------------------------------------------------------------------


def renew(made, *, by, purpose="news"):
    return texts.publish(
        actor=cast.SETTING_UP,
        purpose=purpose,
        language="en",
        title="Newsletter",
        body="We write to you every week.",
        renew_by=by,
        at=cast.NOW,
    )


def test_a_consent_that_ended_is_said_to_have_ended_once(made):
    """D17: to the second, with the moment it ended, by rule; one message with the way back."""
    ends = cast.NOW + timedelta(days=3)
    made.give(ends_at=ends)
    day(endings.JOB, ends - SECOND)
    assert states(made.org.subject.pk) == ["obtained"]
    day(endings.JOB, ends + HOUR)
    assert states(made.org.subject.pk) == ["obtained", "expired"]
    ended = stored(made.org.subject.pk)[-1]
    assert (ended.authority, ended.method, ended.at, ended.recorded_at) == ("rule", "rule", ends, ends + HOUR)
    (told,) = mails("consent.ended")
    assert reverse("consent:mine") in told.body and "Newsletter" in told.body


def test_a_newer_version_that_asks_everybody_ends_older_consents(made):
    """D17: from its day on, and only those; without such a day they stay good."""
    made.give("stranger")
    made.republish()
    day(endings.JOB, cast.NOW + timedelta(days=900))
    assert states(made.org.stranger.pk) == ["obtained"]
    by = cast.NOW + timedelta(days=5)
    new = renew(made, by=by)
    made.give(text=new.pk)
    day(endings.JOB, by - SECOND)
    assert states(made.org.stranger.pk) == ["obtained"]
    day(endings.JOB, by)
    assert states(made.org.stranger.pk) == ["obtained", "expired"]
    assert stored(made.org.stranger.pk)[-1].at == by
    assert states(made.org.subject.pk) == ["obtained"]


def test_several_endings_are_told_in_one_message(made):
    ends = cast.NOW + timedelta(days=3)
    offers = consent_cast.publish("draft", title="Offers", body="Offers.")
    made.give(ends_at=ends)
    made.give(purpose="draft", text=offers.pk, ends_at=ends)
    day(endings.JOB, ends)
    (told,) = mails("consent.ended")
    assert "Newsletter" in told.body and "Offers" in told.body


def test_whoever_is_being_asked_again_keeps_their_question(made):
    """The link to renew outlives the end; when the time is over, the end is written down."""
    ends = cast.NOW + timedelta(days=3)
    made.give("stranger", ends_at=ends)
    ask(made)
    day(endings.JOB, ends)
    assert states(made.org.stranger.pk) == ["obtained"]
    day(waiting.CLOSE_JOB, DUE)
    day(endings.JOB, DUE)
    assert states(made.org.stranger.pk) == ["obtained", "expired"]


def test_a_message_about_an_end_is_held_back_under_a_lock(made):
    ends = cast.NOW + timedelta(days=3)
    made.give(ends_at=ends)
    day(endings.JOB, ends)
    place.place(
        actor=LOOK,
        record=made.org.subject.pk,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=ends,
    )
    with time_machine.travel(ends, tick=False):
        outbox.drain()
    assert [mail.state for mail in mails("consent.ended")] == [MailState.HELD]


def test_endings_go_through_many_batches(made, monkeypatch):
    monkeypatch.setattr(endings, "BATCH", 1)
    ends = cast.NOW + timedelta(days=3)
    for who in ("subject", "stranger"):
        made.give(who, ends_at=ends)
    day(endings.JOB, ends)
    assert leaves("consent.expired") == len(mails("consent.ended")) == 2


# --- the desk --------------------------------------------------------------------------------------------


def test_the_desk_lists_who_did_not_answer_with_what_can_be_done(made):
    """D14: ask an officer."""
    erase_after(made)
    subject = silent(made)
    with time_machine.travel(DUE + HOUR, tick=False):
        desk = at_the_desk(made.org.users["officer"])
        page = desk.get(reverse("consent:unanswered")).content.decode()
        assert "Robin Stranger" in page and "Locked" in page and "A deletion is prepared on" in page
        assert f"{campaign_reads.DELETE_ADDRESS}?for={subject}&amp;kind=delete" in page
        asked = reverse("consent:ask-person", args=["news", subject])
        assert desk.post(asked).status_code == 302
        assert "Robin Stranger" not in desk.get(reverse("consent:unanswered")).content.decode()
        again = desk.post(asked)
        assert again.status_code == 409 and "not answered yet" in again.content.decode()


def test_the_list_is_paged_and_costs_the_same_for_one_and_three(made, django_assert_num_queries, monkeypatch):
    look = system("look in a test")
    for who in ("subject", "added", "stranger"):
        ask(made, who)
    day(waiting.CLOSE_JOB, DUE)
    monkeypatch.setattr(campaign_reads, "PAGE", 2)
    first = campaign_reads.unanswered(look)
    second = campaign_reads.unanswered(look, after=first.next)
    assert len(first.rows) == 2 and len(second.rows) == 1 and second.next is None
    assert len({one.subject for one in (*first.rows, *second.rows)}) == 3
    with django_assert_num_queries(3):
        campaign_reads.unanswered(look)
    with django_assert_num_queries(3):
        campaign_reads.unanswered(look, after=first.next)


def test_the_address_of_a_deletion_is_where_the_upper_app_says():
    assert reverse("dsr_requests:intake") == campaign_reads.DELETE_ADDRESS
