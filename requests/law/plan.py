"""What would be touched, as a canonical list with a digest. Pure.

The digest covers what is touched and in which version, not the order in which the sources found it: two
plans with the same digest do the same things. Approval stores the digest; whoever executes computes it anew
(promise 9, N3).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

#: Changes with the meaning of the list; part of the digest, so that old digests never match a new meaning.
FORMAT = "dsr-plan/2"
FULFIL = "fulfil"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a plan. `key_scope` names the key that is destroyed with it, or is empty; `verdict` is
    what is done about it ("fulfil", "refuse", "redact"), `ground` the code of a refusal."""

    source: str
    kind: str
    ref: str
    version: int = 1
    key_scope: str = ""
    verdict: str = FULFIL
    ground: str = ""

    @property
    def key(self) -> str:
        """What it is, whatever its version: an effect on it carries this name."""
        return f"{self.source}:{self.kind}:{self.ref}"

    @property
    def touched(self) -> bool:
        """Whether what is asked is done to it."""
        return self.verdict == FULFIL

    def stored(self) -> list[str | int]:
        """As a row of JSON; `entry` reads it back."""
        return [self.source, self.kind, self.ref, self.version, self.key_scope, self.verdict, self.ground]


def entry(stored: Iterable[object]) -> Entry:
    """An entry as it was stored."""
    source, kind, ref, version, key_scope, verdict, ground = stored
    return Entry(
        str(source), str(kind), str(ref), int(str(version)), str(key_scope), str(verdict), str(ground)
    )


def canonical(act: str, entries: Iterable[Entry]) -> bytes:
    """The bytes that are digested: format, act, and the entries sorted."""
    rows = sorted(item.stored() for item in entries)
    return json.dumps([FORMAT, act, rows], ensure_ascii=False, separators=(",", ":")).encode()


def digest(act: str, entries: Iterable[Entry]) -> str:
    """SHA-256 of the canonical list, in hex."""
    return sha256(canonical(act, entries)).hexdigest()


def counts(entries: Iterable[Entry]) -> dict[str, int]:
    """How many things of each sort: {"records:orders": 12, …} in order of the name (W11)."""
    return dict(sorted(Counter(f"{item.source}:{item.kind}" for item in entries).items()))
