"""Key files outside the database: made once, readable by their owner only."""

import os
import stat
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import Broken

KEY_BYTES = 32


class KeyFileMissing(Broken):
    """A key that the product needs is not where the settings say it is (attack 72)."""

    default_code = "key_file_missing"


def path(name: str) -> Path:
    """Where the key file `name` belongs."""
    return Path(settings.KEYS_DIR) / name


def create(name: str, content: bytes) -> bool:
    """Write the key file unless it is there; true if this call wrote it. Never replaces a key."""
    target = path(name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return True


def read(name: str) -> bytes:
    """The 32 bytes of a key file. Raises `KeyFileMissing`, or `Broken` where others could read it."""
    target = path(name)
    try:
        with target.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(KEY_BYTES + 1)
    except FileNotFoundError:
        raise KeyFileMissing(
            _("A key file of this installation is missing. Restore it from its escrow copy."), detail=name
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise Broken(
            _("A key file can be read by other accounts of this machine. Set its mode to 0600."),
            code="key_file_open",
            detail=name,
        )
    if len(content) != KEY_BYTES:
        raise Broken(
            _("A key file is damaged. Restore it from its escrow copy."), code="key_file_damaged", detail=name
        )
    return content
