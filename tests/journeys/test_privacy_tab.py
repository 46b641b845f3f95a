"""The privacy tab in a real browser: on with two of three channels, off in one press, all off, history."""

import pytest
from playwright.sync_api import expect

from tests.consent import consent_cast, pages
from tests.consent.consent_cast import states, stored
from tests.consent.tab_cast import offer
from tests.journeys.test_consent import enter, is_accessible

pytestmark = [
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
    pytest.mark.journey,
]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def made(page, live_url):
    made = consent_cast.set_up()
    offer("offers", "Offers by our partners", remarks_label="Is there anything we should know?")
    enter(page, live_url, pages.signed_in(made.org.users["subject"]))
    return made


def row(page, title):
    """The part of the tab about one purpose."""
    return page.locator("li.consent").filter(has=page.get_by_role("heading", name=title))


def agree(page, title, *channels):
    row(page, title).get_by_role("link", name="Off – read and decide").click()
    is_accessible(page)
    for channel in channels:
        page.get_by_label(channel, exact=True).check()
    page.get_by_role("button", name="I agree", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("You agreed")


def test_on_with_two_channels_off_in_one_press_and_all_off(page, live_url, made):
    """D4, D6, D10: what a person does on the tab, start to end."""
    subject = made.org.subject.pk
    page.goto(f"{live_url}/privacy/")
    is_accessible(page)
    agree(page, "Offers by our partners", "E-mail", "Post")
    expect(row(page, "Offers by our partners")).to_contain_text("By: E-mail, Post")
    assert stored(subject)[0].channels == ["email", "post"]
    row(page, "Offers by our partners").get_by_role("button", name="On – switch off").click()
    expect(row(page, "Offers by our partners")).to_contain_text("You switched this off.")
    is_accessible(page)
    page.get_by_role("status").get_by_role("link", name="Read the text to switch it on again").click()
    page.locator("main .back").click()
    agree(page, "Offers by our partners", "Phone")
    agree(page, "Newsletter")
    is_accessible(page)
    page.get_by_role("button", name="Withdraw all (2)").click()
    expect(page.get_by_role("status")).to_contain_text("Withdrawn: 2 consents.")
    expect(page.get_by_role("button", name="On – switch off")).to_have_count(0)
    assert [state for state in states(subject) if state == "withdrawn"] == ["withdrawn"] * 3
    page.get_by_role("link", name="Everything you decided").click()
    expect(page.get_by_role("row")).to_have_count(1 + 6)
    page.get_by_role("row").nth(2).locator("summary").click()
    is_accessible(page)


def test_a_form_without_a_box_leads_back_to_the_boxes(page, live_url, made):
    """The focus goes to what is missing; nothing is stored."""
    page.goto(f"{live_url}/privacy/consent/offers/read/")
    page.get_by_role("button", name="I agree", exact=True).click()
    expect(page.locator(".error-summary")).to_be_focused()
    is_accessible(page)
    page.get_by_role("button", name="I do not agree").click()
    assert states(made.org.subject.pk) == ["refused"]


def test_the_tab_works_by_keyboard_and_without_scripts(browser, live_url, made):
    """The switch is a form: it needs no script, and the keyboard reaches it by the name of its purpose."""
    made.give()
    context = browser.new_context(java_script_enabled=False, locale="en-GB", timezone_id="UTC")
    plain = context.new_page()
    enter(plain, live_url, pages.signed_in(made.org.users["subject"]))
    plain.goto(f"{live_url}/privacy/")
    switch = plain.get_by_role("button", name="On – switch off Newsletter")
    switch.focus()
    plain.keyboard.press("Enter")
    expect(row(plain, "Newsletter")).to_contain_text("You switched this off.")
    context.close()
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (640, "dark"), (1280, "dark")])
def test_it_fits_narrow_screens_large_print_and_dark_rooms(page, live_url, made, width, scheme):
    """320 px is 1280 px at 400 %, 640 px at 200 %; every target is large enough."""
    made.give()
    made.ask()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    added = made.org.added.pk
    for path in (
        "/privacy/",
        "/privacy/consent/offers/read/",
        "/privacy/consent/news/read/",
        "/privacy/consent/history/",
        "/privacy/people/",
        f"/privacy/people/{added}/consent/",
        f"/privacy/people/{added}/consent/offers/read/",
    ):
        page.goto(f"{live_url}{path}")
        is_accessible(page)
        assert page.evaluate(WIDER) <= 0, path
        for target in page.locator("main :is(button, .button, .switch)").all():
            box = target.bounding_box()
            assert box is not None and min(box["width"], box["height"]) >= 24, path


def test_what_is_printed_says_where_every_purpose_stands(page, live_url, made):
    """The state is in words; buttons are left out on paper."""
    made.give()
    page.goto(f"{live_url}/privacy/")
    page.emulate_media(media="print")
    expect(row(page, "Newsletter")).to_contain_text("You agreed to this.")
    expect(page.get_by_role("button", name="Withdraw all")).to_have_count(0)
    expect(row(page, "Newsletter").locator(".switch")).to_be_visible()
