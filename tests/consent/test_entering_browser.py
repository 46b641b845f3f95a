"""A signed page entered in a real browser: wide and narrow, light and dark (D12)."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from tests import cast, storage
from tests.consent import consent_cast, pages
from tests.consent.consent_cast import publish, stored

pytestmark = [
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
    pytest.mark.chromium,
    pytest.mark.timeout(400),
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549"]}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def made(transactional_db, settings, tmp_path):
    storage.of_this_test(settings, tmp_path)
    return consent_cast.set_up()


def is_well(page):
    """Nothing a program can find stands against WCAG 2.2 AA, and nothing is wider than the screen."""
    found = [fault["id"] for fault in Axe().run(page, options=RULES).response["violations"]]
    return (found, page.evaluate(WIDER)) == ([], 0)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360), ("light", 320)])
def test_a_signed_page_is_entered(made, live_url, page, tmp_path, scheme, width):
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(storage.CONTENT)
    text = publish("news", body="We write to you every week.", show_channels=True, at=cast.NOW)
    client = pages.at_the_desk(made.org.users["officer"])
    key = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": live_url}])
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_url}/desk/consent/subject/{made.org.subject.pk}/")
    page.get_by_role("link", name="Enter an answer about Newsletter").click()
    assert page.get_by_text(text.body).is_visible() and is_well(page)
    page.get_by_label("Agrees", exact=True).check()
    page.get_by_label("On paper", exact=True).check()
    at = timezone.localtime(cast.NOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    page.get_by_label("When was it said?").fill(at)
    page.get_by_label("Post", exact=True).check()
    page.get_by_role("button", name="Enter", exact=True).click()
    assert page.get_by_text("Add the signed page").first.is_visible() and is_well(page)
    assert page.get_by_label("Post", exact=True).is_checked()
    page.get_by_label("File that shows it").set_input_files(signed)
    page.get_by_role("button", name="Enter", exact=True).click()
    page.get_by_text("Entered: the person agrees.").wait_for()
    assert is_well(page)
    (given,) = stored(made.org.subject.pk)
    assert (given.text, given.channels, bool(given.proof)) == (text, ["post"], True)
    page.get_by_text("version 2 (en)").click()
    assert page.get_by_role("link", name="Proof").is_visible()
