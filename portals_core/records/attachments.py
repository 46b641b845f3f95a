"""The files on a record that somebody may read, and what they may do with them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.plumbing.errors import Absent
from portals_core.records.models import Attachment, Record

_READ = system("files of a record in sight")


@dataclass(frozen=True)
class Rights:
    """What somebody may do with the files on one record, locks aside (T14)."""

    user_id: int | None
    adds: bool
    removes_any: bool

    def removes(self, file: Attachment) -> bool:
        """Whether they may remove this one: any, or those they added."""
        own = self.user_id is not None and file.author_id == self.user_id
        return self.removes_any or (self.adds and own)


def rights(actor: Actor, found: Record) -> Rights:
    """What `actor` may do with the files on a record that is in sight."""
    adds, removes_any = (
        Record.objects.visible_to(actor, action, module=found.module_id).filter(pk=found.pk).exists()
        for action in ("attach", "detach")
    )
    return Rights(actor.user_id, adds, removes_any)


def attachments_of(actor: Actor, record: UUID) -> QuerySet[Attachment]:
    """The files `actor` may read on a record that is in sight; internal ones are for staff."""
    Record.objects.fetch(actor, record)
    found = Attachment.objects.visible_to(_READ).filter(record=record).select_related("author")
    return found if actor.kind is not Kind.PORTAL else found.filter(internal=False)


def attachment(actor: Actor, key: UUID | str, *, record: UUID | None = None) -> Attachment:
    """One of them, of this `record` where one is named. Raises `Absent` alike for one that is not there and
    one on a record out of sight."""
    found: Attachment = Attachment.objects.fetch(_READ, key)
    rows = attachments_of(actor, found.record_id).filter(pk=found.pk)
    if record not in (None, found.record_id) or not rows.exists():
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return found
