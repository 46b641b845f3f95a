"""The builder of conditions in a real Chromium, with scripts and without."""

import pytest
from playwright.sync_api import Browser, Page, expect

from portals_core.people import usertypes
from tests.portals_core import agency as agencies
from tests.portals_core.test_conditions_pages import page_of, signed_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"], transaction=True)


@pytest.fixture
def agency():
    made = agencies.set_up()
    made.house("Mine", seller=str(made.subject.pk), stage="Draft")
    made.house("Theirs", seller=str(made.made.stranger.pk), stage="Approved")
    made.share(via=["seller"])
    return made


def cookies(agency, url: str) -> list[dict[str, str]]:
    client = signed_in(agency.made.users["administrator"])
    return [{"name": name, "value": one.value, "url": url} for name, one in client.cookies.items()]


def conditions(agency) -> object:
    rows = usertypes.description_of(agency.type)["modules"]
    return next(row for row in rows if row["module"] == "houses")["conditions"]


def chosen(page: Page, box: str, label: str) -> None:
    """Choose in a list on which the rest of the row depends, and wait for that rest."""
    page.locator("#builder").evaluate("builder => { builder.dataset.before = 'yes' }")
    page.select_option(box, label=label)
    page.locator("#builder:not([data-before])").wait_for()


def test_the_inputs_follow_the_chosen_field_and_comparison(agency, page: Page, live_url: str):
    """C12: nothing but the builder is exchanged, and the focus stays where it was."""
    page.context.add_cookies(cookies(agency, live_url))
    page.goto(live_url + page_of(agency))
    page.get_by_role("button", name="Add a condition").click()
    expect(page.locator("#id_c-0-field")).to_be_visible()
    page.evaluate("document.body.dataset.same = 'page'")
    chosen(page, "#id_c-0-field", "Stage")
    chosen(page, "#id_c-0-how", "is one of")
    page.get_by_label("Approved", exact=True).check()
    page.select_option("#id_p-person", label="Sage Winter (sage@people.example)")
    page.check("input[name=match][value=any]")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview-title")).to_have_text("As Sage Winter would see it")
    expect(page.locator(".is-chosen td").last).to_contain_text("2")
    assert page.evaluate("document.body.dataset.same") == "page" and conditions(agency) is None
    page.select_option("#id_c-0-field", label="Free from")
    page.locator("#id_c-0-how option[value=between]").wait_for(state="attached")
    page.focus("#id_c-0-how")
    page.select_option("#id_c-0-how", label="is between")
    expect(page.locator("#id_c-0-until")).to_have_attribute("type", "date")
    assert page.evaluate("document.activeElement.id") == "id_c-0-how"
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#id_c-0-value_error")).to_contain_text("needs 2 values")
    page.fill("#id_c-0-value", "2026-01-01")
    page.fill("#id_c-0-until", "2026-12-31")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".alert-good")).to_be_visible()
    assert conditions(agency)["value"] == ["2026-01-01", "2026-12-31"]


def test_everything_works_without_scripts(agency, browser: Browser, live_url: str):
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies(agency, live_url))
    page = context.new_page()
    page.goto(live_url + page_of(agency))
    page.get_by_role("button", name="Add a condition").click()
    page.select_option("#id_c-0-field", label="Stage")
    page.locator("noscript button").click()
    page.select_option("#id_c-0-how", label="is one of")
    page.locator("noscript button").click()
    page.get_by_label("Approved", exact=True).check()
    page.select_option("#id_p-person", label="Sage Winter (sage@people.example)")
    page.check("input[name=match][value=any]")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview-title")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".alert-good")).to_be_visible()
    assert conditions(agency)["forms"] == ["approved"] and agency.seen() == {"Mine", "Theirs"}
    context.close()
