"""Locks in a real browser: their pages meet WCAG 2.2 AA and fit, and a person gets through (L5, L11)."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import cast
from tests.portals_core.test_lock_pages import at_desk, checked_addresses, held, lock, page_of
from tests.seats import seat

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"], transaction=True), pytest.mark.chromium]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549"]}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def made(transactional_db):
    return cast.set_up()


def sit(page, made, who, live_url):
    client = seat(made, who)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}]
    )


def faults(page):
    found = [fault["id"] for fault in Axe().run(page, options=RULES).response["violations"]]
    return found, page.evaluate(WIDER)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_every_page_of_locks_meets_wcag_and_fits(made, live_url, page, scheme, width):
    checked_addresses(made)
    cast.order(made, "A1", made.subject)
    lock(made.stranger)
    hold = held(made, made.added)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    sit(page, made, "officer", live_url)
    staff = [at_desk(made.added), at_desk(made.stranger), at_desk(made.subject, "lock")]
    staff += ["/desk/locks/", "/desk/locks/?source=automatic", "/desk/locks/?ground=business"]
    staff += [f"/desk/locks/{hold.pk}/end/", "/desk/records/contacts/"]
    found = {}
    for address in staff:
        page.goto(live_url + address)
        found[address] = faults(page)
    for who, address in (("operator", at_desk), ("subject", page_of)):
        sit(page, made, who, live_url)
        for place in (address(made.subject, "edit"), address(made.subject)):
            page.goto(live_url + place)
            found[place] = faults(page)
    assert found == dict.fromkeys(found, ([], 0))


def test_an_officer_holds_a_record_whole_and_lets_it_go(made, live_url, page):
    """L5, L17: from the record's page and back, each time with a reason."""
    cast.order(made, "A1", made.subject)
    sit(page, made, "officer", live_url)
    page.goto(live_url + at_desk(made.subject))
    page.get_by_role("link", name="Lock this record").click()
    page.get_by_label("Reason").fill("Court file 7")
    page.get_by_label("Hold everything that belongs to it, too").check()
    page.get_by_role("button", name="Lock", exact=True).click()
    page.get_by_text("2 records were locked.").wait_for()
    page.get_by_role("link", name="End the lock").click()
    page.get_by_label("Why it ends").fill("Settled")
    page.get_by_role("button", name="End 1 lock").click()
    page.get_by_text("The lock has ended.").wait_for()
    page.get_by_text("Past locks").click()
    page.get_by_text("Settled").wait_for()
    assert page.get_by_role("link", name="Lock this record").is_visible()


def test_a_subject_copies_what_was_typed_and_saves_the_rest(made, live_url, page):
    """L11: the lock came while the form was open."""
    sit(page, made, "subject", live_url)
    page.goto(live_url + page_of(made.subject, "edit"))
    page.get_by_label("Name").fill("Sage Summer")
    page.get_by_label("E-mail").fill("typed@people.example")
    checked_addresses(made)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("typed@people.example").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Sage Summer").wait_for()
