"""One question to one person: bound to one version, asked from the desk, held back when it is unwanted."""

from datetime import timedelta

import pytest
import time_machine

from consent.catalogue import texts
from consent.contact import askable, letters, questions
from consent.deciding import answers, decisions
from consent.models import Objection, Question, Signal, Withdrawn
from portals_core.locks import place
from portals_core.plumbing import mail, outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, Locked, TooMany
from portals_core.plumbing.models import MailState
from portals_core.writing.records import change_record
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, leaves, mails, states, stored, token_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LATER = cast.NOW + timedelta(hours=1)


@pytest.fixture
def made():
    return consent_cast.set_up()


def ask(made, who="officer", *, subject=None, at=cast.NOW):
    return questions.ask_person(
        actor=made.actor(who), subject=subject or made.org.stranger.pk, purpose="news", at=at
    )


def renewing(made, *, renew_by=None, at=LATER):
    """A newer version, which may ask everybody again."""
    return texts.publish(
        actor=cast.SETTING_UP,
        purpose="news",
        language="en",
        title="Newsletter",
        body="We write to you every week.",
        renew_by=renew_by,
        at=at,
    )


def object_to(made, subject, *, at=LATER, **what):
    Objection(subject=subject, signal=Signal.PORTAL, at=at, **what).save()


def marketing(made, **changed):
    for name, value in {"marketing": True, **changed}.items():
        setattr(made.news, name, value)
    made.news.save()


def test_staff_ask_one_person_and_a_question_stands(made):
    """D12: bound to one person and one version, due as the purpose says, and the person answers by link."""
    asked = ask(made)
    assert (asked.text, asked.asked_by, asked.campaign) == (made.text, made.org.users["officer"], None)
    assert asked.due_at == cast.NOW + timedelta(days=30)
    assert asked.remind_at == cast.NOW + timedelta(days=7)
    (waiting,) = stored(made.org.stranger.pk)
    assert (waiting.state, waiting.authority, asked.decision) == ("waiting", "staff", waiting)
    (message,) = mails("consent.asked")
    assert "added you" not in message.body and "supervisory authority" in message.body
    answers.confirm(token=token_in(message), text=made.text.pk, at=LATER)
    assert states(made.org.stranger.pk) == ["waiting", "obtained"]
    asked.refresh_from_db()
    assert asked.closed_at == LATER


def test_only_staff_who_keep_consent_ask_from_the_desk(made):
    for who in ("subject", "auditor", "operator"):
        with pytest.raises((Forbidden, Absent)):
            ask(made, who)
    assert ask(made).pk


def test_a_person_is_asked_in_their_own_language(made):
    """N8: language of the account, where the version has it."""
    finnish = consent_cast.publish("news", language="fi", title="Uutiskirje", body="Kirjoitamme.")
    user = made.org.users["stranger"]
    user.refresh_from_db()
    user.language = "fi"
    user.save()
    assert ask(made).text == finnish
    assert mails("consent.asked")[0].language == "fi"


def test_a_consent_that_holds_goes_on_while_it_is_asked_for_again(made):
    """A question never weakens what the person agreed to; yes renews, no withdraws."""
    made.give("stranger")
    new = renewing(made)
    asked = ask(made, at=LATER)
    assert states(made.org.stranger.pk) == ["obtained"] and asked.decision is None
    assert (leaves("consent.asked"), leaves("consent.asked_again")) == (0, 1)
    answers.confirm(token=token_in(mails("consent.asked")[0]), text=new.pk, at=LATER)
    assert states(made.org.stranger.pk) == ["obtained", "renewed"]


def test_a_no_to_the_renewal_withdraws(made):
    """W16, Art. 7(3)."""
    made.give("stranger")
    renewing(made)
    ask(made, at=LATER)
    answers.decline(token=token_in(mails("consent.asked")[0]), at=LATER)
    assert states(made.org.stranger.pk) == ["obtained", "withdrawn"]


def test_a_consent_outdated_by_a_renewal_no_longer_holds(made):
    """D17: from the moment itself on; a yes then is a new consent, a no a refusal."""
    made.give("stranger")
    until = cast.NOW + timedelta(days=5)
    renewing(made, renew_by=until)
    latest = stored(made.org.stranger.pk)[-1]
    for at, holds in ((until - timedelta(seconds=1), True), (until, False)):
        assert askable.holds(latest, at, askable.floor(made.news, at)) is holds
    ask(made, at=until)
    assert states(made.org.stranger.pk) == ["obtained", "waiting"]
    answers.decline(token=token_in(mails("consent.asked")[0]), at=until)
    assert states(made.org.stranger.pk) == ["obtained", "waiting", "refused"]


def test_a_new_question_ends_the_older_one_and_its_link(made):
    """W16: one open question; the limit of questions holds for the desk, too."""
    first = ask(made)
    with pytest.raises(Conflict) as caught:
        ask(made, at=LATER)
    assert caught.value.code == "consent.asked_already"
    old = token_in(mails("consent.asked")[0])
    again = first.due_at
    ask(made, at=again)
    with pytest.raises(Absent):
        answers.decline(token=old, at=again - timedelta(seconds=1))
    assert Question.objects.visible_to(LOOK).filter(closed_at=None).count() == 1


def test_the_limit_of_questions(made):
    """W18: three within 14 days, whoever asks."""
    marketing(made, wait_days=1, remind_days=None)
    for day in range(3):
        ask(made, at=cast.NOW + timedelta(days=day))
    with pytest.raises(TooMany):
        ask(made, at=cast.NOW + timedelta(days=3))
    assert ask(made, at=cast.NOW + timedelta(days=14, seconds=1)).pk


def test_whoever_said_no_or_objected_is_not_asked(made):
    """W18, Art. 21: with the passing twin."""
    marketing(made)
    ask(made)
    answers.decline(token=token_in(mails("consent.asked")[0]), at=LATER)
    with pytest.raises(Conflict) as caught:
        ask(made, at=LATER)
    assert caught.value.code == "consent.said_no"
    object_to(made, made.org.added.pk)
    with pytest.raises(Conflict) as caught:
        ask(made, subject=made.org.added.pk, at=LATER)
    assert caught.value.code == "consent.objected"
    assert ask(made, subject=made.org.subject.pk, at=LATER).pk


def test_an_objection_concerns_what_it_is_against_and_ends_with_an_express_yes(made):
    """Art. 21(2), (5)."""
    people = [made.org.stranger.pk, made.org.subject.pk]
    object_to(made, made.org.stranger.pk)
    object_to(made, made.org.subject.pk, marketing=False, sharing=True)
    assert askable.objected(people, made.news) == set()
    marketing(made)
    assert askable.objected(people, made.news) == {made.org.stranger.pk}
    marketing(made, sharing=True)
    assert askable.objected(people, made.news) == set(people)
    made.give("stranger", at=LATER + timedelta(hours=1))
    assert askable.objected(people, made.news) == {made.org.subject.pk}


def test_nothing_is_asked_without_address_text_or_under_a_lock(made):
    change_record(actor=cast.SETTING_UP, record=made.org.added.pk, given={"email": ""}, at=cast.NOW)
    with pytest.raises(BadInput):
        ask(made, subject=made.org.added.pk)
    place.place(
        actor=LOOK,
        record=made.org.subject.pk,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=cast.NOW,
    )
    with pytest.raises(Locked):
        ask(made, subject=made.org.subject.pk)
    Withdrawn(purpose=made.news, version=1, reason="wrong", at=cast.NOW).save()
    with pytest.raises(Conflict) as caught:
        ask(made)
    assert caught.value.code == "consent.not_asked"
    assert not Question.objects.visible_to(LOOK).exists()


# --- the gate at hand-over -------------------------------------------------------------------------------


def withdraws(made):
    decisions.withdraw(actor=made.actor("stranger"), subject=made.org.stranger.pk, purpose="news", at=LATER)


def restricted(made):
    place.place(
        actor=LOOK,
        record=made.org.stranger.pk,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=LATER,
    )


def objects(made):
    object_to(made, made.org.stranger.pk)


def closed(made):
    made.news.active = False
    made.news.save()


def text_withdrawn(made):
    Withdrawn(purpose=made.news, version=1, reason="wrong", at=LATER).save()


@pytest.mark.parametrize("happens", [withdraws, restricted, objects, closed, text_withdrawn, None])
def test_a_question_is_held_back_when_it_is_unwanted_at_its_turn(made, happens):
    """D15, L16: whatever happened between the promise and the hand-over; nothing happened, it leaves."""
    marketing(made)
    with time_machine.travel(LATER, tick=False):
        ask(made)
        if happens is not None:
            happens(made)
        outbox.drain()
    (message,) = mails("consent.asked")
    assert (message.state == MailState.HELD) is (happens is not None)
    assert (message.body == "") is (happens is not None)


def test_a_question_is_not_handed_over_once_it_is_due(made):
    asked = ask(made)
    reference = str(asked.pk)
    for at, is_wanted in ((asked.due_at - timedelta(seconds=1), True), (asked.due_at, False)):
        with time_machine.travel(at, tick=False):
            assert mail.CHECKS.get(letters.STILL_OPEN)(reference) is is_wanted
