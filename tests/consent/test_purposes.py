"""Setting purposes up."""

import pytest

from consent.catalogue import purposes
from consent.models import NoAnswer, Purpose
from portals_core.ledger import reads as ledger
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from tests.consent import consent_cast
from tests.consent.consent_cast import leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return consent_cast.set_up()


def define(made, who="administrator", **changed):
    given = {"key": "survey", "name": "Surveys", "channels": ["email"], **changed}
    return purposes.define(actor=made.actor(who), **given)


def test_an_administrator_sets_a_purpose_up_and_changes_it(made):
    define(made)
    changed = define(made, name="Questionnaires", active=False)
    assert (changed.name, changed.active) == ("Questionnaires", False)
    assert "survey" not in [one.key for one in purposes.active()]
    assert purposes.purpose("survey") == changed
    assert leaves("purpose.defined") == 4


def test_others_may_not(made):
    for who in ("officer", "operator", "subject"):
        with pytest.raises(Forbidden):
            define(made, who)
    define(made)


def test_after_publishing_channels_only_become_fewer(made):
    """D17: people agreed to no more than they read."""
    with pytest.raises(Conflict) as caught:
        define(made, key="news", channels=["email", "phone"])
    assert caught.value.code == "purpose.widened"
    assert define(made, key="news", channels=["email"]).channels == ["email"]
    assert define(made, key="draft", channels=["phone", "email"]).channels == ["email", "phone"]


@pytest.mark.parametrize(
    "changed", [{"key": "Ä"}, {"key": "1a"}, {"key": "a" * 41}, {"name": " "}, {"channels": ["fax"]}]
)
def test_what_cannot_be_a_purpose(made, changed):
    with pytest.raises(BadInput):
        define(made, **changed)
    define(made)


EVERYTHING = {
    "marketing": True,
    "sharing": True,
    "for_children": True,
    "consent_months": 24,
    "remind_days": 5,
    "wait_days": 14,
    "no_answer": "erase",
    "erase_days": 90,
    "public_form": True,
    "form_module": "contacts",
}


def test_every_setting_is_stored_and_stands_in_the_ledger(made):
    """D13, D14, D16, D17."""
    define(made, description="Twice a year", **EVERYTHING)
    stored = purposes.purpose("survey")
    assert {name: getattr(stored, name) for name in EVERYTHING} == {
        **EVERYTHING,
        "form_module": made.org.contacts,
    }
    assert purposes.rules_of(stored) == EVERYTHING
    entry = ledger.entries(consent_cast.LOOK, code="purpose.defined", about="purpose:survey").get()
    told = ledger.detail_of(entry, consent_cast.LOOK)
    assert told == {
        "name": "Surveys",
        "description": "Twice a year",
        "channels": ["email"],
        "active": True,
        **EVERYTHING,
    }


def test_rules_left_out_stay_and_a_new_purpose_has_the_usual_ones(made):
    assert purposes.rules_of(define(made)) == purposes.rules_of(Purpose())
    define(made, **EVERYTHING)
    assert purposes.rules_of(define(made, name="Other")) == EVERYTHING
    kept = define(made, no_answer="keep", erase_days=None)
    assert (kept.no_answer, kept.wait_days) == (NoAnswer.KEEP, 14)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"consent_months": 0}, "consent_months"),
        ({"consent_months": 121}, "consent_months"),
        ({"wait_days": 0}, "wait_days"),
        ({"wait_days": 366}, "wait_days"),
        ({"wait_days": None}, "wait_days"),
        ({"remind_days": 14}, "remind_days"),
        ({"remind_days": 0}, "remind_days"),
        ({"no_answer": "sell"}, "no_answer"),
        ({"erase_days": None}, "erase_days"),
        ({"erase_days": 3651}, "erase_days"),
        ({"erase_days": 0}, "erase_days"),
        ({"no_answer": "keep"}, "erase_days"),
        ({"no_answer": "officer"}, "erase_days"),
        ({"form_module": ""}, "form_module"),
        ({"form_module": "orders"}, "form_module"),
        ({"form_module": "unknown"}, "form_module"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_at_its_field(made, changed, field):
    with pytest.raises(BadInput) as caught:
        define(made, **{**EVERYTHING, **changed})
    assert set(caught.value.fields) == {field}
    assert not Purpose.objects.visible_to(consent_cast.LOOK).filter(key="survey").exists()


@pytest.mark.parametrize(
    "limits",
    [
        {"consent_months": 1, "wait_days": 2, "remind_days": 1, "erase_days": 1},
        {"consent_months": 120, "wait_days": 365, "remind_days": 364, "erase_days": 3650},
        {"consent_months": None, "remind_days": None, "public_form": False, "form_module": ""},
    ],
)
def test_settings_at_their_limits(made, limits):
    assert purposes.rules_of(define(made, **{**EVERYTHING, **limits})) == {**EVERYTHING, **limits}


def test_several_faults_are_named_at_once(made):
    with pytest.raises(BadInput) as caught:
        define(made, consent_months=500, wait_days=0, public_form=True)
    assert set(caught.value.fields) == {"consent_months", "wait_days", "form_module"}


def test_a_public_form_enters_people_where_consent_is_kept(made):
    """D7, D16: a module whose compliance is off keeps no consent."""
    made.org.contacts.compliance = False
    made.org.contacts.save()
    with pytest.raises(BadInput):
        define(made, **EVERYTHING)
    made.org.contacts.compliance = True
    made.org.contacts.save()
    assert define(made, **EVERYTHING).form_module == made.org.contacts


def test_a_new_purpose_never_takes_the_place_of_another(made):
    with pytest.raises(Conflict) as caught:
        define(made, key="news", name="Something else", new=True)
    assert caught.value.code == "purpose.exists"
    assert purposes.purpose("news").name == "Newsletter"
    assert define(made, new=True).name == "Surveys"


def test_an_unknown_purpose_is_absent(made):
    with pytest.raises(Absent):
        purposes.purpose("unknown")
