"""Giving, asking, confirming, refusing, withdrawing."""

from datetime import timedelta

import pytest

from consent.contact import asking
from consent.deciding import answers, decisions
from consent.models import State
from consent.standing import history, reads
from portals_core.ledger import codes
from portals_core.locks import place, rules
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Broken, Conflict, Forbidden, Locked, TooMany
from portals_core.plumbing.models import Mail
from portals_core.writing.records import change_record, delete_record
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, leaves, mails, publish, states, stored, token_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LATER = cast.NOW + timedelta(hours=1)


@pytest.fixture
def made():
    return consent_cast.set_up()


def restrict(subject):
    place.place(
        actor=LOOK,
        record=subject,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=cast.NOW,
    )


def test_a_subject_gives_and_withdraws_in_one_step_each(made):
    """D4, W15: at once, with text, version and language, each with its leaf."""
    given = made.give()
    assert (given.state, given.authority, given.method, given.on_behalf) == (
        "obtained",
        "self",
        "portal",
        False,
    )
    assert (given.text, given.language, given.decided_by_id) == (
        made.text,
        "en",
        made.actor("subject").user_id,
    )
    assert reads.allowed(made.org.subject.pk, "news", "email")
    decisions.withdraw(actor=made.actor("subject"), subject=made.org.subject.pk, purpose="news", at=LATER)
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]
    assert not reads.allowed(made.org.subject.pk, "news", "email")
    assert (leaves("consent.given"), leaves("consent.withdrawn")) == (1, 1)


def test_giving_or_withdrawing_again_stores_nothing(made):
    """D4: a button pressed twice is one decision."""
    assert made.give() == made.give(at=LATER)
    withdrawing = {
        "actor": made.actor("subject"),
        "subject": made.org.subject.pk,
        "purpose": "news",
        "at": LATER,
    }
    assert decisions.withdraw(**withdrawing) == decisions.withdraw(**withdrawing)
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]


def test_a_leaf_that_cannot_be_written_stops_the_decision(made, monkeypatch):
    """Promise of the writers: row, leaf and announcement, or nothing."""
    monkeypatch.setitem(history.LEDGER_CODES, State.OBTAINED, "consent.unheard_of")
    assert "consent.unheard_of" not in codes.CODES
    with pytest.raises(Broken):
        made.give()
    assert stored(made.org.subject.pk) == []


def test_nothing_can_be_withdrawn_that_was_never_decided(made):
    with pytest.raises(Conflict) as caught:
        decisions.withdraw(actor=made.actor("subject"), subject=made.org.subject.pk, purpose="news", at=LATER)
    assert caught.value.code == "consent.nothing"


def test_a_text_published_meanwhile_is_not_agreed_to_unread(made):
    """W15: the text that was shown must be the one in force; the new one can then be given."""
    new = made.republish()
    with pytest.raises(Conflict) as caught:
        made.give()
    assert caught.value.code == "consent.text_changed" and stored(made.org.subject.pk) == []
    assert made.give(text=new.pk).text == new


def test_a_consent_given_on_an_older_text_is_renewed_on_the_new_one(made):
    """D9, D17: both stay in the history."""
    made.give()
    new = made.republish()
    made.give(text=new.pk, at=LATER)
    assert states(made.org.subject.pk) == ["obtained", "renewed"]
    assert [decision.text for decision in stored(made.org.subject.pk)] == [made.text, new]
    assert leaves("consent.renewed") == 1


def test_a_text_of_another_purpose_is_no_text(made):
    other = publish("draft", body="Something else.")
    with pytest.raises(Absent):
        made.give(text=other.pk)


def test_two_windows_that_decide_differently(made):
    """W15: a giving never overrides what its window did not show; withdrawing always holds."""
    shown = made.give().number
    decisions.withdraw(actor=made.actor("subject"), subject=made.org.subject.pk, purpose="news", at=LATER)
    with pytest.raises(Conflict) as caught:
        made.give(seen=shown, at=LATER)
    assert caught.value.code == "consent.decided_meanwhile"
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]
    assert made.give(seen=2, at=LATER).state == "obtained"


@pytest.mark.parametrize("who", ["stranger", "missing", "order", "nobody"])
def test_others_are_absent(made, who):
    """Decision 14: not yours, not there and not a person read the same; for people one added it works."""
    mine = cast.order(made.org, "A1", made.org.subject)
    subject = {
        "stranger": made.org.stranger.pk,
        "missing": "00000000-0000-0000-0000-000000000000",
        "order": mine.pk,
        "nobody": None,
    }[who]
    for act in (
        lambda: made.give(subject=subject),
        lambda: decisions.withdraw(actor=made.actor("subject"), subject=subject, purpose="news", at=LATER),
    ):
        with pytest.raises(Absent) as caught:
            act()
        assert caught.value.code == "absent"
    assert made.ask().state == "waiting"


def test_the_person_added_by_somebody_else_is_out_of_reach(made):
    """D5: the stranger did not add this person."""
    with pytest.raises(Absent):
        made.give("stranger", subject=made.org.added.pk)
    made.ask()


def test_staff_do_not_give_consent_for_people(made):
    with pytest.raises(Forbidden):
        made.give("officer", subject=made.org.subject.pk)


def test_consent_for_a_person_one_added_waits_for_that_person(made):
    """D5, W17: stored as by representative, mailed to the person, in force only when they confirm."""
    asked = made.ask()
    assert (asked.state, asked.authority, asked.on_behalf) == ("waiting", "by representative", True)
    assert not reads.allowed(made.org.added.pk, "news", "email")
    (mail,) = mails("consent.asked")
    assert mail.to == "ada@people.example" and mail.subject_id == made.org.added.pk
    assert "Sage Winter" in mail.body and "supervisory authority" in mail.body
    confirmed = answers.confirm(token=token_in(mail), text=made.text.pk, at=LATER)
    assert (confirmed.state, confirmed.authority, confirmed.method) == ("obtained", "self", "link")
    assert reads.allowed(made.org.added.pk, "news", "email")
    assert states(made.org.added.pk) == ["waiting", "obtained"]
    assert (leaves("consent.asked"), leaves("consent.given")) == (1, 1)


def test_the_person_can_say_no_and_is_not_asked_again(made):
    """W17, W18: only the person themself can change their no."""
    made.ask()
    answers.decline(token=token_in(mails("consent.asked")[0]), at=LATER)
    assert states(made.org.added.pk) == ["waiting", "refused"]
    with pytest.raises(Conflict) as caught:
        made.ask(at=LATER)
    assert caught.value.code == "consent.said_no"


def test_a_link_works_once(made):
    """W16: used twice, and two answers to one question: the first holds."""
    made.ask()
    token = token_in(mails("consent.asked")[0])
    answers.confirm(token=token, text=made.text.pk, at=LATER)
    for act in (
        lambda: answers.confirm(token=token, text=made.text.pk, at=LATER),
        lambda: answers.decline(token=token, at=LATER),
    ):
        with pytest.raises(Absent) as caught:
            act()
        assert caught.value.code == "link.gone"
    assert states(made.org.added.pk) == ["waiting", "obtained"]


def test_an_altered_link_or_one_for_another_purpose_does_not_work(made):
    """W16: edited token; the link to withdraw cannot give."""
    made.ask()
    token = token_in(mails("consent.asked")[0])
    altered = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (altered, "", "x"):
        with pytest.raises(Absent):
            answers.confirm(token=wrong, text=made.text.pk, at=LATER)
    with pytest.raises(Absent):
        answers.withdraw_by_link(token=token, at=LATER)
    assert states(made.org.added.pk) == ["waiting"]
    assert answers.confirm(token=token, text=made.text.pk, at=LATER).state == "obtained"


def test_who_confirmed_by_link_can_withdraw_by_link(made):
    """Art. 7(3): withdrawing is as easy as giving, without an account."""
    made.ask()
    answers.confirm(token=token_in(mails("consent.asked")[0]), text=made.text.pk, at=LATER)
    (mail,) = mails("consent.confirmed")
    assert made.text.body in mail.body
    answers.withdraw_by_link(token=token_in(mail), at=LATER)
    assert states(made.org.added.pk) == ["waiting", "obtained", "withdrawn"]
    with pytest.raises(Absent):
        answers.withdraw_by_link(token=token_in(mail), at=LATER)


def test_withdrawing_for_a_person_one_added_holds_at_once_and_they_are_told(made):
    """D5: it only stops processing."""
    made.ask()
    answers.confirm(token=token_in(mails("consent.asked")[0]), text=made.text.pk, at=LATER)
    ended = decisions.withdraw(
        actor=made.actor("subject"), subject=made.org.added.pk, purpose="news", at=LATER
    )
    assert (ended.state, ended.on_behalf) == ("revoked", True)
    assert not reads.allowed(made.org.added.pk, "news", "email")
    assert [mail.to for mail in mails("consent.revoked")] == ["ada@people.example"]


def test_taking_a_question_back_ends_its_link(made):
    made.ask()
    token = token_in(mails("consent.asked")[0])
    decisions.withdraw(actor=made.actor("subject"), subject=made.org.added.pk, purpose="news", at=LATER)
    with pytest.raises(Absent):
        answers.confirm(token=token, text=made.text.pk, at=LATER)


def test_nobody_is_asked_twice_while_a_link_is_open_nor_more_than_three_times(made):
    """W18: a person is not worn down."""
    made.ask()
    with pytest.raises(Conflict) as caught:
        made.ask(at=LATER)
    assert caught.value.code == "consent.asked_already"
    back = {"actor": made.actor("subject"), "subject": made.org.added.pk, "purpose": "news", "at": LATER}
    for _again in range(2):
        decisions.withdraw(**back)
        made.ask(at=LATER)
    decisions.withdraw(**back)
    with pytest.raises(TooMany):
        made.ask(at=LATER)
    assert made.ask(at=LATER + asking.ASK_WINDOW).state == "waiting"


def test_a_consent_in_force_is_not_weakened_by_asking_for_it(made):
    """Asking would turn it into waiting and stop what the person agreed to."""
    made.ask()
    answers.confirm(token=token_in(mails("consent.asked")[0]), text=made.text.pk, at=LATER)
    with pytest.raises(Conflict) as caught:
        made.ask(at=LATER)
    assert caught.value.code == "consent.given_already"
    assert reads.allowed(made.org.added.pk, "news", "email")


def test_a_person_without_an_address_cannot_be_asked(made):
    """W17: a clear sentence, nothing stored; with an address it works."""
    change_record(actor=cast.SETTING_UP, record=made.org.added.pk, given={"email": ""}, at=cast.NOW)
    with pytest.raises(BadInput) as caught:
        made.ask()
    assert "e-mail address" in str(caught.value) and caught.value.code == "consent.no_address"
    assert stored(made.org.added.pk) == [] and not Mail.objects.exists()
    given = {"email": "ada@people.example"}
    change_record(actor=cast.SETTING_UP, record=made.org.added.pk, given=given, at=cast.NOW)
    made.ask()


def test_under_a_restriction_nothing_is_given_and_everything_can_be_withdrawn(made):
    """R9, D4: giving is refused with the ground, withdrawing is not."""
    made.give()
    made.ask()
    token = token_in(mails("consent.asked")[0])
    restrict(made.org.subject.pk)
    restrict(made.org.added.pk)
    for act in (
        made.give,
        made.ask,
        lambda: answers.confirm(token=token, text=made.text.pk, at=LATER),
    ):
        with pytest.raises(Locked) as caught:
            act()
        assert caught.value.code == "restriction"
    for subject in (made.org.subject.pk, made.org.added.pk):
        decisions.withdraw(actor=made.actor("subject"), subject=subject, purpose="news", at=LATER)
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]
    assert states(made.org.added.pk) == ["waiting", "revoked"]


def test_a_person_who_may_not_be_written_to_is_not_asked(made):
    """L16: a lock that forbids mail stops the question, and nothing waits for an answer."""
    administrator = made.actor("administrator")
    rules.set_mode(actor=administrator, module=made.org.contacts, mode="automatic", at=cast.NOW)
    closed = {
        "name": "No mail",
        "conditions": {"field": "name", "how": "is", "value": "Ada Added"},
        "actions": ["mail"],
        "existing": True,
    }
    row = rules.define_rule(actor=administrator, module=made.org.contacts, description=closed, at=cast.NOW)
    outbox.drain(about=f"lock_rule:{row.pk}")
    with pytest.raises(Locked) as refused:
        made.ask()
    assert refused.value.code == "business"
    assert stored(made.org.added.pk) == [] and mails("consent.asked") == []
    rules.delete_rule(actor=administrator, rule=row.pk, at=cast.NOW)
    outbox.drain(about=f"lock_rule:{row.pk}")
    made.ask()
    assert len(mails("consent.asked")) == 1


def test_a_person_whose_record_is_gone_cannot_be_confirmed_for(made):
    """An open link outlives nobody."""
    made.ask()
    token = token_in(mails("consent.asked")[0])
    delete_record(actor=LOOK, record=made.org.added.pk, at=LATER)
    with pytest.raises(Absent):
        answers.confirm(token=token, text=made.text.pk, at=LATER)
    assert states(made.org.added.pk) == ["waiting"]


def test_a_subject_refuses_what_they_were_asked_and_only_they_can(made):
    """D9: refused; what was given is withdrawn instead."""
    ada = cast.portal_user(made.org.added, made.org.user_type)
    made.org.users["added"] = ada
    made.ask()
    refusing = {"subject": made.org.added.pk, "purpose": "news", "text": made.text.pk, "at": LATER}
    with pytest.raises(Forbidden):
        decisions.refuse(actor=made.actor("subject"), **refusing)
    assert decisions.refuse(actor=made.actor("added"), **refusing).state == "refused"
    made.give("added", at=LATER)
    with pytest.raises(Conflict) as caught:
        decisions.refuse(actor=made.actor("added"), **refusing)
    assert caught.value.code == "consent.given_meanwhile"


def test_who_has_an_account_confirms_there_and_the_link_ends(made):
    """W17: their own confirmation, by whichever way."""
    made.org.users["added"] = cast.portal_user(made.org.added, made.org.user_type)
    made.ask()
    assert made.give("added", at=LATER).authority == "self"
    with pytest.raises(Absent):
        answers.decline(token=token_in(mails("consent.asked")[0]), at=LATER)
    assert reads.allowed(made.org.added.pk, "news", "email")


def test_every_change_is_announced_with_ids_only(made):
    told = []

    def listen(*, about, **ids):
        told.append((about, ids))

    key = f"{history.EVENT}/test"
    outbox._INLINE._values[key] = listen
    try:
        made.give()
    finally:
        del outbox._INLINE._values[key]
    assert told == [(f"record:{made.org.subject.pk}", {"purpose": "news", "state": "obtained"})]
