"""The stand-alone checker of the ledger: no Django, no database, nothing but what an auditor was given.

    python -m portals_core.ledger.verify EXPORT [--vkey KEY_OR_FILE] [--checkpoint FILE]...

It re-reads every leaf, rebuilds the tree and holds it against every checkpoint, and opens every commitment
whose detail was not erased. A checkpoint that was kept outside the operator's reach is what shows a
rewrite with all hashes recomputed (promise 21); so is a verifier key kept there.
"""

import argparse
import hmac
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from portals_core.ledger import merkle, note, transcript
from portals_core.ledger.leaf import Leaf, NotALeaf, commit, parse
from portals_core.ledger.transcript import ABSENT, DESTROYED, KEYLESS, Detail, Row
from portals_core.plumbing.errors import Broken

REDACTED = "ledger.redacted"
#: Heads by size: where each was seen, its root, and whether it was signed.
_Heads = dict[int, list[tuple[str, bytes, bool]]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be: a stable code, a sentence, and where it was seen."""

    code: str
    sentence: str
    where: str


@dataclass(slots=True)
class Result:
    """What a run saw. `head` is the tree that the entries make."""

    findings: list[Finding] = field(default_factory=list)
    entries: int = 0
    erased: int = 0
    head: merkle.Frontier = field(default_factory=merkle.Frontier)
    #: Size of the largest checkpoint that holds; entries after it are not protected yet.
    covered: int = 0


@dataclass(slots=True)
class _Run:
    result: Result
    seen: set[bytes] = field(default_factory=set)
    absent: dict[UUID, str] = field(default_factory=dict)
    redacted: set[UUID] = field(default_factory=set)

    def find(self, code: str, sentence: str, where: str) -> None:
        self.result.findings.append(Finding(code, sentence, where))


def verify(
    rows: Iterable[Row],
    checkpoints: Iterable[tuple[str, str]],
    vkey: str,
    *,
    unsigned: Iterable[tuple[str, int, bytes]] = (),
) -> Result:
    """Check `rows`, in index order with those that wait for an index last, against `checkpoints`
    (name and text), of which every one must be signed by `vkey`, and against heads that somebody states
    `unsigned` (name, size, root). What is wrong is found, not raised."""
    run = _Run(Result())
    heads = _heads(run, checkpoints, vkey)
    for name, size, root in unsigned:
        heads.setdefault(size, []).append((name, root, False))
    frontier, expected = merkle.Frontier(), 0
    _compare(run, heads.pop(0, []), frontier)
    for row in rows:
        run.result.entries += 1
        where = f"entry {row.index}" if row.index is not None else "entry without index"
        _entry(run, row, where)
        if row.index is None:
            continue
        if row.index != expected:
            run.find("gap", f"Index {expected} was expected here.", where)
        expected = row.index + 1
        frontier = frontier.extended([merkle.leaf_hash(row.leaf)])
        if frontier.size in heads:
            _compare(run, heads.pop(frontier.size), frontier)
    for size, names in sorted(heads.items()):
        for name, _root, _signed in names:
            run.find("truncated", f"It covers {size} entries, the log has {frontier.size}.", name)
    for entry, where in run.absent.items():
        if entry not in run.redacted:
            run.find("detail_missing", "The detail is gone and no redaction entry says so.", where)
    run.result.head = frontier
    return run.result


def _heads(run: _Run, checkpoints: Iterable[tuple[str, str]], vkey: str) -> _Heads:
    heads: _Heads = {}
    given = list(checkpoints)
    try:
        key = note.parse_verifier(vkey)
    except note.BadNote as error:
        if given:
            run.find("vkey", f"The verifier key cannot be read: {error.detail}.", "verifier key")
        return heads
    for name, text in given:
        try:
            head = note.head_of(text, key)
        except note.BadNote as error:
            run.find("checkpoint", f"The checkpoint does not hold: {error.detail}.", name)
            continue
        heads.setdefault(head.size, []).append((name, head.root, True))
    return heads


def _compare(run: _Run, heads: list[tuple[str, bytes, bool]], head: merkle.Frontier) -> None:
    for name, root, signed in heads:
        if root != head.root():
            run.find("root", f"The first {head.size} entries do not make the root that it states.", name)
        elif signed:
            run.result.covered = max(run.result.covered, head.size)


def _entry(run: _Run, row: Row, where: str) -> None:
    try:
        leaf = parse(row.leaf)
    except NotALeaf as error:
        run.find("leaf", f"The leaf cannot be read: {error.detail}.", where)
        return
    if leaf.id.bytes in run.seen:
        run.find("duplicate", "Another entry has the same id.", where)
    run.seen.add(leaf.id.bytes)
    if leaf.code == REDACTED and leaf.about.startswith("entry:"):
        _redaction(run, leaf, where)
    if row.detail == ABSENT:
        run.absent[leaf.id] = where
    if row.detail in (ABSENT, DESTROYED):
        run.result.erased += 1
    elif isinstance(row.detail, Detail):
        _detail(run, row.detail, leaf, where)
    elif row.detail == KEYLESS:
        run.find("key_missing", "The key of the detail is missing, and no erasure says so.", where)
    else:
        run.find("detail", "The detail could not be opened.", where)


def _redaction(run: _Run, leaf: Leaf, where: str) -> None:
    try:
        run.redacted.add(UUID(leaf.about.removeprefix("entry:")))
    except ValueError:
        run.find("redaction", "The redaction names no entry.", where)


def _detail(run: _Run, detail: Detail, leaf: Leaf, where: str) -> None:
    try:
        same = hmac.compare_digest(commit(detail.salt, detail.text), leaf.commitment)
    except NotALeaf:
        same = False
    if not same:
        run.find("commitment", "Salt and detail are not those that the leaf commits to.", where)


def main(arguments: list[str] | None = None) -> int:
    """The command line: 0 clean, 1 findings, 2 nothing that can be checked."""
    parser = argparse.ArgumentParser(prog="verify", description="Check an export of the audit log, offline.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--vkey", help="verifier key, or a file that holds it, from outside the operator")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="kept checkpoint")
    options = parser.parse_args(arguments)
    try:
        file = transcript.read(options.export)
        outside = [(str(path), path.read_bytes().decode()) for path in options.checkpoint]
        vkey = key_given(options.vkey) if options.vkey else file.vkey
        result = verify(file.rows, [*file.checkpoints, *outside], vkey)
    except (OSError, UnicodeDecodeError, Broken) as error:
        print(f"cannot be checked: {getattr(error, 'detail', '') or error}", file=sys.stderr)
        return 2
    for line in summary(result):
        print(line)
    if not options.vkey:
        print("note: the verifier key came with the export; give --vkey to use the one you kept")
    return 1 if result.findings else 0


def key_given(value: str) -> str:
    """A verifier key as given on a command line: the key itself, or a file that holds it."""
    path = Path(value)
    return path.read_text(encoding="utf-8").strip() if path.is_file() else value


def summary(result: Result) -> Iterator[str]:
    """The result for people, one line each; every value is printable ASCII."""
    for found in result.findings:
        yield ascii(f"{found.where}: {found.sentence} [{found.code}]")[1:-1]
    yield f"{result.entries} entries, {result.head.size} in the tree, {result.erased} details erased"
    yield f"root {result.head.root().hex()}, covered by a checkpoint up to {result.covered}"
    yield "clean" if not result.findings else f"{len(result.findings)} findings"


if __name__ == "__main__":
    sys.exit(main())
