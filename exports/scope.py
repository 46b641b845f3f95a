"""The part of what is held that an export was asked for: kinds of data, a period, only what is portable.

Nothing is asked: everything is handed on. The bases stay whatever was asked, because what may be taken
elsewhere follows from them (Art. 20(1)(a)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from exports.report import BASES
from portals_core.plumbing.sources import Row
from portals_core.records import catalogue
from requests.holding import asked, offers
from requests.models import Case, Kind

_RECORDS = "records"
#: What hangs on a record and goes with its kind; the column names the record.
_ON_RECORDS = {"notes", "staff_notes", "mentions"}
#: Under which names the moment of a row stands.
_MOMENTS = ("created_at", "at", "asked_at", "valid_from", "received_at", "built_at")


@dataclass(frozen=True)
class Scope:
    """What was asked for, ready to be applied row by row."""

    subject: UUID
    kinds: frozenset[str] = frozenset()
    since: date | None = None
    until: date | None = None
    portable: bool = False
    zone: tzinfo = UTC

    def rows(self, found: Iterable[tuple[str, Row]]) -> Iterator[tuple[str, Row]]:
        """Those of the rows that were asked for, in their order; streams."""
        chosen: set[str] = set()
        derived = _derived() if self.portable else {}
        for source, row in found:
            if source == _RECORDS and row.table not in _ON_RECORDS:
                if self._wanted(source, row):
                    chosen.add(str(row.values["id"]))
            elif source == _RECORDS and self.kinds and row.values.get("record") not in chosen:
                continue
            if (source, row.table) == BASES or self._wanted(source, row):
                yield source, self._narrowed(source, row, derived)

    def _wanted(self, source: str, row: Row) -> bool:
        if self.portable and not row.provided:
            return False
        return self._chosen(source, row) and self._in_period(row)

    def _chosen(self, source: str, row: Row) -> bool:
        if not self.kinds or (source == _RECORDS and row.table in _ON_RECORDS):
            return True
        if source == _RECORDS:
            return f"{source}:{row.table}" in self.kinds
        return any(one.startswith(f"{source}:") for one in self.kinds)

    def _in_period(self, row: Row) -> bool:
        """A row without a moment, and the person's own record, belong to every period."""
        moment = next((row.values[name] for name in _MOMENTS if row.values.get(name)), None)
        if moment is None or row.values.get("id") == str(self.subject):
            return True
        on = datetime.fromisoformat(str(moment)).astimezone(self.zone).date()
        return (self.since is None or on >= self.since) and (self.until is None or on <= self.until)

    def _narrowed(self, source: str, row: Row, derived: Mapping[str, set[str]]) -> Row:
        """Of the portable part, without the columns that the organisation made itself (WP 242)."""
        out = derived.get(row.table, ()) if source == _RECORDS else ()
        if not out:
            return row
        return replace(row, values={key: value for key, value in row.values.items() if key not in out})


def of(case: Case) -> Scope:
    """What this case asks for."""
    wanted: Mapping[str, Any] = case.asked
    days = {name: date.fromisoformat(wanted[name]) for name in ("since", "until") if wanted.get(name)}
    return Scope(
        subject=case.person,
        kinds=frozenset(wanted.get(asked.KINDS, ())),
        portable=wanted.get("form") == asked.PORTABLE,
        zone=ZoneInfo(settings.TIME_ZONE),
        **days,
    )


def told(case: Case) -> tuple[tuple[str, str], ...]:
    """What was asked for in words, for the report; nothing where everything was."""
    if set(case.asked) <= {"form"} and case.asked.get("form", asked.BOTH) == asked.BOTH:
        return ()
    return tuple(asked.told(Kind.EXPORT, case.asked, offers.names()))


def _derived() -> dict[str, set[str]]:
    fields = catalogue.by_module()
    return {
        module.key: {one.key for one in fields.get(module.pk, ()) if not one.provided}
        for module in catalogue.modules()
    }
