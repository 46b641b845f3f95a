"""Verifying the ledger where it lives: the stand-alone check over the stored rows, and what only the
database can be asked: do the columns repeat the leaf, does the sealer's tree agree, does an entry wait.

Runs beside writers, sealer and signer: what it compares with is read before the entries, and what is
sealed during the run is read again at its end.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, timedelta
from pathlib import Path

from django.conf import settings

from portals_core.ledger import checkpoint, merkle, note, transcript
from portals_core.ledger.append import context
from portals_core.ledger.leaf import SALT_BYTES, Leaf, NotALeaf, encode
from portals_core.ledger.models import Checkpoint, LedgerDetail, LedgerEntry, TreeState
from portals_core.ledger.verify import Finding, Result, verify
from portals_core.plumbing import clock, keyring
from portals_core.plumbing.errors import Broken

#: An entry that waits longer for its index is an alarm.
LATE = timedelta(seconds=10)
_CHUNK = 2000


def audit(outside: Iterable[tuple[str, str]] = (), vkey: str | None = None) -> Result:
    """Verify everything stored and published, and the checkpoints from `outside` (name, text).
    `vkey` replaces the published verifier key by one that was kept elsewhere."""
    findings: list[Finding] = []
    with checkpoint.at_rest():
        checkpoints = [*_stored(findings), *_published(findings), *outside]
        key = vkey or checkpoint.published_key() or ""
    unsigned = list(_tree(findings))
    if checkpoints and key.partition("+")[0] != settings.LEDGER_ORIGIN:
        findings.append(Finding("origin", "The verifier key is not of this log.", checkpoint.VERIFIER_KEY))
    result = verify(rows(findings), checkpoints, key, unsigned=unsigned)
    if not unsigned or result.head.size > unsigned[0][1]:
        findings.extend(_beyond(result.head.size))
    result.findings.extend(findings)
    return result


def write_export(path: Path) -> int:
    """Write the ledger to a new file for the stand-alone checker; how many entries. Details that are not
    erased are in it in clear text, so the file is readable by its owner only."""
    with checkpoint.at_rest():
        checkpoints = [*_stored([]), *checkpoint.published()]
    path.touch(mode=0o600, exist_ok=False)
    with path.open("w", encoding="ascii") as file:
        return transcript.write(
            file,
            origin=settings.LEDGER_ORIGIN,
            vkey=checkpoint.published_key() or "",
            checkpoints=checkpoints,
            rows=rows([]),
        )


def rows(findings: list[Finding]) -> Iterator[transcript.Row]:
    """Every entry with its opened detail: in index order, those without an index last. Adds to `findings`
    what the columns say otherwise than the leaf."""
    opened, last = keyring.reader(), -1
    for _entry, row in _sealed(last, findings, opened):
        last = row.index if row.index is not None else last
        yield row
    waiting = list(LedgerEntry.objects.filter(index__isnull=True).order_by("created", "id"))
    sealed_meanwhile = set()
    for entry, row in _sealed(last, findings, opened):
        sealed_meanwhile.add(entry.id)
        yield row
    still = [entry for entry in waiting if entry.id not in sealed_meanwhile]
    for entry, row in _opened(still, findings, opened):
        if clock.now() - entry.created > LATE:
            findings.append(Finding("late", "It waits for its index too long.", f"entry {entry.id}"))
        yield row


def _sealed(
    last: int, findings: list[Finding], opened: Callable[..., bytes]
) -> Iterator[tuple[LedgerEntry, transcript.Row]]:
    while chunk := list(LedgerEntry.objects.filter(index__gt=last).order_by("index")[:_CHUNK]):
        yield from _opened(chunk, findings, opened)
        last = max(entry.index for entry in chunk if entry.index is not None)


def _opened(
    entries: list[LedgerEntry], findings: list[Finding], opened: Callable[..., bytes]
) -> Iterator[tuple[LedgerEntry, transcript.Row]]:
    details = LedgerDetail.objects.in_bulk([entry.id for entry in entries])
    for entry in entries:
        findings.extend(_columns(entry))
        yield (
            entry,
            transcript.Row(entry.index, bytes(entry.leaf), _open(details.get(entry.id), opened)),
        )


def _open(row: LedgerDetail | None, opened: Callable[..., bytes]) -> transcript.Detail | str:
    if row is None:
        return transcript.ABSENT
    try:
        both = opened(row.subject, bytes(row.sealed), context=context(row.entry_id))
    except keyring.KeyDestroyed:
        return transcript.DESTROYED
    except keyring.KeyMissing:
        return transcript.KEYLESS
    except keyring.Tampered:
        return transcript.UNREADABLE
    return transcript.Detail(both[:SALT_BYTES], both[SALT_BYTES:])


def _columns(entry: LedgerEntry) -> Iterator[Finding]:
    where, data = f"entry {entry.id}", bytes(entry.leaf)
    if bytes(entry.leaf_hash) != merkle.leaf_hash(data):
        yield Finding("leaf_hash", "The stored hash is not that of the leaf.", where)
    try:
        # The leaf ends with the commitment, which has no column: 64 hexadecimal digits and a line feed.
        said = Leaf(
            id=entry.id,
            at=entry.at.astimezone(UTC),
            code=entry.code,
            actor=entry.actor,
            about=entry.about,
            outcome=entry.outcome,
            commitment=bytes.fromhex(data[-65:-1].decode("ascii")),
        )
        same = encode(said) == data
    except (NotALeaf, ValueError):
        same = False
    if not same:
        yield Finding("columns", "The columns do not repeat the leaf.", where)


def _tree(findings: list[Finding]) -> Iterator[tuple[str, int, bytes]]:
    state = TreeState.objects.first()
    if state is None:
        return
    try:
        frontier = merkle.Frontier.unpacked(state.size, bytes(state.frontier))
    except Broken:
        findings.append(Finding("tree", "The sealer's tree cannot be read.", "tree state"))
        return
    yield "tree state", state.size, frontier.root()


def _beyond(size: int) -> Iterator[Finding]:
    """Indexes past the tree state that was read first are right if the sealer has moved on meanwhile."""
    state = TreeState.objects.first()
    if size > (state.size if state else 0):
        yield Finding("tree", "Entries have an index that the sealer never gave.", "tree state")


def _stored(findings: list[Finding]) -> Iterator[tuple[str, str]]:
    for row in Checkpoint.objects.order_by("size"):
        where = f"checkpoint row {row.size}"
        if (
            note.body(note.Head(row.origin, row.size, bytes(row.root)))
            != row.note.partition("\n\n")[0] + "\n"
        ):
            findings.append(Finding("checkpoint", "The columns do not repeat the note.", where))
        path = Path(settings.CHECKPOINT_DIR) / f"{row.size}.txt"
        if not path.exists() or path.read_bytes() != row.note.encode("utf-8", "surrogateescape"):
            findings.append(Finding("published", "The published file does not repeat the note.", where))
        yield where, row.note


def _published(findings: list[Finding]) -> Iterator[tuple[str, str]]:
    """Published files; each `<size>.txt` covers that size, `latest.txt` and the signer's memory the most."""
    named = dict(checkpoint.published())
    stored = set(Checkpoint.objects.values_list("size", flat=True))
    sizes = [int(name.removesuffix(".txt")) for name in named if name.removesuffix(".txt").isdecimal()]
    for name, text in named.items():
        stem = name.removesuffix(".txt")
        size = stem if stem.isdecimal() else str(max(sizes, default=0))
        if text.split("\n")[1:2] != [size]:
            findings.append(Finding("published", f"It does not cover {size} entries.", name))
        if stem.isdecimal() and int(stem) not in stored:
            findings.append(Finding("unstored", "The database does not know this checkpoint.", name))
        yield name, text
