"""Corrections of masked and encrypted fields: covered on the desk, sealed in the store (F7, F13)."""

import json

import pytest
from django.urls import reverse

from portals_core.people.models import Role
from portals_core.plumbing.errors import BadInput
from portals_core.records import descriptions, sealed
from portals_core.records.models import Record
from portals_core.writing.records import change_record
from requests import sources
from requests.casebook import reads
from requests.models import Proposal
from tests import cast
from tests.portals_core import trail
from tests.requests import case_cast
from tests.requests.case_cast import TEST, file
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
OLD, NEW, IBAN_OLD, IBAN_NEW = "AB-4711", "CD-4712", "DE89 3704", "FR14 2004"


@pytest.fixture
def made(made):
    """The subject has a masked passport and an encrypted bank account, and wants both corrected."""
    for row in ({"label": "Passport", "masked": True}, {"label": "Iban", "encrypted": True}):
        descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row=row)
    given = {"passport": OLD, "iban": IBAN_OLD}
    change_record(actor=TEST, record=made.subject.pk, given=given, at=cast.NOW)
    made.case = file(made, "rectify", proposals={"passport": NEW, "iban": IBAN_NEW, "name": "Sage Summer"})
    return made


def _without(permission):
    for role in Role.objects.visible_to(TEST).filter(key="officer"):
        role.permissions = [one for one in role.permissions if one != permission]
        role.save()


def _page(case, name="case"):
    return reverse(f"dsr_requests:{name}", args=[case.pk])


def _proposal(case, key):
    return Proposal.objects.visible_to(TEST).get(case=case, field=key)


def _seen(made, who):
    return {one.field: (one.before, one.proposed) for one in reads.corrections(made.actor(who), made.case)}


def test_the_case_covers_masked_values_until_they_are_shown(made):
    """F7: the officer decides on the field, sees the others in clear, and each look is logged."""
    desk = browser(made, "officer")
    shown = words(desk.get(_page(made.case)))
    assert "Passport hidden hidden Show “Passport”" in shown and OLD not in shown and NEW not in shown
    assert "Sage Summer" in shown and IBAN_NEW in shown and IBAN_OLD in shown
    assert trail.leaves("field.uncovered") == []
    answer = desk.post(_page(made.case, "uncover"), {"correction": str(_proposal(made.case, "passport").pk)})
    assert OLD in words(answer) and NEW in words(answer) and "no-store" in answer.headers["Cache-Control"]
    about = f"record:{made.subject.pk}"
    assert trail.leaves("field.uncovered") == [(made.actor("officer").ref, about)]
    assert trail.details("field.uncovered") == [{"field": "passport"}]
    assert NEW not in words(desk.get(_page(made.case)))


def test_without_the_right_there_is_no_button_and_no_answer(made):
    _without("records.unmask")
    desk = browser(made, "officer")
    shown = words(desk.get(_page(made.case)))
    assert "Passport hidden hidden" in shown and "Show" not in shown and NEW not in shown
    sent = {"correction": str(_proposal(made.case, "passport").pk)}
    assert desk.post(_page(made.case, "uncover"), sent).status_code == 403
    assert trail.leaves("field.uncovered") == []
    assert _seen(made, "officer") == {
        "passport": (None, None),
        "iban": (IBAN_OLD, IBAN_NEW),
        "name": ("Sage Winter", "Sage Summer"),
    }


@pytest.mark.parametrize("chosen", ["iban", "name", "another case", "nonsense"])
def test_only_a_masked_correction_of_this_case_is_uncovered(made, chosen):
    desk = browser(made, "officer")
    other = file(made, "rectify", "stranger", proposals={"passport": "ZZ-9"})
    key = {
        "nonsense": "x",
        "another case": str(_proposal(other, "passport").pk),
    }.get(chosen) or str(_proposal(made.case, chosen).pk)
    assert desk.post(_page(made.case, "uncover"), {"correction": key}).status_code == 404
    assert trail.leaves("field.uncovered") == []
    sent = {"correction": str(_proposal(other, "passport").pk)}
    assert desk.post(_page(other, "uncover"), sent).status_code == 200


def test_a_role_that_sees_no_records_sees_no_correction(made):
    """W17: the fields are named, their values are not."""
    _without("records.view")
    assert set(_seen(made, "officer").values()) == {(None, None)}
    assert IBAN_NEW not in words(browser(made, "officer").get(_page(made.case)))


def test_the_person_sees_their_own_before_and_after_in_clear(made):
    """Decision 10: on their own page and in their own copy."""
    assert _seen(made, "subject")["passport"] == (OLD, NEW)
    shown = words(browser(made, "subject").get(_page(made.case, "status")))
    assert OLD in shown and NEW in shown and IBAN_NEW in shown and "hidden" not in shown
    rows = [row.values for row in sources.Requests().export(made.subject.pk, actor=TEST)]
    told = {row["field"]: (row["before"], row["proposed"]) for row in rows if "proposed" in row}
    assert told["Passport"] == (OLD, NEW) and told["Iban"] == (IBAN_OLD, IBAN_NEW)


def test_a_proposal_keeps_encrypted_values_sealed(made):
    """F13: neither the old nor the new value stands in the table; the name, the bait, does."""
    stored = json.dumps(
        list(Proposal.objects.visible_to(TEST).values_list("field", "before", "proposed")), ensure_ascii=False
    )
    assert "Sage Summer" in stored and IBAN_OLD not in stored and IBAN_NEW not in stored
    row = _proposal(made.case, "iban")
    Proposal.objects.visible_to(TEST).filter(pk=row.pk).update(before=row.proposed)
    with pytest.raises(sealed.keyring.Tampered):
        reads.corrections(made.actor("officer"), made.case)


def test_an_approved_correction_is_written_as_it_was_proposed(made):
    """W4: through the one door, so encrypted again; what really stood there is remembered, sealed as well."""
    change_record(actor=TEST, record=made.subject.pk, given={"iban": "NO93"}, at=case_cast.LATER)
    case_cast.decide(made, made.case)
    case_cast.outbox.drain()
    stored = Record.objects.visible_to(TEST).get(pk=made.subject.pk)
    assert sealed.opened(stored)["iban"] == IBAN_NEW and "iban" not in stored.values
    assert stored.values["passport"] == NEW
    assert _seen(made, "subject")["iban"] == ("NO93", IBAN_NEW)
    assert "NO93" not in json.dumps(_proposal(made.case, "iban").before)


def test_an_emptied_encrypted_field_is_a_correction_too(made):
    """R7: nothing is proposed, and what stood there stays sealed."""
    case_cast.decide(made, made.case)
    case_cast.outbox.drain()
    again = file(made, "rectify", proposals={"iban": ""})
    assert _proposal(again, "iban").proposed is None and IBAN_NEW not in json.dumps(
        _proposal(again, "iban").before
    )
    case_cast.decide(made, again)
    case_cast.outbox.drain()
    stored = Record.objects.visible_to(TEST).get(pk=made.subject.pk)
    assert "iban" not in sealed.opened(stored) and "iban" not in stored.folded


@pytest.mark.parametrize("guess", [OLD, "XX-0"])
def test_writing_a_request_down_probes_no_masked_field(made, guess):
    """Decision 10: equal or not, staff without the right get one answer; with it the request is filed."""
    case_cast.decide(made, made.case, "refuse", ground=case_cast.GROUND, sentence="No")
    wanted = {"subject": made.subject.pk, "proposals": {"passport": guess, "phone": "+47 1"}}
    _without("records.unmask")
    with pytest.raises(BadInput, match="have no field “passport”"):
        file(made, "rectify", "officer", **wanted)
    for role in Role.objects.visible_to(TEST).filter(key="officer"):
        role.permissions = [*role.permissions, "records.unmask"]
        role.save()
    assert file(made, "rectify", "officer", **wanted).state


def test_an_erasure_takes_the_key_of_every_record_with_encrypted_values(made):
    """F13, N5: what a backup still holds does not open."""
    case_cast.decide(made, made.case)
    case_cast.outbox.drain()
    kept = Record.objects.visible_to(TEST).get(pk=made.subject.pk)
    assert sealed.opened(kept)["iban"] == IBAN_NEW
    assert case_cast.carried_out(made, "delete").state == "fulfilled"
    assert not Record.objects.visible_to(TEST).filter(pk=kept.pk).exists()
    with pytest.raises(sealed.keyring.KeyDestroyed):
        sealed.opened(kept)
