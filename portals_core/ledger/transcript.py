"""The ledger in one file: what `verify_ledger --export` writes and the stand-alone checker reads.

JSON Lines. First `{"format": "dsr-ledger-export/1", "origin", "vkey"}`; then every checkpoint
`{"checkpoint": name, "note": text}`; then every entry `{"index": n or null, "leaf": base64}` with either
`"salt"` and `"detail"` (both base64) or `"gone"`: "destroyed" (its key was), "absent" (the row was deleted,
a redaction entry must say so), "keyless" (neither key nor tombstone) or "unreadable" (changed).
Bytes are base64 so that nothing is re-encoded on the way.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from portals_core.plumbing.errors import Broken

FORMAT = "dsr-ledger-export/1"
DESTROYED = "destroyed"
ABSENT = "absent"
KEYLESS = "keyless"
UNREADABLE = "unreadable"


class BadExport(Broken):
    """The file is not an export of a ledger."""

    default_code = "bad_export"


@dataclass(frozen=True, slots=True)
class Detail:
    """An opened detail: its salt and the canonical JSON that was committed to."""

    salt: bytes
    text: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as a checker needs it; `detail` says why where there is none."""

    index: int | None
    leaf: bytes
    detail: Detail | str


@dataclass(frozen=True, slots=True)
class Export:
    """An opened export; `rows` is read from the file as it is walked, once."""

    origin: str
    vkey: str
    checkpoints: list[tuple[str, str]]
    rows: Iterator[Row]


def write(
    file: IO[str], *, origin: str, vkey: str, checkpoints: Iterable[tuple[str, str]], rows: Iterable[Row]
) -> int:
    """Write the export; how many entries it holds."""
    _put(file, {"format": FORMAT, "origin": origin, "vkey": vkey})
    for name, text in checkpoints:
        _put(file, {"checkpoint": name, "note": text})
    count = 0
    for row in rows:
        _put(file, {"index": row.index, "leaf": _text(row.leaf)} | _gone_or_open(row.detail))
        count += 1
    return count


def read(path: Path) -> Export:
    """Open the export at `path`. Raises `BadExport`, also later while the rows are walked."""
    values = _values(path)
    head = next(values, {})
    if head.get("format") != FORMAT:
        raise BadExport("", detail="the first line does not name the format")
    checkpoints: list[tuple[str, str]] = []
    first: dict | None = None
    for value in values:
        if "checkpoint" not in value:
            first = value
            break
        checkpoints.append((_string(value, "checkpoint"), _string(value, "note")))
    return Export(_string(head, "origin"), _string(head, "vkey"), checkpoints, _rows(first, values))


def _rows(first: dict | None, rest: Iterator[dict]) -> Iterator[Row]:
    if first is not None:
        yield _row(first)
    for value in rest:
        yield _row(value)


def _row(value: dict) -> Row:
    index = value.get("index")
    if index is not None and type(index) is not int:
        raise BadExport("", detail="an index is not a number")
    if "gone" in value:
        return Row(index, _bytes(value, "leaf"), _string(value, "gone"))
    return Row(index, _bytes(value, "leaf"), Detail(_bytes(value, "salt"), _bytes(value, "detail")))


def _values(path: Path) -> Iterator[dict]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                value = json.loads(line)
            except ValueError:
                raise BadExport("", detail=f"line {number} is not JSON") from None
            if not isinstance(value, dict):
                raise BadExport("", detail=f"line {number} is not an object")
            yield value


def _gone_or_open(detail: Detail | str) -> dict[str, str]:
    if isinstance(detail, Detail):
        return {"salt": _text(detail.salt), "detail": _text(detail.text)}
    return {"gone": detail}


def _put(file: IO[str], value: dict) -> None:
    file.write(json.dumps(value, sort_keys=True) + "\n")


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _string(value: dict, name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise BadExport("", detail=f"{name} is missing or no text")
    return found


def _bytes(value: dict, name: str) -> bytes:
    try:
        return base64.b64decode(_string(value, name).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise BadExport("", detail=f"{name} is not base64") from None
