"""Pages behind links in mail."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from consent.catalogue import texts
from consent.contact import questions
from consent.models import Withdrawn
from portals_core.plumbing import clock
from portals_core.plumbing.models import OneTimeLink
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import mails, states, token_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    made = consent_cast.set_up()
    made.ask(at=clock.now())
    return made


@pytest.fixture
def address(made):
    return reverse("consent:confirm", args=[token_in(mails("consent.asked")[0])])


def text_of(response) -> str:
    return response.content.decode()


def test_the_mail_leads_to_the_configured_origin(made, settings):
    """Attack 34: never the Host header."""
    (mail,) = mails("consent.asked")
    token = token_in(mail)
    assert settings.BASE_URL + reverse("consent:confirm", args=[token]) in mail.body


def test_opening_the_link_changes_nothing_however_often(made, address):
    """W16: mail scanners and previews are harmless."""
    for method in ("get", "get", "head"):
        response = getattr(Client(), method)(address)
        assert response.status_code == 200
    page = text_of(Client().get(address))
    assert made.text.body in page and "Sage Winter" in page and "supervisory authority" in page
    assert states(made.org.added.pk) == ["waiting"]
    assert OneTimeLink.objects.filter(used_at=None, revoked_at=None).count() == 1
    assert "no-store" in response["Cache-Control"]


def test_yes_by_post_counts_once(made, address):
    """W16, W17."""
    yes = {"answer": "yes", "text": made.text.pk}
    answer = Client().post(address, yes)
    assert answer.status_code == 302 and Client().get(answer["Location"]).status_code == 200
    assert states(made.org.added.pk) == ["waiting", "obtained"]
    assert Client().post(address, yes).status_code == 404
    assert Client().get(address).status_code == 404


def test_no_by_post_counts(made, address):
    assert Client().post(address, {"answer": "no"}).status_code == 302
    assert states(made.org.added.pk) == ["waiting", "refused"]


def test_neither_yes_nor_no_changes_nothing(made, address):
    for data in ({}, {"answer": "maybe", "text": made.text.pk}, {"answer": "yes"}):
        assert Client().post(address, data).status_code == 400
    assert states(made.org.added.pk) == ["waiting"]


def test_two_windows_with_one_link_the_first_answer_holds(made, address):
    first, second = Client(), Client()
    assert first.get(address).status_code == second.get(address).status_code == 200
    assert first.post(address, {"answer": "no"}).status_code == 302
    assert second.post(address, {"answer": "yes", "text": made.text.pk}).status_code == 404
    assert states(made.org.added.pk) == ["waiting", "refused"]


def test_an_altered_link_is_404(made, address):
    """W16: edited token; the untouched one works."""
    altered = address[:-2] + ("A" if address[-2] != "A" else "B") + "/"
    for wrong in (altered, reverse("consent:confirm", args=["x"])):
        assert Client().get(wrong).status_code == 404
        assert Client().post(wrong, {"answer": "no"}).status_code == 404
    assert Client().get(address).status_code == 200


def test_a_text_changed_meanwhile_is_409_and_the_new_question_comes_by_mail(made, address):
    """W15: the old version is never agreed to, the new one never unread; the old link is used up."""
    new = made.republish()
    page = Client().get(address)
    assert page.status_code == 409 and "Send me the new question" in text_of(page)
    assert made.text.body not in text_of(page) and new.body not in text_of(page)
    for text in (made.text.pk, new.pk):
        assert Client().post(address, {"answer": "yes", "text": text}).status_code == 409
    assert states(made.org.added.pk) == ["waiting"] and len(mails("consent.asked")) == 1
    assert Client().post(address, {"answer": "new"}).status_code == 302
    assert Client().get(address).status_code == 404
    assert Client().post(address, {"answer": "new"}).status_code == 404
    _old, mail = mails("consent.asked")
    assert mail.to == "ada@people.example"
    fresh = reverse("consent:confirm", args=[token_in(mail)])
    assert new.body in text_of(Client().get(fresh))
    Client().post(fresh, {"answer": "yes", "text": new.pk})
    assert states(made.org.added.pk) == ["waiting", "waiting", "obtained"]


def test_the_new_question_is_not_sent_while_the_old_one_is_good(made, address):
    assert Client().post(address, {"answer": "new"}).status_code == 409
    assert len(mails("consent.asked")) == 1 and Client().get(address).status_code == 200


def test_a_version_withdrawn_and_not_replaced_is_no_longer_asked(made, address):
    """D11: nothing to agree to, no button; a no is still taken."""
    Withdrawn(purpose=made.news, version=1, reason="wrong", at=clock.now()).save()
    page = Client().get(address)
    assert page.status_code == 409
    assert "no longer ask" in text_of(page) and "Send me" not in text_of(page)
    assert Client().post(address, {"answer": "yes", "text": made.text.pk}).status_code == 409
    assert Client().post(address, {"answer": "new"}).status_code == 409
    assert states(made.org.added.pk) == ["waiting"]
    assert Client().post(address, {"answer": "no", "text": made.text.pk}).status_code == 302
    assert states(made.org.added.pk) == ["waiting", "refused"]


def shown_channels(made) -> str:
    """A new version that shows its channels and asks for remarks, and the address of a question on it."""
    text = texts.publish(
        actor=cast.SETTING_UP,
        purpose="news",
        language="en",
        title="Newsletter",
        body="We write to you.",
        show_channels=True,
        remarks_label="Anything else?",
        at=clock.now(),
    )
    old = reverse("consent:confirm", args=[token_in(mails("consent.asked")[0])])
    Client().post(old, {"answer": "new"})
    made.text = text
    return reverse("consent:confirm", args=[token_in(mails("consent.asked")[-1])])


def test_channels_are_chosen_and_none_is_ticked_before(made):
    """D10, D15, D17: at least one, none that was not asked for; remarks are kept."""
    address = shown_channels(made)
    page = text_of(Client().get(address))
    assert page.count('type="checkbox"') == 2 and "checked" not in page and "Anything else?" in page
    yes = {"answer": "yes", "text": made.text.pk, "remarks": "Mondays only"}
    for wrong in ([], ["phone"]):
        response = Client().post(address, {**yes, "channels": wrong})
        assert response.status_code == 400 and "Mondays only" in text_of(response)
    assert states(made.org.added.pk)[-1] == "waiting"
    assert Client().post(address, {**yes, "channels": ["post"]}).status_code == 302
    given = consent_cast.stored(made.org.added.pk)[-1]
    assert (given.state, given.channels, given.remarks) == ("obtained", ["post"], "Mondays only")


def test_what_was_chosen_is_kept_when_something_is_wrong(made):
    address = shown_channels(made)
    given = {"answer": "yes", "text": made.text.pk, "channels": ["post"], "remarks": "x" * 2000}
    response = Client().post(address, given)
    assert response.status_code == 400 and text_of(response).count(" checked") == 1


def test_a_link_that_is_over_says_so_calmly(made, address):
    """W16: used, altered and unknown read the same, by whatever method."""
    Client().post(address, {"answer": "no", "text": made.text.pk})
    pages = [Client().get(address), Client().post(address, {"answer": "yes", "text": made.text.pk})]
    pages.append(Client().get(reverse("consent:confirm", args=["x"])))
    assert {page.status_code for page in pages} == {404}
    assert all("does not work any longer" in text_of(page) for page in pages)


def test_a_page_of_the_organisation_names_no_stranger(made):
    """Art. 14: who asks is said as it is."""
    questions.ask_person(
        actor=made.actor("officer"), subject=made.org.stranger.pk, purpose="news", at=clock.now()
    )
    page = text_of(Client().get(reverse("consent:confirm", args=[token_in(mails("consent.asked")[-1])])))
    assert "would like to know" in page and "added you" not in page


def test_the_link_speaks_the_reader_s_language_and_stores_it(made, address):
    """W15, N8: text and language as they were shown."""
    finnish = consent_cast.publish("news", language="fi", title="Uutiskirje", body="Kirjoitamme.")
    page = text_of(Client().get(address, headers={"accept-language": "fi"}))
    assert finnish.body in page and made.text.body not in page
    Client().post(address, {"answer": "yes", "text": finnish.pk}, headers={"accept-language": "fi"})
    assert consent_cast.stored(made.org.added.pk)[-1].language == "fi"


def test_withdrawing_by_the_link_in_the_receipt(made, address):
    """Art. 7(3): opening shows, one POST ends."""
    Client().post(address, {"answer": "yes", "text": made.text.pk})
    way_out = reverse("consent:withdraw-by-link", args=[token_in(mails("consent.confirmed")[0])])
    assert made.text.body in text_of(Client().get(way_out))
    assert states(made.org.added.pk) == ["waiting", "obtained"]
    assert Client().post(way_out).status_code == 302
    assert states(made.org.added.pk) == ["waiting", "obtained", "withdrawn"]
    assert Client().post(way_out).status_code == 404


def test_a_form_from_elsewhere_is_refused(made, address):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address, {"answer": "no"}).status_code == 403
    assert states(made.org.added.pk) == ["waiting"]


def test_the_closing_page_knows_its_answers(made):
    assert Client().get(reverse("consent:answered", args=["given"])).status_code == 200
    assert Client().get(reverse("consent:answered", args=["other"])).status_code == 404


def test_a_question_asked_long_ago_is_404():
    """D12: expiring, to the second of the day it is due."""
    made = consent_cast.set_up()
    made.ask(at=cast.NOW)
    address = reverse("consent:confirm", args=[token_in(mails("consent.asked")[0])])
    due = cast.NOW + timedelta(days=made.news.wait_days)
    with time_machine.travel(due - timedelta(seconds=1), tick=False):
        assert Client().get(address).status_code == 200
    with time_machine.travel(due, tick=False):
        assert Client().get(address).status_code == 404
