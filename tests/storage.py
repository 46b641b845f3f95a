"""Files that tests add, and where they lie."""

from __future__ import annotations

import io
from pathlib import Path

from django.core.files.storage import default_storage

from portals_core.access.actor import Actor
from portals_core.records.models import Attachment, Record
from portals_core.writing import attachments
from tests import cast

CONTENT = b"%PDF-1.7 canary-of-the-file \x00\xff"


def of_this_test(settings, folder: Path) -> None:
    """Keep what is stored from now on in the test's own folder."""
    options = {"location": str(folder / "files"), "base_url": None}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}


def add(
    actor: Actor, record: Record, name: str = "letter.pdf", content: bytes = CONTENT, **given
) -> Attachment:
    """A file on a record."""
    held = io.BytesIO(content)
    return attachments.attach(actor=actor, record=record.pk, name=name, content=held, at=cast.NOW, **given)


def shelf() -> list[Path]:
    """Every file of a record that lies in the storage."""
    folder = Path(default_storage.path("attachments"))
    return sorted(folder.iterdir()) if folder.exists() else []
