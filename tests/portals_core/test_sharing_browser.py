"""The pages of sharing in a real browser: usable by everybody, narrow and wide, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from portals_core.people import usertypes
from portals_core.records.models import Layout
from tests import cast
from tests.portals_core import companies
from tests.portals_core.companies import BOUGHT, OWN, define, main
from tests.seats import seat

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"], transaction=True), pytest.mark.chromium]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549"]}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ORDERS = {
    **BOUGHT,
    "create": True,
    "clone": True,
    "view": "cards",
    "fields": {"number": "editable", "customer": "editable", "total": "required"},
    "layout_fields": {"Sale": {"number": "visible"}},
    "conditions": {"field": "number", "how": "is", "own": "name"},
    "match": "any",
}


@pytest.fixture
def made():
    made = companies.set_up()
    sections = [{"title": "", "keys": ["number", "customer"]}]
    Layout(module=made.orders, name="Sale", sections=sections).save()
    usertypes.define_user_type(
        actor=made.actor("administrator"),
        name="Customer Portal",
        identity_module="contacts",
        company_key="company",
        modules=[{**OWN, "clone": True}, ORDERS],
    )
    return made


def come_in(page, address, made, who):
    (cookie,) = [one for name, one in seat(made, who).cookies.items() if name.startswith("session")]
    page.context.clear_cookies()
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])


def looked_at(page, address):
    page.goto(address)
    for box in page.locator("details").all():
        box.evaluate("one => one.open = true")
    for width, scheme in ((1280, "light"), (320, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{address} {width}: {found.generate_report()}"
        assert page.evaluate(WIDER) == 0, f"{address} is wider than {width}"


def test_the_pages_of_sharing_are_for_everybody(page, live_url, made):
    profile = define(made)
    one = cast.order(made, "A-1", made.subject)
    types = f"{live_url}/desk/user-types/{made.user_type.pk}/"
    come_in(page, live_url, made, "administrator")
    for address in (
        types,
        f"{types}profiles/new/",
        f"{types}profiles/{profile.pk}/",
        f"{live_url}/desk/people/{made.users['subject'].public_id}/",
    ):
        looked_at(page, address)
    main(made)
    come_in(page, live_url, made, "subject")
    orders = f"{live_url}/m/orders/"
    for address in (orders, f"{orders}{one.pk}/", f"{orders}{one.pk}/clone/", f"{live_url}/m/contacts/new/"):
        looked_at(page, address)


def test_a_module_is_unfolded_chosen_and_saved_without_a_script(browser, live_url, made):
    """T2, T13: folds open and the form is sent by the browser alone."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    come_in(page, live_url, made, "administrator")
    page.goto(f"{live_url}/desk/user-types/{made.user_type.pk}/")
    lines = page.locator("details.fold", has=page.get_by_role("heading", name="Order lines"))
    assert not lines.get_by_label("Share this module").is_visible()
    lines.locator("summary").first.click()
    lines.get_by_label("Share this module").check()
    lines.get_by_label("Order › Customer").check()
    lines.get_by_label("Product", exact=True).select_option("Visible")
    page.get_by_role("button", name="Save").click()
    rows = {row["module"]: row for row in usertypes.description_of(made.user_type)["modules"]}
    assert (rows["lines"]["via"], rows["lines"]["fields"]) == (["order.customer"], {"product": "visible"})
    assert rows["orders"]["conditions"] and rows["orders"]["layout_fields"] == {"Sale": {"number": "visible"}}
    context.close()
