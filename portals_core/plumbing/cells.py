"""Values as cells of a CSV file: readable, and never run by the spreadsheet that opens it (attack 52)."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterable

#: What makes a spreadsheet take a cell for a formula; the full-width forms are folded by some of them.
_RUN = frozenset("=+-@\t\r\n＝＋－＠")
_NEUTRAL = "'"


def text(value: object) -> str:
    """The plain text of a JSON value: nothing for null, JSON for lists and objects. NUL and halves of
    characters, which no text file can hold, become U+FFFD."""
    return _plain(value).replace("\x00", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def cell(value: object) -> str:
    """The text as a cell: one that a spreadsheet would run gets a leading apostrophe."""
    shown = text(value)
    return _NEUTRAL + shown if _would_run(shown) else shown


def line(values: Iterable[object]) -> str:
    """A row of cells as RFC 4180 has it, with its CRLF."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([cell(value) for value in values])
    return out.getvalue()


def _would_run(shown: str) -> bool:
    if not shown or shown[0].isalnum():
        return False
    if shown[0] in _RUN:
        return True
    # Blanks and invisible characters before the sign are skipped by some programs.
    for character in shown:
        if character not in _RUN and (character.isspace() or unicodedata.category(character) == "Cf"):
            continue
        return character in _RUN
    return False
