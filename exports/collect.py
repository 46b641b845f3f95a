"""Everything that is held about a person, row by row, from every source that holds it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.plumbing import faults
from portals_core.plumbing.errors import Broken
from portals_core.plumbing.sources import SOURCES, Row


class Incomplete(Broken):
    """A source is unknown or failed: no bundle is made, because an incomplete one would look whole."""

    default_code = "export.incomplete"

    def __init__(self, source: str, cause: str) -> None:
        super().__init__(
            _("The export was stopped because “%(source)s” could not be read. Nothing was handed out.")
            % {"source": source},
            detail=f"source {source}: {cause}",
        )
        self.source = source


def collect(subject: UUID, *, actor: Actor, keys: Iterable[str] | None = None) -> Iterator[tuple[str, Row]]:
    """(source key, row) of everything held about `subject`, source by source in the order of their keys.

    Streams: no source's rows are held together. `keys` asks for certain sources only. Raises `Incomplete`,
    naming the source, for one that is not registered, fails, or yields what is no row.
    """
    known = dict(SOURCES.items())
    for key in sorted(known if keys is None else keys):
        if key not in known:
            raise Incomplete(key, "nobody registered it")
        yield from _rows(key, subject, actor)
        faults.reach("exports.source_read")


def _rows(key: str, subject: UUID, actor: Actor) -> Iterator[tuple[str, Row]]:
    rows = iter(SOURCES.get(key).export(subject, actor=actor))
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except Exception as error:
            # Whatever a source fails with, the bundle stops and says where. Only the class is told: a
            # message may quote what is held.
            raise Incomplete(key, f"{type(error).__name__} {getattr(error, 'code', '')}".strip()) from error
        if not isinstance(row, Row) or not _is_table(row.table):
            raise Incomplete(key, "it yielded something that is no row of a named table")
        yield key, row


def _is_table(name: str) -> bool:
    """A table's name becomes a file name: one word of letters, digits and underscores."""
    return name.isidentifier() and len(name) <= 60 and unicodedata.is_normalized("NFC", name)
