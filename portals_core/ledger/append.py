"""The ledger's only verb, for one or many: an entry is inserted in the transaction of the act it reports.

*Recorded* when that transaction commits, *integrated* once the sealer gave it an index, *published* once a
signed checkpoint covers it. If the insert fails, the act fails (ASVS 16.5.3); no lock is shared, so writers
do not wait for each other here.
"""

import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping
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
    _refuse_outside(code)
    entry, opened = _entry(code, actor, about, outcome, _canonical(code, detail), at or clock.now())
    scope = subject or keyring.ORGANISATION
    sealed = _sealer(scope)(opened, context=context(entry.id))
    entry.save(force_insert=True)
    LedgerDetail(entry=entry, subject=scope, sealed=sealed).save(force_insert=True)
    return entry.id


def record_each(
    code: str,
    *,
    actor: HasRef,
    about: Iterable[str],
    detail: Mapping[str, object] | None = None,
    at: datetime | None = None,
) -> None:
    """One entry for each of these, in their order, as `record` makes it: for one act on many things at once.

    The key is asked for once and the entries are inserted together. They tell nothing of a person: each
    detail is sealed under the organisation's key. Raises as `record` does; then none is there.
    """
    _refuse_outside(code)
    text, seal = _canonical(code, detail), _sealer(keyring.ORGANISATION)
    moment = at or clock.now()
    made = [_entry(code, actor, one, "done", text, moment) for one in about]
    details = [
        LedgerDetail(
            entry=entry, subject=keyring.ORGANISATION, sealed=seal(opened, context=context(entry.id))
        )
        for entry, opened in made
    ]
    LedgerEntry.objects.bulk_create([entry for entry, _opened in made])
    LedgerDetail.objects.bulk_create(details)


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


def _refuse_outside(code: str) -> None:
    if not transaction.get_connection().in_atomic_block:
        raise Broken("", code="ledger.outside_transaction", detail=code)
    codes.CODES.get(code)


def _entry(
    code: str, actor: HasRef, about: str, outcome: str, text: bytes, at: datetime
) -> tuple[LedgerEntry, bytes]:
    """The row of an entry, and its salt and detail in clear."""
    salt = secrets.token_bytes(leaves.SALT_BYTES)
    leaf = leaves.Leaf(
        id=uuid.uuid4(),
        at=at,
        code=code,
        actor=actor.ref,
        about=about,
        outcome=outcome,
        commitment=leaves.commit(salt, text),
    )
    data = leaves.encode(leaf)
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
    return entry, salt + text


def _sealer(subject: UUID) -> Callable[..., bytes]:
    """A key is made at a person's first entry only; asking for it first would cost each entry a query."""
    try:
        return keyring.sealer(subject)
    except keyring.KeyMissing:
        keyring.ensure(subject)
        return keyring.sealer(subject)
