"""Per-subject data keys: encrypting under them, and destroying them for good (RD3, N5).

Each subject has one AES-256 key, wrapped by a master key that lives in a file outside every database.
The wrapped keys stand in a database of their own, so a call here commits on its own, whatever becomes of
the caller's transaction: a key made for work that is rolled back is an unused key, a destroyed key stays
destroyed.

Sealed bytes: version 1 (one byte), key id (16), nonce (12), AES-256-GCM ciphertext with its tag. The
associated data bind context ("table:row:column") and key id, so a ciphertext moved elsewhere does not open.
"""

import secrets
import uuid
from collections.abc import Callable, Iterable
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing import clock, keyfiles
from portals_core.plumbing.errors import Absent, Broken
from portals_core.plumbing.keyring_models import SubjectKey

#: The scope of what is about no person. Its key is never destroyed.
ORGANISATION = UUID("6f726761-6e69-4a61-b469-6f6e00000001")
MASTER = "master.key"
ALIAS = "keyring"
_VERSION = b"\x01"
_NONCE_BYTES = 12
_HEADER_BYTES = 1 + 16 + _NONCE_BYTES


class KeyDestroyed(Absent):
    """The subject was erased: the tombstone is there, the key is not and never will be."""

    default_code = "key_destroyed"

    def __init__(self, detail: str = "") -> None:
        super().__init__(_("This information was erased and cannot be read again."), detail=detail)


class KeyMissing(Broken):
    """The subject has neither a key nor a tombstone: a key store was lost or swapped."""

    default_code = "key_missing"

    def __init__(self, detail: str = "") -> None:
        super().__init__(_("A data key is missing. Restore the key store from its backup."), detail=detail)


class Tampered(Broken):
    """The sealed bytes, their place or their key are not the ones they were sealed with (attack 70)."""

    default_code = "tampered"

    def __init__(self, detail: str = "") -> None:
        super().__init__(_("Stored information was changed outside this product."), detail=detail)


def create_master() -> bool:
    """Make the master key file; true if this call made it. Refuses while wrapped keys exist without it:
    a new master key would hide that the old one is lost."""
    if keyfiles.path(MASTER).exists():
        return False
    if SubjectKey.objects.filter(wrapped__isnull=False).exists():
        raise keyfiles.KeyFileMissing(
            _("Wrapped keys exist, but their master key is missing. Restore it from its escrow copy."),
            detail=MASTER,
        )
    return keyfiles.create(MASTER, secrets.token_bytes(keyfiles.KEY_BYTES))


def ensure(subject: UUID) -> None:
    """The subject has a data key when this returns. Raises `KeyDestroyed` for an erased subject."""
    row = _row(subject)
    if row is None:
        _insert(subject)
        row = _row(subject)
    if row is None or row.destroyed is not None:
        raise KeyDestroyed(str(subject))


def encrypt(subject: UUID, plaintext: bytes, *, context: str) -> bytes:
    """Seal `plaintext` under the subject's key and bind it to `context` ("table:row:column").
    Raises `KeyDestroyed`; `KeyMissing` where `ensure` was never called."""
    return sealer(subject)(plaintext, context=context)


def sealer(subject: UUID) -> Callable[..., bytes]:
    """An `encrypt` for one subject that unwraps the key once: for one bounded run of many. Raises as it does.
    Never keep it: what is sealed after the key was destroyed can never be opened."""
    key_id, key = _unwrap(subject)

    def sealed(plaintext: bytes, *, context: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        found = AESGCM(key).encrypt(nonce, plaintext, _bound(context, key_id))
        return _VERSION + key_id.bytes + nonce + found

    return sealed


def decrypt(subject: UUID, sealed: bytes, *, context: str) -> bytes:
    """Open what `encrypt` sealed for the same subject and context.
    Raises `KeyDestroyed`, `KeyMissing` or `Tampered`."""
    return _open(_unwrap, subject, sealed, context)


def reader(ahead: Iterable[UUID] = ()) -> Callable[..., bytes]:
    """A `decrypt` that unwraps each key once: for one bounded run over many rows, such as verification.
    The keys of the subjects in `ahead` are read in one query, the others when they are needed.
    Never keep it: a key destroyed meanwhile would still open."""
    rows = {row.subject: row for row in SubjectKey.objects.filter(subject__in=list(ahead))}
    known: dict[UUID, tuple[UUID, bytes]] = {}

    def unwrap(subject: UUID) -> tuple[UUID, bytes]:
        if subject not in known:
            known[subject] = _unwrap(subject, rows.get(subject))
        return known[subject]

    def opened(subject: UUID, sealed: bytes, *, context: str) -> bytes:
        return _open(unwrap, subject, sealed, context)

    return opened


def destroy(subject: UUID) -> bool:
    """The subject's key is gone for good when this returns; true if this call did it. A subject who never
    had a key gets a tombstone too, so that none can be made later. It cannot be rolled back: call it after
    the erasure is decided and stored."""
    if subject == ORGANISATION:
        raise Broken(_("The organisation's own key is never destroyed."), code="key_of_organisation")
    if not SubjectKey.objects.filter(subject=subject).exists():
        _insert(subject)
    changed = SubjectKey.objects.filter(subject=subject, destroyed__isnull=True).update(
        wrapped=None, destroyed=clock.now()
    )
    return changed == 1


def is_destroyed(subject: UUID) -> bool:
    """True where the subject's tombstone stands; false for a living key and for an unknown subject."""
    return SubjectKey.objects.filter(subject=subject, destroyed__isnull=False).exists()


def _row(subject: UUID) -> SubjectKey | None:
    return SubjectKey.objects.filter(subject=subject).first()


def _insert(subject: UUID) -> None:
    """Insert a fresh key unless another process was first: then its key stands and ours is forgotten."""
    master = keyfiles.read(MASTER)
    key_id, nonce = uuid.uuid4(), secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(master).encrypt(nonce, AESGCM.generate_key(256), _wrapping(subject, key_id))
    row = SubjectKey(subject=subject, key_id=key_id, master_id=master_id(master), wrapped=nonce + sealed)
    with transaction.atomic(using=ALIAS):
        SubjectKey.objects.bulk_create([row], ignore_conflicts=True)


def _unwrap(subject: UUID, row: SubjectKey | None = None) -> tuple[UUID, bytes]:
    row = row or _row(subject)
    if row is None:
        raise KeyMissing(str(subject))
    if row.wrapped is None:
        raise _Tombstone(row.key_id)
    master, wrapped = keyfiles.read(MASTER), bytes(row.wrapped)
    if bytes(row.master_id) != master_id(master):
        raise keyfiles.KeyFileMissing(
            _("The master key file is not the one that wrapped the stored keys. Restore the right one."),
            detail=MASTER,
        )
    try:
        key = AESGCM(master).decrypt(
            wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _wrapping(subject, row.key_id)
        )
    except (InvalidTag, ValueError):
        raise Tampered(f"wrapped key {row.key_id}") from None
    return row.key_id, key


class _Tombstone(KeyDestroyed):
    def __init__(self, key_id: UUID) -> None:
        super().__init__(str(key_id))
        self.key_id = key_id


def _open(unwrap: Callable[[UUID], tuple[UUID, bytes]], subject: UUID, sealed: bytes, context: str) -> bytes:
    if len(sealed) < _HEADER_BYTES or sealed[:1] != _VERSION:
        raise Tampered(f"{context}: not sealed bytes")
    try:
        key_id, key = unwrap(subject)
    except _Tombstone as tombstone:
        # Sealed under some other key, yet filed under an erased person: nobody's erasure hides that.
        if sealed[1:17] != tombstone.key_id.bytes:
            raise Tampered(f"{context}: sealed under another key than the destroyed one") from None
        raise
    if sealed[1:17] != key_id.bytes:
        raise Tampered(f"{context}: sealed under another key")
    nonce = sealed[17:_HEADER_BYTES]
    try:
        return AESGCM(key).decrypt(nonce, sealed[_HEADER_BYTES:], _bound(context, key_id))
    except InvalidTag:
        raise Tampered(context) from None


def _bound(context: str, key_id: UUID) -> bytes:
    return b"dsr-sealed/1\x00" + key_id.bytes + context.encode()


def _wrapping(subject: UUID, key_id: UUID) -> bytes:
    return b"dsr-wrapped/1\x00" + subject.bytes + key_id.bytes


def master_id(master: bytes) -> bytes:
    """Eight bytes that name a master key and tell nothing of it."""
    return sha256(b"dsr-master-id/1\x00" + master).digest()[:8]
