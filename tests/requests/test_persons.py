"""Whom a word means, for the one who says it."""

import pytest

from portals_core.plumbing.errors import Absent, BadInput
from requests.arriving import persons
from tests import cast

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def test_an_officer_names_anybody_by_id_address_or_unique_value(made):
    officer = made.actor("officer")
    for word in (str(made.stranger.pk), "robin@people.example", " Robin@People.Example "):
        assert persons.named(officer, word) == made.stranger.pk


def test_in_the_portal_only_oneself_and_people_one_added_have_a_name(made):
    """Attack 16: out of reach and not there sound alike."""
    subject = made.actor("subject")
    assert persons.named(subject, "sage@people.example") == made.subject.pk
    assert persons.named(subject, "ada@people.example") == made.added.pk
    refusals = set()
    for word in ("robin@people.example", str(made.stranger.pk), "nobody@people.example", "x"):
        with pytest.raises(Absent) as caught:
            persons.named(subject, word)
        refusals.add(str(caught.value))
    assert len(refusals) == 1


@pytest.mark.parametrize("who", ["administrator", "auditor", "operator"])
def test_other_staff_name_nobody(made, who):
    with pytest.raises(Absent):
        persons.named(made.actor(who), "robin@people.example")


def test_a_record_that_is_no_person_has_no_name(made):
    order = cast.order(made, "A1", made.subject)
    for word in ("A1", str(order.pk)):
        with pytest.raises(Absent):
            persons.named(made.actor("officer"), word)


def test_a_word_that_means_several_people_is_not_guessed(made):
    """Bait: the one's address stands in another module of people, too."""
    from portals_core.records import catalogue

    leads = {**cast.CONTACTS, "key": "leads", "label": "Lead", "label_plural": "Leads"}
    module = catalogue.define(actor=cast.SETTING_UP, description=leads)
    cast.contact(module, "Robin Again")
    with pytest.raises(BadInput) as caught:
        persons.named(made.actor("officer"), "robin@people.example")
    assert caught.value.code == "person.ambiguous"
