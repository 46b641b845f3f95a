"""Folders of files that the product keeps, for its own account only; files get into place in one step."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.files.storage import default_storage

PRIVATE = 0o700


def private(name: str) -> Path:
    """The folder of this name within the storage, made where it is not there yet."""
    folder = Path(default_storage.path(name))
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    return folder


def move(finished: Path, target: Path) -> None:
    """Put a finished file into its place, whole or not at all, and force that to the disk."""
    finished.replace(target)
    sync(target.parent)


def sync(folder: Path) -> None:
    """Which files the folder has is on the disk when this returns."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
