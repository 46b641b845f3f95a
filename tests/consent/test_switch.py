"""D2, D7: bases and consent are kept for a module's people, or not; what is stored stays."""

import pytest
from django.urls import reverse

from consent import panels
from consent.deciding import decisions
from consent.grounds import recording
from consent.standing import reads
from portals_core.plumbing.errors import Absent, BadInput, Forbidden
from portals_core.records import catalogue, descriptions
from requests.models import Case
from tests import cast
from tests.consent import consent_cast, pages
from tests.consent.consent_cast import LOOK, states
from tests.requests import case_cast

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return consent_cast.set_up()


@pytest.fixture
def administrator(made):
    return pages.at_the_desk(made.org.users["administrator"])


def text_of(response) -> str:
    return response.content.decode()


def press(administrator, module="contacts", **sent):
    return administrator.post(reverse("portals_core:setup-bases", args=[module]), sent, follow=True)


def tab(made) -> str:
    return text_of(pages.signed_in(made.org.users["subject"]).get(reverse("privacy")))


def test_an_administrator_switches_it_for_one_module(made, administrator):
    assert "Bases and consent are not kept now." in text_of(press(administrator))
    assert not catalogue.module("contacts").compliance
    assert "Bases and consent are kept from now on." in text_of(press(administrator, kept="on"))
    assert catalogue.module("contacts").compliance


def test_only_for_people_and_only_by_who_sets_up(made, administrator):
    assert press(administrator, "orders", kept="on").status_code == 400
    with pytest.raises(BadInput):
        descriptions.keep_bases(actor=made.actor("administrator"), of=made.org.orders, kept=True)
    with pytest.raises(Forbidden):
        descriptions.keep_bases(actor=made.actor("officer"), of=made.org.contacts, kept=False)
    officer = pages.at_the_desk(made.org.users["officer"])
    assert officer.post(reverse("portals_core:setup-bases", args=["contacts"])).status_code == 403
    assert catalogue.module("contacts").compliance and not catalogue.module("orders").compliance


def test_off_hides_consent_from_the_tab_and_leaves_requests_where_they_are(made, administrator):
    """D2: "off hides the tab, never stored requests"."""
    recording.record_basis(
        actor=made.actor("officer"), subject=made.org.subject.pk, basis="A6-1-a", at=cast.NOW
    )
    case = case_cast.file(made.org, "export")
    words = ("What we may do with your data", made.text.title, "because you agreed")
    assert all(word in tab(made) for word in words) and case.number in tab(made)
    press(administrator)
    assert not any(word in tab(made) for word in words)
    assert case.number in tab(made) and Case.objects.visible_to(LOOK).filter(pk=case.pk).exists()
    press(administrator, kept="on")
    assert all(word in tab(made) for word in words)
    assert reads.bases_of(made.actor("officer"), made.org.subject.pk).count() == 1


def test_off_leaves_what_was_given_to_be_withdrawn_and_offers_nothing_anew(made, administrator):
    """Art. 7(3): withdrawing stays as easy as giving was."""
    made.give()
    press(administrator)
    assert "switch off" in tab(made)
    actor = made.actor("subject")
    decisions.withdraw(actor=actor, subject=actor.identity, purpose="news", at=cast.NOW)
    assert states(actor.identity) == ["obtained", "withdrawn"]
    assert "What we may do with your data" not in tab(made)


def test_off_shows_no_consent_of_the_people_one_added(made, administrator):
    subject = made.actor("subject")
    assert [len(one.standings) for one in panels.people(subject)["people"]] == [1]
    press(administrator)
    assert [len(one.standings) for one in panels.people(subject)["people"]] == [0]


def test_off_takes_no_consent_that_is_sent_by_hand(made, administrator):
    """D2: whatever the page offers, the writer refuses; what was given can be withdrawn all the same."""
    press(administrator)
    with pytest.raises(Absent):
        made.give()
    assert states(made.org.subject.pk) == []
