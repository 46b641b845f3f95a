"""Records that leave as a file: the door outwards. It asks scope, fields and locks, and tells the ledger.

Two entries stand for one export. The first is there before the first byte: who takes what away, by which
filter. The second says how many rows went out and whether all of them did. A number counted beforehand
would be a promise, false when a record changes meanwhile or the line breaks, and cost a second reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from portals_core.access import fields as access_fields
from portals_core.access import policy, together
from portals_core.access.actor import Actor
from portals_core.ledger import append
from portals_core.locks import decide, place
from portals_core.plumbing import cells
from portals_core.plumbing.errors import Forbidden
from portals_core.records import filters, listing, narrowing, reads
from portals_core.records.filters import Row
from portals_core.records.models import Field, FieldType, Module, Personal
from portals_core.records.narrowing import Narrowed

#: Records read at once; memory holds no more, however long the list is.
PIECE = 500
#: Tells a spreadsheet that the file is UTF-8.
MARK = "\ufeff"


def export_list(
    *, actor: Actor, module: Module, find: str = "", rows: Sequence[Row] = (), at: datetime
) -> Iterator[str]:
    """The lines of a CSV file of the records that `find` and the rows of a filter keep, read in pieces.

    It holds what the scope lets this person export, each record with the fields readable on it; masked and
    encrypted fields, those withheld from exports (F12) and records that a lock keeps from being exported by
    this person (L9, L10) are left out. The entry "records.exported" is committed when this returns. Raises
    `Forbidden` and `BadInput` before anything leaves.
    """
    if not reads.may_export(actor, module):
        raise Forbidden(_("You may not download this list."), code="records.no_export")
    found = narrowing.narrowed(actor, narrowing.whole(actor, module, "export"), find=find, rows=rows)
    columns = reads.exported(actor, module)
    with transaction.atomic():
        entry = append.record(
            "records.exported",
            actor=actor,
            about=f"module:{module.key}",
            at=at,
            detail={"fields": [one.key for one in columns], **_asked(found, find)},
        )
    return _Leaving(actor, module, found, columns, entry).lines()


def _asked(found: Narrowed, find: str) -> dict[str, object]:
    """What narrowed the list, in words that say nothing of a person: the log outlives them."""
    words = filters.words(found.tree, found.asked) if found.tree is not None else ""
    by = [one for one in found.asked if one.unique or one.key == found.module.title_key]
    told = find if all(one.personal == Personal.NONE for one in by) else filters.HIDDEN
    return {"filter": words, "find": told if find.strip() else ""}


@dataclass
class _Leaving:
    """One export on its way."""

    actor: Actor
    module: Module
    found: Narrowed
    columns: Sequence[Field]
    entry: UUID
    sent: int = 0
    #: Layout and distance of a record -> the fields readable on it.
    clear: dict[tuple[int | None, bool], frozenset[str]] = field(default_factory=dict)
    #: Resolved before the first line: what follows runs outside the person's language.
    elsewhere: str = field(default_factory=lambda: _("a record that is not shared with you"))

    def lines(self) -> Iterator[str]:
        """Header and rows; however it ends, the ledger is told how far it came."""
        outcome = "broken_off"
        try:
            yield MARK + cells.line(one.label for one in self.columns)
            for piece in self._pieces():
                rows = self._leaving(piece)
                self.sent += len(rows)
                yield "".join(rows)
            outcome = "done"
        finally:
            self._report(outcome)

    def _pieces(self) -> Iterator[list[dict[str, Any]]]:
        near, after = listing.near(self.actor, self.module), None
        while True:
            asked = self.found.rows
            if after is not None:
                asked = asked.keeping(policy.ColumnAfter("id", after))
            piece = together.first(asked, PIECE, ("layout_id", "values"), near=near)
            if piece:
                yield piece
            if len(piece) < PIECE:
                return
            after = piece[-1]["id"]

    def _leaving(self, piece: Sequence[dict[str, Any]]) -> list[str]:
        locks = place.in_force([row["id"] for row in piece])
        free = [row for row in piece if self._free(locks.get(row["id"], ()))]
        shown = [self._clear(row) for row in free]
        links = [one.key for one in self.columns if one.type == FieldType.LOOKUP]
        linked = reads.references(self.actor, [row.get(key) for row in shown for key in links])
        titles = {str(key): reference.title for key, reference in linked.items()}
        return [
            cells.line(self._text(one, row.get(one.key), titles) for one in self.columns) for row in shown
        ]

    def _free(self, locks: Iterable[decide.InForce]) -> bool:
        return decide.decide("export", locks, actor=self.actor).allowed

    def _clear(self, row: dict[str, Any]) -> dict[str, Any]:
        place_of = (row["layout_id"], row["near"])
        if place_of not in self.clear:
            seen = access_fields.readable(
                self.actor, self.module, self.columns, layout=place_of[0], near=place_of[1]
            )
            self.clear[place_of] = frozenset(one.key for one in seen)
        return {key: value for key, value in row["values"].items() if key in self.clear[place_of]}

    def _text(self, one: Field, value: object, titles: dict[str, str]) -> object:
        if one.type == FieldType.LOOKUP and value:
            return titles.get(str(value), self.elsewhere)
        return "; ".join(map(str, value)) if isinstance(value, list) else value

    def _report(self, outcome: str) -> None:
        with transaction.atomic():
            append.record(
                "records.export_ended",
                actor=self.actor,
                about=f"module:{self.module.key}",
                outcome=outcome,
                detail={"entry": str(self.entry), "rows": self.sent},
            )
