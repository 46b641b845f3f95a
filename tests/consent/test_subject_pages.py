"""What a portal user sees and does."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

from consent.grounds import recording
from portals_core import panels as composed
from portals_core.locks import place
from portals_core.plumbing import clock
from tests import cast
from tests.consent import consent_cast, pages
from tests.consent.consent_cast import LOOK, states

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return consent_cast.set_up()


@pytest.fixture
def client(made):
    return pages.signed_in(made.org.users["subject"])


def text_of(response) -> str:
    return response.content.decode()


def test_the_tab_leads_to_the_exact_text_and_gives_and_withdraws(made, client):
    """D4: reading before a yes; one press each way; nothing ticked beforehand."""
    tab, text = reverse("privacy"), reverse("consent:decide", args=["news"])
    off = text_of(client.get(tab))
    assert "Off – read and decide" in off and f'href="{text}"' in off and "On – switch off" not in off
    before = text_of(client.get(text))
    assert made.text.body in before and "I agree" in before and "checked" not in before
    given = client.post(reverse("consent:give", args=["news"]), {"text": made.text.pk, "seen": 0})
    assert (given.status_code, given.url) == (302, tab)
    on = text_of(client.get(tab))
    assert "On – switch off" in on and "You agreed." in on and "By: E-mail, Post" in on
    ended = client.post(reverse("consent:withdraw", args=["news"]))
    assert (ended.status_code, ended.url) == (302, tab)
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]
    after = text_of(client.get(tab))
    assert "On – switch off" not in after
    assert f'<a href="{text}">Read the text to switch it on again</a>' in after
    assert made.text.body in text_of(client.get(reverse("consent:history")))


def test_opening_pages_changes_nothing_and_acts_refuse_get(made, client):
    """W16."""
    for name in ("give", "refuse", "withdraw"):
        assert client.get(reverse(f"consent:{name}", args=["news"])).status_code == 405
    assert client.get(reverse("consent:withdraw-all")).status_code == 405
    for name in ("mine", "history", "people"):
        assert client.get(reverse(f"consent:{name}")).status_code == 200
    assert client.get(reverse("consent:decide", args=["news"])).status_code == 200
    assert states(made.org.subject.pk) == []


def test_a_text_changed_meanwhile_is_409_with_the_new_text(made, client):
    """W15."""
    new = made.republish()
    response = client.post(reverse("consent:give", args=["news"]), {"text": made.text.pk, "seen": 0})
    assert response.status_code == 409
    assert new.body in text_of(response) and "was changed while you were reading" in text_of(response)
    assert states(made.org.subject.pk) == []
    assert client.post(reverse("consent:give", args=["news"]), {"text": new.pk, "seen": 0}).status_code == 302


def test_a_form_without_its_text_is_400(made, client):
    for data in ({}, {"text": "x"}, {"text": -1}):
        assert client.post(reverse("consent:give", args=["news"]), data).status_code == 400
    assert states(made.org.subject.pk) == []


def test_a_restriction_is_423_for_giving_and_no_matter_for_withdrawing(made, client):
    made.give()
    place.place(
        actor=LOOK,
        record=made.org.subject.pk,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=cast.NOW,
    )
    give = {"text": made.text.pk, "seen": 1}
    assert client.post(reverse("consent:give", args=["news"]), give).status_code == 423
    assert client.post(reverse("consent:withdraw", args=["news"])).status_code == 302
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]


def test_strangers_are_404_like_nobody_and_the_person_one_added_is_there(made, client):
    """D5, attack: a foreign id reads like a missing one."""
    bodies = set()
    for person in (made.org.stranger.pk, "00000000-0000-4000-8000-000000000000"):
        answers = [
            client.get(reverse("consent:person", args=[person])),
            client.get(reverse("consent:decide-for", args=[person, "news"])),
            client.post(reverse("consent:give-for", args=[person, "news"]), {"text": made.text.pk}),
            client.post(reverse("consent:withdraw-for", args=[person, "news"])),
        ]
        assert [answer.status_code for answer in answers] == [404, 404, 404, 404]
        body = text_of(answers[0]).replace(str(person), "…")
        bodies.add(re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", body))
    assert len(bodies) == 1
    assert states(made.org.stranger.pk) == []
    page = client.get(reverse("consent:person", args=[made.org.added.pk]))
    assert page.status_code == 200
    assert "Ada Added" in text_of(page) and "Read and ask this person" in text_of(page)


def test_asking_for_a_person_one_added(made, client):
    """D5, W17."""
    address = reverse("consent:give-for", args=[made.org.added.pk, "news"])
    assert client.post(address, {"text": made.text.pk, "seen": 0}).status_code == 302
    assert states(made.org.added.pk) == ["waiting"]
    assert client.post(address, {"text": made.text.pk, "seen": 1}).status_code == 409
    page = text_of(client.get(reverse("consent:people")))
    assert "Ada Added" in page and "Waiting for them" in page and "Robin" not in page
    assert f"/privacy/requests/new/?for={made.org.added.pk}" in page
    client.post(reverse("consent:withdraw-for", args=[made.org.added.pk, "news"]))
    assert states(made.org.added.pk) == ["waiting", "revoked"]


def test_one_s_history_is_one_s_own(made, client):
    """Bait: somebody else decided on a text with words of its own."""
    other = consent_cast.publish("draft", body="Only the stranger read this.")
    made.give("stranger", purpose="draft", text=other.pk)
    made.give()
    page = text_of(client.get(reverse("consent:history")))
    assert made.text.body in page and other.body not in page
    theirs = pages.signed_in(made.org.users["stranger"]).get(reverse("consent:history"))
    assert other.body in text_of(theirs)


def test_who_is_not_signed_in_or_not_a_portal_user_is_turned_away(made):
    post = {"text": made.text.pk, "seen": 0}
    officer = pages.at_the_desk(made.org.users["officer"])
    for name in ("mine", "history", "people"):
        assert Client().get(reverse(f"consent:{name}")).status_code == 302
        assert officer.get(reverse(f"consent:{name}")).status_code == 403
    assert Client().post(reverse("consent:give", args=["news"]), post).status_code == 302
    assert officer.post(reverse("consent:give", args=["news"]), post).status_code == 403
    assert states(made.org.subject.pk) == []


def test_a_form_from_elsewhere_is_refused(made, client):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    given = {"text": made.text.pk, "seen": 0}
    assert strict.post(reverse("consent:give", args=["news"]), given).status_code == 403
    assert states(made.org.subject.pk) == []


def privacy_tab(made) -> str:
    """The panels of this app, drawn as the composed page draws them."""
    request = RequestFactory().get("/privacy/")
    actor = made.actor("subject")
    request.user, request.actor = made.org.users["subject"], actor
    found = composed.panels("privacy", actor)
    ours = [(template, context) for template, context in found if template.startswith("consent/")]
    assert [template for template, _context in ours] == [
        "consent/panel_mine.html",
        "consent/panel_people.html",
    ]
    return "".join(render_to_string(template, context, request) for template, context in ours)


def test_the_panels_of_the_privacy_tab(made):
    """D3, D4, D5: text, button, people; the basis only where it is consent."""
    officer = made.actor("officer")
    recording.record_basis(actor=officer, subject=made.org.subject.pk, basis="A6-1-b", at=cast.NOW)
    page = privacy_tab(made)
    assert reverse("consent:decide", args=["news"]) in page and "Ada Added" in page
    assert "because you agreed" not in page and "Contract" not in page
    recording.record_basis(actor=officer, subject=made.org.subject.pk, basis="A6-1-a", at=clock.now())
    assert "because you agreed" in privacy_tab(made)


def test_no_page_has_a_style_or_script_of_its_own(made, client):
    """Strict content security policy."""
    made.ask()
    for address in (
        reverse("consent:mine"),
        reverse("consent:history"),
        reverse("consent:people"),
        reverse("consent:decide", args=["news"]),
        reverse("consent:decide-for", args=[made.org.added.pk, "news"]),
        reverse("consent:person", args=[made.org.added.pk]),
    ):
        page = text_of(client.get(address))
        assert "style=" not in page and "<style" not in page and "onclick" not in page
