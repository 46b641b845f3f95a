"""Who is too young to agree alone to an online service for children (Art. 8).

Only what the record says counts: without a date of birth a person is treated as an adult.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from consent.law import ages
from consent.models import Purpose
from portals_core.records.models import Record


def is_child(record: Record, purpose: Purpose, at: datetime) -> bool:
    """Whether somebody with parental responsibility must agree to this purpose for the person at `at`."""
    born = _born(record) if purpose.for_children else None
    if born is None:
        return False
    day = at.astimezone(UTC).date()
    return ages.years_old(born, day) < ages.age_of_consent(_country(record), day, table())


def table() -> tuple[ages.Row, ...]:
    """The table of ages in use: the one DSR_AGES names, or that of the product. Raises `OSError` for a file
    that cannot be read and `ValueError` for one that cannot be used; a system check does so at start."""
    return _read(settings.AGES) if settings.AGES else ages.standard()


@lru_cache(maxsize=1)
def _read(path: str) -> tuple[ages.Row, ...]:
    return ages.parse(Path(path).read_text(encoding="utf-8"))


def _born(record: Record) -> date | None:
    given = record.values.get(record.module.born_key)
    return date.fromisoformat(str(given)) if given else None


def _country(record: Record) -> str:
    given = str(record.values.get(record.module.country_key) or "").strip().upper()
    return given if ages.is_country(given) else settings.COUNTRY
