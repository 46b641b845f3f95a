"""W22: what is asked of very many cases reads rows along one index, and no more of them than it shows."""

from __future__ import annotations

import json
from itertools import combinations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports import audit
from portals_core.plumbing import clock
from requests.deciding import duplicates
from requests.desk import queue
from requests.desk.queue import Filters
from requests.models import Case
from requests.timing import lapsing, reminders
from tests.requests import numbered_cases
from tests.requests.case_cast import TEST

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
#: Of these a tenth is open.
CASES, PAGE = 4_000, 51
#: Filters that stand for a column each, and their columns.
NARROWED = {"state": "refused", "kind": "stop", "assignee": "nobody", "channel": "letter", "country": "DE"}
COLUMNS = {"assignee": "assignee_id"}
ANYWHERE = [
    ({"state": "closed"}, ()),
    ({"state": "waiting"}, ("state=?",)),
    ({"due": "overdue"}, ("due_on<?",)),
    ({"assignee": "me", "due": "overdue"}, ("assignee_id=?", "due_on<?")),
    ({"state": "closed", "country": "LU"}, ("country=?",)),
    ({"state": "closed", "assignee": "me"}, ("assignee_id=?",)),
]


@pytest.fixture
def world(made):
    numbered_cases.make(made, CASES)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE dsr_requests_case")
        if (
            connection.vendor == "postgresql"
        ):  # a table as small as this one is sorted sooner than a large one
            for way in ("sort", "incremental_sort", "bitmapscan"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    return made


def reads_no_more(sql: str, terms: tuple[str, ...] = (), *, most: int = PAGE) -> str:
    """Why a question reads more rows than it shows, or none of these terms from an index; empty where not."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            plan = cursor.fetchone()[0]
            read = _rows(plan[0]["Plan"])
            # Of two ways that cost nearly the same it may take the one that throws a few rows away: which,
            # hangs on how full the pages of an index are after the tests before.
            return "" if read <= 2 * most else f"{read} rows: {json.dumps(plan)}"
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        plan = "; ".join(row[3] for row in cursor.fetchall())
    sorts, along = "TEMP B-TREE" in plan, "USING" in plan and "INDEX" in plan
    return plan if sorts or not along or any(term not in plan for term in terms) else ""


def _rows(node: dict) -> int:
    """Rows that a plan took from tables, those it threw away included."""
    own = 0
    if "Relation Name" in node:
        thrown = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
        own = (node["Actual Rows"] + thrown) * node["Actual Loops"]
    return own + sum(_rows(one) for one in node.get("Plans", ()))


def asked(ask) -> str:
    """The last question to the table of cases, with its values."""
    with CaptureQueriesContext(connection) as queries:
        ask()
    return next(one["sql"] for one in reversed(queries.captured_queries) if "dsr_requests_case" in one["sql"])


def test_every_filter_and_every_two_read_the_rows_of_a_page(world):
    officer, at = world.actor("officer"), clock.now()
    pairs = [dict(pair) for pair in combinations(NARROWED.items(), 2)]
    terms = [tuple(f"{COLUMNS.get(name, name)}=?" for name in pair) for pair in pairs]
    for wanted, named in [*zip(pairs, terms, strict=True), *ANYWHERE]:
        found = asked(lambda wanted=wanted: queue.page(officer, Filters(**wanted), at=at))
        assert not reads_no_more(found, named), wanted


def test_a_user_type_is_found_without_the_cases_of_others(world):
    """The type of nearly everybody, one that two people had, and one that nobody had."""
    officer, at, common = world.actor("officer"), clock.now(), world.user_type.pk
    for place, number in enumerate((PAGE - 1, 2, 0)):
        for more in ({}, {"state": "closed"}, {"state": "refused"}):
            wanted = Filters(user_type=str(common + place), **more)
            found = asked(lambda wanted=wanted: queue.page(officer, wanted, at=at))
            assert not reads_no_more(found, ("user_type=?",) if place else ()), wanted
            assert len(queue.page(officer, wanted, at=at).cases) == (number if not more or place == 0 else 0)


def test_requests_that_repeat_one_are_found_without_the_others(world):
    """Nearly no case repeats another."""
    first, *again = Case.objects.visible_to(TEST).order_by("number")[:3]
    Case.objects.visible_to(TEST).filter(pk__in=[one.pk for one in again]).update(duplicate_of=first)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE dsr_requests_case")
    found = asked(lambda: list(duplicates.linked(world.actor("officer"), first)))
    assert not reads_no_more(found, ("duplicate_of_id=?",), most=len(again))


def test_a_page_in_the_middle_is_entered_at_its_cursor(world):
    officer, at = world.actor("officer"), clock.now()
    after = queue.page(officer, at=at, limit=200).after
    back = asked(lambda: queue.page(officer, at=at, before=after))
    for found in (asked(lambda: queue.page(officer, at=at, after=after)), back):
        assert "(due_on,id)" in found.replace('"dsr_requests_case".', "").replace('"', "").replace(", ", ",")
        assert not reads_no_more(found)


def test_lists_and_daily_jobs_read_what_is_due_page_by_page(world, monkeypatch):
    at = clock.now()
    monkeypatch.setattr(lapsing, "BATCH", PAGE)
    monkeypatch.setattr(reminders, "BATCH", PAGE)
    newest = asked(lambda: audit.case_list(world.actor("auditor")))
    assert not reads_no_more(newest, most=audit.PAGE)
    reminding = reminders._batches(at)
    for page in (reminding, reminding):
        assert not reads_no_more(asked(lambda page=page: next(page)), ("unpaused_on",))
    # Many wait for an answer, one of them for long enough.
    waiting = Case.objects.visible_to(TEST).filter(state="waiting")
    waiting.exclude(number="1000-70").update(filed_at=at)
    found = asked(lambda: list(lapsing._candidates(at)))
    assert [Case.objects.fetch(TEST, key).number for key in lapsing._candidates(at)] == ["1000-70"]
    assert not reads_no_more(found, ("state=?", "filed_at<?"), most=1) and waiting.count() > PAGE
