"""Forms of roles: what a role may do, which modules it reaches, and what it does in one of them (F9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portals_core.forms.filling import offer
from portals_core.people import opened
from portals_core.people.roles import PERMISSIONS
from portals_core.records import catalogue
from portals_core.records.descriptions import key_from
from portals_core.records.models import Field

EVERY, ONLY = "every", "only"
HIDDEN, AS_CHOSEN = "hidden", ""
_REACH = [(HIDDEN, _("Hidden")), (opened.VISIBLE, _("Visible")), (opened.EDITABLE, _("Editable"))]
_ACTS = {
    "create": _("Add records"),
    "edit": _("Change records"),
    "delete": _("Delete records"),
    "clone": _("Copy records"),
    "export": _("Export lists"),
}


class RoleForm(forms.Form):
    """The whole role but for what it does in each module; `described()` is what `define_role` takes."""

    name = forms.CharField(label=_("Name"), max_length=80)
    permissions = forms.MultipleChoiceField(
        label=_("What it may do"), choices=list(PERMISSIONS.items()), widget=forms.CheckboxSelectMultiple
    )
    reach = forms.ChoiceField(
        label=_("Which records it reaches"),
        choices=[(EVERY, _("Every module, now and later")), (ONLY, _("Only these modules"))],
        widget=forms.RadioSelect,
        initial=EVERY,
    )
    modules = forms.MultipleChoiceField(
        label=_("Modules"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Counts with “Only these modules”. What it does in each is chosen afterwards."),
    )

    def __init__(self, data: QueryDict | None, *, before: Mapping[str, Any] | None = None) -> None:
        self._before = before or {}
        rows = self._before.get("modules", [])
        super().__init__(
            data,
            initial={
                "name": self._before.get("name", ""),
                "permissions": self._before.get("permissions", []),
                "reach": ONLY if self._before.get("limited") else EVERY,
                "modules": [row["module"] for row in rows],
            },
        )
        offer(self, "modules", [(one.key, one.label_plural) for one in catalogue.modules()])

    def clean(self) -> dict[str, Any]:
        entered = self.cleaned_data
        if entered.get("reach") == ONLY and not entered.get("modules"):
            self.add_error("modules", _("Choose the modules this role reaches."))
        return entered

    def described(self) -> dict[str, Any]:
        """The role as entered; what it did in modules it keeps stays. Only for a valid form."""
        entered = self.cleaned_data
        kept = {row["module"]: row for row in self._before.get("modules", [])}
        chosen = entered["modules"] if entered["reach"] == ONLY else []
        return {
            "key": self._before.get("key") or key_from(entered["name"])[:40],
            "name": entered["name"],
            "permissions": entered["permissions"],
            "limited": entered["reach"] == ONLY,
            "modules": [kept.get(key, {"module": key, "fields": {}}) for key in chosen],
        }


@dataclass(frozen=True)
class Row:
    """One field of the grid, for the template."""

    field: Field
    reach: BoundField


class RoleModuleForm(forms.Form):
    """What a role does in one module: acts, and per field hidden, visible or editable."""

    every = forms.ChoiceField(
        label=_("All fields at once"),
        required=False,
        choices=[
            (AS_CHOSEN, _("As chosen below")),
            (HIDDEN, _("All hidden")),
            (opened.VISIBLE, _("All visible")),
            (opened.EDITABLE, _("All editable")),
        ],
        help_text=_("Any other choice overrules the one made for each field."),
    )

    def __init__(self, data: QueryDict | None, *, fields: Sequence[Field], before: Mapping[str, Any]) -> None:
        self._known, self._module = fields, str(before["module"])
        acts = {f"act-{act}": before.get(act, False) for act in _ACTS}
        reach = {f"field-{key}": _shown(how) for key, how in before["fields"].items()}
        super().__init__(data, initial={**acts, **reach})
        for act, label in _ACTS.items():
            self.fields[f"act-{act}"] = forms.BooleanField(label=label, required=False)
        for one in fields:
            self.fields[f"field-{one.key}"] = forms.ChoiceField(
                label=one.label, choices=_REACH, initial=HIDDEN, widget=forms.RadioSelect
            )

    def acts(self) -> list[BoundField]:
        """What may be done with records, as tick boxes."""
        return [self[f"act-{act}"] for act in _ACTS]

    def rows(self) -> Iterator[Row]:
        """The grid of fields."""
        for one in self._known:
            yield Row(one, self[f"field-{one.key}"])

    def row(self) -> dict[str, Any]:
        """The module's row of the description. Only for a valid form."""
        entered = self.cleaned_data
        reach = {one.key: entered["every"] or entered[f"field-{one.key}"] for one in self._known}
        return {
            "module": self._module,
            **{act: entered[f"act-{act}"] for act in _ACTS},
            "fields": {key: how for key, how in reach.items() if how != HIDDEN},
        }


def _shown(how: str) -> str:
    """ "Required" is for the portal; of staff such a field is editable."""
    return opened.EDITABLE if how == opened.REQUIRED else how
