"""What exactly is agreed to: ways of contact, remarks, an end; withdrawing everything; finding invalid."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.catalogue import purposes
from consent.deciding import agreeing, answers, decisions
from consent.models import Purpose, Question
from consent.standing import history
from portals_core.locks import place
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.writing.records import change_record
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, leaves, mails, publish, states, stored, token_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LATER = cast.NOW + timedelta(hours=1)


@pytest.fixture
def made():
    return consent_cast.set_up()


@pytest.fixture
def choosing(made):
    """The same, with a text that lets people choose and asks for remarks."""
    made.text = publish(
        "news", body="We write to you.", show_channels=True, remarks_label="What would you like to read?"
    )
    return made


def change(key="news", **fields):
    Purpose.objects.visible_to(LOOK).filter(key=key).update(**fields)


def withdraw_all(made, who="subject", subject=None, at=LATER):
    actor = made.actor(who)
    return decisions.withdraw_all(actor=actor, subject=subject or actor.identity, at=at)


# --- channels -------------------------------------------------------------------------------------------


def test_where_nothing_is_chosen_all_channels_of_the_text_are_meant(made):
    """D10: the text did not offer a choice."""
    assert made.give().channels == ["email", "post"]


def test_only_what_was_chosen_is_agreed_to(choosing):
    """D10, D15."""
    assert choosing.give(channels=["post"]).channels == ["post"]


@pytest.mark.parametrize("chosen", [None, []])
def test_where_the_text_offers_a_choice_nothing_is_ticked_for_anybody(choosing, chosen):
    """D17: no pre-ticked boxes, so nothing chosen is no consent."""
    with pytest.raises(BadInput) as caught:
        choosing.give(channels=chosen)
    assert caught.value.code == "consent.no_channel" and "channels" in caught.value.fields
    assert stored(choosing.org.subject.pk) == []
    choosing.give(channels=["email"])


def test_a_channel_the_text_does_not_name_is_refused(choosing):
    with pytest.raises(BadInput) as caught:
        choosing.give(channels=["email", "phone"])
    assert caught.value.code == "consent.channel" and stored(choosing.org.subject.pk) == []


def test_a_purpose_without_channels_needs_no_choice(made):
    purposes.define(actor=cast.SETTING_UP, key="study", name="Study")
    text = publish("study", body="We count what you buy.", show_channels=True)
    assert made.give(purpose="study", text=text.pk).channels == []


def test_other_channels_are_a_new_decision_and_the_same_ones_are_not(choosing):
    """D8, D15: each choice stays in the history."""
    first = choosing.give(channels=["email"])
    assert choosing.give(channels=["email"], at=LATER) == first
    again = choosing.give(channels=["post", "email"], at=LATER)
    assert (again.state, again.channels) == ("renewed", ["email", "post"])
    assert states(choosing.org.subject.pk) == ["obtained", "renewed"] and leaves("consent.renewed") == 1


def test_a_question_to_somebody_added_leaves_the_choice_to_them(choosing):
    """W17: whoever asks chooses nothing."""
    assert choosing.ask().channels == ["email", "post"]


# --- remarks --------------------------------------------------------------------------------------------


def test_remarks_are_kept_as_written(choosing):
    """D10."""
    given = choosing.give(channels=["email"], remarks="  Only about bees.\r\nThanks. ")
    assert given.remarks == "Only about bees.\nThanks."


def test_remarks_nobody_asked_for_are_refused(made):
    with pytest.raises(BadInput) as caught:
        made.give(remarks="Only about bees.")
    assert caught.value.code == "consent.remarks"
    assert made.give(remarks=" \r\n").remarks == ""


def test_remarks_have_at_most_a_thousand_characters(choosing):
    with pytest.raises(BadInput) as caught:
        choosing.give(channels=["email"], remarks="b" * 1001)
    assert caught.value.code == "consent.remarks_long"
    assert len(choosing.give(channels=["email"], remarks="b" * 1000).remarks) == 1000


# --- the end --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "months", "end"),
    [
        ("2026-03-05", 12, "2027-03-05"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2024-02-29", 12, "2025-02-28"),
    ],
)
def test_months_are_calendar_months(at, months, end):
    """D17; a month without that day ends with its last one."""
    moment = datetime.fromisoformat(at).replace(hour=9, tzinfo=UTC)
    assert agreeing.months_later(moment, months) == datetime.fromisoformat(end).replace(hour=9, tzinfo=UTC)


def test_a_consent_ends_with_the_months_of_its_purpose(made):
    assert made.give().ends_at is None
    change(consent_months=12)
    new = made.republish()
    assert made.give(text=new.pk, at=LATER).ends_at == LATER.replace(year=2027)


def test_an_end_is_never_later_than_those_months_and_may_be_earlier(made):
    change(consent_months=1)
    month = agreeing.months_later(cast.NOW, 1)
    assert made.give(ends_at=cast.NOW + timedelta(days=400)).ends_at == month
    new = made.republish()
    assert made.give(text=new.pk, ends_at=LATER).ends_at == LATER


def test_a_consent_that_would_end_at_once_is_refused(made):
    with pytest.raises(BadInput) as caught:
        made.give(ends_at=cast.NOW)
    assert caught.value.code == "consent.ends_before"
    made.give(ends_at=cast.NOW + timedelta(seconds=1))


def test_who_was_asked_again_before_the_end_gives_again(made):
    """D17: without this a consent could not be renewed before it ends."""
    change(consent_months=1)
    given = made.give()
    assert made.give(at=LATER) == given
    Question(
        subject=made.org.subject.pk, purpose=made.news, text=made.text, asked_at=LATER, due_at=LATER
    ).save()
    again = made.give(at=LATER)
    assert (again.state, again.ends_at) == ("renewed", agreeing.months_later(LATER, 1))
    assert not history.is_asked(made.org.subject.pk, made.news)


# --- when -----------------------------------------------------------------------------------------------


def test_nothing_is_decided_in_the_future(made):
    """Promise of the history: it tells what was, in its order."""
    ahead = clock.now() + timedelta(hours=1)
    one = {"actor": made.actor("subject"), "subject": made.org.subject.pk, "at": ahead}
    about = {**one, "purpose": "news"}
    found = {**about, "actor": made.actor("officer"), "reason": "under pressure"}
    made.give()
    for act in (
        lambda: made.give(at=ahead),
        lambda: decisions.refuse(text=made.text.pk, **about),
        lambda: decisions.withdraw(**about),
        lambda: decisions.withdraw_all(**one),
        lambda: decisions.invalidate(**found),
    ):
        with pytest.raises(BadInput) as caught:
            act()
        assert caught.value.code == "consent.future"
    assert states(made.org.subject.pk) == ["obtained"]
    decisions.withdraw(**{**about, "at": clock.now()})


def test_a_refusal_does_not_override_what_its_window_did_not_show(made):
    """W15: two windows; the second looks again first."""
    subject = made.org.subject.pk
    refusing = {"actor": made.actor("subject"), "subject": subject, "purpose": "news", "text": made.text.pk}
    made.give()
    decisions.withdraw(actor=made.actor("subject"), subject=subject, purpose="news", at=LATER)
    with pytest.raises(Conflict) as caught:
        decisions.refuse(**refusing, seen=0, at=LATER)
    assert caught.value.code == "consent.decided_meanwhile"
    said = decisions.refuse(**refusing, seen=2, at=LATER)
    assert decisions.refuse(**refusing, seen=2, at=LATER) == said
    assert states(subject) == ["obtained", "withdrawn", "refused"]


def test_what_has_ended_can_be_refused(made):
    """A consent that ended is nothing to withdraw."""
    made.give(ends_at=LATER)
    said = decisions.refuse(
        actor=made.actor("subject"),
        subject=made.org.subject.pk,
        purpose="news",
        text=made.text.pk,
        at=LATER,
    )
    assert said.state == "refused"


# --- withdrawing everything -----------------------------------------------------------------------------


@pytest.fixture
def two(made):
    """Two purposes that can be agreed to."""
    purposes.define(actor=cast.SETTING_UP, key="survey", name="Surveys", channels=["email"])
    made.survey = publish("survey", title="Surveys", body="We ask you things.")
    return made


def test_everything_is_withdrawn_in_one_step(two):
    """Art. 7(3), D4: what permits and nothing else; again, nothing."""
    two.give()
    two.give(purpose="survey", text=two.survey.pk)
    ended = withdraw_all(two)
    assert [(one.purpose.key, one.state, one.authority) for one in ended] == [
        ("news", "withdrawn", "self"),
        ("survey", "withdrawn", "self"),
    ]
    assert leaves("consent.withdrawn") == 2
    assert withdraw_all(two) == [] and len(stored(two.org.subject.pk)) == 4
    assert mails("consent.revoked") == []


def test_what_was_refused_is_not_withdrawn(two):
    two.give()
    decisions.refuse(
        actor=two.actor("subject"),
        subject=two.org.subject.pk,
        purpose="survey",
        text=two.survey.pk,
        at=cast.NOW,
    )
    assert [one.purpose.key for one in withdraw_all(two)] == ["news"]


def test_everything_of_a_person_one_added_ends_and_they_are_told_once(two):
    """D5: given and still waiting alike; one message names both, and no link works any longer."""
    two.ask()
    answers.confirm(token=token_in(mails("consent.asked")[0]), text=two.text.pk, at=LATER)
    two.ask(purpose="survey", text=two.survey.pk)
    ended = withdraw_all(two, subject=two.org.added.pk)
    assert [one.state for one in ended] == ["revoked", "revoked"]
    (mail,) = mails("consent.revoked")
    assert mail.to == "ada@people.example" and "Newsletter" in mail.body and "Surveys" in mail.body
    with pytest.raises(Absent):
        answers.confirm(token=token_in(mails("consent.asked")[1]), text=two.survey.pk, at=LATER)


def test_a_person_without_an_address_is_withdrawn_for_and_not_told(two):
    two.ask()
    change_record(actor=cast.SETTING_UP, record=two.org.added.pk, given={"email": ""}, at=cast.NOW)
    assert len(withdraw_all(two, subject=two.org.added.pk)) == 1 and mails("consent.revoked") == []


def test_all_or_nothing(two, monkeypatch):
    """One transaction: a leaf that cannot be written stops every withdrawal."""
    two.give()
    two.give(purpose="survey", text=two.survey.pk)
    add, count = history.add, iter([True, False])

    def once(*args, **named):
        if not next(count):
            raise Conflict("stop")
        return add(*args, **named)

    monkeypatch.setattr(history, "add", once)
    with pytest.raises(Conflict):
        withdraw_all(two)
    assert states(two.org.subject.pk) == ["obtained", "obtained"]


def test_withdrawing_needs_nothing(two):
    """Art. 7(3): under a restriction, for a purpose no longer pursued, on a text that was replaced."""
    two.give()
    two.give(purpose="survey", text=two.survey.pk)
    subject, later = two.org.subject.pk, cast.NOW + timedelta(minutes=1)
    place.place(
        actor=LOOK, record=subject, ground="restriction", reason="asked", placed_by="case:1", at=cast.NOW
    )
    change("news", active=False)
    publish("survey", title="Surveys", body="We ask you other things.", at=later)
    assert [one.state for one in withdraw_all(two)] == ["withdrawn", "withdrawn"]


def test_strangers_and_staff_withdraw_nothing(two):
    two.give()
    with pytest.raises(Absent):
        withdraw_all(two, "stranger", subject=two.org.subject.pk)
    with pytest.raises(Forbidden):
        withdraw_all(two, "officer", subject=two.org.subject.pk)
    assert states(two.org.subject.pk) == ["obtained"]


# --- invalid --------------------------------------------------------------------------------------------


def invalidate(made, who="officer", reason="Somebody else pressed the button.", **changed):
    given = {"subject": made.org.subject.pk, "purpose": "news", "at": LATER, **changed}
    return decisions.invalidate(actor=made.actor(who), reason=reason, **given)


def test_staff_find_a_consent_invalid_and_say_why(made):
    """D9, Art. 7(1): it ends, the reason stays beside it."""
    made.give()
    found = invalidate(made)
    assert (found.state, found.authority, found.remarks) == (
        "invalidated",
        "staff",
        "Somebody else pressed the button.",
    )
    assert leaves("consent.invalidated") == 1 and not found.permits(LATER)
    with pytest.raises(Conflict):
        invalidate(made)
    assert made.give(at=LATER).state == "obtained"


def test_a_reason_is_needed(made):
    made.give()
    with pytest.raises(BadInput) as caught:
        invalidate(made, reason="  ")
    assert caught.value.code == "consent.no_reason" and states(made.org.subject.pk) == ["obtained"]


def test_only_who_keeps_consent_finds_it_invalid(made):
    made.give()
    for who in ("subject", "auditor"):
        with pytest.raises(Forbidden):
            invalidate(made, who)
    with pytest.raises(Absent):
        invalidate(made, subject=cast.order(made.org, "A1", made.org.subject).pk)
    invalidate(made)


def test_there_must_be_a_consent(made):
    with pytest.raises(Conflict) as caught:
        invalidate(made)
    assert caught.value.code == "consent.nothing"
