"""At intake every identifier is checked by itself: what is not ticked proves nothing (promise 1)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Forbidden
from portals_core.plumbing.models import Mail
from requests.arriving import codes, matching, proofs, recorded
from requests.casebook import barriers
from requests.law.states import State
from requests.models import Channel
from requests.telling import reached
from tests import cast
from tests.requests.case_cast import again
from tests.requests.case_cast import codes as ledger_codes
from tests.requests.pages import browser, cases, words
from tests.requests.proving import code_in, latest, proof_of
from tests.requests.test_officer_intake import ADDRESS, given, ticked

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
MAIL, PHONE = "robin@people.example", "+48 600 300 400"
SOON = cast.NOW + timedelta(minutes=5)


@pytest.fixture
def victim(made):
    """Somebody else, whose phone number anybody may write down."""
    return cast.contact(made.contacts, "Wren Victim", email="wren@people.example", phone=PHONE)


def detail(case):
    return reached.detail_of(case)


def write_down(made, **more):
    entered = {"email": MAIL, "phone": PHONE, "kind": "export", "channel": Channel.COUNTER, "at": cast.NOW}
    return recorded.record(actor=made.actor("officer"), **{**entered, **more})


@pytest.mark.parametrize(("kind", "whom"), [("email", "stranger"), ("phone", "victim")])
def test_only_what_is_ticked_is_searched(made, victim, kind, whom):
    """Fides 2451: one's own address is checked, and somebody else's number stands beside it."""
    case = write_down(made, seen={kind: "passport agrees"})
    assert case.subject == {"stranger": made.stranger, "victim": victim}[whom].pk
    other = proof_of(case, "phone" if kind == "email" else "email")
    assert (other.proved_at, other.seen, other.checked_by) == (None, "", None)
    assert [one.kind for one in proofs.proven(case)] == [kind]
    assert {one.pk for one in matching.candidates(case)} == {case.subject}


def test_each_that_is_ticked_keeps_its_own_words(made, victim):
    """The passing twin: both are proved, so both are searched, and an officer picks."""
    case = write_down(made, seen={"email": "read out the code", "phone": "called back"})
    assert (proof_of(case).seen, proof_of(case, "phone").seen) == ("read out the code", "called back")
    assert {one.pk for one in matching.candidates(case)} == {made.stranger.pk, victim.pk}
    assert case.subject is None and Mail.objects.get().kind == "case.acknowledged"


def test_an_address_beside_what_is_ticked_gets_its_code_and_no_answer_before(made, victim):
    """Whoever gave a victim's number and an address of their own does not read the answer there."""
    case = write_down(made, seen={"phone": "called back"}, postal="Wren\nMill Lane 4")
    assert (case.state, Mail.objects.get().kind) == (State.IN_REVIEW, "case.proof")
    assert (detail(case).reply_to, detail(case).postal) == ("", "Wren\nMill Lane 4")
    assert reached.by_post(case)
    codes.try_code(proof_of(case).pk, code_in(latest(case)), at=SOON)
    assert (detail(case).reply_to, detail(case).postal) == (MAIL, "")
    assert again(case).subject == victim.pk and "case.answer_goes" in ledger_codes(case)


def test_a_number_checked_later_does_not_answer_into_an_unproved_mailbox(made, victim):
    """The same on the page of the case; the address counts again once an officer checked it, too."""
    case = write_down(made)
    assert case.state == State.PROVING and detail(case).reply_to == MAIL
    officer = made.actor("officer")
    proofs.vouch(actor=officer, case=case.pk, seen={proof_of(case, "phone").pk: "called back"}, at=SOON)
    assert again(case).subject == victim.pk and detail(case).reply_to == ""
    proofs.vouch(actor=officer, case=case.pk, seen={proof_of(case).pk: "read out the code"}, at=SOON)
    assert detail(case).reply_to == MAIL


def test_what_is_ticked_without_being_given_is_refused(made):
    with pytest.raises(BadInput) as caught:
        write_down(made, phone="", seen={"phone": "called back"})
    assert list(caught.value.fields) == ["phone"] and cases() == [] and Mail.objects.count() == 0
    with pytest.raises(BadInput):
        write_down(made, seen={"passport": "agrees"})


def test_an_officer_under_whose_address_it_was_asked_stays_out(made, victim):
    """Also while that address is not proved, and nobody is answered there."""
    with pytest.raises(Forbidden):
        write_down(made, email="officer@staff.example", seen={"phone": "called back"})
    case = write_down(made, email="second_officer@staff.example", seen={"phone": "called back"})
    barriers.not_about_oneself(made.actor("officer"), case)
    with pytest.raises(Forbidden):
        barriers.not_about_oneself(made.actor("second_officer"), case)


def test_the_page_has_a_box_for_each_identifier_and_none_is_ticked(made, victim):
    desk = browser(made, "officer")
    page = desk.get(ADDRESS).content.decode()
    assert re.findall(r'name="(checked_\w+)"', page) == ["checked_email", "checked_phone", "checked_number"]
    known = desk.get(f"{ADDRESS}?for={victim.pk}").content.decode()
    assert re.findall(r'name="(checked_\w+)"', known) == ["checked_record"]
    assert not re.search(r'<input type="checkbox"[^>]*\schecked[\s>]', page + known)
    sent = given(phone=PHONE, seen_email="written and not ticked", **ticked("phone", "called back"))
    answer = desk.post(ADDRESS, sent, follow=True)
    (case,) = cases()
    assert (case.subject, case.state) == (victim.pk, State.IN_REVIEW)
    assert "until it is proved, letters go by post" in words(answer)
    shown = words(desk.get(reverse("dsr_requests:proofs", args=[case.pk])))
    assert f"{MAIL} Not proved: it is not used" in shown and "written and not ticked" not in shown


def test_the_command_says_what_was_seen_of_a_record(made, capsys):
    """Commands name a record, so theirs is one box as well."""
    call_command(
        *("file_case", "--as", "officer@staff.example", "--kind", "stop", "--for", str(made.stranger.pk)),
        *("--seen", "face known"),
    )
    (case,) = cases()
    assert [(one.kind, one.seen) for one in proofs.proven(case)] == [("record", "face known")]
    assert case.filed_at <= clock.now() and case.number in capsys.readouterr().out
