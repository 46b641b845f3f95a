"""Who is reached by post only has the days of the post more, knows how to answer, and is told before a
restriction ends (Art. 12(2), 18(3)). The organisation's own time to answer stays what the law makes it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.checks import run_checks
from django.urls import reverse

from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import BadInput
from requests.arriving import recorded
from requests.carrying_out import lifting, recipient_letters
from requests.casebook import counting
from requests.models import CaseDetail, Channel, Letter, RecipientNotice
from requests.telling import letter_paper, letter_templates, letters
from requests.timing import clock as case_clock
from requests.timing import lapsing
from tests import cast, pdf_text
from tests.consent import register_cast
from tests.requests import case_cast, letter_cast
from tests.requests.case_cast import LATER, TEST, again, carried_out, decide, file, there
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
POSTAL = "Ash Grove\nMill Lane 4\n00100 Helsinki"
OURS = "Harjula Outdoor\nSatamatie 5\n00160 Helsinki"
SCOPE = "JustificationA12InformationRequired"


@pytest.fixture(autouse=True)
def place(settings):
    settings.ORGANISATION, settings.POSTAL_ADDRESS = "Harjula Outdoor", OURS
    settings.POST_DAYS, settings.PROOF_DAYS, settings.ANSWER_DAYS = 5, 14, 30


def by_post(made, kind="export", **given):
    return file(made, kind, "officer", subject=letter_cast.no_address(made).pk, postal=POSTAL, **given)


def asked(made, case):
    question = {"ground": SCOPE, "question": "Which orders?", "at": LATER}
    return case_clock.ask(actor=made.actor("officer"), case=case.pk, **question)


def letter_of(case, kind) -> Letter:
    return there(Letter.objects.visible_to(TEST).filter(case=case, kind=kind).order_by("at").last())


# --- how to answer ----------------------------------------------------------------------------------------


def test_a_question_by_post_says_how_to_answer(made, settings):
    settings.CONTACT_PHONE = "+358 9 1234567"
    case = asked(made, by_post(made))
    body = letter_of(case, "clarify").body
    for said in (*OURS.splitlines(), case.number, "by post", "+358 9 1234567", settings.CONTACT_EMAIL):
        assert said in body.partition("How to answer")[2], said
    settings.POSTAL_ADDRESS, settings.CONTACT_PHONE = "", ""
    other = letter_of(asked(made, by_post(made)), "clarify").body
    assert "by post" in other and "Our address" not in other and "Or call" not in other


def test_a_question_by_mail_says_it_once_in_its_message(made):
    """The passing twin: there is a link, and the letter that is kept does not send anybody to the post."""
    case = asked(made, file(made, "export", "officer", subject=made.stranger.pk))
    assert "How to answer" not in letter_of(case, "clarify").body


def test_a_text_of_the_organisation_that_forgets_how_to_answer_says_it_all_the_same(made):
    letter_templates.publish(
        actor=made.actor("officer"),
        kind="clarify",
        language="en",
        title="A question",
        body="About {{ number }}: {{ question }}",
        after=0,
        at=cast.NOW,
    )
    body = letter_of(asked(made, by_post(made)), "clarify").body
    assert body.startswith("About ") and OURS.splitlines()[1] in body


def test_a_question_who_asks_says_how_to_answer_too(made):
    given = {"number": "A-1", "postal": POSTAL, "kind": "export", "channel": Channel.LETTER, "at": cast.NOW}
    case = recorded.record(actor=made.actor("officer"), **given)
    proof = letter_of(case, "proof")
    assert OURS.splitlines()[1] in proof.body.partition("How to answer")[2]


def test_every_letter_says_where_it_comes_from(made, settings):
    """To the person and to a recipient: both are the same paper."""
    case = by_post(made)
    head = letter_paper.html(letter_of(case, "receipt")).partition("<address>")[0]
    assert "Harjula Outdoor · Satamatie 5 · 00160 Helsinki" in head
    told = register_cast.recipient("Kurier", "PL", told="post", address="Długa 1, Warszawa", email="")
    register_cast.activity(of=[told])
    stopped = carried_out(made, "stop")
    (row,) = RecipientNotice.objects.visible_to(TEST).filter(case=stopped)
    printed = recipient_letters.file(made.actor("officer"), stopped.pk, row.pk)
    assert "Harjula Outdoor · Satamatie 5 · 00160 Helsinki" in pdf_text.words(printed.content)
    settings.POSTAL_ADDRESS = ""
    assert "<header>Harjula Outdoor · privacy" in letter_paper.html(letter_of(case, "receipt"))


def test_a_site_whose_letters_have_no_address_is_not_ready(settings):
    def faults():
        return [one.id for one in run_checks(include_deployment_checks=True)]

    assert "dsr_portal.E004" not in faults()
    settings.POSTAL_ADDRESS = " \n"
    assert "dsr_portal.E004" in faults()


# --- the days ---------------------------------------------------------------------------------------------


def lapse(at):
    with time_machine.travel(at, tick=False):
        key = outbox.enqueue(lapsing.JOB, about="duty:test")
        outbox.run_now(key)


@pytest.mark.parametrize("post", [True, False])
def test_a_question_waits_the_days_of_the_post_longer(made, post):
    case = by_post(made) if post else file(made, "export", "officer", subject=made.stranger.pk)
    due = asked(made, case).due_on
    more = 5 if post else 0
    last = counting.local_day(case, LATER) + timedelta(days=30 + more)
    assert case_clock.last_day(again(case), LATER) == last
    lapse(LATER + timedelta(days=30 + more))
    assert again(case).state == "waiting"
    lapse(LATER + timedelta(days=31 + more))
    assert again(case).state == "lapsed"
    assert due == file(made, "export", "subject").due_on


@pytest.mark.parametrize("post", [True, False])
def test_a_proof_waits_the_days_of_the_post_longer(made, post):
    way = {"postal": POSTAL} if post else {"email": "wren@people.example"}
    given = {"number": "A-1", "kind": "export", "channel": Channel.LETTER, "at": cast.NOW}
    case, more = recorded.record(actor=made.actor("officer"), **given, **way), 5 if post else 0
    if post:
        assert "by March 24, 2026" in letter_of(case, "proof").body
    lapse(cast.NOW + timedelta(days=14 + more))
    assert again(case).state == "proving"
    lapse(cast.NOW + timedelta(days=15 + more))
    assert again(case).state == "lapsed"


@pytest.mark.parametrize(("hours", "post", "days"), [(24, True, 6), (24, False, 1), (0, True, 0)])
def test_the_time_to_change_ones_mind_begins_when_the_letter_can_be_there(made, settings, hours, post, days):
    """Without such a time nothing is added to it."""
    settings.COOLING_OFF_HOURS = hours
    case = by_post(made, "delete") if post else file(made, "delete", "officer", subject=made.stranger.pk)
    decide(made, case)
    approved = case_cast.approve(made, again(case))
    assert approved.cools_until - approved.approved_at == timedelta(days=days)


def test_the_organisations_own_time_never_grows_by_the_post(made, settings):
    dues = set()
    for days in (0, 60):
        settings.POST_DAYS = days
        case = by_post(made)
        dues.add((case.due_on, case.unpaused_on, case.ends_at))
    by_mail = file(made, "export")
    assert dues == {(by_mail.due_on, by_mail.unpaused_on, by_mail.ends_at)}


# --- the end of a restriction -----------------------------------------------------------------------------


@pytest.fixture
def stopped(made):
    """A restriction of somebody whose only address is a postal one."""
    case = carried_out(made, "stop")
    CaseDetail.objects.visible_to(TEST).filter(case=case).update(reply_to="", postal=POSTAL)
    return case


def announce(made, case, **more):
    given = {"reason": "It is checked.", "at": clock.now(), **more}
    return lifting.announce(actor=made.actor("officer"), case=case.pk, **given)


def after(days: float):
    with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
        outbox.drain()


def post(made, case, days: float):
    """An officer posts the letter that says it, some days from now."""
    at = clock.now() + timedelta(days=days)
    letters.mark_posted(
        actor=made.actor("officer"), case=case.pk, letter=letter_of(case, "lifting").pk, at=at
    )


def test_the_locks_stay_until_the_letter_was_posted_and_can_have_arrived(made, stopped):
    announce(made, stopped)
    assert letter_of(stopped, "lifting").address == POSTAL
    after(400)
    assert lifting.in_force(stopped) and lifting.ends(again(stopped)) is None
    post(made, stopped, 401)
    after(401 + 7.9)
    assert lifting.in_force(stopped)
    after(401 + 9.2)
    assert lifting.in_force(stopped) == 0


def test_a_letter_posted_at_once_ends_it_on_the_day_it_names(made, stopped):
    announced = announce(made, stopped)
    assert announced.lifts_at - clock.now() > timedelta(days=7.9)
    post(made, stopped, 0)
    assert lifting.ends(again(stopped)).date() == announced.lifts_at.date()
    after(7.9)
    assert lifting.in_force(stopped)
    after(8.2)
    assert lifting.in_force(stopped) == 0


def test_told_by_telephone_does_not_stand_for_the_letter(made, stopped):
    announce(made, stopped, told="By telephone.")
    after(30)
    assert lifting.in_force(stopped)


def test_an_address_learned_later_is_written_to_before_it_ends(made, stopped):
    CaseDetail.objects.visible_to(TEST).filter(case=stopped).update(postal="")
    with pytest.raises(BadInput):
        announce(made, stopped)
    announce(made, stopped, told="At the counter.")
    letters.address_known(actor=made.actor("officer"), case=stopped.pk, postal=POSTAL, at=clock.now())
    after(30)
    assert lifting.in_force(stopped)
    post(made, stopped, 31)
    after(31 + 9)
    assert lifting.in_force(stopped) == 0


def test_an_old_letter_counts_for_nothing_once_it_was_announced_anew(made, stopped):
    announce(made, stopped)
    post(made, stopped, 0)
    lifting.cancel(actor=made.actor("officer"), case=stopped.pk, at=clock.now())
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        announce(made, stopped)
    after(60)
    assert lifting.in_force(stopped)


def test_the_pages_say_that_the_letter_is_waited_for(made, stopped):
    officer = browser(made, "officer", fresh=True)
    address = reverse("dsr_requests:lift", args=[stopped.pk])
    assert "A letter to the person waits to be posted" in words(officer.get(address))
    done = officer.post(address, {"reason": "It is checked.", "told": ""}, follow=True)
    assert "The restriction ends some days after that." in words(done)
    assert "Post it and mark it as posted" in words(officer.get(address))
    post(made, stopped, 0)
    assert "The restriction ends on" in words(officer.get(address))
