"""Two officers who have one request open see each other; nothing of it is kept."""

from datetime import timedelta

import pytest
from django.urls import reverse

from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing import clock
from requests.desk import presence
from requests.models import Case, Presence
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import TEST
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def rows() -> list[Presence]:
    return list(Presence.objects.visible_to(TEST))


def test_two_officers_see_each_other_and_nobody_sees_themselves(made):
    case, other = case_cast.file(made, "export"), case_cast.file(made, "stop", "stranger")
    at = clock.now()
    assert presence.here(made.actor("officer"), case, at) == []
    assert presence.here(made.actor("second_officer"), case, at) == [made.users["officer"].name]
    assert presence.here(made.actor("officer"), case, at) == [made.users["second_officer"].name]
    assert presence.here(made.actor("officer"), other, at) == []


def test_a_minute_later_they_are_gone_and_nothing_is_kept(made):
    case, at = case_cast.file(made, "export"), clock.now()
    presence.here(made.actor("officer"), case, at)
    presence.here(made.actor("officer"), case, at + timedelta(seconds=20))
    assert [row.at for row in rows()] == [at + timedelta(seconds=20)]
    second = made.actor("second_officer")
    assert presence.here(second, case, at + timedelta(seconds=80)) == [made.users["officer"].name]
    assert presence.here(second, case, at + timedelta(seconds=81)) == []
    assert [row.user for row in rows()] == [made.users["second_officer"]]


def test_looking_is_no_step_of_the_case(made):
    case = case_cast.file(made, "export")
    before = (LedgerEntry.objects.count(), case_cast.again(case).version)
    presence.here(made.actor("officer"), case, clock.now())
    assert (LedgerEntry.objects.count(), case_cast.again(case).version) == before


def test_the_page_says_who_else_looks_and_asks_again_by_itself(made):
    case = case_cast.file(made, "export")
    here, poll = (reverse(f"dsr_requests:{name}", args=[case.pk]) for name in ("case", "present"))
    first, second = browser(made, "officer"), browser(made, "second_officer")
    assert "looking at this request" not in words(first.get(here))
    name = made.users["officer"].name
    shown = second.get(here)
    assert f"{name} is looking at this request, too." in words(shown)
    assert f'hx-get="{poll}?seen={case.version}" hx-trigger="every 20s"' in shown.content.decode()
    asked = first.get(poll, {"seen": case.version}).content.decode()
    assert f"{made.users['second_officer'].name} is looking" in asked and "has changed" not in asked


def test_everybody_who_looks_is_named_however_many(made):
    """Beyond two: all the others by name, in one sentence, and nobody twice however often they look."""
    case, at = case_cast.file(made, "export"), clock.now()
    made.users |= {name: cast.staff(name, "officer") for name in ("third", "fourth")}
    for who in ("officer", "third", "fourth", "officer"):
        presence.here(made.actor(who), case, at)
    names = ", ".join(sorted(made.users[who].name for who in ("officer", "third", "fourth")))
    shown = words(browser(made, "second_officer").get(reverse("dsr_requests:case", args=[case.pk])))
    assert f"{names} are looking at this request, too." in shown
    assert len(rows()) == 4


def test_an_open_page_learns_that_the_request_changed(made):
    case = case_cast.file(made, "export")
    poll = reverse("dsr_requests:present", args=[case.pk])
    client = browser(made, "officer")
    assert "has changed" not in client.get(poll, {"seen": case.version}).content.decode()
    case_cast.decide(made, case, "refuse", ground=case_cast.GROUND, sentence="No.", who="second_officer")
    assert "This request has changed since you opened it." in (
        client.get(poll, {"seen": case.version}).content.decode()
    )


@pytest.mark.parametrize("who", ["subject", "stranger", "administrator", "operator"])
def test_nobody_else_learns_who_works_on_a_request(made, who):
    case = case_cast.file(made, "export")
    presence.here(made.actor("officer"), case, clock.now())
    assert browser(made, who).get(reverse("dsr_requests:present", args=[case.pk])).status_code == 403
    assert Case.objects.visible_to(TEST).filter(present__user=made.users[who]).count() == 0
