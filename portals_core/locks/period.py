"""How long a duty to keep lasts: months counted from a date of the record. Pure."""

from __future__ import annotations

import calendar
from datetime import date, timedelta


def end(start: object, months: int) -> date | None:
    """The first day after `months` from `start`, a stored date or moment; `None` without a start.

    A month without that day ends on its last one: kept from 31 August for six months, a record is free on
    1 March. No start means that the period has not begun, so it has no end either.
    """
    if not start:
        return None
    first = date.fromisoformat(str(start)[:10])
    count = first.month - 1 + months
    year, month = first.year + count // 12, count % 12 + 1
    if year > date.max.year:
        return None
    last = calendar.monthrange(year, month)[1]
    if first.day <= last:
        return date(year, month, first.day)
    return date(year + month // 12, month % 12 + 1, 1)


def first_start(today: date, months: int) -> date:
    """The earliest start from which `months` are not over on the day `today`."""
    count = today.year * 12 + today.month - 1 - months
    # From the first of that month, whose period is over today or later by a month at most.
    start = date(count // 12, count % 12 + 1, 1) if count >= 12 else date.min
    while (over := end(start, months)) is not None and over <= today:
        start += timedelta(days=1)
    return start
