"""Consent in a real browser: one's own, and that of somebody one added, from the question to the way out."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.consent import consent_cast, pages
from tests.consent.consent_cast import mails, states, token_in

pytestmark = [
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
    pytest.mark.journey,
]
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549"],
    }
}


def enter(page, live_url, client) -> None:
    """Carry the session of a signed-in test client over to the browser."""
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}]
    )


def is_accessible(page) -> None:
    faults = Axe().run(page, options=RULES).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []


def test_one_s_own_consent(page, live_url):
    """D4, W15: the exact text, one step to give, one to withdraw."""
    made = consent_cast.set_up()
    enter(page, live_url, pages.signed_in(made.org.users["subject"]))
    page.goto(f"{live_url}/privacy/consent/")
    is_accessible(page)
    page.get_by_role("link", name="Off – read and decide").click()
    assert page.get_by_text(made.text.body).is_visible()
    is_accessible(page)
    page.get_by_role("button", name="I agree").click()
    assert page.get_by_role("status").get_by_text("You agreed").is_visible()
    is_accessible(page)
    page.get_by_role("button", name="On – switch off").click()
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]
    page.get_by_role("link", name="Everything you decided").click()
    is_accessible(page)


def test_the_consent_of_somebody_one_added(page, live_url):
    """D5, W16, W17: asked by one, answered by the other, opened twice before it is answered."""
    made = consent_cast.set_up()
    enter(page, live_url, pages.signed_in(made.org.users["subject"]))
    page.goto(f"{live_url}/privacy/people/")
    page.get_by_role("link", name="Ada Added").click()
    is_accessible(page)
    page.get_by_role("link", name="Read and ask this person").click()
    is_accessible(page)
    page.get_by_role("button", name="Ask this person").click()
    assert page.get_by_text("Waiting for the person").is_visible()
    page.context.clear_cookies()
    address = f"{live_url}/consent/confirm/{token_in(mails('consent.asked')[0])}/"
    page.goto(address)
    page.goto(address)
    assert page.get_by_text(made.text.body).is_visible()
    is_accessible(page)
    page.get_by_role("button", name="I agree").click()
    assert page.get_by_role("heading", name="Thank you").is_visible()
    assert states(made.org.added.pk) == ["waiting", "obtained"]
    page.goto(f"{live_url}/consent/withdraw/{token_in(mails('consent.confirmed')[0])}/")
    is_accessible(page)
    page.get_by_role("button", name="Withdraw").click()
    assert states(made.org.added.pk) == ["waiting", "obtained", "withdrawn"]


def test_the_desk_publishes_and_records(page, live_url):
    """D8, D11."""
    made = consent_cast.set_up()
    enter(page, live_url, pages.at_the_desk(made.org.users["administrator"]))
    page.goto(f"{live_url}/desk/consent/")
    is_accessible(page)
    page.get_by_role("link", name="Newsletter").click()
    page.get_by_role("link", name="New text").click()
    page.get_by_label("Title").fill("Newsletter")
    page.get_by_role("textbox", name="Text").fill("Twice a month.")
    page.get_by_role("button", name="Preview").click()
    is_accessible(page)
    page.get_by_role("button", name="Publish").click()
    assert page.get_by_text("Twice a month.").is_visible()
    is_accessible(page)
    newest = consent_cast.texts.current(made.news, "en")
    assert newest is not None
    made.give(text=newest.pk)
    page.goto(f"{live_url}/desk/consent/people/")
    is_accessible(page)
    page.get_by_role("link", name="Sage Winter").click()
    page.get_by_label("Contract").check()
    page.get_by_role("button", name="Record").click()
    assert page.get_by_role("table", name="Bases").get_by_text("Contract").is_visible()
    is_accessible(page)
