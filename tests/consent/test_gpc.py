"""Global Privacy Control: what counts as the signal, whose it is, and that it never undoes a consent."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.deciding import gpc, objections
from consent.models import Objection
from consent.standing import gate
from portals_core.plumbing import clock
from portals_core.records.models import Record
from tests import cast
from tests.consent import consent_cast, pages
from tests.consent.consent_cast import LOOK, leaves, states
from tests.consent.test_objections import shown

pytestmark = pytest.mark.django_db
SIGNAL = {"Sec-GPC": "1"}


@pytest.fixture
def made():
    with time_machine.travel(cast.NOW, tick=False):
        found = consent_cast.set_up()
        found.news.marketing = True
        found.news.save()
        yield found


@pytest.fixture
def subject(made):
    return made.org.subject.pk


@pytest.fixture
def client(made):
    return pages.signed_in(made.org.users["subject"])


def visit(client, headers=None, address="consent:mine"):
    answer = client.get(reverse(address), headers=SIGNAL if headers is None else headers)
    assert answer.status_code == 200
    return answer


def recorded() -> list[tuple[str, bool, bool]]:
    rows = Objection.objects.visible_to(LOOK)
    return [(one.signal, one.marketing, one.sharing) for one in rows]


@pytest.mark.parametrize("value", ["1,1", "1, 1", "true", " 1", "1 ", "0", "", "11", "?1", None])
def test_whatever_is_not_exactly_one_is_no_signal(made, client, subject, value):
    """The control: the same visit with "1" is recorded."""
    visit(client, {} if value is None else {"Sec-GPC": value})
    assert recorded() == []
    visit(client)
    assert recorded() == [("gpc", True, True)]


def test_the_signal_of_somebody_signed_in_is_an_objection_and_no_erasure(made, client, subject):
    """Art. 21(2), (5): from that visit on nothing is sent; nothing is deleted and no decision is touched."""
    made.give(at=clock.now())
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
        assert gate.allowed(subject, "news", "email")
        visit(client)
        assert not gate.allowed(subject, "news", "email")
    assert states(subject) == ["obtained"]
    assert Record.objects.visible_to(LOOK).filter(pk=subject).exists()
    assert leaves("objection.recorded") == 1
    assert [one.subject for one in objections.standing(subject)] == [subject]


def test_it_is_shown_with_its_origin(made, client):
    visit(client)
    assert (
        "Your browser asked us not to sell or share your data, on March 5, 2026. "
        "We recorded it as an objection to advertising and sharing." in " ".join(shown(made).split())
    )


def test_it_is_recorded_once_in_any_session(made, client):
    for browser in (client, client, pages.signed_in(made.org.users["subject"])):
        visit(browser)
    assert len(recorded()) == 1 == leaves("objection.recorded")


def test_it_never_undoes_what_was_agreed_to_since(made, client, subject):
    visit(client)
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        made.give(at=clock.now())
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        visit(pages.signed_in(made.org.users["subject"]))
        assert gate.allowed(subject, "news", "email")
    assert len(recorded()) == 1


def test_the_signal_of_staff_is_about_nobody(made):
    """Neither on their own pages nor where they look at the portal as somebody sees it."""
    seen = reverse("portals_core:as-seen", args=[made.org.users["subject"].public_id])
    for who, address in (("officer", reverse("consent:desk-people")), ("administrator", seen)):
        browser = pages.at_the_desk(made.org.users[who])
        assert browser.get(address, headers=SIGNAL).status_code == 200
    assert recorded() == []


def test_the_signal_of_a_visitor_is_about_nobody(made):
    browser = Client()
    assert browser.get(reverse("portals_core:sign-in"), headers=SIGNAL).status_code == 200
    assert recorded() == [] and "sessionid" not in browser.cookies


def test_it_is_recorded_for_whoever_is_signed_in_and_not_for_who_was_before(made, client):
    visit(client)
    client.force_login(made.org.users["stranger"])
    visit(client)
    found = {one.subject for one in Objection.objects.visible_to(LOOK)}
    assert found == {made.org.subject.pk, made.org.stranger.pk}


def test_once_heard_and_without_the_signal_it_costs_no_query(made, client):
    """The same page, with and without: the session knows."""
    visit(client)
    with CaptureQueriesContext(connection) as silent:
        visit(client, {})
    with CaptureQueriesContext(connection) as heard:
        visit(client)
    assert len(heard) == len(silent)


def test_what_cannot_be_recorded_breaks_no_page_and_is_tried_again(made, client, monkeypatch):
    def away(**given):
        raise DatabaseError("the database is busy")

    with monkeypatch.context() as patch:
        patch.setattr(objections, "object_to", away)
        visit(client)
    assert recorded() == []
    visit(client)
    assert len(recorded()) == 1


def test_a_person_who_was_erased_meanwhile_breaks_no_page(made, client, subject):
    visit_of = made.org.users["subject"]
    visit_of.identity_id = None
    visit_of.save()
    assert client.get(reverse("consent:mine"), headers=SIGNAL).status_code == 200
    assert recorded() == []


def test_a_form_that_is_sent_with_the_signal_is_heard_too(made, client, subject):
    """The objection is recorded before the act: what is agreed to in the same request comes later."""
    with time_machine.travel(clock.now(), tick=True):
        client.post(reverse("consent:give", args=["news"]), {"text": made.text.pk, "seen": 0}, headers=SIGNAL)
        assert gate.allowed(subject, "news", "email")
    assert len(recorded()) == 1


# --- the statement ---------------------------------------------------------------------------------------


def test_the_site_says_that_it_heeds_the_signal():
    answer = Client().get("/.well-known/gpc.json")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    said = json.loads(answer.content)
    assert set(said) == {"gpc", "lastUpdate"} and said["gpc"] is True
    assert date.fromisoformat(said["lastUpdate"]) == gpc.LAST_UPDATE
    assert "public" in answer["Cache-Control"] and "max-age=86400" in answer["Cache-Control"]


def test_the_statement_is_the_same_for_whoever_is_signed_in(made, client):
    assert client.get("/.well-known/gpc.json").content == Client().get("/.well-known/gpc.json").content
    assert "public" in client.get("/.well-known/gpc.json")["Cache-Control"]
