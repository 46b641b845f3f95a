"""The room of lock rules in a real Chromium: counted days, a preview, and work under way."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from portals_core.locks import rules
from portals_core.plumbing.models import Job, JobState
from portals_core.records import catalogue
from tests import cast
from tests.journeys.house import RULES
from tests.journeys.setting_up import Administrator
from tests.portals_core.test_lock_rules import DEALS, deal, rule
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"], transaction=True)
ROOM = "/desk/setup/modules/deals/locks/"


@pytest.fixture
def made(page: Page, live_url: str):
    made = cast.set_up()
    made.deals = catalogue.define(actor=cast.SETTING_UP, description=DEALS)
    cookies = seat(made, "administrator").cookies.values()
    page.context.add_cookies([{"name": one.key, "value": one.value, "url": live_url} for one in cookies])
    return made


def test_a_day_counted_from_today_is_chosen_tried_and_saved(made, page: Page, live_url: str):
    """L6, L14: the inputs follow what a date is compared with, and what was entered beside them stays."""
    deal(made, title="Long ago", due="2020-01-01")
    deal(made, title="Far ahead", due="2999-01-01")
    page.goto(live_url + ROOM + "new/")
    page.get_by_role("textbox", name="Name", exact=True).fill("Overdue")
    page.get_by_text("Kept by law. ").click()
    page.get_by_label("Law or matter").fill("§ 1")
    page.get_by_role("button", name="Add a condition").click()
    row = page.get_by_role("group", name="Condition 1")
    administrator = Administrator(page, live_url)
    administrator.choose(row, "Field", "Due")
    administrator.choose(row, "Comparison", "is at most")
    administrator.choose(row, "Compared with", "a day counted from today")
    expect(page.locator("#id_c-0-value")).to_have_attribute("type", "text")
    page.fill("#id_c-0-value", "-30")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview-title ~ p").first).to_contain_text("1 record keeps the conditions.")
    expect(page.get_by_role("link", name="Long ago")).to_be_visible()
    assert page.get_by_label("Law or matter").input_value() == "§ 1"
    assert list(rules.stored_rules(made.deals)) == []
    assert Axe().run(page, options=RULES).response["violations"] == []
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".alert-good")).to_be_visible()
    (stored,) = rules.stored_rules(made.deals)
    assert stored.criteria["value"] == ["today-30"] and stored.ground == "retention"
    page.get_by_role("link", name=re.compile(r"^Change ?: Overdue$")).click()
    expect(page.locator("#id_c-0-value")).to_have_value("today-30")


def test_work_under_way_is_followed_without_a_reload(made, page: Page, live_url: str):
    """L14: the bar moves, and the page shows the outcome when it is over."""
    row = rule(made)
    job = Job.objects.filter(about=f"lock_rule:{row.pk}")
    job.update(state=JobState.RUNNING, done=3, total=8)
    page.goto(live_url + ROOM)
    expect(page.locator("#settling")).to_contain_text("3 of 8")
    assert Axe().run(page, options=RULES).response["violations"] == []
    job.update(done=5)
    expect(page.locator("#settling")).to_contain_text("5 of 8")
    job.update(state=JobState.DONE)
    expect(page.locator("#settling")).to_have_count(0)
    expect(page.get_by_role("heading", name="Closed deals")).to_be_visible()
