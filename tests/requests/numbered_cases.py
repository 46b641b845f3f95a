"""Very many cases as the database makes them from numbers, for what is measured and what plans are asked of.

Of every ten cases nine are closed and one is open; open ones are due within ninety days around today, a third
of them has no officer. A person asks four times, the subject of the cast once in a thousand cases. Four of
five were filed by people of the one user type, one in two thousand, always open, by those of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from django.db import connection

from portals_core.plumbing import clock
from requests.desk import queue
from tests import cast


def make(made: cast.Organisation, rows: int) -> None:
    """So many cases in one statement, nothing of theirs in other tables."""
    sqlite = connection.vendor == "sqlite"
    words = {
        "rows": rows,
        "same": ", ".join(_SAME),
        "values": ", ".join(_literal(value) for value in _SAME.values()),
        "today": queue.today(clock.now()).isoformat(),
        "mine": made.users["officer"].pk,
        "theirs": made.users["second_officer"].pk,
        "requester": made.users["subject"].pk,
        "user_type": made.user_type.pk,
        "subject": made.subject.pk.hex if sqlite else str(made.subject.pk),
    }
    with connection.cursor() as cursor:
        cursor.execute((_IN_SQLITE if sqlite else _IN_POSTGRESQL).format(**words))


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
    "ends_at": _NOW,
}
_CASES = """
INSERT INTO dsr_requests_case (id, number, kind, state, channel, country, assignee_id, subject, requester_id,
    user_type, received_at, filed_at, due_on, unpaused_on, closed_at, {same})
SELECT ID, '1000-' || n,
    CASE n % 4 WHEN 0 THEN 'delete' WHEN 1 THEN 'stop' WHEN 2 THEN 'export' ELSE 'rectify' END,
    CASE WHEN n % 10 > 0 THEN CASE n % 3 WHEN 0 THEN 'refused' ELSE 'fulfilled' END
        WHEN n % 70 = 0 THEN 'waiting' ELSE 'in_review' END,
    CASE n % 11 WHEN 0 THEN 'letter' WHEN 1 THEN 'phone' ELSE 'portal' END,
    CASE n % 13 WHEN 0 THEN 'DE' ELSE 'PL' END,
    CASE WHEN n % 3 = 0 THEN NULL WHEN n % 7 = 0 THEN {mine} ELSE {theirs} END,
    CASE n % 1000 WHEN 0 THEN '{subject}' ELSE OTHER END, {requester},
    CASE WHEN n % 2000 = 0 THEN {user_type} + 1 WHEN n % 5 < 4 THEN {user_type} END,
    received, received, due, due, CASE WHEN n % 10 > 0 THEN ended END, {values}
"""
_IN_SQLITE = (
    _CASES.replace("ID,", "lower(hex(randomblob(16))),").replace("OTHER", "printf('%032x', n / 4)")
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
    _CASES.replace("ID,", "gen_random_uuid(),")
    .replace("'{subject}'", "'{subject}'::uuid")
    .replace("OTHER", "lpad(to_hex(n / 4), 32, '0')::uuid")
    + """
FROM (
    SELECT n, DATE '{today}' - n % 730 AS received, DATE '{today}' - n % 700 AS ended,
        CASE WHEN n % 10 > 0 THEN DATE '{today}' - n % 700 ELSE DATE '{today}' + n / 10 % 90 - 30 END AS due
    FROM generate_series(1, {rows}) AS numbers(n)
) AS dated
"""
)
