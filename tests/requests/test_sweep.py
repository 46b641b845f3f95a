"""Every day of two years, six places, with and without more time and pauses, counted a second time by hand.

The second count knows no month arithmetic and no addition of days: it walks from one day to the next and
asks of each what it is. Its holidays come from the table as published; `requests.law.calendars` corrects
nothing in it, and the lists written down from the acts in `test_deadlines` must agree with it as well.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from random import Random

import holidays
import pytest

from requests.law.deadlines import Pause, due, paused
from tests.requests.test_deadlines import CASES, free_days

PLACES = ("PL", "FI", "PT", "DE-BY", "FR", "IE")
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
DAY = timedelta(days=1)
YEARS = range(2024, 2030)
Span = tuple[date, date]


@cache
def closed(place: str) -> frozenset[date]:
    """Public holidays of a place as the table publishes them."""
    country, _dash, region = place.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=YEARS))


def free(day: date, place: str) -> bool:
    return day.weekday() in (5, 6) or day in closed(place)


def month_end(received: date, months: int) -> date:
    """The same-numbered day that many months on, or the last there is, by walking."""
    day = received
    for _month in range(months):
        day += DAY
        while day.day != 1:
            day += DAY
    while day.day != received.day and (day + DAY).day != 1:
        day += DAY
    return day


def walked(received: date, place: str, months: int, pauses: list[Span] | None = None) -> date:
    """The due day: each day the hand moves on by one, unless it stands still, until the time is used up.

    A clock stands still at the end of a day that is not earlier than a question and earlier than its
    answer. Time used up on a free day lasts to the next working day, and that also can be stopped.
    """
    still = {asked + DAY * offset for asked, until in pauses or [] for offset in range((until - asked).days)}
    last, day = month_end(received, months), received
    owed = 0
    while day != last:
        day, owed = day + DAY, owed + 1
    day, used = received, 0
    while True:
        if day in still:
            day += DAY
        elif used < owed:
            day, used = day + DAY, used + 1
        elif free(day, place):
            ahead = day
            while free(ahead, place):
                ahead, owed = ahead + DAY, owed + 1
        else:
            return day


def days() -> list[date]:
    return [FIRST + DAY * number for number in range((LAST - FIRST).days + 1)]


def spans(chance: Random, received: date, months: int) -> list[Span]:
    """Up to four pauses, many of them about the end of the time, some of them overlapping."""
    end = (month_end(received, months) - received).days
    starts = [
        chance.choice([chance.randint(0, end), chance.randint(end - 3, end + 8)])
        for _n in range(chance.randint(1, 4))
    ]
    return [(received + DAY * start, received + DAY * (start + chance.randint(0, 25))) for start in starts]


def rows() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_the_second_count_agrees_with_every_worked_case(row):
    """R2: so that two counts that agree are not wrong together."""
    months = 3 if row["extended"] == "true" else 1
    expected = date.fromisoformat(row["due"])
    received = date.fromisoformat(row["received"])
    assert walked(received, row["country"], months) == expected
    assert due(received, row["country"], extended=months == 3).due_on == expected


@pytest.mark.parametrize("place", PLACES)
def test_the_published_holidays_are_those_of_the_acts(place):
    """On working days; a holiday on a weekend moves nothing in these places."""
    years = (2026, 2027, 2028)
    published = {day for day in closed(place) if day.year in years and day.weekday() < 5}
    assert published == {day for day in free_days(place, range(2026, 2029)) if day.weekday() < 5}


@pytest.mark.parametrize("months", [1, 3])
@pytest.mark.parametrize("place", PLACES)
def test_every_day_of_two_years_is_due_when_the_second_count_says(place, months):
    """R2, W1."""
    wrong = [
        (day, found, expected)
        for day in days()
        if (found := due(day, place, extended=months == 3).due_on) != (expected := walked(day, place, months))
    ]
    assert wrong == []
    assert len(days()) == 730


@pytest.mark.parametrize("months", [1, 3])
@pytest.mark.parametrize("place", PLACES)
def test_pauses_add_the_days_on_which_the_second_clock_stood_still(place, months):
    """W2, promise 15: for every day of receipt, with pauses drawn by chance."""
    chance = Random(f"{place} {months}")
    moved, wrong = 0, []
    for day in days():
        drawn = spans(chance, day, months)
        period = due(day, place, extended=months == 3)
        found = paused(period, [Pause(asked, until) for asked, until in drawn])
        if found.due_on != walked(day, place, months, drawn):
            wrong.append((day, drawn, found.due_on))
        moved += found.due_on > period.due_on
        assert found.due_on >= found.unpaused.due_on == period.due_on
    assert wrong == []
    assert moved > 600


@pytest.mark.parametrize("place", PLACES)
def test_a_later_receipt_is_never_due_earlier(place):
    for extended in (False, True):
        ends = [due(day, place, extended=extended).due_on for day in days()]
        assert all(earlier <= later for earlier, later in pairwise(ends))


def test_the_second_count_walks_over_the_end_of_months_and_free_days():
    """The second count itself, on days that anybody can look up."""
    assert walked(date(2026, 1, 31), "PL", 1) == date(2026, 3, 2)
    assert walked(date(2027, 1, 31), "FR", 3) == date(2027, 4, 30)
    # Asked on the Sunday after a Saturday end, answered on Wednesday: one working day was left.
    asked = [(date(2026, 3, 1), date(2026, 3, 4))]
    assert walked(date(2026, 1, 31), "PL", 1, asked) == date(2026, 3, 5)
    assert walked(date(2026, 6, 1), "PL", 1, [(date(2026, 6, 3), date(2026, 6, 10))]) == date(2026, 7, 8)
