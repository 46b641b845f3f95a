"""Names of files that people give: made safe for every disk, in any script; and what sort they say. Pure."""

from __future__ import annotations

import mimetypes
import re
import unicodedata

#: Bytes of UTF-8; file systems take 255.
LONGEST = 240
UNKNOWN = "application/octet-stream"
#: Letters that some system does not take in a name.
_ELSEWHERE = re.compile(r'[<>:"|?*]')
#: Joiners are part of words in Persian, in the scripts of India and in signs put together.
_JOINERS = "\u200c\u200d"
#: The table that comes with Python, not the one of this machine.
_TYPES = mimetypes.MimeTypes()


def safe(given: str) -> str:
    """The name without the folders before it, without control and direction marks and without dots and spaces
    at its ends; empty where nothing is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    seen = (one if one in _JOINERS or unicodedata.category(one)[0] != "C" else " " for one in last)
    return " ".join(_ELSEWHERE.sub("_", "".join(seen)).split()).strip(". " + _JOINERS)


def too_long(name: str) -> bool:
    """Whether some disk could not take the name."""
    return len(name.encode()) > LONGEST


def media_type(name: str) -> str:
    """The sort of file as its ending says it, whatever a browser claims."""
    kind, packed = _TYPES.guess_type(name)
    return kind if kind and not packed else UNKNOWN
