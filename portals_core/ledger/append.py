"""The ledger's only verb: an entry is inserted in the transaction of the act that it reports.

*Recorded* when that transaction commits, *integrated* once the sealer gave it an index, *published* once a
signed checkpoint covers it. If the insert fails, the act fails (ASVS 16.5.3); no lock is shared, so writers
do not wait for each other here.
"""

import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

import rfc8785
from django.db import transaction

from portals_core.ledger import codes, merkle
from portals_core.ledger import leaf as leaves
from portals_core.ledger.models import LedgerDetail, LedgerEntry
from portals_core.plumbing import clock, keyring
from portals_core.plumbing.errors import Absent, Broken


class HasRef(Protocol):
    """Whoever acts: `ref` is opaque, "user:<uuid>" or "system:<why>"."""

    @property
    def ref(self) -> str: ...


def record(
    code: str,
    *,
    actor: HasRef,
    about: str,
    subject: UUID | None = None,
    outcome: str = "done",
    detail: Mapping[str, object] | None = None,
    at: datetime | None = None,
) -> UUID:
    """Insert one entry and return its id; the caller MUST be inside `transaction.atomic()`.

    `about` is opaque ("case:<uuid>"). `detail` must be JSON as it stands; it is sealed under the key of
    `subject`, or the organisation's where it tells nothing of a person, and can be erased. Everything else
    stays for ever. Raises `Broken` outside a transaction, for an unregistered code and for values that do
    not encode, and `KeyDestroyed` for a subject already erased: record that under no subject.
    """
    if not transaction.get_connection().in_atomic_block:
        raise Broken("", code="ledger.outside_transaction", detail=code)
    codes.CODES.get(code)
    text, salt = _canonical(code, detail), secrets.token_bytes(leaves.SALT_BYTES)
    leaf = leaves.Leaf(
        id=uuid.uuid4(),
        at=at or clock.now(),
        code=code,
        actor=actor.ref,
        about=about,
        outcome=outcome,
        commitment=leaves.commit(salt, text),
    )
    _insert(leaf, subject or keyring.ORGANISATION, salt + text)
    return leaf.id


def redact(entry: UUID, *, actor: HasRef) -> UUID:
    """Erase the detail of one entry and record that; every proof stays valid (RD1, promise 23).
    The caller MUST be inside a transaction. Raises `Absent` where there is no detail to erase."""
    redaction = record(codes.REDACTED, actor=actor, about=f"entry:{entry}")
    deleted, _ = LedgerDetail.objects.filter(entry=entry).delete()
    if deleted != 1:
        raise Absent("", code="ledger.nothing_to_redact", detail=str(entry))
    return redaction


def redact_subject(subject: UUID, *, actor: HasRef) -> int:
    """Erase every detail sealed under the subject's key, one redaction entry each; how many there were."""
    entries = list(LedgerDetail.objects.filter(subject=subject).values_list("entry_id", flat=True))
    for entry in entries:
        redact(entry, actor=actor)
    return len(entries)


def context(entry: UUID) -> str:
    """The place that a sealed detail is bound to."""
    return f"ledgerdetail:{entry}:sealed"


def _canonical(code: str, detail: Mapping[str, object] | None) -> bytes:
    try:
        return rfc8785.dumps(dict(detail or {}))  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, AttributeError, TypeError) as error:
        raise Broken("", code="ledger.detail", detail=f"{code}: {error}") from None


def _insert(leaf: leaves.Leaf, subject: UUID, opened: bytes) -> None:
    data = leaves.encode(leaf)
    sealed = _sealed(subject, opened, context(leaf.id))
    entry = LedgerEntry(
        id=leaf.id,
        at=leaf.at,
        code=leaf.code,
        actor=leaf.actor,
        about=leaf.about,
        outcome=leaf.outcome,
        leaf=data,
        leaf_hash=merkle.leaf_hash(data),
    )
    entry.save(force_insert=True)
    LedgerDetail(entry=entry, subject=subject, sealed=sealed).save(force_insert=True)


def _sealed(subject: UUID, opened: bytes, place: str) -> bytes:
    """A key is made at a person's first entry only; asking for it first would cost each entry a query."""
    try:
        return keyring.encrypt(subject, opened, context=place)
    except keyring.KeyMissing:
        keyring.ensure(subject)
        return keyring.encrypt(subject, opened, context=place)
