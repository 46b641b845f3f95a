"""Notes and files, which lie on a record beside its values: who reads, adds, removes which (T14, C6, C10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access import scope
from portals_core.access.actor import Actor, Kind, system
from portals_core.plumbing.errors import Absent
from portals_core.records import reads
from portals_core.records.models import Attachment, Note, Record

#: A page lists no more than these.
MOST_SHOWN = 100
_READ = system("notes and files of a record in sight")


@dataclass(frozen=True)
class Sort:
    """Notes or files: where they are kept, which acts of the scope open them, which act a lock names."""

    model: type[Note] | type[Attachment]
    reads: str
    adds: str
    removes: str
    lock: Literal["note", "attach"]


NOTES = Sort(Note, *scope.NOTES, lock="note")
FILES = Sort(Attachment, *scope.FILES, lock="attach")


@dataclass(frozen=True)
class Rights:
    """What somebody may do with the notes or the files on one record, locks aside (T14)."""

    user_id: int | None
    reads: bool
    adds: bool
    removes_any: bool

    def removes(self, one: Note | Attachment) -> bool:
        """Whether they may remove this one: any, or those they added."""
        own = self.user_id is not None and one.author_id == self.user_id
        return self.removes_any or (self.adds and own)


def rights(actor: Actor, found: Record, sort: Sort) -> Rights:
    """What `actor` may do with the notes or the files on a record that is in sight. No query."""
    opened = reads.opened(actor, found, (sort.reads, sort.adds, sort.removes))
    return Rights(actor.user_id, sort.reads in opened, sort.adds in opened, sort.removes in opened)


def readable(actor: Actor, found: Record, sort: Sort) -> QuerySet[Any]:
    """Those that `actor` may read on a record that is in sight, oldest first; internal ones are for staff."""
    if not rights(actor, found, sort).reads:
        return sort.model.objects.visible_to(_READ).none()
    rows = sort.model.objects.visible_to(_READ).filter(record=found).select_related("author")
    return rows if actor.kind is not Kind.PORTAL else rows.filter(internal=False)


def newest(actor: Actor, found: Record, sort: Sort) -> list[Any]:
    """As many of them as a page lists: the newest, oldest first."""
    return list(reversed(readable(actor, found, sort).order_by("-created_at", "-id")[:MOST_SHOWN]))


def of_record(actor: Actor, record: UUID, sort: Sort) -> QuerySet[Any]:
    """The same by the record's id. Raises `Absent` for one out of sight."""
    return readable(actor, Record.objects.fetch(actor, record), sort)


def one(actor: Actor, key: UUID | str, sort: Sort, *, record: UUID | None = None) -> Any:
    """One of them, of this `record` where one is named. Raises `Absent` alike for one that is not there, one
    that is not for this person, and one on a record out of sight."""
    found = sort.model.objects.fetch(_READ, key)
    rows = of_record(actor, found.record_id, sort).filter(pk=found.pk)
    if record not in (None, found.record_id) or not rows.exists():
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return found
