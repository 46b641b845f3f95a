"""The one form of a mail address, in which two spellings of it are the same and two addresses never are."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

LONGEST = 254


def form(text: str) -> str | None:
    """An address in lower case, its host in the letters that travel and without a final dot; `None` for what
    is no address. Neither tags nor look-alike letters are taken for each other."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).strip().lower())
    local, _sign, host = plain.rpartition("@")
    try:
        found = f"{local}@{'.'.join(_label(one) for one in host.removesuffix('.').split('.'))}"
        validate_email(found)
    except (ValidationError, UnicodeError):
        return None
    return found if len(found) <= LONGEST else None


def _label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
