"""Where the files on records lie: encrypted under the record's own key, so that they go with it (N5).

A file's name in the storage is its id. It is written apart and moved into place in one step; whoever moves it
stores its row in the same breath, and a file without a row is nobody's: the daily duty removes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from math import inf
from pathlib import Path
from uuid import UUID

from portals_core.access.actor import system
from portals_core.plumbing import folders, keyring
from portals_core.plumbing.errors import Broken
from portals_core.records.models import Attachment

_SHELF = "attachments"
_APART = ".new"
_ROWS = system("find files without a row")
_BATCH = 500


@contextmanager
def apart(record: UUID, file: UUID, content: bytes) -> Iterator[Callable[[], None]]:
    """The content on the disk beside its place, encrypted; calling what is yielded moves it there. Move it
    last in the transaction of its row: what was moved stays: a commit that failed may have happened."""
    keyring.ensure(record)
    hidden, place = _place(file).with_suffix(_APART), _place(file)
    try:
        _write(hidden, keyring.encrypt(record, content, context=_context(file)))
        yield lambda: folders.move(hidden, place)
    finally:
        hidden.unlink(missing_ok=True)


def content(record: UUID, file: UUID) -> bytes:
    """The bytes as they were given. Raises `KeyDestroyed` for an erased record, `Broken` for a file that is
    gone or was changed."""
    try:
        sealed = _place(file).read_bytes()
    except FileNotFoundError:
        raise Broken("", code="attachment.file_missing", detail=str(file)) from None
    return keyring.decrypt(record, sealed, context=_context(file))


def remove(files: Iterable[UUID]) -> None:
    """These files are gone when this returns; harmless where they were."""
    _unlink([_place(file) for file in files])


def remove_strays(*, before: datetime) -> int:
    """Remove every file that has no row and was last written before this moment: younger ones may be about
    to get theirs. Returns how many there were. Memory does not grow with the number of files."""
    count = 0
    with os.scandir(folders.private(_SHELF)) as found:
        old = (Path(one.path) for one in found if _written(one) < before.timestamp())
        while batch := list(islice(old, _BATCH)):
            count += _remove_strays(batch)
    return count


def _written(found: os.DirEntry[str]) -> float:
    try:
        return found.stat().st_mtime
    except FileNotFoundError:
        return inf


def _remove_strays(paths: list[Path]) -> int:
    ours = {path: _id(path.stem) for path in paths if path.suffix in ("", _APART)}
    placed = [key for path, key in ours.items() if key and not path.suffix]
    kept = Attachment.objects.visible_to(_ROWS).in_bulk(placed)
    strays = [path for path, key in ours.items() if key and (path.suffix or key not in kept)]
    _unlink(strays)
    return len(strays)


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
    folders.sync(folders.private(_SHELF))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _write(path: Path, sealed: bytes) -> None:
    with open(path, "xb", opener=_private) as out:
        out.write(sealed)
        out.flush()
        os.fsync(out.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _place(file: UUID) -> Path:
    return folders.private(_SHELF) / str(file)


def _context(file: UUID) -> str:
    return f"attachment:{file}:bytes"
