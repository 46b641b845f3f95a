"""The grid of a user type: per module what is shared and may be done, per field how far (T1–T7, F1–F3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portals_core.access import criteria
from portals_core.people import offered, opened
from portals_core.people.models import AWAITED, Match, Sharing, View
from portals_core.people.offered import Offer
from portals_core.records import conditions
from portals_core.records.models import Field, Layout, Module, Personal

HIDDEN = "hidden"
_REACH = [
    (HIDDEN, _("Hidden")),
    (opened.VISIBLE, _("Visible")),
    (opened.EDITABLE, _("Editable")),
    (opened.REQUIRED, _("Editable and required")),
]
_ACTS = {
    "create": _("Add records"),
    "edit": _("Change their own records and those they added"),
    "edit_shared": _("Change records shared with them"),
    "delete": _("Delete records they added"),
    "clone": _("Clone records"),
    "export": _("Download lists"),
    "attach": _("Add files, and remove those they added"),
    "detach": _("Remove any file they see"),
    "far_files": _("See files also where a condition alone shares the record"),
    "read_notes": _("Read notes; those on their own record are always read"),
    "note": _("Write notes, and remove those they wrote"),
    "remove_notes": _("Remove any note they see"),
    "far_notes": _("Read notes also where a condition alone shares the record"),
}


@dataclass(frozen=True)
class Row:
    """One field of the grid: how it shows, and whether also where a condition alone shares a record."""

    field: Field
    how: BoundField
    far: BoundField | None = None


@dataclass(frozen=True)
class Sheet:
    """One module of the grid with its bound fields, for the template."""

    offer: Offer
    own: bool
    #: It was shared when the page was opened, with so many fields.
    stored: bool
    shown: int
    #: Those of `_SETTINGS` that this module has.
    settings: Sequence[BoundField]
    acts: Sequence[BoundField]
    rows: Sequence[Row]
    #: Which layouts have fields of their own, and the fields of those that had them already.
    apart: BoundField | None
    by_layout: Sequence[tuple[Layout, Sequence[Row]]]
    conditions: str
    #: What was stored and is not finished: "conditions", "fields" or nothing.
    missing: str
    wrong: bool


class UserTypeForm(forms.Form):
    """Built from the catalogue for one identity module; `description()` is what `define_user_type` takes.

    Conditions have a page of their own: those in `before` are kept as they are, those that are only wished
    for are stored as still to be written.
    """

    name = forms.CharField(
        label=_("Name"), max_length=50, help_text=_("Letters, digits and spaces, for example “Suppliers”.")
    )

    def __init__(
        self, data: QueryDict | None, *, identity: Module, before: Mapping[str, Any] | None = None
    ) -> None:
        self.identity = identity
        self.offers = offered.offers(identity)
        self.before = {row["module"]: row for row in (before or {}).get("modules", ())}
        super().__init__(data, initial=_initial(before or {}, self.offers))
        self._add_company()
        for one in self.offers:
            self._add(one, self.before.get(one.module.key, {}))

    def _add_company(self) -> None:
        links = offered.companies(self.identity)
        if links:
            self.fields["company_key"] = forms.ChoiceField(
                label=_("People of the same company share the link"),
                required=False,
                choices=[("", _("No link: nobody manages others")), *((one.key, one.label) for one in links)],
                help_text=_("A main user sees and changes the people of their company, and adds others."),
            )

    def _add(self, one: Offer, stored: Mapping[str, Any]) -> None:
        key = one.module.key
        if one.module != self.identity:
            self.fields[f"{key}-shared"] = forms.BooleanField(label=_("Share this module"), required=False)
        for name, setting in _settings(one, stored).items():
            self.fields[f"{key}-{name}"] = setting
        for act, label in _ACTS.items():
            self.fields[f"{key}-{act}"] = forms.BooleanField(label=label, required=False)
        for field in one.fields:
            self.fields[f"{key}-field-{field.key}"] = _reach(field)
            self.fields[f"{key}-far-{field.key}"] = forms.BooleanField(
                label=field.label, required=False, initial=field.personal == Personal.NONE
            )
        for layout in self._apart(one):
            for field in one.fields:
                self.fields[f"{key}-in-{layout.pk}-{field.key}"] = _reach(field)

    def _apart(self, one: Offer) -> list[Layout]:
        """The layouts that had fields of their own when the page was opened."""
        own = self.before.get(one.module.key, {}).get("layout_fields", {})
        return [layout for layout in one.layouts if layout.name in own]

    def sheets(self) -> Iterator[Sheet]:
        """The grid, module by module, the person's own record first."""
        for one in self.offers:
            key = one.module.key
            stored = self.before.get(key, {})
            yield Sheet(
                offer=one,
                own=one.module == self.identity,
                stored=bool(stored),
                shown=len(stored.get("fields", ())),
                settings=[self[f"{key}-{name}"] for name in _SETTINGS if f"{key}-{name}" in self.fields],
                acts=[self[f"{key}-{act}"] for act in _ACTS],
                rows=[
                    Row(field, self[f"{key}-field-{field.key}"], self[f"{key}-far-{field.key}"])
                    for field in one.fields
                ],
                apart=self[f"{key}-apart"] if f"{key}-apart" in self.fields else None,
                by_layout=[
                    (layout, [Row(field, self[f"{key}-in-{layout.pk}-{field.key}"]) for field in one.fields])
                    for layout in self._apart(one)
                ],
                conditions=self._in_words(one, stored.get("conditions")),
                missing=_missing(stored),
                wrong=any(name.startswith(f"{key}-") for name in self.errors),
            )

    def _in_words(self, one: Offer, stored: object) -> str:
        if not stored or stored == AWAITED:
            return ""
        own = next(each.fields for each in self.offers if each.module == self.identity)
        try:
            tree = criteria.load(stored)
        except criteria.Malformed:
            return str(_("conditions that cannot be read: they share nothing"))
        return conditions.words(
            tree, {field.key: field.label for field in one.fields}, {field.key: field.label for field in own}
        )

    def description(self) -> dict[str, Any]:
        """What was entered, as the writer takes it. Only for a valid form."""
        return {
            "name": self.cleaned_data["name"],
            "identity_module": self.identity.key,
            "company_key": self.cleaned_data.get("company_key", ""),
            "modules": [
                self._row(one)
                for one in self.offers
                if one.module == self.identity or self.cleaned_data[f"{one.module.key}-shared"]
            ],
        }

    def _row(self, one: Offer) -> dict[str, Any]:
        given, key = self.cleaned_data, one.module.key
        fields = self._chosen(one, f"{key}-field-")
        own = {layout.name: self._chosen(one, f"{key}-in-{layout.pk}-") for layout in self._apart(one)}
        # A layout that is set apart only now begins with the fields of the module.
        own = {name: own.get(name, fields) for name in given.get(f"{key}-apart", ())}
        listed = set(fields).union(*own.values())
        return {
            "module": key,
            "sharing": given.get(f"{key}-sharing") or Sharing.PRIVATE,
            "via": given.get(f"{key}-via", []),
            "match": given.get(f"{key}-match") or Match.ALL,
            "conditions": self._conditions(key),
            "layouts": given.get(f"{key}-layouts", []),
            "view": given[f"{key}-view"],
            **{act: given[f"{key}-{act}"] for act in _ACTS},
            "fields": fields,
            "layout_fields": own,
            "far": sorted(name for name in listed if given[f"{key}-far-{name}"]),
        }

    def _conditions(self, key: str) -> object:
        if f"{key}-conditional" in self.fields:
            return AWAITED if self.cleaned_data[f"{key}-conditional"] else None
        return self.before[key]["conditions"]

    def _chosen(self, one: Offer, prefix: str) -> dict[str, str]:
        reach = {field.key: self.cleaned_data[prefix + field.key] for field in one.fields}
        return {name: how for name, how in reach.items() if how != HIDDEN}


def _missing(stored: Mapping[str, Any]) -> str:
    if stored.get("conditions") == AWAITED:
        return "conditions"
    return "fields" if stored and not (stored["fields"] or stored["layout_fields"]) else ""


_SETTINGS = ("shared", "sharing", "via", "conditional", "match", "view", "layouts")


def _settings(one: Offer, stored: Mapping[str, Any]) -> dict[str, forms.Field]:
    """What can be set for a module as a whole, as far as it has such a thing."""
    found: dict[str, forms.Field] = {
        "view": forms.ChoiceField(label=_("Laid out as"), choices=View.choices, initial=View.LIST)
    }
    if one.may_be_public:
        found["sharing"] = forms.ChoiceField(
            label=_("What is shared"), choices=Sharing.choices, initial=Sharing.PRIVATE
        )
    # A stored way that no longer leads anywhere stays on offer: the writer refuses it by name, while
    # leaving it out without a word could share more than before.
    lost = [(path, path) for path in stored.get("via", ()) if path not in dict(one.ways)]
    if one.ways or lost:
        found["via"] = _several(_("Records belong to the person through"), [*one.ways, *lost])
        found["match"] = forms.ChoiceField(
            label=_("Links and conditions"), choices=Match.choices, initial=Match.ALL
        )
    if stored.get("conditions") in (None, AWAITED):
        found["conditional"] = forms.BooleanField(
            label=_("Conditions decide which records are shared"),
            required=False,
            help_text=_("You write them on the next page. Until then they share nothing."),
        )
    named = [(layout.name, layout.name) for layout in one.layouts]
    if len(named) > 1 or stored.get("layouts") or stored.get("layout_fields"):
        found["layouts"] = _several(_("Only records in these layouts"), named)
        found["layouts"].help_text = _("None chosen: records in every layout.")
        found["apart"] = _several(_("Layouts with fields of their own"), named)
        found["apart"].help_text = _("Choose one and save: its fields then appear here.")
    return found


def _several(label: Any, choices: Sequence[tuple[str, str]]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, required=False, choices=choices, widget=forms.CheckboxSelectMultiple
    )


def _reach(field: Field) -> forms.ChoiceField:
    return forms.ChoiceField(label=field.label, choices=_REACH, initial=HIDDEN)


def _initial(before: Mapping[str, Any], offers: Sequence[Offer]) -> dict[str, Any]:
    initial: dict[str, Any] = {"name": before.get("name", ""), "company_key": before.get("company_key", "")}
    layouts = {(one.module.key, layout.name): layout.pk for one in offers for layout in one.layouts}
    for row in before.get("modules", ()):
        key, apart = row["module"], row["layout_fields"]
        initial.update({f"{key}-shared": True, f"{key}-apart": list(apart)})
        initial[f"{key}-conditional"] = row["conditions"] == AWAITED
        kept = ("sharing", "via", "match", "view", "layouts", *_ACTS)
        initial.update({f"{key}-{name}": row[name] for name in kept})
        initial.update({f"{key}-field-{name}": how for name, how in row["fields"].items()})
        listed = set(row["fields"]).union(*apart.values())
        initial.update({f"{key}-far-{name}": name in row["far"] for name in listed})
        for layout, fields in apart.items():
            own = layouts[key, layout]
            initial.update({f"{key}-in-{own}-{name}": how for name, how in fields.items()})
    return initial
