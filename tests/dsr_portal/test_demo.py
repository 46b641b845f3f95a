"""The demo's data: made once, by the product's own writers, believable in six languages."""

import stat
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connections, transaction
from django.test import override_settings

from consent.catalogue import compare, purposes
from consent.models import Decision, Purpose, Text
from consent.register import standing
from dsr_portal.demo import seed, sign_ins, tongues
from portals_core.access.actor import system
from portals_core.ledger import seal
from portals_core.ledger.models import LedgerEntry
from portals_core.people import accounts, factors
from portals_core.people.models import User
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Conflict
from portals_core.plumbing.models import Mail, MailState
from portals_core.records.models import Record
from requests.law import states
from requests.models import Case

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LOOK = system("look at the demo in a test")


@pytest.fixture(scope="module")
def people(django_db_setup, django_db_blocker, tmp_path_factory):
    """Everybody who can sign in to a demo that is made once for this module and then undone."""
    folder = tmp_path_factory.mktemp("demo")
    moved = override_settings(STATE_DIR=folder, KEYS_DIR=folder / "keys", ORGANISATION="Harjula Outdoor")
    with django_db_blocker.unblock(), moved, transaction.atomic(), transaction.atomic(using="keyring"):
        from portals_core.plumbing import keyring

        keyring.create_master()
        yield seed.plant(now=clock.now())
        for alias in ("default", "keyring"):
            connections[alias].set_rollback(True)


def cases():
    return list(Case.objects.visible_to(LOOK))


def test_everybody_has_an_account_that_is_open_and_staff_a_second_factor_that_works(people):
    assert len(people) == 15
    for one in people:
        user = User.objects.visible_to(LOOK).get(email=one.email)
        assert (user.name, user.language, user.is_active) == (one.name, one.language, True)
        assert user.check_password(one.password)
        assert (user.kind == "staff") is (one.totp_secret is not None)
        if one.totp_secret is not None:
            code, _left = sign_ins.code_now(one.totp_secret, at=clock.now().timestamp())
            assert factors.verify(user=user, code=code).user_id == user.pk


def test_staff_of_every_role_and_people_of_both_user_types_in_every_language(people):
    assert {one.role for one in people} == {
        "administrator", "officer", "auditor", "operator", "Customer Portal", "Partner Portal",
    }  # fmt: skip
    assert Counter(one.role for one in people)["officer"] == 2
    portal = {one.language for one in people if one.totp_secret is None}
    assert portal == {code for code, _name in configured.LANGUAGES}


def test_more_than_a_hundred_people_with_what_belongs_to_them(people):
    kept = Counter(Record.objects.visible_to(LOOK).values_list("module__key", flat=True))
    assert kept["contacts"] >= 120
    assert kept["leads"] >= 40
    for module in ("companies", "products", "deals", "quotes", "invoices", "support"):
        assert kept[module] >= 12, module
    spoken = Counter(
        Record.objects.visible_to(LOOK)
        .filter(module__key="contacts")
        .values_list("values__language", flat=True)
    )
    assert min(spoken[tongue.called] for tongue in tongues.tongues()) >= 19


def test_what_people_added_themselves_is_theirs_and_in_their_sight(people):
    added = Record.objects.visible_to(LOOK).filter(source="Added in the portal")
    assert added.count() == 9, "ten were added; one of them had all deleted"
    assert set(added.values_list("module__key", flat=True)) == {"contacts", "leads"}
    for record in added:
        actor = accounts.actor_of(User.objects.visible_to(LOOK).get(pk=record.creator_id), verified=True)
        assert Record.objects.fetch(actor, record.pk) == record


def test_requests_of_every_kind_in_every_state_that_people_can_bring_them_to(people):
    found = cases()
    assert {case.kind for case in found} == set(states.EVERY_KIND)
    out_of_reach = {"received", "waiting", "cooling_off", "carrying_out"}
    assert {case.state for case in found} == {state.value for state in states.State} - out_of_reach
    assert {case.on_behalf for case in found} == {True, False}


def test_one_request_is_overdue_and_some_are_due_within_a_week(people):
    today = clock.now().date()
    due = [case.due_on for case in cases() if case.is_open]
    assert len([day for day in due if day < today]) == 1
    assert len([day for day in due if today <= day <= today + timedelta(days=7)]) >= 2
    assert len([day for day in due if day > today + timedelta(days=7)]) >= 5


def test_the_register_was_there_before_the_texts_and_stands_in_them(people):
    """Art. 30: a believable register, one point of it still open, frozen with every text."""
    known = standing.standing(LOOK)
    assert (known.controller, known.processor, known.recipients, known.abroad) == (5, 1, 5, 1)
    assert (known.points, known.gaps) == (1, [])
    for text in Text.objects.visible_to(LOOK):
        assert text.facts["controller"]["city"] == "Tampere" and text.facts["data"] and text.facts["limits"]
    survey = Text.objects.visible_to(LOOK).filter(purpose__key="product-survey").first()
    assert [(one["country"], bool(one["safeguard"])) for one in survey.facts["recipients"]] == [("US", True)]
    letter = Text.objects.visible_to(LOOK).filter(purpose__key="newsletter", language="en").first()
    assert "Nobody else receives them" in letter.body and letter.facts["recipients"] == []


def test_every_purpose_is_worded_in_every_language_and_decided_on_in_every_way(people):
    languages = {code for code, _name in configured.LANGUAGES}
    for purpose in Purpose.objects.visible_to(LOOK):
        words = Text.objects.visible_to(LOOK).filter(purpose=purpose, version=1)
        assert set(words.values_list("language", flat=True)) == languages, purpose.key
    decided = set(Decision.objects.visible_to(LOOK).values_list("state", flat=True))
    assert decided == {"obtained", "refused", "waiting", "withdrawn"}


def test_one_purpose_has_two_versions_whose_difference_is_small_and_told_in_every_language(people):
    survey = purposes.purpose("product-survey")
    assert (survey.consent_months, purposes.purpose("newsletter").form_module.key) == (24, "contacts")
    for language, _name in configured.LANGUAGES:
        first, second = [
            Text.objects.visible_to(LOOK).get(purpose=survey, version=number, language=language)
            for number in (1, 2)
        ]
        parts = compare.compare(first.body, second.body)
        kept = sum(len(part.words) for part in parts if part.kind is compare.Kind.SAME)
        assert compare.differ(parts) and kept > len(first.body) / 2, language


def test_no_mail_left_the_machine_and_every_one_can_be_read(people):
    assert set(Mail.objects.values_list("state", flat=True)) == {MailState.KEPT}
    assert Mail.objects.exclude(body="").count() == Mail.objects.count()


def test_everything_stands_in_the_ledger_and_the_ledger_is_integrated(people):
    assert seal.waiting() == 0
    told = Counter(LedgerEntry.objects.values_list("code", flat=True))
    made = Record.objects.visible_to(LOOK).count() + told["record.deleted"]
    assert told["record.created"] == made
    assert told["case.file"] == len(cases())
    assert told["portal_user.created"] + told["staff.created"] == len(people)


def test_a_second_time_nothing_is_made_and_the_same_people_are_named(people):
    before = LedgerEntry.objects.count()
    assert seed.plant(now=clock.now()) == people
    assert LedgerEntry.objects.count() == before


def test_an_installation_that_holds_something_else_is_left_alone(people, tmp_path):
    before = LedgerEntry.objects.count()
    with override_settings(STATE_DIR=tmp_path), pytest.raises(Conflict) as refusal:
        seed.plant(now=clock.now())
    assert refusal.value.code == "demo.not_empty"
    assert (LedgerEntry.objects.count(), list(tmp_path.iterdir())) == (before, [])


def test_only_the_owner_may_read_the_sign_ins(people):
    assert stat.S_IMODE(Path(sign_ins.path()).stat().st_mode) == 0o600


def test_a_code_is_that_of_the_standard_and_says_how_long_it_lives():
    """RFC 6238, appendix B, shortened to six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert sign_ins.code_now(secret, at=59) == ("287082", 1)
    assert sign_ins.code_now(secret, at=1111111109) == ("081804", 1)


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("Róisín O'Sullivan", "roisin.osullivan"),
        ("Łukasz Stępień", "lukasz.stepien"),
        ("Väinö Mäkinen", "vaino.makinen"),
        ("Inês Conceição", "ines.conceicao"),
    ],
)
def test_a_name_becomes_the_local_part_of_an_address(name, local):
    assert tongues.ascii_name(name) == local


def test_every_person_of_a_language_has_a_name_and_an_address_of_their_own():
    for tongue in tongues.tongues():
        assert len(tongue.names) == 31
        emails = {tongue.person(number, tongues_chance()).email for number in range(31)}
        assert len(emails) == 31
        assert not [email for email in emails if email.startswith("@") or not email.isascii()]


def tongues_chance():
    from random import Random

    return Random("test")
