"""Values kept encrypted: sealed under the record's own key when written, opened where they are shown (F13).

Whoever destroys the key (an erasure does) has erased them in every backup. Each is bound to its record and
field, so a ciphertext moved elsewhere does not open.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from portals_core.plumbing import keyring
from portals_core.records.models import Field, Record


def divided(
    fields: Iterable[Field], stored: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """Stored values in two: those kept as they are, and those kept encrypted."""
    secret = {one.key for one in fields if one.encrypted}
    return (
        {key: value for key, value in stored.items() if key not in secret},
        {key: value for key, value in stored.items() if key in secret},
    )


def seal(record: UUID, secret: Mapping[str, object]) -> dict[str, str]:
    """The column `sealed` of a record for these values. Its key is made where it has none yet."""
    return {
        key: locked(record, value, context=_context(record, key))
        for key, value in secret.items()
        if value is not None
    }


def opened(found: Record) -> dict[str, object]:
    """Every value of a record, encrypted ones in clear. Raises `KeyDestroyed` for an erased person."""
    return {**found.values, **open_all(found.pk, found.sealed)} if found.sealed else dict(found.values)


def open_all(
    record: UUID, sealed: Mapping[str, str], decrypt: Callable[..., bytes] | None = None
) -> dict[str, object]:
    """The values in a record's column `sealed`. `decrypt` is a `keyring.reader` that serves many records."""
    decrypt = decrypt or keyring.reader()
    return {
        key: unlocked(record, text, context=_context(record, key), decrypt=decrypt)
        for key, text in sealed.items()
    }


def locked(record: UUID, value: object, *, context: str) -> str:
    """One value as text that only the record's key opens, and only at `context`."""
    plain = json.dumps(value).encode()
    try:
        bytes_ = keyring.encrypt(record, plain, context=context)
    except keyring.KeyMissing:
        keyring.ensure(record)
        bytes_ = keyring.encrypt(record, plain, context=context)
    return b64encode(bytes_).decode()


def unlocked(
    record: UUID, text: str, *, context: str, decrypt: Callable[..., bytes] = keyring.decrypt
) -> object:
    """What `locked` sealed. Raises `KeyDestroyed`, `KeyMissing` or `Tampered`."""
    value: object = json.loads(decrypt(record, b64decode(text), context=context))
    return value


def _context(record: UUID, key: str) -> str:
    return f"record:{record}:sealed:{key}"
