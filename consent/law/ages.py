"""From which age a child agrees alone to an online service offered to it (Art. 8(1)). Pure.

The regulation says 16; a Member State may set a lower age, not below 13. Which did, and since when, stands in
a table of TOML that names every change with its day.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

#: Where no Member State's law is known to say otherwise.
DEFAULT = 16
LOWEST = 13
_TABLE = Path(__file__).parents[1] / "data" / "ages.toml"
_NEEDED = {"country", "age", "since"}
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Row:
    """One country's age from a day on; `confirmed` is false where the source is in doubt."""

    country: str
    age: int
    since: date
    confirmed: bool = True


def age_of_consent(country: str, on: date, rows: Iterable[Row] | None = None) -> int:
    """The age in this country on that day: 16 where nothing is known, or nothing that was confirmed."""
    known = [
        row
        for row in (standard() if rows is None else rows)
        if row.confirmed and row.country == country and row.since <= on
    ]
    return max(known, key=lambda row: row.since).age if known else DEFAULT


def years_old(born: date, on: date) -> int:
    """Whole years on that day. Who was born on 29 February has their birthday on 1 March in other years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def is_country(code: str) -> bool:
    """Whether this is written like a country: two capitals, ISO 3166-1 alpha-2."""
    return _COUNTRY.fullmatch(code) is not None


@cache
def standard() -> tuple[Row, ...]:
    """The table that comes with the product."""
    return parse(_TABLE.read_text(encoding="utf-8"))


def parse(text: str) -> tuple[Row, ...]:
    """The rows of a table in TOML. Raises `ValueError` saying which row cannot be used, and why."""
    described = tomllib.loads(text)
    given = described.get("ages")
    if set(described) != {"ages"} or not isinstance(given, list) or not given:
        raise ValueError("write the rows as one list named “ages”")
    rows = tuple(_row(number, one) for number, one in enumerate(given, start=1))
    if len({(row.country, row.since) for row in rows}) < len(rows):
        raise ValueError("a country has two rows for the same day")
    return rows


def _row(number: int, given: object) -> Row:
    if not isinstance(given, Mapping) or not _NEEDED <= set(given) <= {*_NEEDED, "confirmed"}:
        raise ValueError(f"row {number}: give country, age and since, and confirmed if in doubt")
    row = Row(given["country"], given["age"], given["since"], given.get("confirmed", True))
    if not isinstance(row.country, str) or not is_country(row.country):
        raise ValueError(f"row {number}: write the country as two capitals")
    if type(row.age) is not int or not LOWEST <= row.age <= DEFAULT:
        raise ValueError(f"row {number}: the age is a number from {LOWEST} to {DEFAULT}")
    if type(row.since) is not date or not isinstance(row.confirmed, bool):
        raise ValueError(f"row {number}: since is a day, confirmed is true or false")
    return row
