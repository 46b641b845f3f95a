"""The grid of a profile, a part of its user type's; and what a portal user gets of both (M1–M5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portals_core.forms.filling import offer
from portals_core.people import opened, profiles, shares
from portals_core.people.models import User, UserType
from portals_core.records import catalogue
from portals_core.records.models import Field, Module

HIDDEN, ALL = "hidden", "all"
_MODULE = [
    (HIDDEN, _("Not at all")),
    ("sees", _("Sees the records")),
    ("edits", _("Sees and may do what the type may do")),
]
_SCOPE = [(ALL, _("Every field the type shows")), ("chosen", _("Only the fields chosen here"))]


@dataclass(frozen=True)
class Part:
    """One module of the type, as a profile narrows it."""

    module: Module
    own: bool
    reach: BoundField
    scope: BoundField
    rows: Sequence[tuple[Field, BoundField]]
    chosen: bool


class ProfileForm(forms.Form):
    """Offers what the user type shares; `description()` is what `define_profile` takes."""

    name = forms.CharField(label=_("Name"), max_length=profiles.LONGEST_NAME)
    default = forms.BooleanField(
        label=_("For users who were given no profile"),
        required=False,
        help_text=_("Without such a profile they get all that the type shares."),
    )

    def __init__(
        self, data: QueryDict | None, *, user_type: UserType, before: Mapping[str, Any] | None = None
    ) -> None:
        self.identity = user_type.identity_module
        super().__init__(data, initial=_initial(before or {}))
        modules, fields = {one.key: one for one in catalogue.modules()}, catalogue.by_module()
        self.parts_of: list[tuple[Module, list[Field]]] = []
        for row in shares.described(user_type):
            module, levels = modules[row["module"]], _levels(row)
            shown = [one for one in fields.get(module.pk, ()) if one.key in levels]
            self.parts_of.append((module, shown))
            self._add(module, shown, levels)

    def _add(self, module: Module, shown: Sequence[Field], levels: Mapping[str, set[str]]) -> None:
        own = module == self.identity
        self.fields[f"{module.key}-reach"] = forms.ChoiceField(
            label=_("Records"), choices=_MODULE[1:] if own else _MODULE, initial="sees" if own else HIDDEN
        )
        self.fields[f"{module.key}-scope"] = forms.ChoiceField(label=_("Fields"), choices=_SCOPE, initial=ALL)
        for one in shown:
            editable = levels[one.key] != {opened.VISIBLE}
            choices = [(HIDDEN, _("Hidden")), (opened.VISIBLE, _("Visible"))]
            choices += [(opened.EDITABLE, _("Editable"))] if editable else []
            self.fields[f"{module.key}-field-{one.key}"] = forms.ChoiceField(
                label=one.label, choices=choices, initial=HIDDEN
            )

    def parts(self) -> Iterator[Part]:
        """The modules of the type in their order."""
        for module, shown in self.parts_of:
            scope = self[f"{module.key}-scope"]
            yield Part(
                module,
                module == self.identity,
                self[f"{module.key}-reach"],
                scope,
                [(one, self[f"{module.key}-field-{one.key}"]) for one in shown],
                scope.value() != ALL,
            )

    def description(self) -> dict[str, Any]:
        """What was entered, as the writer takes it. Only for a valid form."""
        given = self.cleaned_data
        return {
            "name": given["name"],
            "default": given["default"],
            "modules": {
                module.key: {
                    "edits": given[f"{module.key}-reach"] == "edits",
                    "fields": None if given[f"{module.key}-scope"] == ALL else self._chosen(module, shown),
                }
                for module, shown in self.parts_of
                if given[f"{module.key}-reach"] != HIDDEN
            },
        }

    def _chosen(self, module: Module, shown: Sequence[Field]) -> dict[str, str]:
        reach = {one.key: self.cleaned_data[f"{module.key}-field-{one.key}"] for one in shown}
        return {key: how for key, how in reach.items() if how != HIDDEN}


def _levels(row: Mapping[str, Any]) -> dict[str, set[str]]:
    """How far the type opens each field, in any layout."""
    levels: dict[str, set[str]] = {}
    for place in (row["fields"], *row["layout_fields"].values()):
        for key, how in place.items():
            levels.setdefault(key, set()).add(how)
    return levels


def _initial(before: Mapping[str, Any]) -> dict[str, Any]:
    initial: dict[str, Any] = {"name": before.get("name", ""), "default": before.get("default", False)}
    for key, row in before.get("modules", {}).items():
        initial[f"{key}-reach"] = "edits" if row["edits"] else "sees"
        initial[f"{key}-scope"] = ALL if row["fields"] is None else "chosen"
        initial.update({f"{key}-field-{name}": how for name, how in (row["fields"] or {}).items()})
    return initial


class PartOfTypeForm(forms.Form):
    """Which part of their type a portal user gets, and whether they keep the people of their company."""

    profile = forms.TypedChoiceField(label=_("Profile"), coerce=int, required=False, empty_value=None)
    main_user = forms.BooleanField(
        label=_("Main user of their company"),
        required=False,
        help_text=_("Sees and changes the people of the same company and adds others."),
    )

    def __init__(self, data: QueryDict | None, *, user: User) -> None:
        super().__init__(data, initial={"profile": user.profile_id, "main_user": user.main_user})
        held = list(profiles.profiles_of(user.user_type)) if user.user_type else []
        default = next((one.name for one in held if one.is_default), None)
        nothing = _("None: the default, “%(name)s”") % {"name": default} if default else _("None: everything")
        offer(self, "profile", [("", nothing), *((one.pk, one.name) for one in held)])
