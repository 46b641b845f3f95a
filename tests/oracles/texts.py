"""What people write into fields and conditions, drawn so that values meet: few values, many disguises."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from hypothesis import strategies as st

from tests.oracles import conditions
from tests.oracles.conditions import LONGEST, All, Any_, Leaf, Not, Tree
from tests.oracles.naive import Field

#: Letters whose case, composition or writing in JSON or SQL is easily got wrong.
_ATOMS = (
    *("a", "A", "ß", "ẞ", "ss", "S", "İ", "i̇", "ı", "I", "Σ", "ς", "σ", "é", "É", "e", "é", "́", "ͅ"),
    *("ǰ", "ǰ", "ΐ", "ᾳ", "ŉ", "ﬁ", "Ǆ", "ǅ", "Å", "Å", "ſ", "K", "각", "각", "北", "京", "Ж", "ж", "Ё"),
    *("😀", "👩‍👦", "🏽", "\U0010ffff", "\ufffe", "\ufeff", "\u2028", "\u00a0", "\u200d", "\u00ad"),
    *(" ", "  ", "\t", "\n", "\r", "\x01", "\x1e", "\x7f", "\x85", "'", '"', "\\", "%", "_", "{", "}", "$"),
    *("\\u0041", "0", "1", "null", "true", ";", ",", "؀"),
)
_NUMBERS = (
    *("0", "-0", "0.00", "1", "1.0", "1.00", "01", "+1", "-1", "-1.0", "9.99", "10", "-10", "1e1", "1E+1"),
    *("0.1", "0.10", "-0.1", "0.01", "1e-2", "99", "100", "-99", "-100", "12.5", "12.50", "-12.5", "125e-1"),
    *("1e99", "9.9e99", "-1e99", "1e-99", "-1e-99", "123456789012345678901234567890.000000001", "٣"),
)
_DATES = ("2026-03-05", "2026-03-06", "2026-02-28", "0001-01-01", "9999-12-31", "2024-02-29", "20260305")
_MOMENTS = (
    *(
        "2026-03-05T09:00:00+00:00",
        "2026-03-05T10:00:00+01:00",
        "2026-03-05T09:00",
        "2026-03-05T09:00:00.000001Z",
    ),
    *(
        "2026-03-05T00:30:00+14:00",
        "2026-03-04T10:30:00Z",
        "2026-03-04T23:59:59.999999-12:00",
        "0001-01-02",
        "2026-03-05",
    ),
)
CHOICES = ("new", "New Business", "ГОТОВО", "готово", "Straße", "北京", "\u00e9", "a,b", "😀")
_SCALARS = {
    "number": _NUMBERS,
    "date": _DATES,
    "datetime": _MOMENTS,
    "boolean": ("yes", "no"),
    "picklist": CHOICES,
}

_short = st.lists(st.sampled_from(_ATOMS), max_size=4).map("".join)
_long = st.builds(
    lambda atom, length, end: (atom * length)[:length] + end,
    st.sampled_from(("a", "ß", "é", "😀", "e\u0301")),
    st.sampled_from((199, 200, 201, LONGEST - 1, LONGEST, LONGEST + 1, LONGEST + 2)),
    st.sampled_from(("", "b")),
)
written_texts = st.one_of(_short, _short, _short, _short, _short, _long)


def written(one: Field) -> st.SearchStrategy[str]:
    """What is written into a field that is no link; the empty text for nothing."""
    if one.type in ("text", "multiline"):
        return written_texts
    if one.type == "multiselect":
        return st.lists(st.sampled_from(one.choices), max_size=3).map("; ".join)
    return st.sampled_from(one.choices or _SCALARS[one.type])


_DISGUISES = (
    str,
    str.upper,
    str.lower,
    str.title,
    str.swapcase,
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: unicodedata.normalize("NFC", text),
    lambda text: f" {text}\t",
    lambda text: text[1:],
    lambda text: text[:-1],
    lambda text: text[:LONGEST],
    lambda text: text[-2:],
)


def disguised(texts: Sequence[str]) -> st.SearchStrategy[str]:
    """One of the texts in another case or composition, or a piece of it; or any text."""
    if not texts:
        return _short
    told = st.builds(lambda text, how: how(text), st.sampled_from(list(texts)), st.sampled_from(_DISGUISES))
    return st.one_of(told, told, _short)


# --- conditions ---------------------------------------------------------------------------------------

_KINDS = {"multiline": "text", "currency": "number"}
_TEXT = ("is", "is_not", "contains", "not_contains", "starts", "ends", "in", "not_in", "empty", "not_empty")
_ORDERED = (
    "lt",
    "le",
    "gt",
    "ge",
    "between",
    "not_between",
    "is",
    "is_not",
    "in",
    "not_in",
    "empty",
    "not_empty",
)
HOW = {
    "text": _TEXT,
    "picklist": _TEXT,
    "multiselect": ("is", "is_not", "contains", "not_contains", "in", "not_in", "empty", "not_empty"),
    "number": _ORDERED,
    "date": _ORDERED,
    "datetime": _ORDERED,
    "boolean": ("is",),
    "lookup": ("is", "is_not", "in", "not_in", "empty", "not_empty"),
}
_ALIKE = ("is", "is_not", "contains", "not_contains", "starts", "ends")
_STEPS = ("is", "is_not", "lt", "le", "gt", "ge")
_AGAINST = {
    ("text", "text"): _ALIKE,
    ("text", "picklist"): _ALIKE,
    ("text", "multiselect"): ("in", "not_in"),
    ("picklist", "text"): ("is", "is_not"),
    ("picklist", "picklist"): ("is", "is_not"),
    ("picklist", "multiselect"): ("in", "not_in"),
    ("multiselect", "text"): ("contains", "not_contains"),
    ("multiselect", "picklist"): ("contains", "not_contains"),
    ("multiselect", "multiselect"): ("is", "is_not", "in", "not_in"),
    ("number", "number"): _STEPS,
    ("date", "date"): _STEPS,
    ("datetime", "datetime"): _STEPS,
    ("boolean", "boolean"): ("is",),
    ("lookup", "lookup"): ("is", "is_not"),
}


def kind(one: Field) -> str:
    return _KINDS.get(one.type, one.type)


@st.composite
def value_leaf(draw: st.DrawFn, one: Field, texts: Sequence[str], links: Sequence[str]) -> Leaf:
    """A comparison of one field with given values."""
    how = draw(st.sampled_from(HOW[kind(one)]))
    if kind(one) == "text" or (one.type == "picklist" and how in conditions.PIECES):
        value = disguised(texts or one.choices).filter(lambda text: _fits(one, text))
    elif one.type == "lookup":
        value = st.sampled_from(list(links))
    elif one.type == "multiselect" and how not in ("is", "is_not"):
        value = st.sampled_from(one.choices)
    else:
        value = written(one).filter(bool)
    number = {"empty": 0, "not_empty": 0, "between": 2, "not_between": 2}.get(how, 1)
    most = 3 if how in ("in", "not_in") else number
    given = draw(st.lists(value, min_size=number, max_size=most))
    if number == 2:
        given.sort(key=lambda text: conditions.read(one.type, text))
    return Leaf(one.key, one.type, how, tuple(given))


def _fits(one: Field, text: str) -> bool:
    """Whether a condition takes it: there is something, and what is stored is not too long. Only a text of
    several lines keeps spaces around it."""
    stored = text.strip("\r\n") if one.type == "multiline" else text.strip()
    return bool(text.strip()) and len(conditions.same(stored)) <= LONGEST


@st.composite
def _own_leaf(draw: st.DrawFn, pairs: Sequence[tuple[Field, Field]]) -> Leaf:
    one, own = draw(st.sampled_from(pairs))
    how = draw(st.sampled_from(_AGAINST[kind(one), kind(own)]))
    return Leaf(one.key, one.type, how, own=own.key)


def trees(
    fields: Sequence[Field], own: Sequence[Field], texts: Sequence[str], links: Sequence[str]
) -> st.SearchStrategy[Tree]:
    """Conditions over some fields, on given values and on the fields of the viewer's own record."""
    leaves: list[st.SearchStrategy[Tree]] = [
        st.sampled_from(fields).flatmap(lambda one: value_leaf(one, texts, links))
    ]
    pairs = [
        (one, other)
        for one in fields
        for other in own
        if (kind(one), kind(other)) in _AGAINST and (one.type != "lookup" or one.target == other.target)
    ]
    if pairs:
        leaves.append(_own_leaf(pairs))
    groups = st.sampled_from((All, Any_))
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.one_of(
            st.builds(
                lambda group, parts: group(tuple(parts)), groups, st.lists(inner, min_size=1, max_size=3)
            ),
            st.builds(Not, inner),
        ),
        max_leaves=4,
    )
