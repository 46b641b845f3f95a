"""Rows on their way into a bundle: written once to one file per table, read as often as needed.

What stays in memory is the description of the tables, never their rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO
from uuid import UUID

from portals_core.plumbing.errors import Broken
from portals_core.plumbing.sources import Row


@dataclass
class Table:
    """One table of the export as it was found: where it came from, its columns in order of appearance."""

    source: str
    key: str
    #: Name within the bundle, unique whatever the case of its letters.
    name: str
    path: Path
    count: int = 0
    #: Rows that the person provided, as opposed to ones the organisation made about them.
    provided: int = 0
    columns: dict[str, None] = field(default_factory=dict)


class Spool:
    """Spools the rows of one export into `folder`; `fill` it once, then read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[tuple[str, str], Table] = {}
        #: Whether any row brought a file along.
        self.encloses = False

    def fill(self, rows: Iterable[tuple[str, Row]]) -> int:
        """Write every row; returns how many there were. At most one file per table is open."""
        files: dict[tuple[str, str], IO[bytes]] = {}
        total = 0
        try:
            for source, row in rows:
                at = (source, row.table)
                if at not in files:
                    self._found[at] = self._new(source, row.table)
                    files[at] = self._found[at].path.open("wb")
                files[at].write(encoded(row.values) + b"\n")
                _note(self._found[at], row)
                self.encloses = self.encloses or row.enclosed is not None
                total += 1
        finally:
            for file in files.values():
                file.close()
        return total

    def tables(self) -> list[Table]:
        """The tables found, by name."""
        return sorted(self._found.values(), key=lambda table: table.name)

    def lines(self, table: Table) -> Iterator[bytes]:
        """The rows of a table as JSON, one line each, without the line feed."""
        with table.path.open("rb") as file:
            for line in file:
                yield line.rstrip(b"\n")

    def rows(self, table: Table) -> Iterator[Mapping[str, object]]:
        """The rows of a table."""
        for line in self.lines(table):
            yield json.loads(line)

    def of(self, source: str, key: str) -> list[Table]:
        """The table that `source` calls `key`, if it yielded any row of it."""
        return [table for at, table in self._found.items() if at == (source, key)]

    def _new(self, source: str, key: str) -> Table:
        """Two sources may use one name for a table, and two modules names that differ in case only."""
        taken = {table.name.casefold() for table in self._found.values()}
        name, number = key, 2
        if name.casefold() in taken:
            name = f"{source}.{key}"
        while name.casefold() in taken:
            name, number = f"{source}.{key}.{number}", number + 1
        return Table(source, key, name, self._folder / f"{len(self._found)}.jsonl")


def _note(table: Table, row: Row) -> None:
    table.count += 1
    table.provided += row.provided
    for column in row.values:
        table.columns.setdefault(column)


def encoded(value: object) -> bytes:
    """`value` as exact JSON in UTF-8, on one line. Raises `Broken` for what JSON cannot say exactly."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_exact)
        return text.encode()
    except UnicodeEncodeError:
        # Half a character: UTF-8 cannot hold it, a JSON escape can.
        return json.dumps(value, allow_nan=False, default=_exact).encode()
    except (TypeError, ValueError) as error:
        raise Broken("", code="export.value", detail=type(error).__name__) from None


def _exact(value: object) -> str:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    return str(value) if type(value).__name__ == "__proxy__" else _refuse(value)


def _refuse(value: object) -> str:
    raise TypeError(type(value).__name__)
