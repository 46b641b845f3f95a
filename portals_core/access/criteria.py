"""Conditions on a record as a typed tree: read, written down, numbered. Pure.

One tree serves sharing, locking, retention and the scope of requests (N1). A leaf compares one field with
given values, or with a field of the viewer's own record. Values stand in the tree in the form in which
they are compared (`records.values.comparable`): one text each.

What a missing value means: no comparison holds for it but `empty`; a negative comparator (`is_not`,
`not_contains`, …) holds exactly where its positive twin does not, so it holds for a missing value. A leaf
that asks for a field the viewer's own record does not have never holds, negated or not: fail closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Stands before, between and after the choices of a field that holds several.
SEPARATOR = "\x1f"
#: Texts of conditions are at most this long; longer ones are found with `contains` alone.
LONGEST = 400
DEEPEST = 8

#: A day counted from the day on which a rule is asked: "today", "today-30", "today+7".
RELATIVE_DAY = re.compile(r"today(?:([+-])(\d{1,5}))?")

_TEXT = (
    "is",
    "is_not",
    "contains",
    "not_contains",
    "starts",
    "ends",
    "in",
    "not_in",
    "empty",
    "not_empty",
)
_ORDERED = (
    "is",
    "is_not",
    "in",
    "not_in",
    "lt",
    "le",
    "gt",
    "ge",
    "between",
    "not_between",
    "empty",
    "not_empty",
)
#: Kind of value -> comparators it knows (C12).
COMPARATORS: Mapping[str, tuple[str, ...]] = {
    "text": _TEXT,
    "choice": _TEXT,
    "choices": ("is", "is_not", "contains", "not_contains", "in", "not_in", "empty", "not_empty"),
    "number": _ORDERED,
    "date": _ORDERED,
    "moment": _ORDERED,
    "yes": ("is",),
    "link": ("is", "is_not", "in", "not_in", "empty", "not_empty"),
}
#: Comparator -> the one that holds exactly where it does not.
POSITIVE: Mapping[str, str] = {
    "is_not": "is",
    "not_contains": "contains",
    "not_in": "in",
    "not_between": "between",
    "not_empty": "empty",
}
#: How many values a comparator takes; one where it is not named, and `None` for any number.
OPERANDS: Mapping[str, int | None] = {
    "empty": 0,
    "not_empty": 0,
    "between": 2,
    "not_between": 2,
    "in": None,
    "not_in": None,
}
#: Kind of a field -> kinds of the viewer's fields it can be compared with -> by which comparators (C3).
AGAINST_OWN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "text": {
        "text": ("is", "is_not", "contains", "not_contains", "starts", "ends"),
        "choice": ("is", "is_not", "contains", "not_contains", "starts", "ends"),
        "choices": ("in", "not_in"),
    },
    "choice": {"text": ("is", "is_not"), "choice": ("is", "is_not"), "choices": ("in", "not_in")},
    "choices": {
        "text": ("contains", "not_contains"),
        "choice": ("contains", "not_contains"),
        "choices": ("is", "is_not", "in", "not_in"),
    },
    "number": {"number": ("is", "is_not", "lt", "le", "gt", "ge")},
    "date": {"date": ("is", "is_not", "lt", "le", "gt", "ge")},
    "moment": {"moment": ("is", "is_not", "lt", "le", "gt", "ge")},
    "yes": {"yes": ("is",)},
    "link": {"link": ("is", "is_not")},
}


class Malformed(ValueError):
    """What is given is no tree; `code` says why, `facts` name the place."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(f"{code} {facts}")


@dataclass(frozen=True)
class Value:
    """A field compared with given values. `given` is as somebody wrote it, `forms` as it is compared."""

    key: str
    kind: str
    how: str
    forms: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class Own:
    """A field compared with a field of the viewer's own record, as that is at the moment of asking."""

    key: str
    kind: str
    how: str
    own: str
    own_kind: str


@dataclass(frozen=True)
class All:
    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Any_:
    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Not:
    part: Tree


Leaf = Value | Own
Tree = Value | Own | All | Any_ | Not


def leaves(tree: Tree) -> Iterator[Leaf]:
    """The comparisons of a tree from left to right."""
    match tree:
        case All(parts) | Any_(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case Value() | Own():
            yield tree


def dump(tree: Tree) -> dict[str, Any]:
    """The tree as JSON, for `load`."""
    match tree:
        case All(parts):
            return {"all": [dump(part) for part in parts]}
        case Any_(parts):
            return {"any": [dump(part) for part in parts]}
        case Not(part):
            return {"not": dump(part)}
        case Value(key, kind, how, forms, given):
            return {"field": key, "kind": kind, "how": how, "forms": list(forms), "value": list(given)}
        case Own(key, kind, how, own, own_kind):
            return {"field": key, "kind": kind, "how": how, "own": own, "own_kind": own_kind}


def load(stored: object, depth: int = 0) -> Tree:
    """The tree that `dump` wrote. Raises `Malformed` for anything else: such a rule shows nothing."""
    if depth > DEEPEST:
        raise Malformed("deep")
    if not isinstance(stored, dict):
        raise Malformed("shape")
    match stored:
        case {"all": [_, *_] as parts}:
            return All(tuple(load(part, depth + 1) for part in parts))
        case {"any": [_, *_] as parts}:
            return Any_(tuple(load(part, depth + 1) for part in parts))
        case {"not": part}:
            return Not(load(part, depth + 1))
        case {"field": str(key), "kind": str(kind), "how": str(how), "own": str(own), "own_kind": str(other)}:
            if how not in AGAINST_OWN.get(kind, {}).get(other, ()):
                raise Malformed("comparator", field=key)
            return Own(key, kind, how, own, other)
        case {"field": str(key), "kind": str(kind), "how": str(how), "forms": list(forms)}:
            if how not in COMPARATORS.get(kind, ()) or not _counts(how, len(forms)):
                raise Malformed("comparator", field=key)
            given = stored.get("value", ())
            return Value(key, kind, how, tuple(map(str, forms)), tuple(map(str, given)))
    raise Malformed("shape")


def _counts(how: str, number: int) -> bool:
    wanted = OPERANDS.get(how, 1)
    return number > 0 if wanted is None else number == wanted


# --- numbered patterns: "(1 and 2) or not 3" ------------------------------------------------------

_TOKEN = re.compile(r"\s*(?:(\d{1,3})|(and|or|not)\b|([()]))", re.IGNORECASE)


def parse_pattern(pattern: str, rows: Sequence[Tree]) -> Tree:
    """The tree of numbered conditions that `pattern` joins; an empty one joins all by "and".

    Raises `Malformed` for a number there is no condition for, a condition that is not used, or a text
    that is no pattern, each with the place.
    """
    if not rows:
        raise Malformed("no_rows")
    if not pattern.strip():
        return rows[0] if len(rows) == 1 else All(tuple(rows))
    reading = _Pattern(_tokens(pattern), rows)
    tree = reading.either(0)
    if reading.at < len(reading.tokens):
        raise Malformed("pattern", token=reading.tokens[reading.at])
    unused = set(range(1, len(rows) + 1)) - reading.used
    if unused:
        raise Malformed("unused", number=min(unused))
    return tree


def _tokens(pattern: str) -> list[str]:
    found, at = [], 0
    text = pattern.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Malformed("pattern", token=text[at:].strip()[:20])
        found.append(match.group().strip().lower())
        at = match.end()
    return found


class _Pattern:
    """Reads tokens by recursive descent: "not" binds closest, then "and", then "or"."""

    def __init__(self, tokens: list[str], rows: Sequence[Tree]) -> None:
        self.tokens, self.rows, self.at = tokens, rows, 0
        self.used: set[int] = set()

    def _next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _joined(self, word: str, depth: int) -> list[Tree]:
        part = self.both if word == "or" else self.one
        parts = [part(depth)]
        while self._next() == word:
            self.at += 1
            parts.append(part(depth))
        return parts

    def either(self, depth: int) -> Tree:
        parts = self._joined("or", depth)
        return parts[0] if len(parts) == 1 else Any_(tuple(parts))

    def both(self, depth: int) -> Tree:
        parts = self._joined("and", depth)
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self, depth: int) -> Tree:
        word = self._next()
        if depth > DEEPEST:
            raise Malformed("deep")
        self.at += 1
        match word:
            case "not":
                return Not(self.one(depth + 1))
            case "(":
                inner = self.either(depth + 1)
                if self._next() != ")":
                    raise Malformed("pattern", token=self._next() or "…")
                self.at += 1
                return inner
        if not word.isdecimal():
            raise Malformed("pattern", token=word or "…")
        if not 1 <= int(word) <= len(self.rows):
            raise Malformed("number", number=word)
        self.used.add(int(word))
        return self.rows[int(word) - 1]


def numbered(tree: Tree) -> tuple[list[Leaf], str]:
    """The comparisons of a tree in order, and the pattern that joins them to it again."""
    found: list[Leaf] = []
    return found, _pattern(tree, found, top=True)


def _pattern(tree: Tree, found: list[Leaf], *, top: bool = False) -> str:
    match tree:
        case All(parts) | Any_(parts):
            word = " and " if isinstance(tree, All) else " or "
            text = word.join(_pattern(part, found) for part in parts)
            return text if top else f"({text})"
        case Not(part):
            return f"not {_pattern(part, found)}"
        case Value() | Own():
            found.append(tree)
    return str(len(found))
