"""Add notes to records."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.plumbing.errors import BadInput
from portals_core.records.models import Note, Record
from portals_core.writing import door

LONGEST = 10_000


def add_note(*, actor: Actor, record: UUID | str, body: str, at: datetime, internal: bool = False) -> Note:
    """A note on a record in sight. One written in the portal is never internal.

    Raises `BadInput` for an empty or overlong text, `Locked` when processing is restricted.
    """
    text = body.strip()
    if not text or len(text) > LONGEST:
        raise BadInput(
            _("Write a note of 1 to %(longest)s characters.") % {"longest": LONGEST},
            fields={"body": _("1 to 10,000 characters")},
        )
    with transaction.atomic():
        stored = Record.objects.fetch(actor, record, lock=True)
        door.refuse_if_locked(stored.pk, "note", actor=actor)
        note = Note(
            record=stored,
            author_id=actor.user_id,
            body=text,
            created_at=at,
            internal=internal and actor.kind is Kind.STAFF,
        )
        note.save(force_insert=True)
        append.record(
            "note.added",
            actor=actor,
            about=f"record:{stored.pk}",
            at=at,
            detail={"note": str(note.pk)},
        )
    return note


def notes_of(actor: Actor, record: UUID) -> QuerySet[Note]:
    """The notes `actor` may read on a record that is in sight; internal ones are for staff."""
    Record.objects.fetch(actor, record)
    notes = (
        Note.objects.visible_to(system("notes of a record in sight"))
        .filter(record=record)
        .select_related("author")
    )
    return notes if actor.kind is not Kind.PORTAL else notes.filter(internal=False)
