"""Every page of cases in a real browser: both colour schemes, a narrow screen, progress by itself."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse

from portals_core.plumbing import clock, outbox
from requests.arriving import intake
from tests import cast
from tests.requests import case_cast
from tests.requests.pages import browser

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"], transaction=True), pytest.mark.chromium]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549"]}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def made(transactional_db):
    return cast.set_up()


def visit_as(page, live_url: str, client: Client) -> None:
    page.context.clear_cookies()
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}]
    )


def faults(page) -> list[str]:
    return [fault["id"] for fault in Axe().run(page, options=RULES).response["violations"]]


def addresses(made) -> dict[str, list[str]]:
    """Pages by whoever looks at them, with cases in every sort of state."""
    cast.order(made, "A-1", made.subject)
    deletion = case_cast.file(made, "delete", text="Please.")
    rectify = case_cast.file(made, "rectify", proposals={"name": "Sage Summer", "phone": "+48 600 100 200"})
    refused = case_cast.file(made, "export", "stranger")
    case_cast.decide(made, refused, "refuse", ground=case_cast.GROUND, sentence="No.")
    waiting = case_cast.decide(made, case_cast.file(made, "delete", "stranger"))
    running = case_cast.decide(made, case_cast.file(made, "stop", "stranger"))
    behalf = intake.file_case(
        actor=made.actor("subject"), kind="export", subject=made.added.pk, at=clock.now()
    )
    new, case, own = (f"dsr_requests:{name}" for name in ("new", "case", "status"))
    added = f"{reverse(new)}?for={made.added.pk}"
    desk = [reverse(case, args=[one.pk]) for one in (deletion, rectify, refused, waiting, running, behalf)]
    form = reverse("dsr_requests:intake")
    return {
        "subject": [
            reverse("privacy"),
            reverse(new),
            f"{reverse(new)}?kind=stop",
            f"{reverse(new)}?kind=delete",
            added,
            f"{added}&kind=rectify",
            *(reverse(own, args=[one.pk]) for one in (deletion, rectify, behalf)),
            reverse("dsr_requests:withdraw", args=[deletion.pk]),
            reverse("dsr_requests:confirm", args=[case_cast.token_for(behalf)]),
            reverse("dsr_requests:answered", args=["objected"]),
        ],
        "stranger": [reverse(own, args=[refused.pk])],
        "second_officer": [
            reverse("dsr_requests:queue"),
            f"{reverse('dsr_requests:queue')}?state=lapsed",
            *desk,
            form,
            f"{form}?for={made.subject.pk}",
            f"{form}?for={made.subject.pk}&kind=rectify",
        ],
        "auditor": [desk[0], reverse("dsr_requests:queue")],
    }


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_every_page_meets_wcag_and_fits(made, live_url, page, scheme, width):
    """WCAG 2.2 AA as far as a program can tell, and nothing scrolls sideways."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    found, looked = {}, 0
    for who, paths in addresses(made).items():
        visit_as(page, live_url, browser(made, who))
        for path in paths:
            page.goto(live_url + path)
            assert page.locator("h1").count() == 1, path
            looked += 1
            seen = (faults(page), page.evaluate(WIDER))
            if seen != ([], 0):
                found[path] = seen
    assert found == {}
    assert looked > 20
    page.evaluate("document.querySelector('main button, main a').textContent = ''")
    assert faults(page) != []


def test_progress_moves_on_without_a_reload(made, live_url, page):
    case = case_cast.decide(made, case_cast.file(made, "stop"))
    visit_as(page, live_url, browser(made, "officer"))
    page.goto(live_url + reverse("dsr_requests:case", args=[case.pk]))
    assert page.locator("progress").count() == 1
    outbox.drain()
    page.wait_for_selector("progress", state="detached", timeout=10_000)
    page.wait_for_selector("text=A request was fulfilled", timeout=10_000)
