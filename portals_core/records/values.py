"""Typed values: how each field type is written down, compared and shown.

Stored forms, all JSON: text as given (trimmed, NFC); numbers as text exactly as written, so that no digit
is lost; dates as ISO text; moments as fixed-width UTC text; yes/no as booleans; lists as arrays; links as
the target's UUID.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from uuid import UUID

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext_lazy as _

from portals_core.access.criteria import SEPARATOR
from portals_core.plumbing.errors import BadInput
from portals_core.records.models import Field, FieldType

EMPTY: tuple[object, ...] = (None, "", [])
#: The form of every filled encrypted field: rules can ask whether it is empty and nothing more (F14).
SEALED = "•"
#: Numbers lie between 10 to the minus and the plus of this.
LARGEST = 100
#: Forms of unique values are at most this long (`UniqueValue.value`).
_LONGEST_FORM = 400
_TRUE = {"1", "true", "yes", "y", "on"}
_FALSE = {"0", "false", "no", "n", "off"}


def parse(field: Field, raw: object) -> object:
    """The stored form of `raw` for `field`; `None` for nothing. Raises `BadInput` with what would fit."""
    if isinstance(raw, str):
        raw = (
            unicodedata.normalize("NFC", raw).strip()
            if field.type != FieldType.MULTILINE
            else raw.strip("\r\n")
        )
    if raw in EMPTY:
        return None
    if isinstance(raw, str) and not is_text(raw):
        raise _wrong(field, _("it holds a character that is no text"))
    return _PARSERS[field.type](field, raw)


def is_text(text: str) -> bool:
    """Whether a text holds nothing that no database keeps, nor the character that parts several choices in
    the form in which rules compare them."""
    return not any(char in ("\x00", SEPARATOR) or "\ud800" <= char <= "\udfff" for char in text)


def _text(field: Field, raw: object) -> str:
    if isinstance(raw, (dict, list)):
        raise _wrong(field, _("it must be a text"))
    return unicodedata.normalize("NFC", str(raw))


def _email(field: Field, raw: object) -> str:
    try:
        validate_email(str(raw))
    except ValidationError:
        raise _wrong(field, _("write an address like name@example.org")) from None
    return str(raw)


def _url(field: Field, raw: object) -> str:
    try:
        URLValidator(schemes=["http", "https"])(str(raw))
    except ValidationError:
        raise _wrong(field, _("write an address like https://example.org")) from None
    return str(raw)


def _number(field: Field, raw: object) -> str:
    text = str(raw)
    try:
        number = Decimal(text)
        fits = number.is_finite() and "_" not in text and abs(number.adjusted()) < LARGEST and len(text) < 200
    except InvalidOperation:
        fits = False
    if not fits or isinstance(raw, bool):
        raise _wrong(field, _("write a number like 1234.56"))
    return text


def _boolean(field: Field, raw: object) -> bool:
    word = str(raw).casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise _wrong(field, _("write yes or no"))


def _date(field: Field, raw: object) -> str:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw.isoformat()
    try:
        return date.fromisoformat(str(raw)).isoformat()
    except ValueError:
        raise _wrong(field, _("write a date like 2026-12-31")) from None


def _datetime(field: Field, raw: object) -> str:
    try:
        moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong(field, _("write a moment like 2026-12-31T23:59:00+01:00")) from None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _picklist(field: Field, raw: object) -> str:
    if str(raw) not in field.choices:
        raise _wrong(field, _("choose one of: %(choices)s") % {"choices": ", ".join(map(str, field.choices))})
    return str(raw)


def _multiselect(field: Field, raw: object) -> list[str]:
    parts = raw if isinstance(raw, list) else [part.strip() for part in str(raw).split(";") if part.strip()]
    return [_picklist(field, part) for part in parts]


def _lookup(field: Field, raw: object) -> str:
    try:
        return str(UUID(str(raw)))
    except ValueError:
        raise _wrong(field, _("choose a record from the list")) from None


_PARSERS: Mapping[str, Callable[[Field, object], object]] = {
    FieldType.TEXT: _text,
    FieldType.MULTILINE: _text,
    FieldType.EMAIL: _email,
    FieldType.PHONE: _text,
    FieldType.URL: _url,
    FieldType.NUMBER: _number,
    FieldType.CURRENCY: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
    FieldType.PICKLIST: _picklist,
    FieldType.MULTISELECT: _multiselect,
    FieldType.LOOKUP: _lookup,
}


def _wrong(field: Field, why: object) -> BadInput:
    sentence = _("%(field)s: %(why)s.") % {"field": field.label, "why": why}
    return BadInput(sentence, code="value.wrong", fields={field.key: why})


def normal_form(field: Field, value: object) -> str | None:
    """The form in which two values of a unique field count as the same; `None` for no value (blanks do
    not collide, decision 11)."""
    if value in EMPTY:
        return None
    if field.type == FieldType.PHONE:
        return _phone_form(str(value))
    if field.type in (FieldType.NUMBER, FieldType.CURRENCY):
        return sortable(Decimal(str(value)))
    form = " ".join(unicodedata.normalize("NFKC", str(value)).casefold().split())
    if len(form) <= _LONGEST_FORM:
        return form
    # Long values differ anywhere, and the column that keeps them apart is not longer.
    digest = sha256(form.encode()).hexdigest()
    return f"{form[: _LONGEST_FORM - len(digest)]}{digest}"


def _phone_form(text: str) -> str:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return "".join(char for char in text if char.isdigit())
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# --- the form in which rules compare -----------------------------------------------------------------

#: Type -> the kind of value a rule sees in it (`access.criteria.COMPARATORS`).
KIND_OF: Mapping[str, str] = {
    **dict.fromkeys(("text", "multiline", "email", "phone", "url"), "text"),
    **dict.fromkeys(("number", "currency"), "number"),
    "boolean": "yes",
    "date": "date",
    "datetime": "moment",
    "picklist": "choice",
    "multiselect": "choices",
    "lookup": "link",
}


def folded(text: str) -> str:
    """Text as rules compare it: composed (NFC) and without the difference of case, in every script."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def comparable(field: Field, value: object) -> str | None:
    """The form in which rules compare a stored value; `None` for no value.

    One text per value, whose order byte by byte is the order of the values: numbers exactly, whatever
    their digits; dates and moments in time (UTC); links and yes/no by equality; the choices of a
    multi-select in order, each between separators. All values of an encrypted field have one form.
    """
    if value in EMPTY:
        return None
    if field.encrypted:
        return SEALED
    match KIND_OF[field.type]:
        case "number":
            return sortable(Decimal(str(value)))
        case "yes":
            return "1" if value else "0"
        case "date" | "moment" | "link":
            return str(value)
        case "choices":
            chosen = sorted({folded(str(one)) for one in value}) if isinstance(value, list) else []
            return f"{SEPARATOR}{SEPARATOR.join(chosen)}{SEPARATOR}" if chosen else None
    if field.type == FieldType.PHONE:
        return _phone_form(str(value))
    return folded(str(value))


def forms(fields: Iterable[Field], stored: Mapping[str, object]) -> dict[str, str]:
    """The forms of a record's values, encrypted ones in clear, for its column `folded`."""
    found = {field.key: comparable(field, stored.get(field.key)) for field in fields}
    return {key: form for key, form in found.items() if form is not None}


def sortable(number: Decimal) -> str:
    """A number as text that sorts as numbers do: sign, exponent, digits; the negative ones inverted."""
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    power = int(exponent) + len(text) + 500
    text = text.rstrip("0")
    if not text:
        return "5"
    if not sign:
        return f"6{power:03d}{text}"
    inverted = text.translate(str.maketrans("0123456789", "9876543210"))
    return f"4{999 - power:03d}{inverted}~"
