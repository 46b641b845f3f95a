"""The tag files of a bag (BagIt 1.0, RFC 8493), as text. Pure: bytes and digests come from the caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from portals_core.plumbing.errors import Broken

DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class NotABag(Broken):
    """A path or a value that a bag cannot carry."""

    default_code = "not_a_bag"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the bag: its path with slashes, its SHA-512 in hex and its size in bytes."""

    path: str
    sha512: str
    size: int


def encoded(path: str) -> str:
    """The path as a manifest writes it: only LF, CR and % are percent-encoded (2.1.3)."""
    if path.startswith(("/", "~", "\\")) or ".." in path.split("/") or "\x00" in path or not path:
        raise NotABag("", detail="a path leads out of the bag")
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def manifest(entries: Iterable[Entry]) -> str:
    """One line per file, sorted by path. Raises `NotABag` for a path that comes twice."""
    ordered = sorted(entries, key=lambda entry: entry.path)
    for one, following in pairwise(ordered):
        if one.path == following.path:
            raise NotABag("", detail="a path comes twice")
    return "".join(f"{entry.sha512}  {encoded(entry.path)}\n" for entry in ordered)


def payload_oxum(entries: Iterable[Entry]) -> str:
    """Octets and number of files of the payload: "1234.5"."""
    payload = [entry for entry in entries if entry.path.startswith("data/")]
    return f"{sum(entry.size for entry in payload)}.{len(payload)}"


def bag_info(
    *, made_on: date, identifier: str, organisation: str, email: str, entries: Iterable[Entry]
) -> str:
    """`bag-info.txt`; line breaks in a value are folded away so that no value forges a line."""
    lines: Mapping[str, str] = {
        "Source-Organization": organisation,
        "Contact-Email": email,
        "External-Identifier": identifier,
        "Bagging-Date": made_on.isoformat(),
        "Payload-Oxum": payload_oxum(entries),
    }
    return "".join(f"{name}: {' '.join(value.split())}\n" for name, value in lines.items())
