"""A signing secret for the embedded default, made once and kept beside its database."""

import os
import secrets
from pathlib import Path


def local_secret(state: Path) -> str:
    """The secret stored under `state`, created readable by its owner only on first use."""
    path = state / "keys" / "secret.txt"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()
