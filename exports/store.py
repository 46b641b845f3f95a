"""Where bundles lie on the disk: written apart, forced to the disk, then moved into place in one step (RD2).

A bundle's name follows from its id, so a second build of the same bundle takes the same place. Folders and
files are for the product's own account only. A storage on other machines gets its own module in its time.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID

from exports import bag
from portals_core.plumbing import folders
from portals_core.plumbing.errors import Broken

_SHELF = "bundles"
_WORKSHOP = ".building"


def name_of(bundle: UUID) -> str:
    """The name of a bundle's file within the storage."""
    return f"{_SHELF}/{bundle}.zip"


@contextmanager
def workshop(bundle: UUID, claim: str) -> Iterator[Path]:
    """An empty folder for one claim of one job to build in, gone afterwards."""
    folder = folders.private(_WORKSHOP) / f"{bundle}-{claim}"
    folder.mkdir(mode=folders.PRIVATE)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(bundle: UUID) -> None:
    """Remove whatever tries that were killed left of this bundle. One still under way fails and is tried
    again: call this when the bundle is done."""
    for left in folders.private(_WORKSHOP).glob(f"{bundle}-*"):
        shutil.rmtree(left, ignore_errors=True)


def keep(built: Path, bundle: UUID) -> str:
    """Move a finished archive into its place, whole or not at all; returns its name."""
    built.chmod(0o600)
    target = folders.private(_SHELF) / f"{bundle}.zip"
    folders.move(built, target)
    return name_of(bundle)


def open_checked(bundle: UUID, *, sha512: str, size: int) -> IO[bytes]:
    """The file, opened, after its bytes were compared with the digest stored when it was built.
    Raises `Broken` for one that is gone or was changed: it is not handed out."""
    path = folders.private(_SHELF) / f"{bundle}.zip"
    if not path.is_file():
        raise Broken("", code="bundle.file_missing", detail=str(bundle))
    if bag.digest_of(path) != (sha512, size):
        raise Broken("", code="bundle.file_changed", detail=str(bundle))
    return path.open("rb")


def remove(bundle: UUID) -> None:
    """The file and everything left of its building are gone when this returns; harmless if they were."""
    (folders.private(_SHELF) / f"{bundle}.zip").unlink(missing_ok=True)
    folders.sync(folders.private(_SHELF))
    sweep(bundle)
