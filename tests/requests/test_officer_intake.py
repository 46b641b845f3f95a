"""The desk writes down what came in, and settles who asks."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portals_core.plumbing import clock
from portals_core.plumbing.models import Mail
from portals_core.records import catalogue
from requests.arriving import codes, proofs
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import again
from tests.requests.pages import browser, cases, words
from tests.requests.proving import ask, code_in, latest, proof_of

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
ADDRESS = "/desk/cases/new/"


@pytest.fixture
def desk(made):
    return browser(made, "officer")


def act(name, case):
    return reverse(f"dsr_requests:{name}", args=[case.pk])


def given(**more):
    return {
        "received_by": "phone",
        "received_on": clock.now().date().isoformat(),
        "kind": "delete",
        "text": "Wants to be forgotten.",
        "email": "robin@people.example",
        "phone": "",
        "number": "",
        "language": "en",
        **more,
    }


def ticked(key, seen):
    return {f"checked_{key}": "on", f"seen_{key}": seen}


def test_a_phone_call_becomes_a_case_that_waits_for_a_code(made, desk):
    """R4, W2, attack 4: the clock runs from the call, and nobody is searched before the proof."""
    called = (clock.now() - timedelta(days=3)).date()
    page = desk.post(ADDRESS, given(received_on=called.isoformat()))
    (case,) = cases()
    assert page.url == reverse("dsr_requests:case", args=[case.pk])
    assert (case.channel, case.state, case.subject) == ("phone", "proving", None)
    assert case.received_at.date() <= called
    assert Mail.objects.get().kind == "case.proof"
    shown = words(desk.get(act("proofs", case)))
    assert "robin@people.example Not proved: it is not used" in shown


def test_who_was_checked_in_person_is_found_at_once(made, desk):
    desk.post(ADDRESS, given(**ticked("email", "passport, name and face agree")))
    (case,) = cases()
    assert (case.state, case.subject) == ("in_review", made.stranger.pk)
    assert Mail.objects.get().kind == "case.acknowledged"
    shown = words(desk.get(act("proofs", case)))
    assert "Checked by an officer" in shown and "passport, name and face agree" in shown


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "robin"}, "email"),
        ({"phone": "call me"}, "phone"),
        (ticked("email", ""), "seen_email"),
        (ticked("email", "passport 12345678"), "seen_email"),
        (ticked("phone", "called back"), "phone"),
        ({"received_on": "soon"}, "received_on"),
        ({"received_on": (clock.now() + timedelta(days=2)).date().isoformat()}, "received_on"),
        ({"received_by": "portal"}, "received_by"),
        ({"kind": "forget"}, "kind"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_written_stays(made, desk, wrong, field):
    answer = desk.post(ADDRESS, given(**wrong))
    assert (answer.status_code, cases(), Mail.objects.count()) == (400, [], 0)
    assert field in answer.context["form"].errors
    assert "Wants to be forgotten." in answer.content.decode()


def test_somebody_with_nothing_to_be_found_by_is_not_recorded(made, desk):
    answer = desk.post(ADDRESS, given(email="", postal="Mill Lane 4"))
    assert answer.status_code == 400 and "at least one thing" in words(answer)


def test_there_is_no_place_for_a_copy(made, desk):
    """Attack 11."""
    shown = desk.get(ADDRESS).content.decode()
    assert 'type="file"' not in shown and "never a copy" in shown


def test_a_record_another_page_named_is_recorded_with_what_was_seen(made, desk):
    address = f"{ADDRESS}?for={made.stranger.pk}"
    assert "Robin Stranger" in words(desk.get(address))
    nothing = desk.post(address, given(**ticked("record", "")))
    assert nothing.status_code == 400 and nothing.context["form"].errors["seen_record"] and not cases()
    desk.post(address, given(**ticked("record", "face known")))
    (case,) = cases()
    assert (case.subject, case.state, case.channel) == (made.stranger.pk, "in_review", "phone")
    order = cast.order(made, "A-1", made.subject)
    assert desk.get(f"{ADDRESS}?for={order.pk}").status_code == 404


def test_an_officer_records_a_correction_told_on_the_phone(made, desk):
    address = f"{ADDRESS}?for={made.subject.pk}&kind=rectify"
    assert 'name="value_health"' in desk.get(address).content.decode()
    data = given(kind="rectify", text="", **ticked("record", "called back"))
    for key, value in {
        "name": "Sage Winter",
        "email": "sage@people.example",
        "phone": "",
        "health": "",
    }.items():
        data |= {f"initial-value_{key}": value, f"value_{key}": value}
    assert desk.post(address, data).status_code == 400
    assert desk.post(address, {**data, "value_health": "none"}).status_code == 302
    assert cases()[0].kind == "rectify"


def test_an_officer_sends_a_new_code_until_there_were_enough(made, desk):
    case = ask(at=clock.now())
    proof = {"proof": proof_of(case).pk}
    for _ in range(3):
        assert desk.post(act("proof-again", case), proof).status_code == 302
    assert desk.post(act("proof-again", case), proof).status_code == 429
    other = ask("sage@people.example", at=clock.now())
    assert desk.post(act("proof-again", other), proof).status_code == 404


def test_an_officer_who_looked_says_what_they_saw(made, desk):
    case = ask(at=clock.now())
    key = proof_of(case).pk
    refused = desk.post(act("proof-checked", case), ticked(key, "passport 12345678"))
    assert refused.status_code == 400 and "Leave out the number" in words(refused)
    assert desk.post(act("proof-checked", case), ticked(key, "passport agrees")).status_code == 302
    assert (again(case).state, again(case).subject) == ("in_review", made.stranger.pk)
    assert desk.post(act("proof-checked", case), ticked(key, "passport agrees")).status_code == 409


def test_each_identifier_is_ticked_by_itself_and_none_before(made, desk):
    """An officer who saw a passport did not call the number that stands beside it."""
    case = ask(phone="+48 600 100 200", number="C-1", at=clock.now())
    mail, phone, number = (proof_of(case, kind) for kind in ("email", "phone", "number"))
    page = desk.get(act("proofs", case)).content.decode()
    assert f'name="checked_{mail.pk}"' in page and f'name="checked_{phone.pk}"' in page
    assert not re.search(r"<input[^>]*\schecked[\s>]", page)
    none = {f"seen_{mail.pk}": "passport agrees"}
    assert desk.post(act("proof-checked", case), none).status_code == 400
    assert again(case).state == "proving"
    empty = desk.post(act("proof-checked", case), {f"checked_{mail.pk}": "on"})
    assert empty.status_code == 400 and again(case).state == "proving"
    sent = {
        **ticked(phone.pk, "called back"),
        **ticked(number.pk, "card shown"),
        f"seen_{mail.pk}": "not ticked",
    }
    assert desk.post(act("proof-checked", case), sent).status_code == 302
    assert {kind: proof_of(case, kind).seen for kind in ("email", "phone", "number")} == {
        "email": "",
        "phone": "called back",
        "number": "card shown",
    }
    assert proof_of(case).proved_at is None


@pytest.fixture
def several(made):
    """A proved request whose address two people share."""
    leads = {**cast.CONTACTS, "key": "leads", "label": "Lead", "label_plural": "Leads"}
    made.leads = catalogue.define(actor=cast.SETTING_UP, description=leads)
    made.twin = cast.contact(made.leads, "Twin", email="robin@people.example")
    case = ask(at=clock.now())
    codes.try_code(proof_of(case).pk, code_in(latest(case)), at=clock.now())
    return again(case)


def test_an_officer_picks_among_those_found(made, several, desk):
    shown = words(desk.get(act("proofs", several)))
    assert "Twin" in shown and "Robin Stranger" in shown and "Nobody was found" not in shown
    assert desk.post(act("bind", several), {"record": made.subject.pk}).status_code == 404
    assert desk.post(act("nothing-held", several)).status_code == 409
    assert desk.post(act("bind", several), {"record": made.twin.pk}).status_code == 302
    assert again(several).subject == made.twin.pk
    assert "This is the person" not in words(desk.get(act("proofs", several)))


def test_nobody_found_is_answered_so(made, desk):
    case = ask("nobody@elsewhere.example", at=clock.now())
    assert "Nobody was found" not in words(desk.get(act("proofs", case)))
    codes.try_code(proof_of(case).pk, code_in(latest(case)), at=clock.now())
    assert "Nobody was found" in words(desk.get(act("proofs", case)))
    assert desk.post(act("nothing-held", case)).status_code == 302
    assert (again(case).state, again(case).nothing_held) == ("fulfilled", True)


def test_the_page_asks_as_often_for_twelve_identifiers_as_for_one(made, desk, django_assert_num_queries):
    case = ask(at=clock.now())
    desk.get(act("proofs", case))
    with CaptureQueriesContext(connection) as one:
        desk.get(act("proofs", case))
    for n in range(11):
        proofs.give(case, "number", f"C-{n}", at=clock.now())
    with django_assert_num_queries(len(one)):
        assert "C-10" in words(desk.get(act("proofs", case)))


@pytest.mark.parametrize("who", ["subject", "auditor", "administrator", "operator"])
def test_nobody_else_settles_who_asks(made, who):
    case = ask(at=clock.now())
    other = browser(made, who, fresh=True)
    for name in ("proof-again", "proof-checked", "bind", "nothing-held"):
        assert other.post(act(name, case)).status_code == 403
    assert other.get(ADDRESS).status_code == 403 == other.get(act("proofs", case)).status_code
    assert again(case).version == case.version and case_cast.codes(case)[-1] == "case.code_sent"
