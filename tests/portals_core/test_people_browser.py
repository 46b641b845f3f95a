"""From the invitation to the desk in a real browser: password, authenticator, code, first page."""

import re

import pytest

from portals_core.people import invitations
from portals_core.plumbing import clock
from portals_core.plumbing.models import Mail
from tests import cast
from tests.portals_core.door import code_at, key_of

pytestmark = pytest.mark.django_db(databases=["default", "keyring"], transaction=True)


def test_a_colleague_comes_in_by_the_link_of_the_mail(page, live_url):
    """U3, RD7: the picture is there to be read, and nothing breaks the content policy."""
    made = cast.set_up()
    invitations.invite_staff(
        actor=made.actor("administrator"),
        email="new@staff.example",
        name="New",
        roles=["administrator"],
        at=clock.now(),
    )
    link = re.search(r"/welcome/\S+", Mail.objects.get().body)
    assert link
    page.goto(live_url + link[0])
    page.get_by_label("New password").fill("a sentence of six plain words")
    page.get_by_role("button", name="Open my account").click()
    box = page.locator("svg.qr").bounding_box()
    assert box and min(box["width"], box["height"]) > 150
    page.get_by_label("Code", exact=True).fill(
        code_at(clock.now(), key_of(page.locator("span.code").inner_text()))
    )
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("link", name="Portal users").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Portal users"
