"""Who can sign in to the demo and with what: kept in one file that only its owner may read."""

from __future__ import annotations

import json
import os
import secrets
from base64 import b32decode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django_otp.oath import TOTP

WORDS = (
    "amber", "birch", "brook", "cedar", "cliff", "cloud", "clover", "coast", "copper", "crane",
    "delta", "ember", "falcon", "fern", "fjord", "flint", "forest", "frost", "glacier", "granite",
    "harbour", "hazel", "heron", "island", "juniper", "lantern", "larch", "lichen", "marsh",
    "meadow", "moss", "otter", "pebble", "pine", "puffin", "quartz", "rapid", "raven", "reed",
    "ridge", "river", "rowan", "saddle", "sedge", "shore", "slate", "spruce", "summit", "swallow",
    "thistle", "tundra", "valley", "willow",
)  # fmt: skip


@dataclass(frozen=True)
class SignIn:
    """One person of the demo. `role` is a staff role or the name of a user type."""

    role: str
    email: str
    password: str
    totp_secret: str | None
    name: str
    language: str


def path() -> Path:
    """Where they are kept. The file is written last: while it is missing the demo is not complete."""
    return Path(settings.STATE_DIR) / "demo-sign-ins.json"


def store(people: Sequence[SignIn]) -> None:
    """Write the file, readable by its owner only, whole or not at all."""
    draft = path().with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump([asdict(person) for person in people], file, ensure_ascii=False, indent=2)
    draft.replace(path())


def stored() -> list[SignIn]:
    """Everybody who can sign in; empty before the demo is complete."""
    if not path().exists():
        return []
    return [SignIn(**row) for row in json.loads(path().read_text(encoding="utf-8"))]


def code_now(secret: str, *, at: float) -> tuple[str, int]:
    """The six digits of this moment (RFC 6238), and for how many seconds they will still do."""
    padded = secret + "=" * (-len(secret) % 8)
    totp = TOTP(b32decode(padded))
    totp.time = at
    return f"{totp.token():06d}", 30 - int(at) % 30


def memorable_password() -> str:
    """A password of this installation only, easy to type: four words and a number, about 30 bits."""
    return "-".join([*(secrets.choice(WORDS) for _ in range(4)), str(secrets.randbelow(90) + 10)])
