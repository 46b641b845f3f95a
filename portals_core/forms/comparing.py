"""One comparison on its way between a page and a description: drafts of rows, and the inputs they need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from portals_core.access.criteria import AGAINST_OWN, COMPARATORS, OPERANDS, RELATIVE_DAY
from portals_core.forms import moments
from portals_core.records.inputs import Input
from portals_core.records.models import Field, FieldType
from portals_core.records.values import KIND_OF

#: Comparators that take any number of values.
SEVERAL = frozenset(how for how, number in OPERANDS.items() if number is None)
#: What a date is compared with when it counts from the day on which the rule is asked; no field has this key.
COUNTED = "@today"
_DAYS = re.compile(r"([+-]?)(\d{1,5})")
#: Rows looked for in a post: more are no accident.
MOST_ROWS = 100


@dataclass(frozen=True)
class Draft:
    """A row as it was entered, whatever sense it makes."""

    field: str = ""
    how: str = ""
    own: str = ""
    values: tuple[str, ...] = ()
    #: Whether a page asked what to compare with; what is stored tells by its values whether it counts days.
    asked: bool = False


class Blank(forms.Field):
    """Shows what a draft holds; whether it fits is said elsewhere."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=True, **options)


def drafts(described: Mapping[str, Any] | None) -> list[Draft]:
    """The rows of a stored description."""
    return [
        Draft(row["field"], row["how"], row.get("own", ""), tuple(map(str, row.get("value", ()))))
        for row in (described or {}).get("rows", ())
    ]


def sent(data: QueryDict, prefix: str) -> list[Draft]:
    """The rows of a post, in their order, whatever their numbers are."""
    pattern = re.compile(rf"{re.escape(prefix)}-(\d{{1,3}})-field")
    numbers = sorted({int(found[1]) for key in data if (found := pattern.fullmatch(key))})
    return [_sent(data, f"{prefix}-{number}") for number in numbers[:MOST_ROWS]]


def _sent(data: QueryDict, row: str) -> Draft:
    given = [*data.getlist(f"{row}-value"), *data.getlist(f"{row}-until")]
    lines = [line.strip() for text in given for line in text.splitlines()]
    return Draft(
        data.get(f"{row}-field", ""),
        data.get(f"{row}-how", ""),
        data.get(f"{row}-own", ""),
        tuple(line for line in lines if line),
        f"{row}-own" in data,
    )


def without(pattern: str, number: int) -> str:
    """The pattern after a condition was removed: later ones count one less, the removed one is a "?"."""

    def renamed(found: re.Match[str]) -> str:
        at = int(found[0])
        return "?" if at == number else str(at - 1 if at > number else at)

    return re.sub(r"\d+", renamed, pattern)


def comparators(field: Field) -> tuple[str, ...]:
    """The comparators that a field knows."""
    return ("empty", "not_empty") if field.encrypted else COMPARATORS[KIND_OF[field.type]]


def comparable_own(field: Field, how: str, own: Iterable[Field]) -> list[Field]:
    """The fields of the person's own record with which a field can be compared like this (C3)."""
    kinds = AGAINST_OWN[KIND_OF[field.type]] if not field.encrypted else {}
    return [
        one
        for one in own
        if how in kinds.get(KIND_OF[one.type], ())
        and (field.type != FieldType.LOOKUP or field.target_id == one.target_id)
    ]


def countable(field: Field, how: str) -> bool:
    """Whether what a field holds can be compared with a day that is counted from today."""
    kind = KIND_OF[field.type]
    return kind in ("date", "moment") and not field.encrypted and OPERANDS.get(how, 1) != 0


def counts_days(field: Field, draft: Draft) -> bool:
    """Whether a row compares with such a day."""
    stored = not draft.asked and any(RELATIVE_DAY.fullmatch(_tight(one)) for one in draft.values)
    return countable(field, draft.how) and (draft.own == COUNTED or stored)


def _tight(text: str) -> str:
    return text.lower().replace(" ", "")


def _counted(text: str) -> str:
    """Days alone are days from today; what is no day that is counted stays as it stands."""
    found = _DAYS.fullmatch(_tight(text))
    if found is None:
        return _tight(text) if RELATIVE_DAY.fullmatch(_tight(text)) else text
    return f"today{found[1] or '+'}{found[2]}" if int(found[2]) else "today"


def values(field: Field, draft: Draft) -> list[str]:
    """The values of a row as a description has them."""
    if OPERANDS.get(draft.how, 1) == 0:
        return []
    if counts_days(field, draft):
        return [_counted(one) for one in draft.values]
    if KIND_OF[field.type] == "moment":
        return [str(moments.utc(one)) for one in draft.values]
    if KIND_OF[field.type] == "choices" and draft.how in ("is", "is_not"):
        return ["; ".join(draft.values)] if draft.values else []
    return list(draft.values)


def inputs(
    field: Field, how: str, given: Sequence[str], link: Input | None, *, counted: bool = False
) -> Iterator[tuple[str, forms.Field]]:
    """(name, input) of the values that a comparator takes: none, one, two, or one input for many. With
    `counted`, they are days counted from today."""
    number = OPERANDS.get(how, 1)
    kind = _COUNTING if counted else KIND_OF[field.type]
    if number == 0:
        return
    if number == 2:
        for place, name in enumerate(("value", "until")):
            label = _("To") if place else _("From")
            yield (
                name,
                _input(label, _plain(kind), _shown(kind, given[place : place + 1]), _HELP.get(kind, "")),
            )
        return
    if number is None or (kind == "choices" and how in ("is", "is_not")):
        whole = number is not None
        # A set of choices is one value, written with semicolons.
        parts = [part.strip() for one in given for part in one.split(";")] if whole else given
        yield "value", _many(field, kind, parts, link)
        return
    yield "value", _one(field, kind, how, given, link)


#: The kind of input for days counted from today, and what it takes.
_COUNTING = "counted"
_HELP = {_COUNTING: _("Days before or after the day on which it is asked: today, today-30, today+7.")}


def _input(label: object, widget: forms.Widget, initial: object, help_text: object = "") -> Blank:
    return Blank(label=label, widget=widget, initial=initial, help_text=str(help_text))


def _shown(kind: str, given: Sequence[str]) -> str:
    first = given[0] if given else ""
    return moments.local(first) if kind == "moment" else first


def _one(field: Field, kind: str, how: str, given: Sequence[str], link: Input | None) -> Blank:
    if kind == "yes":
        words = {"true": "yes", "1": "yes", "false": "no", "0": "no"}
        first = words.get(_shown(kind, given).casefold(), _shown(kind, given))
        return _input(
            _("Value"), forms.Select(choices=[("", "–"), ("yes", _("Yes")), ("no", _("No"))]), first
        )
    if kind == "choices" or (kind == "choice" and how in ("is", "is_not")):
        return _input(_("Value"), forms.Select(choices=[("", "–"), *_choices(field)]), _shown(kind, given))
    if link is not None:
        if link.typed is None:
            return _input(
                pgettext("noun", "Record"),
                forms.Select(choices=[("", "–"), *_records(link)]),
                _shown(kind, given),
            )
        return _input(pgettext("noun", "Record"), forms.TextInput(), _shown(kind, given), _typed(link))
    return _input(_("Value"), _plain(kind), _shown(kind, given), _HELP.get(kind, ""))


def _many(field: Field, kind: str, given: Sequence[str], link: Input | None) -> Blank:
    if kind in ("choice", "choices"):
        return _input(_("Values"), forms.CheckboxSelectMultiple(choices=_choices(field)), list(given))
    if link is not None and link.typed is None:
        widget = forms.SelectMultiple(choices=_records(link), attrs={"size": "6"})
        return _input(_("Records"), widget, list(given), _("Several can be chosen."))
    lines = [moments.local(one) for one in given] if kind == "moment" else given
    text = forms.Textarea(attrs={"rows": "3", "class": "lines"})
    what = _typed(link) if link is not None else _HELP.get(kind)
    how = _("%(what)s One on each line.") % {"what": what} if what else _("One on each line.")
    return _input(_("Values"), text, "\n".join(lines), how)


def _plain(kind: str) -> forms.TextInput:
    attrs: dict[str, str] = {"inputmode": "decimal"} if kind == "number" else {}
    widget = forms.TextInput(attrs={"step": "any"} if kind == "moment" else attrs)
    widget.input_type = {"date": "date", "moment": "datetime-local"}.get(kind, "text")
    return widget


def _choices(field: Field) -> list[tuple[str, str]]:
    return [(str(one), str(one)) for one in field.choices]


def _records(link: Input) -> list[tuple[str, str]]:
    return [(str(one.id), one.title) for one in link.choices]


def _typed(link: Input) -> object:
    assert link.typed is not None
    return _("Write the “%(field)s” of the record, or its id.") % {"field": link.typed.label}
