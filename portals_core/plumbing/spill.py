"""A set of ids in the order in which they came, kept on disk: memory does not grow with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from uuid import UUID

#: Kilobytes of it that stay in memory.
CACHE = 16_000


def temporary() -> sqlite3.Connection:
    """A database of its own that nobody else sees; its file has no name and goes with the connection."""
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE}"):
        database.execute(f"PRAGMA {setting}")
    return database


class Ids:
    """Ids, each once, in the order of their coming."""

    def __init__(self, first: Iterable[UUID] = ()) -> None:
        self._database = temporary()
        self._database.execute("CREATE TABLE seen (place INTEGER PRIMARY KEY, id BLOB UNIQUE)")
        self._count = 0
        self.add(first)

    def __len__(self) -> int:
        return self._count

    def add(self, found: Iterable[UUID]) -> list[UUID]:
        """Those that were not there yet, in their order."""
        fresh = []
        for one in found:
            sql = "INSERT OR IGNORE INTO seen (place, id) VALUES (?, ?)"
            if self._database.execute(sql, (self._count, one.bytes)).rowcount:
                self._count += 1
                fresh.append(one)
        return fresh

    def between(self, begin: int, end: int) -> list[UUID]:
        """The ids from one place to before another."""
        rows = self._database.execute(
            "SELECT id FROM seen WHERE place >= ? AND place < ? ORDER BY place", (begin, end)
        )
        return [UUID(bytes=one) for (one,) in rows]

    def backwards(self, size: int) -> Iterator[list[UUID]]:
        """All of them from the last to the first, so many at once."""
        for end in range(self._count, 0, -size):
            yield self.between(max(0, end - size), end)[::-1]
