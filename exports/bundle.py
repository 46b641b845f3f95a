"""One person's export as one archive: report, exact data, tables, and how to check them.

Everything streams: rows go to the disk once and are read from there for each form they take. Equal input
and an equal order give equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from exports import report, spool
from exports.bag import Bag, Sink
from exports.spool import Spool, Table
from portals_core.plumbing import cells, render
from portals_core.plumbing.sources import Row
from requests.law.calendars import place

#: Called often while the work goes on: renews the lease, raises when it is lost.
Pulse = Callable[[int], None]
_ROWS_PER_PULSE = 500
_SECONDS_PER_PULSE = 5.0


@dataclass(frozen=True)
class Order:
    """What a bundle is made for. `at` is the moment all its files carry."""

    bundle: UUID
    case: UUID
    number: str
    subject: UUID
    received_at: datetime
    at: datetime
    country: str
    subdivision: str = ""
    language: str = "en"
    #: What of it was asked for, as (question, answer) in the person's language; empty for everything.
    asked: tuple[tuple[str, str], ...] = ()

    @property
    def received_on(self) -> date:
        """The day on which the request came in, where the answer is owed."""
        return place(self.country, self.subdivision).day(self.received_at)


@dataclass(frozen=True)
class Made:
    """A finished archive, still where it was built."""

    path: Path
    sha512: str
    size: int
    rows: int
    #: Digest of the tag manifest: stands for the content whatever the compression.
    content: str


def _no_pulse(_rows: int) -> None:
    """For work that holds no lease."""


def write(order: Order, rows: Iterable[tuple[str, Row]], folder: Path, *, pulse: Pulse = _no_pulse) -> Made:
    """Build the archive in `folder`, which is empty. Raises what `rows` raises, `RenderFailed`, `Broken`."""
    for part in ("rows", "bag"):
        (folder / part).mkdir(mode=0o700)
    held, packed = Spool(folder / "rows"), Bag(folder / "bag")
    total = held.fill(_enclosing(_pulsing(rows, pulse), packed, pulse))
    _data(order, held, packed)
    for table in held.tables():
        _table(held, table, packed)
        pulse(total)
    _documents(order, held, packed, lambda: pulse(total))
    content = packed.seal(
        identifier=str(order.bundle),
        organisation=settings.ORGANISATION,
        email=settings.CONTACT_EMAIL,
        at=order.at,
    )
    pulse(total)
    target = folder / "bundle.zip"
    sha512, size = packed.pack(target, top=str(order.bundle), at=order.at, pulse=lambda: pulse(total))
    return Made(target, sha512, size, total, content)


def _pulsing(rows: Iterable[tuple[str, Row]], pulse: Pulse) -> Iterator[tuple[str, Row]]:
    for count, row in enumerate(rows):
        if count % _ROWS_PER_PULSE == 0:
            pulse(count)
        yield row


def _enclosing(rows: Iterable[tuple[str, Row]], packed: Bag, pulse: Pulse) -> Iterator[tuple[str, Row]]:
    """The rows. A file that one brings is in the bag before the next is asked for: one is held at once."""
    for count, (source, row) in enumerate(rows):
        if row.enclosed is not None:
            pulse(count)
            packed.put(f"data/attachments/{row.enclosed.path}", row.enclosed.content)
        yield source, row


def _data(order: Order, held: Spool, packed: Bag) -> None:
    """`data.json`, written table by table and row by row: exact values, one row a line."""
    words, part = report.described(held.tables()), report.portable_part(held)
    head = {
        "subject": str(order.subject),
        "case": {"id": str(order.case), "number": order.number, "received": order.received_at.isoformat()},
        "generated": order.at.isoformat(),
        "asked": dict(order.asked),
        "portable": {"article": "Art. 20 GDPR", "bases": part.bases, "tables": part.tables},
        "about": {
            name: {
                "label": one.label,
                "source": one.source,
                "rows": one.count,
                "columns": one.columns,
                "provided": one.provided,
            }
            for name, one in words.items()
        },
    }
    with packed.file("data/data.json") as out:
        out.write(spool.encoded(head)[:-1] + b', "tables": {')
        for place, table in enumerate(held.tables()):
            out.write((b",\n" if place else b"\n") + spool.encoded(table.name) + b": [")
            _json_rows(held, table, out)
            out.write(b"]")
        out.write(b"\n}}\n")


def _json_rows(held: Spool, table: Table, out: Sink) -> None:
    for number, line in enumerate(held.lines(table)):
        out.write((b",\n" if number else b"\n") + line)


def _table(held: Spool, table: Table, packed: Bag) -> None:
    """One table as CSV (RFC 4180: CRLF, header, UTF-8), neutral for spreadsheets."""
    columns = list(table.columns)
    with packed.file(f"data/tables/{table.name}.csv") as out:
        out.write(cells.line(columns).encode())
        for row in held.rows(table):
            out.write(cells.line(row.get(column) for column in columns).encode())


def _documents(order: Order, held: Spool, packed: Bag, pulse: Callable[[], None]) -> None:
    text = report.html(order, held)
    packed.put("data/report.html", text.encode("utf-8", "replace"))
    packed.put("data/report.pdf", _pdf(text, report.title(order), pulse))
    for language in sorted({"en", order.language}):
        packed.put(f"data/README.{language}.txt", report.readme(order, held, language).encode())


def _pdf(text: str, title: str, pulse: Callable[[], None]) -> bytes:
    """The PDF; the lease is renewed while the renderer works."""
    with ThreadPoolExecutor(1) as one:
        drawn = one.submit(render.pdf, text, title=title)
        while True:
            try:
                return drawn.result(timeout=_SECONDS_PER_PULSE)
            except TimeoutError:
                pulse()
