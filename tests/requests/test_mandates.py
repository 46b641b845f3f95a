"""Acting for somebody else: authority on paper, and the person's way out until it is carried out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portals_core.people.models import User
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.plumbing.models import Mail
from portals_core.records.models import Record
from requests.arriving import mandates
from requests.casebook import lifecycle, reads
from requests.deciding import duplicates
from requests.models import Mandate
from requests.parts import approval
from tests import cast
from tests.requests import case_cast, pages
from tests.requests.case_cast import GROUND, LATER, TEST, approve, decide, file, there

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SEEN = "Signed power of attorney of 12 May 2025, names agree"


@pytest.fixture
def case(made):
    """A deletion the subject asks for somebody they added, who was asked and has not answered."""
    return file(made, "delete", subject=made.added.pk)


def shown(made, case, who="officer", seen=SEEN):
    return mandates.shown(actor=made.actor(who), case=case.pk, seen=seen, at=LATER)


def way_out():
    """The token in the newest mail that tells a person of a request in their name."""
    mail = there(Mail.objects.filter(kind="case.proved").order_by("-created_at").first())
    return there(re.search(r"/requests/confirm/([^/\s]+)/", mail.body)).group(1)


def test_authority_on_paper_proves_and_the_person_is_told(made, case):
    """W17, decision 14: what was seen and by whom is kept, and the person learns of it."""
    moved = shown(made, case)
    assert (moved.state, moved.proved_at) == ("in_review", LATER)
    kept = Mandate.objects.visible_to(TEST).get(case=case)
    assert (kept.authority, kept.checked_by, kept.checked_at) == (SEEN, made.users["officer"], LATER)
    assert kept.confirmed_at is None
    told = Mail.objects.get(kind="case.proved")
    assert told.to == "ada@people.example" and "written authority" in told.body
    with pytest.raises(Absent):
        mandates.confirm(case_cast.token_for(case), at=LATER)


@pytest.mark.parametrize("proof", ["confirmed", "on paper"])
@pytest.mark.parametrize("state", ["in_review", "waiting", "awaiting_approval", "cooling_off"])
def test_the_person_ends_it_from_every_state_before_it_is_carried_out(made, case, settings, proof, state):
    """Attack 10: erased against the person's will is not erased, also where a paper said otherwise."""
    settings.COOLING_OFF_HOURS = 24
    if proof == "confirmed":
        mandates.confirm(case_cast.token_for(case), at=LATER)
    else:
        shown(made, case)
    if state == "waiting":
        now, officer = case_cast.again(case), made.actor("officer")
        lifecycle.move(now, "ask_subject", actor=officer, who=lifecycle.Who.OFFICER, at=LATER)
    elif state != "in_review":
        decide(made, case_cast.again(case))
    token = way_out()
    if state == "cooling_off":
        approve(made, case)
    assert case_cast.again(case).state == state
    if state == "cooling_off":
        with pytest.raises(Absent):  # the newest message has the link that works
            mandates.object_to(token, at=LATER)
        mail = Mail.objects.get(kind="case.cooling")
        token = there(re.search(r"/requests/confirm/([^/\s]+)/", mail.body)).group(1)
    ended = mandates.object_to(token, at=LATER + timedelta(hours=1))
    assert ended.state == "withdrawn"
    assert there(reads.mandate(made.actor("officer"), case)).objected_at == LATER + timedelta(hours=1)
    outbox.drain()
    assert case_cast.again(case).state == "withdrawn"
    assert Record.objects.visible_to(TEST).filter(pk=made.added.pk).exists()


def test_before_any_answer_the_person_ends_it_by_the_question(made, case):
    assert mandates.object_to(case_cast.token_for(case), at=LATER).state == "withdrawn"
    with pytest.raises(Conflict):
        shown(made, case)


def test_an_objection_is_too_late_once_it_is_carried_out(made, case):
    mandates.confirm(case_cast.token_for(case), at=LATER)
    approve(made, decide(made, case_cast.again(case)))
    question = mandates.asked(way_out(), at=LATER)
    assert not question.may_object and not question.may_agree
    with pytest.raises(Conflict):
        mandates.object_to(way_out(), at=LATER)
    assert case_cast.again(case).state == "carrying_out"


def test_the_page_behind_the_way_out_offers_no_agreement(made, case):
    """W16: GET changes nothing, the answer counts once."""
    mandates.confirm(case_cast.token_for(case), at=LATER)
    address = reverse("dsr_requests:confirm", args=[way_out()])
    with time_machine.travel(LATER, tick=False):
        for _time in range(2):
            shown_now = pages.words(Client().get(address))
            assert "End the request" in shown_now and "I agree" not in shown_now
        assert Client().post(address, {"answer": "confirm"}).status_code == 404
        assert case_cast.again(case).state == "in_review"
        assert Client().post(address, {"answer": "object"}).status_code == 302
        assert Client().post(address, {"answer": "object"}).status_code == 404
    assert case_cast.again(case).state == "withdrawn"


@pytest.mark.parametrize(
    "seen",
    ["", "   ", "x" * 301, "passport 123456", "ID 12 34 56", "no. 12-34.56", "AB1234567"],
)
def test_what_was_seen_is_said_without_numbers_of_documents(made, case, seen):
    """Attack 11: and said at all."""
    with pytest.raises(BadInput) as caught:
        shown(made, case, seen=seen)
    assert "seen" in caught.value.fields
    assert case_cast.again(case).state == "proving"


@pytest.mark.parametrize("who", ["auditor", "administrator", "operator", "subject", "stranger"])
def test_only_officers_vouch_for_an_authority(made, case, who):
    with pytest.raises((Forbidden, Absent)):
        shown(made, case, who)
    assert case_cast.again(case).state == "proving"


@pytest.mark.parametrize("part", ["person", "asker"])
def test_nobody_vouches_for_themself(made, case, part):
    """10: neither the person nor who asks for them, by whatever account."""
    officer = made.users["officer"]
    address = "ada@people.example" if part == "person" else made.users["subject"].email.upper()
    User.objects.visible_to(TEST).filter(pk=officer.pk).update(email=address)
    with pytest.raises(Forbidden):
        shown(made, case)
    assert shown(made, case, "second_officer").state == "in_review"


def test_there_is_no_authority_where_somebody_asks_for_themself(made):
    with pytest.raises(Conflict):
        shown(made, file(made, "delete"))


def test_the_result_goes_to_the_person_alone(made, case):
    """Decision 14: a paper gives a say, and no sight of the answer."""
    shown(made, case)
    refused = decide(made, case, "refuse", ground=GROUND, sentence="A private reason")
    assert Mail.objects.get(kind="case.refused").to == "ada@people.example"
    assert reads.answer(made.actor("subject"), refused) is None


def test_the_page_records_an_authority_and_says_what_is_wrong(made, case):
    officer = pages.browser(made, "officer")
    assert approval.part(made.actor("officer"), case, LATER)["authority"] is not None
    assert approval.part(made.actor("auditor"), case, LATER)["authority"] is None
    address = reverse("dsr_requests:authority", args=[case.pk])
    wrong = officer.post(address, {"seen": "passport 1234567"})
    assert wrong.status_code == 400 and "no numbers of documents" in pages.words(wrong)
    assert officer.post(address, {"seen": SEEN}).status_code == 302
    assert officer.post(address, {"seen": SEEN}).status_code == 409
    assert approval.part(made.actor("officer"), case_cast.again(case), LATER)["authority"] is None


def test_who_gets_the_address_of_an_erased_person_sees_nothing_old(made):
    """Attack 9: no request, no answer and no link leads from an address to what was erased."""
    case = case_cast.carried_out(made, "delete")
    address = "sage@people.example"
    assert case_cast.again(case).state == "fulfilled"
    record = cast.contact(made.contacts, "Somebody Else", email=address)
    made.users["new"] = cast.portal_user(record, made.user_type)
    actor = made.actor("new")
    assert list(reads.mine(actor)) == []
    with pytest.raises(Absent):
        reads.case_for(actor, case.pk)
    with pytest.raises(Absent):
        reads.case_for(actor, case.number)
    fresh = file(made, "export", "new")
    assert duplicates.candidates(made.actor("officer"), fresh) == []
