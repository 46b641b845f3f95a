"""Add notes to records, and remove them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.plumbing.errors import Absent, BadInput
from portals_core.records import beside
from portals_core.records.models import Note
from portals_core.writing import door
from portals_core.writing.beside import open_to_remove

LONGEST = 10_000
_WRITE = system("keep notes of records")


def add_note(*, actor: Actor, record: UUID | str, body: str, at: datetime, internal: bool = False) -> Note:
    """A note on a record in sight. One written in the portal is never internal.

    Raises `BadInput` for an empty or overlong text, `Forbidden` without the right to write notes here,
    `Locked` when a lock forbids it.
    """
    text = body.strip()
    if not text or len(text) > LONGEST:
        raise BadInput(
            _("Write a note of 1 to %(longest)s characters.") % {"longest": LONGEST},
            fields={"body": _("1 to 10,000 characters")},
        )
    with transaction.atomic():
        stored = door.open_for(actor, record, "note")
        note = Note(
            record=stored,
            author_id=actor.user_id,
            body=text,
            created_at=at,
            internal=internal and actor.kind is Kind.STAFF,
        )
        note.save(force_insert=True)
        _leaf("note.added", note, actor=actor, at=at)
    return note


def remove_note(*, actor: Actor, note: UUID | str, at: datetime) -> None:
    """Remove a note from its record. Raises `Absent`, `Forbidden` for somebody else's note without the right
    to remove it, `Locked` when a lock forbids it."""
    with transaction.atomic():
        gone = open_to_remove(actor, note, beside.NOTES)
        door.refuse_if_locked(gone.record_id, "note", actor=actor)
        rows, _by_model = Note.objects.visible_to(_WRITE).filter(pk=gone.pk).delete()
        if not rows:
            raise Absent(_("Somebody else has just removed this note."), code="note.removed")
        _leaf("note.removed", gone, actor=actor, at=at)


def _leaf(code: str, note: Note, *, actor: Actor, at: datetime) -> None:
    append.record(code, actor=actor, about=f"record:{note.record_id}", at=at, detail={"note": str(note.pk)})
