"""The queue of the desk: order, filters, pages, numbers, keyboard."""

import html
import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portals_core.plumbing import clock
from requests.desk import queue
from requests.desk.queue import Filters
from requests.holding import holdings
from requests.law.states import State
from requests.models import Case, Channel, Kind
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST, decide, file
from tests.requests.many_cases import many, row
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
QUEUE = "dsr_requests:queue"
TODAY = LATER.date()


@pytest.fixture
def desk(made):
    return browser(made, "officer")


def numbers(actor, **wanted) -> list[str]:
    page = queue.page(actor, Filters(**wanted), at=LATER)
    assert queue.count(actor, Filters(**wanted), at=LATER) == len(page.cases)
    return [case.number for case in page.cases]


def links(response) -> dict[str, str]:
    """Addresses of the pages beside this one by what their buttons say."""
    found = re.findall(
        r'<a class="button button-second" href="([^"]*)">(.*?)</a>', response.content.decode(), re.S
    )
    return {re.sub(r"<.*?>", "", name, flags=re.S).strip(): html.unescape(address) for address, name in found}


def test_the_queue_shows_what_is_due_soonest_first_with_the_word_for_late(made, desk):
    many(made, 2)
    soon = case_cast.file(made, "stop", "stranger")
    Case.objects.visible_to(TEST).filter(pk=soon.pk).update(
        due_on=queue.today(clock.now()) + timedelta(days=2)
    )
    shown = words(desk.get(reverse(QUEUE)))
    assert shown.index("2020-00000") < shown.index("2020-00001") < shown.index(soon.number)
    assert "days late" in shown and "in 2 days" in shown
    assert "Stop processing Robin Stranger the person In review" in shown
    assert "3 open requests" in shown


def test_the_queue_is_filtered_and_says_so_when_nothing_matches(made, desk):
    many(made, 1)
    deletion = case_cast.file(made, "delete", "stranger")
    Case.objects.visible_to(TEST).filter(pk=deletion.pk).update(
        due_on=queue.today(clock.now()) + timedelta(days=9)
    )
    assert deletion.number not in words(desk.get(reverse(QUEUE), {"kind": "export"}))
    assert deletion.number in words(desk.get(reverse(QUEUE), {"kind": "delete"}))
    overdue = words(desk.get(reverse(QUEUE), {"due": "overdue"}))
    assert "2020-00000" in overdue and deletion.number not in overdue
    assert "No request matches these filters." in words(desk.get(reverse(QUEUE), {"state": "lapsed"}))
    assert deletion.number in words(desk.get(reverse(QUEUE), {"state": "no-such-state", "after": "x"}))


def test_every_filter_keeps_what_it_names_and_nothing_else(made):
    """W20, W22: kind, state, due, assignee, channel, country, user type, subject, number."""
    officer, colleague = made.actor("officer"), made.users["second_officer"]
    rows = [
        row(made, 0, due_on=TODAY - timedelta(days=1), kind=Kind.DELETE),
        row(made, 1, due_on=TODAY, assignee=made.users["officer"], channel=Channel.PHONE),
        row(made, 2, due_on=TODAY + timedelta(days=7), assignee=colleague, country="DE"),
        row(
            made,
            3,
            due_on=TODAY + timedelta(days=8),
            requester=made.users["officer"],
            user_type=None,
        ),
        row(made, 4, due_on=TODAY, state=State.REFUSED, closed_at=LATER, subject=made.stranger.pk),
        row(made, 5, due_on=TODAY + timedelta(days=20), state=State.WAITING, subject=None),
    ]
    Case.objects.visible_to(TEST).bulk_create(rows)
    kept = {
        (): "01235",
        (("state", "open"),): "01235",
        (("state", "closed"),): "4",
        (("state", "refused"),): "4",
        (("state", "waiting"),): "5",
        (("kind", "delete"),): "0",
        (("due", "overdue"),): "0",
        (("due", "soon"),): "12",
        (("due", (TODAY + timedelta(days=8)).isoformat()),): "0123",
        (("assignee", "me"),): "1",
        (("assignee", "nobody"),): "035",
        (("assignee", str(colleague.public_id)),): "2",
        (("assignee", str(uuid4())),): "",
        (("channel", "phone"),): "1",
        (("country", "DE"),): "2",
        (("user_type", str(made.user_type.pk)),): "0125",
        (("subject", str(made.stranger.pk)), ("state", "closed")): "4",
        (("subject", str(made.subject.pk)), ("due", "soon")): "12",
        (("number", "2020-00004"),): "4",
        (("number", "2020"),): "",
        (("subject", "nobody"),): "",
        (("state", "invented"),): "",
        (("due", "someday"),): "",
    }
    for wanted, places in kept.items():
        found = "".join(sorted(number[-1] for number in numbers(officer, **dict(wanted))))
        assert found == places, wanted


def test_who_may_not_read_cases_finds_none_by_any_filter(made):
    """Attack 17: numbers and pages say nothing of rows out of reach."""
    many(made, 3)
    for who in ("operator", "administrator"):
        actor = made.actor(who)
        assert numbers(actor) == numbers(actor, number="2020-00001") == []
        assert set(vars(queue.standing(actor, at=LATER)).values()) == {0}


def test_an_empty_queue_says_where_requests_come_from(made, desk):
    shown = words(desk.get(reverse(QUEUE)))
    assert "Nothing waits" in shown and "Requests from the portal appear here by themselves." in shown


def test_pages_follow_each_other_both_ways_without_gap_or_repetition(made, desk):
    many(made, 120)
    first = desk.get(reverse(QUEUE))
    second = desk.get(reverse(QUEUE) + links(first)["Next page"])
    third = desk.get(reverse(QUEUE) + links(second)["Next page"])
    shown = [re.findall(r"2020-\d{5}", words(page)) for page in (first, second, third)]
    assert [number for page in shown for number in page] == [f"2020-{place:05d}" for place in range(120)]
    assert set(links(first)) == {"Next page"} and set(links(third)) == {"First page", "Previous page"}
    back = desk.get(reverse(QUEUE) + links(third)["Previous page"])
    assert re.findall(r"2020-\d{5}", words(back)) == shown[1]
    again = desk.get(reverse(QUEUE) + links(back)["Previous page"])
    assert re.findall(r"2020-\d{5}", words(again)) == shown[0]
    assert "Previous page" not in links(again)


def test_many_cases_of_one_day_are_paged_by_their_id(made):
    many(made, 7, due_on=TODAY)
    officer, seen, after, steps = made.actor("officer"), [], None, []
    while True:
        page = queue.page(officer, at=LATER, after=after, limit=3)
        seen += page.cases
        steps.append([case.pk for case in page.cases])
        if page.after is None:
            break
        after = page.after
    assert len(seen) == len(set(seen)) == 7
    assert [case.pk for case in seen] == sorted(case.pk for case in seen)
    before = queue.page(officer, at=LATER, before=page.before, limit=3)
    assert [case.pk for case in before.cases] == steps[1]


def test_the_queue_leaves_closed_cases_out_unless_asked(made):
    deletion, export = decide(made, file(made, "delete")), file(made, "export")
    refused = decide(made, file(made, "stop"), "refuse", ground=case_cast.GROUND, sentence="No")
    officer = made.actor("officer")
    assert set(numbers(officer)) == {deletion.number, export.number}
    assert numbers(officer, state="awaiting_approval") == [deletion.number]
    assert numbers(officer, kind="export") == [export.number]
    assert numbers(officer, state="refused") == numbers(officer, state="closed") == [refused.number]


@pytest.mark.parametrize("number", [1, 3])
def test_a_page_of_the_queue_is_one_query_however_long(made, number, django_assert_num_queries):
    many(made, number)
    officer = made.actor("officer")
    with django_assert_num_queries(1):
        assert len(queue.page(officer, at=LATER).cases) == number


@pytest.mark.parametrize("asked", [{}, {"due": "overdue", "assignee": "nobody", "channel": "portal"}])
def test_the_page_asks_the_database_as_often_for_a_thousand_as_for_one(
    made, desk, asked, django_assert_num_queries
):
    """W22."""
    many(made, 1)
    desk.get(reverse(QUEUE), asked)
    with CaptureQueriesContext(connection) as one:
        desk.get(reverse(QUEUE), asked)
    many(made, 1_000, start=1, due_on=date(2026, 3, 5))
    with django_assert_num_queries(len(one)):
        assert "1,001 " in words(desk.get(reverse(QUEUE), asked))


def test_what_waits_is_told_above_and_leads_to_its_cases(made, desk):
    now = queue.today(clock.now())
    many(made, 2, due_on=now - timedelta(days=3))
    many(made, 3, start=2, due_on=now + timedelta(days=7), assignee=made.users["officer"])
    page = desk.get(reverse(QUEUE))
    assert "Overdue 2 Due in 7 days 3 With nobody 2 Assigned to me 3" in _figures(page)
    assert "3 requests" in words(desk.get(reverse(QUEUE) + "?assignee=me"))


def _figures(page) -> str:
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.content.decode())
    return " ".join(f"{name} {re.sub('<.*?>', '', number)}" for name, number in found)


def test_counting_stops_at_a_number_nobody_reads(made, desk, monkeypatch):
    monkeypatch.setattr(queue, "MOST", 3)
    many(made, 6)
    assert queue.count(made.actor("officer"), at=LATER) == 4
    assert "3+ open requests" in words(desk.get(reverse(QUEUE)))
    assert queue.in_words(3) == "3" and holdings.MOST == 10_000


def test_what_was_narrowed_stays_in_the_addresses_of_the_pages(made, desk):
    many(made, 60, channel=Channel.PHONE)
    many(made, 5, start=60)
    asked = {"channel": "phone", "by": "2030-01-01", "subject": str(made.subject.pk)}
    first = desk.get(reverse(QUEUE), asked)
    second = desk.get(reverse(QUEUE) + links(first)["Next page"])
    assert "60 requests" in words(first) and "60 requests" in words(second)
    assert len(re.findall(r"2020-\d{5}", words(second))) == 10
    assert 'value="2030-01-01"' in second.content.decode()


def test_only_who_may_assign_is_offered_to_give_cases_away(made, desk):
    many(made, 1, assignee=made.users["officer"])
    for who in ("officer", "auditor"):
        assert "2020-00000" in words(browser(made, who).get(reverse(QUEUE)))
    assert 'name="to"' not in browser(made, "auditor").get(reverse(QUEUE)).content.decode()
    assert 'name="to"' in desk.get(reverse(QUEUE)).content.decode()
