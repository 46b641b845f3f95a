"""The desk by keyboard: rows of the queue, items to decide on, and the list of keys."""

import pytest
from django.urls import reverse

from requests.models import Verdict
from tests import cast, storage
from tests.requests import case_cast
from tests.requests.case_cast import TEST
from tests.requests.many_cases import many
from tests.requests.pages import browser
from tests.requests.test_pages_in_a_browser import faults, visit_as

pytestmark = pytest.mark.django_db(databases=["default", "keyring"], transaction=True)
QUEUE = reverse("dsr_requests:queue")
CLAIMS = "JustificationA17LegalClaims"


@pytest.fixture
def made(transactional_db):
    return cast.set_up()


def test_keys_are_a_file_of_our_own_and_only_where_there_is_something_to_move_in(made):
    officer = browser(made, "officer")
    assert "dsr/keys.js" in officer.get(QUEUE).content.decode()
    assert 'id="keys"' not in officer.get(QUEUE).content.decode()
    case = case_cast.file(made, "delete")
    shown = officer.get(QUEUE).content.decode()
    assert 'id="keys"' in shown and "data-rows" in shown and "<script>" not in shown
    here = reverse("dsr_requests:case", args=[case.pk])
    assert "data-board" in officer.get(here).content.decode()
    assert "keys" not in browser(made, "auditor").get(here).content.decode()


def at(page) -> str:
    """The heading or the link where the keyboard is."""
    return page.evaluate(
        "(document.activeElement.querySelector('h3, h4') || document.activeElement).innerText"
    )


@pytest.mark.chromium
def test_a_queue_and_a_case_are_worked_through_without_a_pointer(made, live_url, page):
    """Keys move, mark, choose and save; none is caught while somebody writes, or once switched off."""
    many(made, 2)
    for number in range(3):
        cast.order(made, f"A-{number}", made.subject)
    case = case_cast.file(made, "delete")
    visit_as(page, live_url, browser(made, "officer"))
    page.goto(live_url + QUEUE)
    in_the_queue(page, page.keyboard.press, case)
    on_the_board(page, page.keyboard.press)
    rows = Verdict.objects.visible_to(TEST).filter(case=case)
    kept = [(row.kind, bool(row.ref), row.verdict, row.ground, row.sentence) for row in rows]
    assert sorted(kept) == [
        ("orders", False, "refuse", CLAIMS, "jxs?"),
        ("orders", True, "fulfil", "", ""),
        ("orders", True, "fulfil", "", ""),
    ]
    switched_off(page, page.keyboard.press)


def in_the_queue(page, press, case) -> None:
    """From the top, down and up, choose one, open the case."""
    rows = page.locator("tbody th a")
    for key in "jjk":
        press(key)
    assert at(page) == rows.first.inner_text()
    press("x")
    assert page.locator("tbody input:checked").count() == 1
    page.locator("[name=number]").fill("jx")
    press("j")
    assert page.locator("[name=number]").input_value() == "jxj"
    rows.filter(has_text=case.number).focus()
    press("o")
    page.wait_for_url(f"**/{case.pk}/")


def on_the_board(page, press) -> None:
    """Refuse the group of orders with its ground and words, mark two of its items and choose for both."""
    while "Orders" not in at(page):
        press("j")
    press("2")
    page.locator(":focus").select_option(CLAIMS)
    press("Tab")
    page.keyboard.type("jxs?")
    press("Escape")
    assert "Orders" in at(page)
    press("o")
    for key in ("j", "x", "j", "x", "1"):
        press(key)
    assert page.locator(".marked:visible").count() == 2
    press("s")
    page.wait_for_selector("text=Nothing is decided yet.")


def switched_off(page, press) -> None:
    """The list of keys opens by its key, is fit for everybody, and switches the others off for good."""
    press("?")
    assert page.locator("dialog#keys[open] kbd").count() > 8
    assert faults(page) == []
    page.locator("#keys-use").uncheck()
    press("Escape")
    page.reload()
    press("j")
    assert page.locator(".verdict:focus").count() == 0
    page.locator("#keys-shown").click()
    page.locator("#keys-use").check()
    press("Escape")
    page.locator("h1").click()
    press("j")
    assert page.locator(".verdict:focus").count() == 1


def choices(page) -> list[str]:
    """What is chosen for each group, from the top: the person and the orders, then their files."""
    groups = page.locator("[data-board] > .verdict > .verdict-inputs [name^=verdict-]")
    return groups.evaluate_all("all => all.map((one) => one.value)")


@pytest.mark.chromium
def test_a_key_chooses_the_same_act_on_every_row(made, live_url, page, settings, tmp_path):
    """A file cannot be copied without what is about others: the key of that act leaves it as it is, and the
    key of a refusal refuses it, too."""
    storage.of_this_test(settings, tmp_path)
    storage.add(TEST, cast.order(made, "A-1", made.subject))
    case = case_cast.file(made, "export")
    visit_as(page, live_url, browser(made, "officer"))
    page.goto(live_url + reverse("dsr_requests:case", args=[case.pk]))
    rows, press = len(choices(page)), page.keyboard.press
    seen = {}
    for key in "1230":
        for row in range(rows):
            page.locator("[data-board] > .verdict").nth(row).focus()
            press(key)
        seen[key] = choices(page)
    offered = page.locator("[data-board] > .verdict option[value=redact]").count()
    assert 0 < offered < rows
    assert seen["1"] == ["fulfil"] * rows and seen["3"] == ["refuse"] * rows and seen["0"] == [""] * rows
    assert sorted(seen["2"]) == ["fulfil"] * (rows - offered) + ["redact"] * offered
