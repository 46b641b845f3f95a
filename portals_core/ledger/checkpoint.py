"""The signer: publishes signed heads of the tree, and only heads that continue what it signed before.

It runs as a process of its own with its own key and remembers the last head it signed in its own file, so
a database that was rolled back or rewritten gets no signature. `sign_next` rebuilds the tree from the
leaves themselves; what the database says about hashes and size is compared, not believed.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portals_core.ledger import merkle, note
from portals_core.ledger.models import Checkpoint, LedgerEntry, TreeState
from portals_core.plumbing import keyfiles
from portals_core.plumbing.errors import Broken

SIGNING_KEY = "ledger-signing.key"
LAST_SIGNED = "last-signed.txt"
LATEST = "latest.txt"
VERIFIER_KEY = "ledger.vkey"
LOCK = ".lock"
_CHUNK = 5000


class Inconsistent(Broken):
    """The log does not continue what was signed. Nothing was signed; keep the evidence and investigate."""

    default_code = "ledger.inconsistent"

    def __init__(self, detail: str) -> None:
        super().__init__(
            _("The audit log does not continue its last signed checkpoint. Nothing was signed."),
            detail=detail,
        )


def create_signing_key() -> bool:
    """Make the ledger's signing key file; true if this call made it. Refuses once checkpoints exist: they
    could not be continued with another key."""
    if keyfiles.path(SIGNING_KEY).exists():
        return False
    if Checkpoint.objects.exists():
        raise keyfiles.KeyFileMissing(
            _("Signed checkpoints exist, but their signing key is missing. Restore it from its escrow copy."),
            detail=SIGNING_KEY,
        )
    return keyfiles.create(SIGNING_KEY, secrets.token_bytes(keyfiles.KEY_BYTES))


def sign_next() -> str | None:
    """Sign and publish the tree as it is now; the note, or None where there is nothing new.

    Raises `Inconsistent` for a log that shrank, changed or disagrees with itself, and for one whose signer
    lost its memory. After a crash the next call finishes publishing what was signed.
    """
    key = Ed25519PrivateKey.from_private_bytes(keyfiles.read(SIGNING_KEY))
    verifier = note.verifier(settings.LEDGER_ORIGIN, key)
    with _alone() as folder:
        last = _last_signed(folder)
        if last is not None:
            _publish(folder, last, verifier)
        head = _current(note.head_of(last, verifier) if last is not None else None)
        if head is None:
            return None
        signed = note.sign(note.body(head), verifier.name, key)
        # Remember first: a head that was signed and then forgotten could be contradicted later.
        _write(folder / LAST_SIGNED, signed)
        _publish(folder, signed, verifier)
    return signed


def published() -> Iterator[tuple[str, str]]:
    """File name and content of every published checkpoint, the signer's memory included."""
    folder = Path(settings.CHECKPOINT_DIR)
    for path in sorted(folder.glob("*.txt")):
        yield path.name, path.read_bytes().decode("utf-8", "surrogateescape")


def published_key() -> str | None:
    """The verifier key as published; None before the first checkpoint."""
    path = Path(settings.CHECKPOINT_DIR) / VERIFIER_KEY
    return path.read_text(encoding="utf-8").strip() if path.exists() else None


def _current(last: note.Head | None) -> note.Head | None:
    """The head to sign, rebuilt from the leaves and checked against `last`; None where nothing is new."""
    frontier, old_root = merkle.Frontier(), merkle.EMPTY_ROOT
    known = last.size if last else 0
    for hashes in _chunks():
        if frontier.size < known <= frontier.size + len(hashes):
            old_root = frontier.extended(hashes[: known - frontier.size]).root()
        frontier = frontier.extended(hashes)
    if frontier.size < known:
        raise Inconsistent(f"the log has {frontier.size} entries, {known} were signed")
    if last and old_root != last.root:
        raise Inconsistent(f"the first {known} entries are not those that were signed")
    _agrees_with_sealer(frontier)
    return (
        note.Head(settings.LEDGER_ORIGIN, frontier.size, frontier.root()) if frontier.size > known else None
    )


def _chunks() -> Iterator[list[bytes]]:
    """Leaf hashes in index order, made from the leaves. Raises `Inconsistent` on a gap."""
    last = -1
    while True:
        rows = list(
            LedgerEntry.objects.filter(index__gt=last).order_by("index").values_list("index", "leaf")[:_CHUNK]
        )
        if not rows:
            return
        if [index for index, _leaf in rows] != list(range(last + 1, last + 1 + len(rows))):
            raise Inconsistent(f"an index is missing after {last}")
        yield [merkle.leaf_hash(bytes(leaf)) for _index, leaf in rows]
        last += len(rows)


def _agrees_with_sealer(frontier: merkle.Frontier) -> None:
    """The sealer's own tree, at its size or cut where ours ends later, says the same."""
    state = TreeState.objects.first()
    if state is None and frontier.size == 0:
        return
    if state is None or state.size < frontier.size:
        raise Inconsistent("entries have an index that the sealer never gave")
    if state.size == frontier.size and bytes(state.frontier) != frontier.packed():
        raise Inconsistent("the sealer's tree has another root")


def _last_signed(folder: Path) -> str | None:
    path = folder / LAST_SIGNED
    if path.exists():
        return path.read_text(encoding="utf-8")
    if Checkpoint.objects.exists() or any(folder.glob("*.txt")):
        raise Inconsistent("checkpoints exist, but the file with the last signed one is gone")
    return None


def _publish(folder: Path, signed: str, verifier: note.VerifierKey) -> None:
    """Make the note public in every place; harmless where it is already."""
    head = note.head_of(signed, verifier)
    for name, content in (
        (f"{head.size}.txt", signed),
        (VERIFIER_KEY, f"{verifier}\n"),
        (LATEST, signed),
    ):
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            _write(path, content)
    Checkpoint.objects.get_or_create(
        origin=head.origin, size=head.size, defaults={"root": head.root, "note": signed}
    )


@contextlib.contextmanager
def _alone() -> Iterator[Path]:
    """The folder of checkpoints, for one signer at a time."""
    folder = Path(settings.CHECKPOINT_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@contextlib.contextmanager
def at_rest() -> Iterator[None]:
    """No checkpoint is half published while this is held; signers wait. Needs the right to read only."""
    path = Path(settings.CHECKPOINT_DIR) / LOCK
    if not path.exists():
        yield
        return
    with path.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _write(path: Path, content: str) -> None:
    """Replace a file whole: a reader sees the old content or the new, and a crash loses neither."""
    draft = path.with_name(f".{path.name}.new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
