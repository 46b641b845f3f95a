"""Forms of the set-up: a module, a field, a description as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portals_core.forms.filling import offer
from portals_core.records import catalogue, projects
from portals_core.records.descriptions import LARGEST, choices_from
from portals_core.records.models import Channel, Field, FieldType, Link, Module, Personal

#: Settings of a field that may change later, by their names in a description.
_MARKS = (
    *("label", "personal", "provided", "required"),
    *("masked", "encrypted", "system", "projects", "withheld"),
)


class ModuleForm(forms.Form):
    """A new module and the field its records are named by."""

    label_plural = forms.CharField(
        label=_("Name of the module"), max_length=80, help_text=_("In the plural, as on a tab: Invoices.")
    )
    label = forms.CharField(
        label=_("Name of one record"), max_length=80, help_text=_("In the singular: Invoice.")
    )
    first = forms.CharField(
        label=_("First field"), max_length=60, help_text=_("What a record is called in lists: Number, Name.")
    )
    identity = forms.BooleanField(
        label=_("Its records are people"),
        required=False,
        help_text=_("They can be invited to the portal and ask for their data. This cannot change later."),
    )
    key = forms.CharField(
        label=_("Key"),
        max_length=60,
        required=False,
        help_text=_("For addresses, imports and exports; never changes. Made from the name if left empty."),
    )

    def given(self) -> dict[str, Any]:
        """The module's part of the description."""
        return {name: self.cleaned_data[name] for name in ("key", "label", "label_plural", "identity")}


class FieldForm(forms.Form):
    """What may be changed of a field at any time. Every mark says in one sentence what it does."""

    label = forms.CharField(label=_("Name"), max_length=120)
    personal = forms.ChoiceField(
        label=_("Does it say something about a person?"),
        choices=Personal.choices,
        widget=forms.RadioSelect,
        help_text=_("Sensitive: health, belief, origin, politics, trade union, sex life, biometrics."),
        error_messages={
            "required": _("Say whether it is personal. What is held about people depends on it.")
        },
    )
    provided = forms.BooleanField(
        label=_("Comes from the person"),
        required=False,
        initial=True,
        help_text=_("Given by the person or seen from what they do; not worked out by us, like a score."),
    )
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": "4"}),
        help_text=_("For lists only, one a line."),
    )
    required = forms.BooleanField(
        label=_("Must be filled in"), required=False, help_text=_("No record is saved without it.")
    )
    masked = forms.BooleanField(
        label=_("Masked"),
        required=False,
        help_text=_(
            "Covered on staff pages and never in the portal. Who may uncover it leaves an entry in the log "
            "each time. The person's own copy has it in clear."
        ),
    )
    encrypted = forms.BooleanField(
        label=_("Encrypted"),
        required=False,
        help_text=_(
            "Stored unreadable without the record's key. Nothing can be searched, sorted or shared by it, "
            "and it cannot be unique. Decide before there are records."
        ),
    )
    system = forms.BooleanField(
        label=_("Belongs to every project"),
        required=False,
        help_text=_("Like a name or a phone number: whoever works in any project sees it."),
    )
    projects = forms.MultipleChoiceField(
        label=_("Projects"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Staff see it who work in one of these. In none, nobody sees it."),
    )
    withheld = forms.MultipleChoiceField(
        label=_("Withheld from"),
        choices=Channel.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("It does not leave on these ways. The person's own copy always has it."),
    )
    _groups: ClassVar[Sequence[tuple[object, Sequence[str]]]] = (
        (_("What it is"), ("label", "personal", "provided", "choices")),
        (_("What it must hold"), ("required",)),
        (_("Who sees it"), ("masked", "encrypted", "system", "projects")),
        (_("Where it must not go"), ("withheld",)),
    )

    def __init__(self, *args: Any, of: Module, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = [(one.key, one.name) for one in projects.projects()]
        if not there:
            del self.fields["projects"]
        else:
            offer(self, "projects", there)
        if not there and not of.by_project:
            del self.fields["system"]
        elif not of.by_project:
            later = _("This counts once the fields of the module are divided among projects.")
            for name in ("system", "projects"):
                self.fields[name].help_text = format_lazy("{} {}", self.fields[name].help_text, later)

    def groups(self) -> Iterator[tuple[object, list[BoundField]]]:
        """The fields under their headings."""
        for title, names in self._groups:
            present = [self[name] for name in names if name in self.fields]
            if present:
                yield title, present

    def change(self, kind: str) -> dict[str, Any]:
        """The entered settings, for a field of this type; what was not asked is not in it."""
        row = {name: self.cleaned_data[name] for name in _MARKS if name in self.fields}
        return {**row, "choices": list(choices_from(self.cleaned_data["choices"], kind))}


class NewFieldForm(FieldForm):
    """A new field; its name and whether it is personal have to be thought of (F4)."""

    type = forms.ChoiceField(label=_("Type"), choices=FieldType.choices, initial=FieldType.TEXT)
    target = forms.ChoiceField(label=_("Links to"), required=False, help_text=_("For links only."))
    link = forms.ChoiceField(
        label=_("What the link means"),
        choices=Link.choices,
        initial=Link.MENTIONS,
        widget=forms.RadioSelect,
        help_text=_("What belongs to a person is exported and erased with them. For links only."),
    )
    unique = forms.BooleanField(
        label=_("No two records may have the same value"),
        required=False,
        help_text=_("A second one is refused; empty ones do not count. Not for links."),
    )
    key = forms.CharField(
        label=_("Key"), max_length=60, required=False, help_text=_("Made from the name if left empty.")
    )
    _groups = (
        (_("What it is"), ("label", "type", "personal", "provided", "choices")),
        (_("For links"), ("target", "link")),
        (_("What it must hold"), ("required", "unique")),
        *FieldForm._groups[2:],
        (_("For addresses, imports and exports"), ("key",)),
    )

    def __init__(self, *args: Any, of: Module, **kwargs: Any) -> None:
        super().__init__(*args, of=of, **kwargs)
        modules = [(one.key, one.label_plural) for one in catalogue.modules()]
        offer(self, "target", [("", "–"), *modules])

    def row(self) -> dict[str, Any]:
        """The field's description."""
        entered = self.cleaned_data
        row = {**self.change(entered["type"]), "type": entered["type"], "unique": entered["unique"]}
        if entered["type"] == FieldType.LOOKUP or entered["target"]:
            row |= {"target": entered["target"], "link": entered["link"]}
        return {**row, "key": entered["key"]} if entered["key"] else row


def initial_of(field: Field) -> dict[str, Any]:
    """A stored field as `FieldForm` shows it."""
    return {
        **{name: getattr(field, name) for name in _MARKS},
        "choices": "\n".join(map(str, field.choices)),
    }


class DescriptionForm(forms.Form):
    """One or several modules in a file."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("TOML or JSON in UTF-8, at most 1 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".toml,.json"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 1 MB."))
        return file
