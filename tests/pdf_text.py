"""The words of a PDF as this product makes it, read back with the standard library only.

Follows each font to its table of characters, as a reader that copies text does: words that only look right
but could not be copied or searched are not found here either.
"""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)(?=\nendobj)", re.S)
_PAIR = re.compile(rb"<([0-9a-f]+)> <([0-9a-f]+)>", re.I)
_SHOWN = re.compile(rb"/(\w+) [\d.]+ Tf|\[([^\]]*)\] ?TJ|<([0-9a-f]+)> ?Tj", re.I)


def words(made: bytes) -> str:
    """All words in the order in which they are drawn, one blank between lines."""
    objects = _objects(made)
    tables = _tables(objects)
    return " ".join(line for body in objects.values() for line in _lines(body, tables)).replace("  ", " ")


def pages(made: bytes) -> int:
    """How many pages it has."""
    return sum(1 for body in _objects(made).values() if re.search(rb"/Type /Page\b", body))


def _objects(made: bytes) -> dict[int, bytes]:
    """Number of an object -> its body, streams opened, objects inside streams too."""
    found: dict[int, bytes] = {}
    for number, body in _OBJECT.findall(made):
        found[int(number)] = _opened(body)
    for packed in [key for key, body in found.items() if b"/Type /ObjStm" in body]:
        head, _stream, inside = found.pop(packed).partition(b"stream\n")
        first = int(re.search(rb"/First (\d+)", head)[1])
        index = [int(number) for number in inside[:first].split()]
        ends = [*index[3::2], len(inside)]
        for number, start, end in zip(index[::2], index[1::2], ends, strict=True):
            found[number] = inside[first + start : first + end]
    return found


def _opened(body: bytes) -> bytes:
    head, stream, rest = body.partition(b"stream\n")
    try:
        return head + stream + zlib.decompressobj().decompress(rest)
    except zlib.error:
        return body


def _tables(objects: dict[int, bytes]) -> dict[bytes, dict[bytes, str]]:
    """Name of a font -> its characters by glyph."""
    tables = {}
    for body in objects.values():
        for name, number in re.findall(rb"/(\w+) (\d+) 0 R", body):
            found = re.search(rb"/ToUnicode (\d+) 0 R", objects.get(int(number), b""))
            if found:
                pairs = _PAIR.findall(objects[int(found[1])])
                tables[name] = {
                    glyph: bytes.fromhex(code.decode()).decode("utf-16-be") for glyph, code in pairs
                }
    return tables


def _lines(body: bytes, tables: dict[bytes, dict[bytes, str]]) -> list[str]:
    lines, table = [], {}
    for font, several, one in _SHOWN.findall(body):
        if font:
            table = tables.get(font, {})
            continue
        glyphs = b"".join(re.findall(rb"<([0-9a-f]+)>", several, re.I)) if several else one
        lines.append("".join(table.get(glyphs[at : at + 4], "\ufffd") for at in range(0, len(glyphs), 4)))
    return lines
