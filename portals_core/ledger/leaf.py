"""The canonical bytes of one ledger entry, and back (formats, Audit log).

Version 1 is eight lines of ASCII, each `name SP value LF`, in this order and no other:

    dsr-ledger-entry 1
    id 0190a0b2-….            random UUID, lower case
    at 2026-01-31T09:30:00.000000Z
    code consent.withdrawn
    actor user:…              opaque reference
    about case:…              opaque reference
    outcome done
    detail <64 hex digits>    HMAC-SHA256(salt, detail)

In code, actor, about and outcome every UTF-8 byte outside `A-Z a-z 0-9 . _ : / @ + -` is written `%XX`
(upper case), so a line feed, an escape sequence or a look-alike cannot forge a line or reach a terminal.
Equal entries give equal bytes and no two byte strings parse to the same entry.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote_from_bytes, unquote_to_bytes
from uuid import UUID

from portals_core.plumbing.errors import Broken

LONGEST = 200
SALT_BYTES = 32
_PLAIN = "/:@+"  # beside letters, digits, "_", ".", "-"; "~" is taken out below
_AS_IT_IS = re.compile(r"[A-Za-z0-9._:/@+-]+")
_LINES = re.compile(
    rb"dsr-ledger-entry 1\nid ([0-9a-f-]{36})\nat (\S{27})\ncode (\S+)\nactor (\S+)\nabout (\S+)\n"
    rb"outcome (\S+)\ndetail ([0-9a-f]{64})\n"
)


class NotALeaf(Broken):
    """The values or bytes do not make a ledger entry."""

    default_code = "not_a_leaf"


@dataclass(frozen=True, slots=True)
class Leaf:
    """What an entry says for ever: no name, no address, only opaque ids and a salted commitment."""

    id: UUID
    at: datetime
    code: str
    actor: str
    about: str
    outcome: str
    commitment: bytes


def commit(salt: bytes, detail: bytes) -> bytes:
    """The commitment to `detail`: without the 32 random bytes of `salt` no dictionary can find it."""
    if len(salt) != SALT_BYTES:
        raise NotALeaf("", detail="salt must be 32 bytes")
    return hmac.digest(salt, detail, "sha256")


def encode(leaf: Leaf) -> bytes:
    """The canonical bytes. Raises `NotALeaf` for a naive time, an empty, overlong or unencodable value."""
    if leaf.at.tzinfo is None or len(leaf.commitment) != 32:
        raise NotALeaf("", detail="time must be aware and commitment 32 bytes")
    at = leaf.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    lines = [
        "dsr-ledger-entry 1",
        f"id {leaf.id}",
        f"at {at}",
        f"code {_quoted(leaf.code)}",
        f"actor {_quoted(leaf.actor)}",
        f"about {_quoted(leaf.about)}",
        f"outcome {_quoted(leaf.outcome)}",
        f"detail {leaf.commitment.hex()}",
    ]
    return ("\n".join(lines) + "\n").encode("ascii")


def parse(data: bytes) -> Leaf:
    """The entry whose canonical bytes are exactly `data`. Raises `NotALeaf` for anything else."""
    match = _LINES.fullmatch(data)
    if match is None:
        raise NotALeaf("", detail="the lines are not those of version 1")
    entry, at, code, actor, about, outcome, commitment = match.groups()
    try:
        leaf = Leaf(
            id=UUID(entry.decode("ascii")),
            # Reads more ways of writing a moment than the one; the comparison below refuses the others.
            at=datetime.fromisoformat(at.decode("ascii")),
            code=_unquoted(code),
            actor=_unquoted(actor),
            about=_unquoted(about),
            outcome=_unquoted(outcome),
            commitment=bytes.fromhex(commitment.decode("ascii")),
        )
    except ValueError as error:
        raise NotALeaf("", detail=str(error)) from None
    if encode(leaf) != data:
        raise NotALeaf("", detail="the bytes are not canonical")
    return leaf


def _quoted(value: str) -> str:
    if not value or len(value) > LONGEST or "\x00" in value:
        raise NotALeaf("", detail=f"a value must have 1 to {LONGEST} characters and no NUL")
    if _AS_IT_IS.fullmatch(value):
        return value
    try:
        return quote_from_bytes(value.encode(), safe=_PLAIN).replace("~", "%7E")
    except UnicodeEncodeError:
        raise NotALeaf("", detail="a value is not valid Unicode") from None


def _unquoted(value: bytes) -> str:
    if b"%" not in value:
        return value.decode("ascii")
    return unquote_to_bytes(value).decode()
