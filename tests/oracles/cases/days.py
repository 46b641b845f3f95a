"""When an answer is owed, counted day by day in Poland; for the model of cases alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_EASTER = {2026: date(2026, 4, 5), 2027: date(2027, 3, 28), 2028: date(2028, 4, 16), 2029: date(2029, 4, 1)}
_EVERY_YEAR = {(1, 1), (1, 6), (5, 1), (5, 3), (8, 15), (11, 1), (11, 11), (12, 24), (12, 25), (12, 26)}
DAY = timedelta(days=1)


def local(at: datetime) -> date:
    """The day in Poland."""
    return (at + timedelta(hours=2 if _summer(at) else 1)).date()


def _summer(at: datetime) -> bool:
    begin, end = (_last_sunday(at.year, month) for month in (3, 10))
    return begin <= at < end


def _last_sunday(year: int, month: int) -> datetime:
    day = datetime(year, month, 31, 1, tzinfo=UTC)
    while day.weekday() != 6:
        day -= DAY
    return day


def working(day: date) -> bool:
    """Whether offices in Poland are open."""
    if day.weekday() >= 5 or (day.month, day.day) in _EVERY_YEAR:
        return False
    return (day - _EASTER[day.year]).days not in (0, 1, 49, 60)


def due(received: date, months: int, pauses: list[tuple[date, date]]) -> date:
    """Walk day by day; days between a question and its answer do not count."""
    left = _days(received, months)
    day = received
    while True:
        day += DAY
        if any(asked < day <= answered for asked, answered in pauses):
            continue
        left -= 1
        if left <= 0 and working(day):
            return day


def _days(received: date, months: int) -> int:
    day, passed = received, 0
    while passed < months:
        day += DAY
        last = (day + DAY).month != day.month
        if day.day == received.day or (last and day.day < received.day):
            passed += 1
    return (day - received).days
