"""The queue among very many cases, against the same question as a plain Django query on the ideal index.

The database itself makes the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import F, Model
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from portals_core.access.actor import Actor
from portals_core.plumbing import clock
from requests.desk import queue
from requests.desk.queue import Filters
from requests.models import Case
from tests import cast
from tests.benchmarks.measure import Figure, compare
from tests.benchmarks.models import PlainCase
from tests.requests import numbered_cases

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
    for name, (wanted, plain) in {**FILTERS, **_types(made, rows)}.items():
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


def _types(made: cast.Organisation, rows: int) -> Mapping[str, tuple[Filters, Mapping[str, Any]]]:
    """The type of most who asked, and one that few had, where the world is large enough to have it."""
    keys = {"one user type": made.user_type.pk}
    if rows >= 2_000:
        keys["a rare user type"] = made.user_type.pk + 1
    return {
        name: (Filters(user_type=str(key)), {"closed": 0, "user_type": key}) for name, key in keys.items()
    }


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
    with _without_indexes(Case), _without_indexes(PlainCase), connection.cursor() as cursor:
        if sqlite:
            cursor.execute("PRAGMA cache_size = -400000")
        numbered_cases.make(made, rows)
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


_PLAIN = """
INSERT INTO benchmarks_plaincase (id, number, kind, state, channel, country, assignee_id, user_type, due_on,
    closed)
SELECT id, number, kind, state, channel, country, assignee_id, user_type, due_on,
    CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END
FROM dsr_requests_case
"""
