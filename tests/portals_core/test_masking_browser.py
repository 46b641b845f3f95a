"""A masked value in a real browser: dots, one button per field, one value in clear; narrow and dark, too."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from portals_core.access.actor import system
from portals_core.records import descriptions
from portals_core.writing.records import change_record
from tests import cast
from tests.requests import case_cast
from tests.seats import seat

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"], transaction=True), pytest.mark.chromium]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549"]}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def made(transactional_db):
    made = cast.set_up()
    for row in (
        {"label": "Passport number", "masked": True, "personal": "sensitive"},
        {"label": "Iban", "encrypted": True},
    ):
        descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row=row)
    given = {"passport_number": "AB-4711", "iban": "DE89 3704 0044 0532"}
    change_record(actor=system("test"), record=made.subject.pk, given=given, at=cast.NOW)
    return made


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_the_button_shows_one_value_and_the_page_fits(made, live_url, page, scheme, width):
    """F7: on the record and on the case; nothing a program can find stands against WCAG 2.2 AA."""
    case = case_cast.file(made, "rectify", proposals={"passport_number": "CD-4712", "name": "Sage Summer"})
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    client = seat(made, "officer")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}]
    )
    record = f"/desk/records/contacts/{made.subject.pk}/"
    for path in (record, reverse("dsr_requests:case", args=[case.pk])):
        page.goto(live_url + path)
        covered = (_faults(page), page.evaluate(WIDER))
        text = page.locator("main").inner_text()
        assert "AB-4711" not in text and "CD-4712" not in text
        page.get_by_role("button", name="Show “Passport number”").click()
        page.get_by_text("AB-4711").wait_for()
        assert [covered, (_faults(page), page.evaluate(WIDER))] == [([], 0), ([], 0)]


def _faults(page):
    return [fault["id"] for fault in Axe().run(page, options=RULES).response["violations"]]
