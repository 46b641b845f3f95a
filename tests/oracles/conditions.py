"""What a condition means, in the plainest words: Python values, one record at a time, no product code.

A record's values are `str`, `Decimal`, `date`, `datetime`, `bool`, `frozenset` of texts, and `UUID`; a value
that is missing is not there. The model of rights in `naive` stands on this.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

#: Texts of conditions are at most this long.
LONGEST = 400
NEGATIVE = {
    "is_not": "is",
    "not_contains": "contains",
    "not_in": "in",
    "not_between": "between",
    "not_empty": "empty",
}
#: Comparators whose value is a piece of text and not a value of the field.
PIECES = ("contains", "not_contains", "starts", "ends")


def same(text: str) -> str:
    """Two texts count as the same where this is equal: no difference of case, nor of composed letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


_READ: Mapping[str, Callable[[str], Any]] = {
    "text": lambda text: text,
    "multiline": lambda text: text,
    "picklist": lambda text: text,
    "number": Decimal,
    "currency": Decimal,
    "boolean": lambda text: text == "yes",
    "date": date.fromisoformat,
    "datetime": _moment,
    "multiselect": lambda text: frozenset(part.strip() for part in text.split(";") if part.strip()),
    "lookup": UUID,
}


def read(kind: str, written: str) -> Any:
    """The value that somebody wrote into a field of this type; `None` for nothing."""
    text = unicodedata.normalize("NFC", written)
    text = text.strip("\r\n") if kind == "multiline" else text.strip()
    return _READ[kind](text) or None if kind == "multiselect" else (_READ[kind](text) if text else None)


@dataclass(frozen=True)
class Leaf:
    """A field compared with what is `written`, or with a field of the viewer's own record."""

    key: str
    kind: str
    how: str
    written: tuple[str, ...] = ()
    own: str | None = None


@dataclass(frozen=True)
class All:
    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Any_:
    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Not:
    part: Tree


Tree = Leaf | All | Any_ | Not
Values = Mapping[str, Any]


def holds(tree: Tree, values: Values, own: Values) -> bool:
    """Whether a record with these values keeps the conditions of a viewer whose own record has `own`."""
    return _truth(tree, values, own) is True


def _truth(tree: Tree, values: Values, own: Values) -> bool | None:
    """True, false, or `None` where it hangs on something the viewer's own record does not say."""
    match tree:
        case Not(part):
            inner = _truth(part, values, own)
            return None if inner is None else not inner
        case All(parts):
            found = [_truth(part, values, own) for part in parts]
            return False if False in found else None if None in found else True
        case Any_(parts):
            found = [_truth(part, values, own) for part in parts]
            return True if True in found else None if None in found else False
        case Leaf():
            given = _given(tree, own)
            return None if given is None else compares(tree.how, values.get(tree.key), given)


def _given(leaf: Leaf, own: Values) -> list[Any] | None:
    if leaf.own is not None:
        value = own.get(leaf.own)
        if value is None or (isinstance(value, str) and len(same(value)) > LONGEST):
            return None
        one_of_several = isinstance(value, frozenset) and leaf.how in ("in", "not_in")
        return list(value) if one_of_several else [value]
    if leaf.how in PIECES:
        return [unicodedata.normalize("NFC", text).strip() for text in leaf.written]
    if leaf.kind == "multiselect" and leaf.how in ("in", "not_in"):
        return list(leaf.written)
    return [read(leaf.kind, text) for text in leaf.written]


def compares(how: str, value: Any, given: list[Any]) -> bool:
    """Whether a value stands to the given ones as `how` says; a missing value does only by `empty`."""
    if how in NEGATIVE:
        return not compares(NEGATIVE[how], value, given)
    if how == "empty":
        return value is None
    if value is None:
        return False
    value, given = _plain(value), [_plain(one) for one in given]
    return _COMPARES[how](value, given)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return same(value)
    return frozenset(map(same, value)) if isinstance(value, frozenset) else value


def _among(value: Any, given: list[Any]) -> bool:
    return any(one in value if isinstance(value, frozenset) else one == value for one in given)


_COMPARES: Mapping[str, Callable[[Any, list[Any]], bool]] = {
    "is": lambda value, given: bool(value == given[0]),
    "in": _among,
    "contains": lambda value, given: given[0] in value,
    "starts": lambda value, given: bool(value.startswith(given[0])),
    "ends": lambda value, given: bool(value.endswith(given[0])),
    "lt": lambda value, given: bool(value < given[0]),
    "le": lambda value, given: bool(value <= given[0]),
    "gt": lambda value, given: bool(value > given[0]),
    "ge": lambda value, given: bool(value >= given[0]),
    "between": lambda value, given: bool(given[0] <= value <= given[1]),
}


def described(tree: Tree) -> dict[str, Any]:
    """The tree as an administrator would give it."""
    match tree:
        case Not(part):
            return {"not": described(part)}
        case All(parts):
            return {"all": [described(part) for part in parts]}
        case Any_(parts):
            return {"any": [described(part) for part in parts]}
        case Leaf(key, _kind, how, written, own):
            given = {"own": own} if own is not None else {"value": list(written)}
            return {"field": key, "how": how, **given}


def keys(tree: Tree) -> set[str]:
    """The fields a tree asks for."""
    match tree:
        case Not(part):
            return keys(part)
        case All(parts) | Any_(parts):
            return set().union(*(keys(part) for part in parts))
        case Leaf(key):
            return {key}
