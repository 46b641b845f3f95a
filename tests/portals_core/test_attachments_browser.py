"""A file added and downloaded in a real browser, without a script of ours; narrow and dark, too (P1)."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.people.models import ModuleAccess
from tests import cast, storage
from tests.seats import seat

pytestmark = [
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
    pytest.mark.chromium,
    pytest.mark.timeout(400),
]
_LOOK = system("look in a test")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549"]}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def made(transactional_db, settings, tmp_path):
    storage.of_this_test(settings, tmp_path)
    made = cast.set_up()
    ModuleAccess.objects.visible_to(_LOOK).filter(user_type=made.user_type).update(can_attach=True)
    return made


def _enter(made, page, live_url, who):
    key = seat(made, who).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": live_url}])


def _well(page):
    """Nothing a program can find stands against WCAG 2.2 AA, and nothing is wider than the screen."""
    found = [fault["id"] for fault in Axe().run(page, options=RULES).response["violations"]]
    return (found, page.evaluate(WIDER)) == ([], 0)


@pytest.mark.parametrize(
    ("who", "room", "scheme", "width"),
    [("subject", "m", "light", 1280), ("operator", "desk/records", "dark", 360)],
)
def test_a_file_is_added_downloaded_and_removed(made, live_url, page, tmp_path, who, room, scheme, width):
    name = "Pełnomocnictwo z bardzo długą nazwą, która się nie mieści 合同 счёт.pdf"
    given = tmp_path / name
    given.write_bytes(storage.CONTENT)
    storage.add(made.actor("operator"), made.subject, "answer.txt")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    _enter(made, page, live_url, who)
    page.goto(f"{live_url}/{room}/contacts/{made.subject.pk}/")
    files = page.get_by_role("region", name="Files")
    files.get_by_label("File", exact=True).set_input_files(given)
    files.get_by_role("button", name="Add file").click()
    page.get_by_text("The file was added.").wait_for()
    assert _well(page)
    with page.expect_download() as coming:
        files.get_by_role("link", name=name, exact=True).click()
    assert coming.value.suggested_filename == name
    coming.value.save_as(tmp_path / "taken")
    assert (tmp_path / "taken").read_bytes() == storage.CONTENT
    files.get_by_role("link", name="Remove").last.click()
    assert _well(page)
    page.get_by_role("button", name="Remove file").click()
    page.get_by_text("The file was removed.").wait_for()
    assert files.get_by_text(name).count() == 0 and len(storage.shelf()) == 1


def test_a_locked_record_says_why_it_takes_no_file(made, live_url, page):
    """L8: and the page of a refused file is one to go on from."""
    _enter(made, page, live_url, "subject")
    page.set_viewport_size({"width": 360, "height": 900})
    page.goto(f"{live_url}/m/contacts/{made.subject.pk}/files/")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}
    )
    page.get_by_role("button", name="Add file").click()
    page.get_by_text("This file is empty.").first.wait_for()
    assert _well(page)
    place.place(
        actor=_LOOK,
        record=made.subject.pk,
        ground="restriction",
        reason="why",
        placed_by="case:1",
        at=cast.NOW,
    )
    page.goto(f"{live_url}/m/contacts/{made.subject.pk}/")
    files = page.get_by_role("region", name="Files")
    assert "its processing is restricted" in files.inner_text() and files.locator("form").count() == 0
    assert _well(page)
