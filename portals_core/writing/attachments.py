"""Add files to records, remove them, hand them out.

The bytes are on the disk before the row that speaks of them is committed, and leave it after the row is gone,
at the latest with a job that is stored in the same transaction. So no row lacks its file, and only a crash
leaves a file without a row.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import IO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.plumbing import clock, keyring, outbox
from portals_core.plumbing.errors import Absent, BadInput
from portals_core.plumbing.sources import Authority
from portals_core.records import beside, filenames, files
from portals_core.records.models import Attachment, Record
from portals_core.writing import door
from portals_core.writing.beside import open_to_remove

REMOVE_JOB, SWEEP_JOB = "attachments.remove_files", "attachments.sweep"
DUTY = "attachments"
#: A file that is younger may belong to somebody who is adding it now.
STRAY_AFTER = timedelta(days=1)
_WRITE = system("keep files of records")


def attach(
    *,
    actor: Actor,
    record: UUID | str,
    name: str,
    content: IO[bytes],
    at: datetime,
    internal: bool = False,
) -> Attachment:
    """A file on a record in sight. One added in the portal is never internal.

    Raises `BadInput` for an empty or too large file, a name that cannot be used, and one file too many;
    `Forbidden` without the right to add files here, `Locked` when a lock forbids it.
    """
    kept, given = _named(name), _read(content)
    # Asked once before anything is written, and again with the record locked.
    with transaction.atomic():
        found = door.open_for(actor, record, "attach").pk
    file = Attachment(
        id=uuid.uuid4(),
        record_id=found,
        author_id=actor.user_id,
        name=kept,
        media_type=filenames.media_type(kept),
        size=len(given),
        sha256=hashlib.sha256(given).hexdigest(),
        internal=internal and actor.kind is Kind.STAFF,
        created_at=at,
    )
    with files.apart(found, file.pk, given) as move, transaction.atomic():
        door.open_for(actor, record, "attach")
        _refuse_one_too_many(found)
        file.save(force_insert=True)
        _leaf("attachment.added", file, actor=actor, at=at)
        move()
    return file


def remove(*, actor: Actor, attachment: UUID | str, at: datetime) -> None:
    """Remove a file from its record. Raises `Absent`, `Forbidden` for somebody else's file without the right
    to remove it, `Locked` when a lock forbids it."""
    with transaction.atomic():
        file = open_to_remove(actor, attachment, beside.FILES)
        door.refuse_if_locked(file.record_id, "attach", actor=actor)
        _drop([file], actor=actor, at=at)


def erase(*, actor: Actor, attachment: UUID | str, at: datetime, under: Authority) -> None:
    """Remove a file with the person it belongs to; harmless where it was removed. Raises `Locked` when a duty
    to keep stands against it."""
    with transaction.atomic():
        file = Attachment.objects.visible_to(_WRITE).filter(pk=attachment).first()
        if file is not None:
            door.open_for(actor, file.record_id, "delete", under=under)
            _drop([file], actor=actor, at=at, under=under)


def leave_with(record: Record, *, actor: Actor, at: datetime, under: Authority | None = None) -> None:
    """Remove every file of a record that is about to be deleted, in the caller's transaction."""
    found = list(Attachment.objects.visible_to(_WRITE).filter(record=record))
    if found:
        _drop(found, actor=actor, at=at, under=under)


def hand_out(*, actor: Actor, attachment: UUID | str, at: datetime) -> tuple[Attachment, bytes]:
    """A file and its bytes, to be taken away. The log keeps who took which file, in the portal too: like an
    exported list it leaves our sight (W9). Raises `Absent`."""
    file: Attachment = beside.one(actor, attachment, beside.FILES)
    content = files.content(file.record_id, file.pk)
    with transaction.atomic():
        _leaf("attachment.read", file, actor=actor, at=at)
    return file, content


def remove_files(held: outbox.Claim) -> None:
    """Job handler: the rows of these files are gone; whatever is left on the disk goes, too."""
    named = held.payload["files"]
    assert isinstance(named, list)
    files.remove(UUID(one) for one in named)


def sweep(held: outbox.Claim) -> None:
    """Job handler: the daily look for files that a crash left without a row."""
    files.remove_strays(before=clock.now() - STRAY_AFTER)


def _named(given: str) -> str:
    name = filenames.safe(given)
    if not name:
        raise _bad(_("This file has no name that can be used. Rename it first."))
    if filenames.too_long(name):
        raise _bad(_("The name of this file is too long. Rename it to 60 characters or fewer."))
    return name


def _read(content: IO[bytes]) -> bytes:
    most = settings.LIMIT_FILE_BYTES
    given = content.read(most + 1)
    if not given:
        raise _bad(_("This file is empty."))
    if len(given) > most:
        sentence = _("A file has at most %(size)s (DSR_LIMIT_FILE_BYTES). This one is larger.")
        raise _bad(sentence % {"size": filesizeformat(most)})
    return given


def _refuse_one_too_many(record: UUID) -> None:
    if Attachment.objects.visible_to(_WRITE).filter(record=record).count() >= settings.LIMIT_FILES:
        sentence = _("A record has at most %(limit)s files (DSR_LIMIT_FILES). Remove one first.")
        raise _bad(sentence % {"limit": settings.LIMIT_FILES})


def _bad(sentence: object) -> BadInput:
    return BadInput(sentence, code="attachment.refused", fields={"file": sentence})


def _drop(gone: Sequence[Attachment], *, actor: Actor, at: datetime, under: Authority | None = None) -> None:
    ids = [file.pk for file in gone]
    rows, _by_model = Attachment.objects.visible_to(_WRITE).filter(pk__in=ids).delete()
    if rows != len(ids):
        raise Absent(_("Somebody else has just removed this file."), code="attachment.removed")
    for file in gone:
        _leaf("attachment.removed", file, actor=actor, at=at, under=under)
    about = f"record:{gone[0].record_id}"
    outbox.enqueue(REMOVE_JOB, about=about, payload={"files": [str(key) for key in ids]})
    transaction.on_commit(lambda: files.remove(ids))


def _leaf(code: str, file: Attachment, *, actor: Actor, at: datetime, under: Authority | None = None) -> None:
    """Name and digest are sealed under the record's key; where that is destroyed, the id has to do."""
    about = f"record:{file.record_id}"
    known = {"attachment": str(file.pk), "case": str(under.case) if under else None}
    told = {"name": file.name, "size": file.size, "sha256": file.sha256, "internal": file.internal}
    try:
        append.record(code, actor=actor, about=about, subject=file.record_id, at=at, detail={**known, **told})
    except keyring.KeyDestroyed:
        append.record(code, actor=actor, about=about, at=at, detail=known)
