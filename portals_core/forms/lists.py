"""The form above a list: search, up to three conditions, order. It knows shapes; what fits, the list says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portals_core.access.criteria import COMPARATORS, OPERANDS
from portals_core.records import conditions, filters, values
from portals_core.records.filters import Row
from portals_core.records.listing import Page
from portals_core.records.models import Field, FieldType

_INPUTS = {FieldType.DATE: "date", FieldType.DATETIME: "datetime-local"}
_YES = [("", "–"), ("yes", _("Yes")), ("no", _("No"))]


class ListForm(forms.Form):
    """Shows what was asked of a list and takes the next question; every name in it is fixed."""

    def __init__(self, page: Page, *, find: str, rows: Sequence[Row], sort: str) -> None:
        super().__init__()
        filled = [row for row in rows if row.field or row.value]
        self.shown = [*filled, Row()][: filters.ROWS] if page.asked else []
        if page.title_finds or page.finders:
            self.fields["find"] = _find(page, find)
        for number, row in enumerate(self.shown, start=1):
            self.fields.update(_row(number, row, page.asked))
        if page.sorts:
            self.fields["sort"] = _sort(page, sort)

    @property
    def conditions(self) -> list[tuple[int, list[forms.BoundField]]]:
        """Number and inputs of every condition shown."""
        return [
            (number, [self[f"{name}{number}"] for name in "fhv"]) for number in range(1, len(self.shown) + 1)
        ]


def _find(page: Page, find: str) -> forms.Field:
    wholes = ", ".join(field.label for field in page.finders)
    help_text: Any = _("Part of the name")
    if page.title_finds and wholes:
        help_text = _("Part of the name, or a whole value of: %(fields)s") % {"fields": wholes}
    elif wholes:
        help_text = _("A whole value of: %(fields)s") % {"fields": wholes}
    widget = forms.TextInput(attrs={"maxlength": "200"})
    widget.input_type = "search"
    return forms.CharField(
        label=_("Find"), required=False, initial=find, help_text=str(help_text), widget=widget
    )


def _row(number: int, row: Row, asked: Sequence[Field]) -> Mapping[str, forms.Field]:
    chosen = next((one for one in asked if one.key == row.field), None)
    known = COMPARATORS[values.KIND_OF[chosen.type]] if chosen else tuple(conditions.HOW)
    fields = [("", "–"), *((one.key, one.label) for one in asked)]
    if row.field and chosen is None:
        # What was asked stands in the form as it was given; the sentence above says what is wrong.
        fields.append((row.field, row.field))
    # Another field is compared in other ways: with a script running, the form follows the choice.
    follows = {
        "hx-get": "?",
        "hx-include": "closest form",
        "hx-params": f"not h{number},v{number}",
        "hx-target": "#narrow",
        "hx-select": "#narrow",
        "hx-swap": "outerHTML",
    }
    ways = [(how, conditions.HOW[how]) for how in known]
    return {
        f"f{number}": _select(_("Field"), fields, row.field, **follows),
        f"h{number}": _select(_("Comparison"), ways, row.how or "is"),
        f"v{number}": forms.CharField(
            label=_("Value"), required=False, initial=row.value, widget=_widget(chosen, row.how or "is")
        ),
    }


def _select(label: Any, choices: Sequence[tuple[str, Any]], chosen: str, **attrs: str) -> forms.Field:
    widget = forms.Select(attrs=attrs)
    return forms.ChoiceField(label=label, choices=choices, required=False, initial=chosen, widget=widget)


def _widget(chosen: Field | None, how: str) -> forms.Widget:
    if chosen is not None and chosen.type == FieldType.BOOLEAN:
        return forms.Select(choices=_YES)
    if chosen is not None and OPERANDS.get(how, 1) == 1 and how not in ("starts", "ends"):
        whole = chosen.type == FieldType.MULTISELECT or how in ("is", "is_not")
        if chosen.choices and whole:
            return forms.Select(choices=[("", "–"), *((str(word), str(word)) for word in chosen.choices)])
        if chosen.type in _INPUTS:
            widget = forms.TextInput()
            widget.input_type = _INPUTS[FieldType(chosen.type)]
            return widget
    return forms.TextInput(attrs={"autocomplete": "off"})


def _sort(page: Page, sort: str) -> forms.Field:
    ways: list[tuple[str, Any]] = [("", "–")]
    for field in page.sorts:
        ways.append((field.key, _("%(field)s, ascending") % {"field": field.label}))
        ways.append((f"-{field.key}", _("%(field)s, descending") % {"field": field.label}))
    return _select(_("Sort by"), ways, sort)
