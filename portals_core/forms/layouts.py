"""The form of a layout: for every field its section, its number there and whether it must be filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portals_core.records.layouts import Place, arranged
from portals_core.records.models import Field, Layout

NONE = ""


@dataclass(frozen=True)
class Row:
    """One field of the module, for the template; no `required` where the module requires it anyway."""

    field: Field
    section: BoundField
    number: BoundField
    required: BoundField | None


class LayoutForm(forms.Form):
    """Made for a module's fields; `given()` is what `layouts.store_layout` takes.

    There is always one more section than are used, so that a new one needs no step of its own.
    """

    name = forms.CharField(label=_("Name of the layout"), max_length=80)

    def __init__(
        self, data: QueryDict | None, *, fields: Sequence[Field], layout: Layout | None = None
    ) -> None:
        super().__init__(data, initial={"name": layout.name if layout else ""})
        self._known = _in_order(fields, layout)
        sections = layout.sections if layout else [{"title": "", "keys": [one.key for one in fields]}]
        self._titles = [str(part.get("title", "")) for part in sections]
        self._add_sections()
        required = set(layout.required if layout else ())
        at = {key: (n, m) for n, part in enumerate(sections) for m, key in enumerate(part["keys"], 1)}
        for one in self._known:
            self._add(one, at.get(one.key), one.key in required)

    def _add_sections(self) -> None:
        for number in range(len(self._titles) + 1):
            new = number == len(self._titles)
            self.fields[f"title-{number}"] = forms.CharField(
                label=_("Heading of a new section")
                if new
                else _("Heading of section %(number)s") % {"number": number + 1},
                max_length=80,
                required=False,
                initial="" if new else self._titles[number],
            )

    def _add(self, one: Field, place: tuple[int, int] | None, required: bool) -> None:
        section, number = place or (NONE, None)
        named = {"field": one.label}
        self.fields[f"section-{one.key}"] = forms.TypedChoiceField(
            label=_("Section of “%(field)s”") % named,
            choices=self._choices(),
            coerce=int,
            empty_value=None,
            required=False,
            initial=section,
        )
        self.fields[f"number-{one.key}"] = forms.IntegerField(
            label=_("Number of “%(field)s”") % named,
            min_value=1,
            max_value=999,
            required=False,
            initial=number,
            widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        )
        if not one.required:
            self.fields[f"required-{one.key}"] = forms.BooleanField(
                label=_("“%(field)s” must be filled in") % named, required=False, initial=required
            )

    def _choices(self) -> list[tuple[str, object]]:
        named = [
            (str(number), title or _("Section %(number)s") % {"number": number + 1})
            for number, title in enumerate(self._titles)
        ]
        return [(NONE, _("After all sections")), *named, (str(len(named)), _("New section"))]

    def titles(self) -> list[BoundField]:
        """The headings, the new section's last."""
        return [self[name] for name in self.fields if name.startswith("title-")]

    def rows(self) -> Iterator[Row]:
        """The fields in their present order."""
        for one in self._known:
            required = f"required-{one.key}"
            yield Row(
                one,
                self[f"section-{one.key}"],
                self[f"number-{one.key}"],
                self[required] if required in self.fields else None,
            )

    def clean(self) -> dict[str, Any]:
        new = f"title-{len(self._titles)}"
        entered = self.cleaned_data
        if entered.get(new) and not any(
            entered.get(f"section-{one.key}") == len(self._titles) for one in self._known
        ):
            self.add_error(new, _("Choose “New section” for at least one field, or leave the heading empty."))
        return entered

    def given(self) -> dict[str, Any]:
        """Name, sections and required fields as entered. Only for a valid form."""
        entered = self.cleaned_data
        titles = [entered[f"title-{number}"] for number in range(len(self._titles) + 1)]
        return {
            "name": entered["name"],
            "sections": arranged(titles, [self._place(one) for one in self._known]),
            "required": [one.key for one in self._known if entered.get(f"required-{one.key}")],
        }

    def _place(self, one: Field) -> Place:
        section, number = self.cleaned_data[f"section-{one.key}"], self.cleaned_data[f"number-{one.key}"]
        before = self.fields[f"number-{one.key}"].initial or 0
        moved = section != self.fields[f"section-{one.key}"].initial
        # Without a number, or with the one it had elsewhere, a field goes to the end of its new section.
        if number is None or (moved and number == before):
            return Place(one.key, section, 1000)
        return Place(one.key, section, number, 0 if moved else before)


def _in_order(fields: Sequence[Field], layout: Layout | None) -> list[Field]:
    if layout is None:
        return list(fields)
    known = {one.key: one for one in fields}
    placed = [key for part in layout.sections for key in part["keys"] if key in known]
    return [*(known[key] for key in placed), *(one for one in fields if one.key not in placed)]
