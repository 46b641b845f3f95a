"""The form of a record, made from the catalogue. It knows shapes; what fits, the writer decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portals_core.forms import moments
from portals_core.records import placed
from portals_core.records.inputs import Input
from portals_core.records.models import FieldType, Layout
from portals_core.records.projects import Shared

#: Chosen for a present target that is out of sight: its id stays out of the page.
KEEP = "keep"


@dataclass(frozen=True)
class Kept:
    """A field that stays as it is: why, what it holds, and what somebody typed before it was locked."""

    key: str
    label: str
    reason: object = ""
    shown: object = None
    typed: str = ""


class AsGiven(forms.Field):
    """Takes what was sent, line ends apart. `required` is for label and browser only."""

    def to_python(self, value: object) -> object:
        return value.replace("\r\n", "\n") if isinstance(value, str) else value

    def validate(self, value: object) -> None:
        """Nothing: the writer says what is missing or does not fit."""


class Placing(forms.ChoiceField):
    """One of several layouts. Nothing sent, as from a page that was opened when there was only one, is no
    choice: `required` is for label and browser only."""

    def validate(self, value: object) -> None:
        if value:
            super().validate(value)


def _typed_input(kind: str, **attrs: str) -> forms.TextInput:
    widget = forms.TextInput(attrs=attrs)
    widget.input_type = kind
    return widget


_WIDGETS: Mapping[str, Any] = {
    FieldType.MULTILINE: lambda: forms.Textarea(attrs={"rows": "4"}),
    FieldType.EMAIL: lambda: _typed_input("email"),
    FieldType.PHONE: lambda: _typed_input("tel"),
    FieldType.URL: lambda: _typed_input("url"),
    FieldType.NUMBER: lambda: _typed_input("text", inputmode="decimal"),
    FieldType.CURRENCY: lambda: _typed_input("text", inputmode="decimal"),
    FieldType.DATE: lambda: _typed_input("date"),
    FieldType.DATETIME: lambda: _typed_input("datetime-local", step="any"),
}


class RecordForm(forms.Form):
    """Asks for the given inputs; `given()` is what the writer gets. `kept` are fields it shows and
    leaves out: their keys come back with the form, so that a field not asked for is not taken for an emptied
    one. `layouts` are those among which may be chosen, the present one first."""

    use_required_attribute = True
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        asked: Sequence[Input],
        data: Mapping[str, Any] | None = None,
        *,
        version: int | None = None,
        layouts: Sequence[Layout | None] = (),
    ) -> None:
        super().__init__(data, prefix="f", initial={"version": version})
        self.asked = list(asked)
        self.kept: Sequence[Kept] = ()
        if layouts:
            self.fields[placed.KEY] = _layout(layouts)
        for one in asked:
            self.fields[one.field.key] = _field(one)

    def seen_version(self) -> int | None:
        """The version the person had before them."""
        return self.cleaned_data.get("version")

    def layout(self) -> int | None:
        """The layout that was chosen; nothing where it stays as it is."""
        chosen = self.cleaned_data.get(placed.KEY) if placed.KEY in self.changed_data else None
        return int(chosen) if chosen else None

    def leave_out(self, keys: Collection[str]) -> dict[str, str]:
        """Stop asking for these fields, which a lock has closed meanwhile; returns what was typed in them."""
        # What a writer refused is no longer among the cleaned values.
        typed = {key: self[key].data for key in keys if key in self.changed_data}
        for key in keys:
            self.fields.pop(key, None)
            self.errors.pop(key, None)
        self.asked = [one for one in self.asked if one.field.key not in keys]
        return {key: _as_text(value) for key, value in typed.items()}

    def typed(self) -> dict[str, str]:
        """Links named in words, as far as the words were changed."""
        keys = {one.field.key for one in self.asked if one.typed is not None}
        return {key: str(self.cleaned_data[key] or "") for key in self.changed_data if key in keys}

    def whole(self) -> dict[str, object]:
        """The values as they were filled in beforehand, and over them those the person changed."""
        return {**{one.field.key: one.value for one in self.asked if one.value is not None}, **self.given()}

    def given(self) -> dict[str, object]:
        """The values the person changed, under the fields' keys; typed links apart."""
        plain = {one.field.key: one.field for one in self.asked if one.typed is None}
        return {
            key: moments.utc(self.cleaned_data[key])
            if plain[key].type == FieldType.DATETIME
            else self.cleaned_data[key]
            for key in self.changed_data
            if key in plain
        }


def _as_text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _field(one: Input) -> AsGiven:
    kind = FieldType(one.field.type)
    widget: forms.Widget = _WIDGETS.get(kind, forms.TextInput)()
    initial, help_text = one.value if one.value is not None else "", ""
    if kind == FieldType.DATETIME:
        initial = moments.local(one.value)
    elif kind == FieldType.BOOLEAN:
        widget = forms.Select(choices=[("", "–"), ("yes", _("Yes")), ("no", _("No"))])
        initial = {True: "yes", False: "no"}.get(one.value, "")  # type: ignore[call-overload]
    elif kind == FieldType.PICKLIST:
        widget = forms.Select(choices=[("", "–"), *((str(word), str(word)) for word in one.field.choices)])
    elif kind == FieldType.MULTISELECT:
        widget = forms.CheckboxSelectMultiple(choices=[(str(word), str(word)) for word in one.field.choices])
        initial = one.value or []
    elif kind == FieldType.LOOKUP and one.typed is not None:
        initial = one.naming
        help_text = _("Write the “%(field)s” of the record.") % {"field": one.typed.label}
        if one.keeps:
            help_text = _("%(how)s The present one is not shown to you and stays if you write nothing.") % {
                "how": help_text
            }
    elif kind == FieldType.LOOKUP:
        widget, initial = _link(one), KEEP if one.keeps else initial
    if one.covered:
        help_text = str(_("What stands here is masked. If you write nothing, it stays as it is."))
    return AsGiven(
        label=one.field.label,
        required=one.required and not one.covered and not (one.typed is not None and one.keeps),
        widget=widget,
        initial=initial,
        help_text=str(help_text),
    )


def _layout(layouts: Sequence[Layout | None]) -> forms.ChoiceField:
    choices = [(str(one.pk), one.name) if one else ("", "–") for one in layouts]
    # A record in no layout yet may stay in none.
    return Placing(
        label=placed.LABEL, choices=choices, initial=choices[0][0], required=layouts[0] is not None
    )


def _link(one: Input) -> forms.Select:
    kept = [(KEEP, _("A record that is not shown to you"))] if one.keeps else []
    return forms.Select(choices=[("", "–"), *kept, *((str(each.id), each.title) for each in one.choices)])


def tell_shared(form: forms.Form, shared: Mapping[str, Shared]) -> None:
    """Say beside each field that counts in several projects that a change is one for all of them (F15)."""
    for key, where in shared.items():
        sentence = shared_words(where)
        before = form.fields[key].help_text
        form.fields[key].help_text = f"{before} {sentence}" if before else sentence


def shared_words(where: Shared) -> str:
    """Where a field counts, for staff who are about to change it."""
    if where.everywhere:
        return gettext("Used in every project.")
    return gettext("Used by the projects %(names)s: a change counts for all of them.") % {
        "names": ", ".join(where.projects)
    }


class NoteForm(forms.Form):
    """A note of the portal."""

    body = forms.CharField(
        label=_("Note"), max_length=10_000, strip=True, widget=forms.Textarea(attrs={"rows": "3"})
    )

    def given(self) -> dict[str, Any]:
        """What the writer gets. Only for a valid form."""
        return {"body": self.cleaned_data["body"], "internal": self.cleaned_data.get("internal", False)}


class StaffNoteForm(NoteForm):
    """A note of staff: inside unless they say otherwise (C10)."""

    internal = forms.BooleanField(
        label=_("For staff only"),
        required=False,
        initial=True,
        help_text=_("Otherwise the person sees it in the portal."),
    )
