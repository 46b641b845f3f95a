"""A bag on its way: files written one by one with their digests, sealed with tag files, packed as a zip.

Equal content and an equal moment give equal bytes: names are sorted, every file carries the given moment
and the same permissions.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

from exports import manifest

_PIECE = 1 << 20
#: Plain file, readable and writable by its owner only.
_PERMISSIONS = 0o100600 << 16


class Sink(Protocol):
    """Where the bytes of one file go."""

    def write(self, piece: bytes, /) -> object: ...


class _Counted:
    """Writes through and knows digest and size."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest, self.size = file, hashlib.sha512(), 0

    def write(self, piece: bytes) -> int:
        self._digest.update(piece)
        self.size += len(piece)
        return self._file.write(piece)

    def entry(self, path: str) -> manifest.Entry:
        return manifest.Entry(path, self._digest.hexdigest(), self.size)


class Bag:
    """One bag in `folder`, which exists and is empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: list[manifest.Entry] = []

    @contextlib.contextmanager
    def file(self, path: str) -> Iterator[Sink]:
        """Write one file of the bag, in pieces."""
        manifest.encoded(path)
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as opened:
            counted = _Counted(opened)
            yield counted
        self._entries.append(counted.entry(path))

    def put(self, path: str, content: bytes) -> None:
        """Write one small file of the bag."""
        with self.file(path) as out:
            out.write(content)

    def seal(self, *, identifier: str, organisation: str, email: str, at: datetime) -> str:
        """Write the tag files; the payload is complete. Returns the digest of the tag manifest, which
        stands for the whole bag."""
        payload = [entry for entry in self._entries if entry.path.startswith("data/")]
        info = manifest.bag_info(
            made_on=at.astimezone(UTC).date(),
            identifier=identifier,
            organisation=organisation,
            email=email,
            entries=payload,
        )
        self.put("bagit.txt", manifest.DECLARATION.encode())
        self.put("bag-info.txt", info.encode())
        self.put("manifest-sha512.txt", manifest.manifest(payload).encode())
        tags = [entry for entry in self._entries if not entry.path.startswith("data/")]
        self.put("tagmanifest-sha512.txt", manifest.manifest(tags).encode())
        return self._entries[-1].sha512

    def pack(
        self, target: Path, *, top: str, at: datetime, pulse: Callable[[], None] = lambda: None
    ) -> tuple[str, int]:
        """Write the zip with one top folder to `target` and force it to the disk; its SHA-512 and size.
        `pulse` is called before each file."""
        moment = _zip_time(at)
        with target.open("xb") as opened:
            with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                for entry in sorted(self._entries, key=lambda one: one.path):
                    pulse()
                    self._add(archive, f"{top}/{entry.path}", self._folder / entry.path, moment)
            opened.flush()
            os.fsync(opened.fileno())
        return digest_of(target)

    def _add(self, archive: zipfile.ZipFile, name: str, path: Path, moment: tuple[int, ...]) -> None:
        known = zipfile.ZipInfo(name, moment)  # type: ignore[arg-type]
        known.compress_type, known.create_system, known.external_attr = zipfile.ZIP_DEFLATED, 3, _PERMISSIONS
        known.file_size = path.stat().st_size
        with path.open("rb") as source, archive.open(known, "w") as out:
            shutil.copyfileobj(source, out, _PIECE)


def digest_of(path: Path) -> tuple[str, int]:
    """SHA-512 and size of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha512").hexdigest(), path.stat().st_size


def _zip_time(at: datetime) -> tuple[int, ...]:
    """A zip knows even seconds from 1980 on and no time zone: ours is UTC."""
    moment = at.astimezone(UTC)
    if moment.year < 1980:
        return (1980, 1, 1, 0, 0, 0)
    return (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second // 2 * 2)
