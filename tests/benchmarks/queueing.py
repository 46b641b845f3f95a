"""The queue among very many cases, against the same question as a plain Django query on the ideal index.

Of every ten cases nine are closed and one is open; open ones are due within ninety days around today, a third
of them has no officer. The database itself makes the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import F, Model
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from portals_core.access.actor import Actor
from portals_core.plumbing import clock
from requests import queue
from requests.models import Case
from requests.queue import Filters
from tests import cast
from tests.benchmarks.measure import Figure, compare
from tests.benchmarks.models import PlainCase

GOAL = "≤ 1.5"
#: What is asked of the queue, and the plain columns that say the same.
FILTERS: Mapping[str, tuple[Filters, Mapping[str, Any]]] = {
    "all open": (Filters(), {"closed": 0}),
    "one kind": (Filters(kind="delete"), {"closed": 0, "kind": "delete"}),
    "one open state": (Filters(state="waiting"), {"state": "waiting"}),
    "one closed state": (Filters(state="refused"), {"state": "refused"}),
    "closed": (Filters(state="closed"), {"closed": 1}),
    "overdue": (Filters(due="overdue"), {"closed": 0, "due_on__lt": "today"}),
    "within 7 days": (Filters(due="soon"), {"closed": 0, "due_on__gte": "today", "due_on__lte": "soon"}),
    "mine": (Filters(assignee="me"), {"closed": 0, "assignee": "me"}),
    "nobody's": (Filters(assignee="nobody"), {"closed": 0, "assignee": None}),
    "one channel": (Filters(channel="letter"), {"closed": 0, "channel": "letter"}),
    "one country": (Filters(country="DE"), {"closed": 0, "country": "DE"}),
}


def figures(rows: int, database: str, rounds: int) -> Iterator[Figure]:
    """First page of each filter, the next page in the middle, the capped count."""
    made = cast.set_up()
    fill(made, rows)
    officer, at = made.actor("officer"), clock.now()
    common: dict[str, Any] = {"database": database, "rows": rows, "rounds": rounds, "repeat": 15}
    for name, (wanted, plain) in FILTERS.items():
        narrow = _meant(plain, officer, at)
        _agree(officer, wanted, narrow, at)
        yield from compare(
            work=f"queue, first page: {name}",
            ours=partial(queue.page, officer, wanted, at=at),
            baselines={"a plain query": (partial(_first, narrow), GOAL)},
            **common,
        )
    middle = _plain({"closed": 0})[min(rows // 20, 5_000)]
    cursor = (middle.due_on, middle.pk)
    yield from compare(
        work="queue, next page at the middle",
        ours=lambda: queue.page(officer, at=at, after=cursor),
        baselines={
            "a plain query": (lambda: _next(cursor), GOAL),
            "its first page": (lambda: queue.page(officer, at=at), "≤ 1.2"),
        },
        **common,
    )
    yield from compare(
        work="queue, capped count of all open",
        ours=lambda: queue.count(officer, at=at),
        baselines={"an exact count": (lambda: _plain({"closed": 0}).order_by().count(), "≤ 1")},
        **common,
    )


def _plain(narrow: Mapping[str, Any]) -> Any:
    return PlainCase.objects.filter(**narrow).order_by("due_on", "id")


def _first(narrow: Mapping[str, Any]) -> list[PlainCase]:
    return list(_plain(narrow)[:51])


def _next(cursor: queue.Cursor) -> list[PlainCase]:
    return list(_plain({"closed": 0}).filter(TupleGreaterThan(Tuple(F("due_on"), F("id")), cursor))[:51])


def _meant(plain: Mapping[str, Any], officer: Actor, at: datetime) -> dict[str, Any]:
    today = queue.today(at)
    words = {"today": today, "soon": today + timedelta(days=queue.SOON), "me": officer.user_id}
    return {name: words.get(value, value) for name, value in plain.items()}


def _agree(officer: Actor, wanted: Filters, narrow: Mapping[str, Any], at: datetime) -> None:
    """A ratio between different answers says nothing."""
    ours = [case.pk for case in queue.page(officer, wanted, at=at).cases]
    if not ours or ours != [case.pk for case in _plain(narrow)[:50]]:
        raise AssertionError(f"{wanted}: {len(ours)} cases, and the plain query says otherwise")


# --- filling --------------------------------------------------------------------------------------------


def fill(made: cast.Organisation, rows: int) -> None:
    """So many cases, made by the database from numbers; then the same as plain rows."""
    sqlite = connection.vendor == "sqlite"
    subject = made.subject.pk.hex if sqlite else str(made.subject.pk)
    same = ", ".join(_literal(value) for value in _SAME.values())
    words = {
        "rows": rows,
        "same": ", ".join(_SAME),
        "values": same,
        "today": queue.today(clock.now()).isoformat(),
        "mine": made.users["officer"].pk,
        "theirs": made.users["second_officer"].pk,
        "requester": made.users["subject"].pk,
        "subject": subject,
    }
    with _without_indexes(Case), _without_indexes(PlainCase), connection.cursor() as cursor:
        if sqlite:
            cursor.execute("PRAGMA cache_size = -400000")
        cursor.execute((_IN_SQLITE if sqlite else _IN_POSTGRESQL).format(**words))
        cursor.execute(_PLAIN)
    with connection.cursor() as cursor:
        if sqlite:
            cursor.execute("PRAGMA cache_size = -2000")
        cursor.execute("ANALYZE" if sqlite else "VACUUM ANALYZE")


@contextmanager
def _without_indexes(model: type[Model]) -> Iterator[None]:
    """Indexes are built at once when the rows are there, as they are stored faster then."""
    indexes = list(model._meta.indexes)
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.remove_index(model, index)
    yield
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.add_index(model, index)


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).upper()


_NOW = datetime.now(UTC).isoformat(sep=" ")
#: Columns that are the same in every row.
_SAME: Mapping[str, object] = {
    "on_behalf": False,
    "subdivision": "",
    "asked": "{}",
    "extension_ground": "",
    "ground": "",
    "sentence": "",
    "plan_digest": "",
    "approvals_needed": 1,
    "nothing_held": False,
    "version": 1,
    "filed_at": _NOW,
    "ends_at": _NOW,
}
_CASES = """
INSERT INTO dsr_requests_case (id, number, kind, state, channel, country, assignee_id, subject, requester_id,
    received_at, due_on, unpaused_on, closed_at, {same})
SELECT ID, '1000-' || n,
    CASE n % 4 WHEN 0 THEN 'delete' WHEN 1 THEN 'stop' WHEN 2 THEN 'export' ELSE 'rectify' END,
    CASE WHEN n % 10 > 0 THEN CASE n % 3 WHEN 0 THEN 'refused' ELSE 'fulfilled' END
        WHEN n % 70 = 0 THEN 'waiting' ELSE 'in_review' END,
    CASE n % 11 WHEN 0 THEN 'letter' WHEN 1 THEN 'phone' ELSE 'portal' END,
    CASE n % 13 WHEN 0 THEN 'DE' ELSE 'PL' END,
    CASE WHEN n % 3 = 0 THEN NULL WHEN n % 7 = 0 THEN {mine} ELSE {theirs} END,
    '{subject}', {requester}, received, due, due, CASE WHEN n % 10 > 0 THEN ended END, {values}
"""
_IN_SQLITE = (
    _CASES.replace("ID,", "lower(hex(randomblob(16))),")
    + """
FROM (
    SELECT n, datetime('{today}', -(n % 730) || ' days') AS received,
        datetime('{today}', -(n % 700) || ' days') AS ended,
        CASE WHEN n % 10 > 0 THEN date('{today}', -(n % 700) || ' days')
            ELSE date('{today}', (n / 10 % 90 - 30) || ' days') END AS due
    FROM (WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})
        SELECT n FROM numbers) AS counted
) AS dated
"""
)
_IN_POSTGRESQL = (
    _CASES.replace("ID,", "gen_random_uuid(),").replace("'{subject}'", "'{subject}'::uuid")
    + """
FROM (
    SELECT n, DATE '{today}' - n % 730 AS received, DATE '{today}' - n % 700 AS ended,
        CASE WHEN n % 10 > 0 THEN DATE '{today}' - n % 700 ELSE DATE '{today}' + n / 10 % 90 - 30 END AS due
    FROM generate_series(1, {rows}) AS numbers(n)
) AS dated
"""
)
_PLAIN = """
INSERT INTO benchmarks_plaincase (id, number, kind, state, channel, country, assignee_id, due_on, closed)
SELECT id, number, kind, state, channel, country, assignee_id, due_on,
    CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END
FROM dsr_requests_case
"""
