"""The register in a real browser: narrow and dark, too; filled in, read, downloaded."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from consent.models import PartyKind, Role
from consent.register import activities
from tests import pdf_text
from tests.consent import consent_cast, register_cast
from tests.consent.consent_cast import LOOK
from tests.seats import seat

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"], transaction=True), pytest.mark.chromium]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549"]}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def made(transactional_db):
    return consent_cast.set_up()


def sit_down(made, who, page, live_url) -> None:
    cookie = seat(made.org, who).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_url}])


def faults(page) -> list[str]:
    return [fault["id"] for fault in Axe().run(page, options=RULES).response["violations"]]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_every_page_fits_and_is_accessible_empty_and_full(made, live_url, page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    sit_down(made, "administrator", page, live_url)
    lists = [reverse(f"consent:{name}") for name in ("register", "register-recipients", "register-parties")]
    new = [reverse(f"consent:new-{name}") for name in ("activity", "recipient", "party")]

    def look(addresses):
        for address in addresses:
            page.goto(live_url + address)
            assert (address, faults(page), page.evaluate(WIDER)) == (address, [], 0)

    look([*lists, *new])
    register_cast.controller()
    client = register_cast.party(PartyKind.CLIENT, "Kelo Cykel AB")
    far = register_cast.recipient("Fieldnote Surveys Inc.", "US", safeguard="Standard contractual clauses")
    for at in range(52):
        register_cast.activity(f"Orders and deliveries {at}", of=[far], purposes=["news"])
    bare = register_cast.bare("Repairs", Role.PROCESSOR)
    of = {"activity": bare.pk, "recipient": far.pk, "party": client.pk}
    edit = [reverse(f"consent:edit-{name}", args=[key]) for name, key in of.items()]
    whole = reverse("consent:activity", args=[activities.activities(LOOK).first().pk])
    shown = [f"{lists[0]}?show={word}" for word in ("incomplete", "ended")]
    look([*lists, *shown, *new, *edit, whole, reverse("consent:activity", args=[bare.pk])])


def test_an_activity_is_entered_completed_and_downloaded(made, live_url, page, tmp_path):
    """D6: what is missing is a list that gets shorter; the document is there for whoever asks."""
    sit_down(made, "administrator", page, live_url)
    register_cast.controller()
    page.goto(live_url + reverse("consent:register"))
    page.get_by_role("link", name="Enter the first activity").click()
    page.get_by_label("Name").fill("Orders")
    page.get_by_label("What it is for").fill("Selling equipment.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Missing").wait_for()
    assert page.get_by_role("main").get_by_role("listitem").count() == 4
    page.get_by_role("link", name="Change").click()
    for label in ("Whose data", "Which data", "When data is erased", "What protects the data"):
        page.get_by_label(label).fill("Customers")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    assert page.get_by_role("heading", name="Missing").count() == 0
    page.get_by_role("main").get_by_role("link", name="Register").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as PDF").click()
    target = tmp_path / "register.pdf"
    waiting.value.save_as(target)
    assert "Selling equipment." in pdf_text.words(target.read_bytes())
