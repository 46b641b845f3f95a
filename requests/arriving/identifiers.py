"""The form in which an identifier is compared, and its keyed hash.

Two spellings of one identifier have one form; two identifiers never share one, so nobody is merged with
somebody else (attack 8). Mail goes to the form and never to what was typed: what is proved is what is
searched.
"""

from __future__ import annotations

import re
import unicodedata

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import BadInput
from portals_core.records import addresses
from requests.models import IdentifierKind

LONGEST = 200
_NOT_A_DIGIT = re.compile(r"[\s().\-/\u2010-\u2015]")
_PHONE = re.compile(r"\+?[0-9]{5,17}")
_SALT = "requests.identifiers"


def normal(kind: str, value: str) -> str:
    """The form of an identifier. Raises `BadInput` with a sentence for the field of that kind."""
    text = unicodedata.normalize("NFKC", value).strip()
    if not text or len(text) > 320 or not text.isprintable():
        raise _wrong(kind, _("Write at most 200 characters, without line breaks."))
    if kind == IdentifierKind.EMAIL:
        return mail(text)
    if kind == IdentifierKind.PHONE:
        return _phone(text)
    form = " ".join(text.split()).casefold()
    if len(form) > LONGEST:
        raise _wrong(kind, _("Write at most 200 characters, without line breaks."))
    return form


def keyed(kind: str, form: str) -> str:
    """A hash of the form under a key of its own: it tells that two are the same and nothing else."""
    return salted_hmac(_SALT, f"{kind}:{form}", algorithm="sha256").hexdigest()


def mail(text: str) -> str:
    """An address in lower case, its host in the letters that travel and without a final dot. Neither tags
    nor look-alike letters are taken for each other. Raises `BadInput`."""
    form = addresses.form(text)
    if form is None:
        raise _not_mail()
    return form


def spellings(form: str) -> set[str]:
    """The ways in which an address of this form may have been stored: its host in either alphabet."""
    local, _sign, host = form.rpartition("@")
    try:
        shown = ".".join(_shown(one) for one in host.split("."))
    except UnicodeError:
        return {form}
    return {form, f"{local}@{shown}"}


def same_mail(stored: object, form: str) -> bool:
    """Whether a stored address is the one of this form."""
    return addresses.form(str(stored or "")) == form


def _shown(label: str) -> str:
    return label[4:].encode().decode("punycode") if label.startswith("xn--") else label


def _phone(text: str) -> str:
    digits = _NOT_A_DIGIT.sub("", text)
    digits = f"+{digits[2:]}" if digits.startswith("00") else digits
    if not _PHONE.fullmatch(digits):
        raise _wrong("phone", _("Write a phone number with its country code, like +48 600 100 200."))
    return digits


def _not_mail() -> BadInput:
    return _wrong("email", _("This is not an e-mail address. Write it like name@example.org."))


def _wrong(kind: str, sentence: object) -> BadInput:
    return BadInput(sentence, code="identifier.wrong", fields={str(kind): sentence})
