"""The entries of a plan in the order in which they are carried out, kept on disk.

A person may have a million records: what a plan names is written once and read as often as needed, and memory
does not grow with it (W22).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import TypeVar

from portals_core.plumbing.spill import temporary
from requests.law import plan
from requests.law.plan import Entry

T = TypeVar("T")
BATCH = 500
_COLUMNS = "source, kind, ref, version, key_scope, verdict, ground"
_TABLE = f"""CREATE TABLE entry (place INTEGER PRIMARY KEY, {_COLUMNS.replace("version", "version INTEGER")},
             fixed INTEGER NOT NULL DEFAULT 1)"""

_SCOPES = """SELECT key_scope FROM entry WHERE verdict = 'fulfil' AND key_scope <> '' AND key_scope NOT IN
             (SELECT ref FROM entry WHERE source = 'records' AND verdict <> 'fulfil')
             GROUP BY key_scope ORDER BY min(place)"""


def batches(found: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """What is found, so much at once."""
    rest = iter(found)
    while several := list(islice(rest, size)):
        yield several


def _select(where: str, also: str = "") -> str:
    return f"SELECT {also}{_COLUMNS} FROM entry WHERE {where}"  # noqa: S608  our own words only


class Book:
    """Entries on disk. Whoever reads while writing reads a batch before it."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._rows = temporary()
        self._rows.execute(_TABLE)
        self._indexed = False
        for several in batches(entries):
            self.add(several)

    def add(self, entries: Iterable[Entry], *, fixed: bool = True) -> None:
        """Write entries at the end; what is not `fixed` may still be kept because of something else."""
        sql = f"INSERT INTO entry ({_COLUMNS}, fixed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        self._rows.executemany(sql, ((*one.stored(), fixed) for one in entries))

    def __iter__(self) -> Iterator[Entry]:
        return self._read("place > ?")

    def __len__(self) -> int:
        return int(self._one("SELECT count(*) FROM entry"))

    def __bool__(self) -> bool:
        return bool(self._one("SELECT EXISTS (SELECT 1 FROM entry)"))

    def touched(self) -> Iterator[Entry]:
        """What is carried out."""
        return self._read("place > ? AND verdict = 'fulfil'")

    def left(self) -> Iterator[Entry]:
        """What is kept or redacted."""
        return self._read("place > ? AND verdict <> 'fulfil'")

    def of(self, source: str) -> Iterator[Entry]:
        """The entries of one source."""
        sql = _select("source = ? ORDER BY place")
        return (plan.entry(row) for row in self._rows.execute(sql, (source,)))

    def two(self, source: str, kind: str, *, left: bool) -> list[Entry]:
        """The first entries of a kind, at most two: whether there is only one. With `left`, of what is kept
        or redacted."""
        self._index()
        also = " AND verdict <> 'fulfil'" if left else ""
        sql = _select(f"source = ? AND kind = ?{also} LIMIT 2")
        return [plan.entry(row) for row in self._rows.execute(sql, (source, kind))]

    def strangers(self, known: Book) -> Book:
        """What stands here and not in the other book, by what it is and not by its version."""
        return Book(one for one in self if known.like(one) is None)

    def scopes(self) -> Iterator[str]:
        """The keys of what is carried out, each once, but for those of records that are kept."""
        rows = self._rows.execute(_SCOPES)
        while several := rows.fetchmany(BATCH):
            yield from (scope for (scope,) in several)

    def verdicts(self) -> set[str]:
        """Every verdict that occurs."""
        return {one for (one,) in self._rows.execute("SELECT DISTINCT verdict FROM entry")}

    def find(self, source: str, ref: str) -> Entry | None:
        """The entry of this source with this reference."""
        self._index()
        sql = _select("source = ? AND ref = ?")
        row = self._rows.execute(sql, (source, ref)).fetchone()
        return plan.entry(row) if row else None

    def like(self, entry: Entry) -> Entry | None:
        """The entry about the same thing, whatever its version."""
        self._index()
        sql = _select("source = ? AND ref = ? AND kind = ?")
        row = self._rows.execute(sql, (entry.source, entry.ref, entry.kind)).fetchone()
        return plan.entry(row) if row else None

    def keep(self, source: str, ref: str, ground: str) -> bool:
        """Refuse an entry that is not fixed and not refused; whether there was one."""
        self._index()
        sql = """UPDATE entry SET verdict = 'refuse', ground = ?
                 WHERE source = ? AND ref = ? AND NOT fixed AND verdict <> 'refuse'"""
        return self._rows.execute(sql, (ground, source, ref)).rowcount > 0

    def regard(self, source: str, ref: str, ground: str) -> None:
        """Give an entry that is not fixed and refused another ground."""
        sql = """UPDATE entry SET ground = ?
                 WHERE source = ? AND ref = ? AND NOT fixed AND verdict = 'refuse'"""
        self._rows.execute(sql, (ground, source, ref))

    def drop(self, source: str, kind: str, ref: str) -> None:
        """Take an entry out."""
        self._index()
        self._rows.execute("DELETE FROM entry WHERE source = ? AND kind = ? AND ref = ?", (source, kind, ref))

    def counts(self) -> dict[str, int]:
        """How many things of each sort are carried out, in order of the name, as `plan.counts`."""
        sql = """SELECT source || ':' || kind AS sort, count(*) FROM entry
                 WHERE verdict = 'fulfil' GROUP BY sort ORDER BY sort"""
        return dict(self._rows.execute(sql))

    def digest(self, act: str) -> str:
        """The same as `plan.digest` of these entries."""
        found = sha256(
            json.dumps([plan.FORMAT, act], ensure_ascii=False, separators=(",", ":"))[:-1].encode()
        )
        between = b",["
        for row in self._rows.execute(_select(f"true ORDER BY {_COLUMNS}")):
            found.update(between + json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode())
            between = b","
        found.update(b",[]]" if between == b",[" else b"]]")
        return found.hexdigest()

    def _read(self, where: str) -> Iterator[Entry]:
        place = 0
        while True:
            sql = _select(f"{where} ORDER BY place LIMIT {BATCH}", "place, ")
            rows = self._rows.execute(sql, (place,)).fetchall()
            if not rows:
                return
            place = rows[-1][0]
            yield from (plan.entry(row[1:]) for row in rows)

    def _one(self, sql: str) -> int:
        return int(self._rows.execute(sql).fetchone()[0])

    def _index(self) -> None:
        if not self._indexed:
            self._rows.execute("CREATE INDEX entry_is ON entry (source, ref)")
            self._indexed = True


def book(entries: Iterable[Entry]) -> Book:
    """These entries as a book; a book as it is."""
    return entries if isinstance(entries, Book) else Book(entries)
