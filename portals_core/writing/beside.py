"""What a removal of notes and files asks before it touches them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.plumbing.errors import Forbidden
from portals_core.records import beside
from portals_core.records.models import Attachment, Note, Record

_NOT_THEIRS = {"note": _("You may not remove this note."), "attach": _("You may not remove this file.")}


def open_to_remove(actor: Actor, key: UUID | str, sort: beside.Sort) -> Any:
    """A note or file that `actor` may remove, its record row-locked; locks the caller asks. Raises `Absent`
    where they do not read it, `Forbidden` where it is not theirs to remove."""
    one = beside.one(actor, key, sort)
    stored = Record.objects.fetch(actor, one.record_id, lock=True)
    refuse_unless_theirs(actor, stored, one, sort)
    return one


def refuse_unless_theirs(actor: Actor, record: Record, one: Note | Attachment, sort: beside.Sort) -> None:
    """Raise `Forbidden` if a note or file in sight is not this person's to remove, locks aside."""
    if not beside.rights(actor, record, sort).removes(one):
        raise Forbidden(_NOT_THEIRS[sort.lock], code="beside.not_yours")
