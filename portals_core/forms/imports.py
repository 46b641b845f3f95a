"""Forms of an import: the file, then what goes from which column into which field (I1–I3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.forms.filling import offer
from portals_core.imports import rows
from portals_core.records import catalogue, reads
from portals_core.records.models import Field, FieldType, Module, Personal


class UploadForm(forms.Form):
    """Step one: which module, which file."""

    module = forms.ChoiceField(label=_("Into which module"))
    file = forms.FileField(
        label=_("File"),
        help_text=_("A CSV file in UTF-8. Its first row names the columns."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        modules = [(one.key, one.label_plural) for one in catalogue.modules()]
        offer(self, "module", modules)


class MappingForm(forms.Form):
    """Step two: one template per field. `v_…` are templates, `l_…` the fields links are recognised by."""

    def __init__(
        self,
        actor: Actor,
        of: Module,
        columns: Sequence[str],
        stored: Mapping[str, Any],
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data)
        self.of_fields = reads.writable(actor, of)
        values, lookups = stored.get("values", {}), stored.get("lookups", {})
        targets = {field.target for field in self.of_fields if field.target is not None}
        unique = {one.pk: rows.finders(actor, one) for one in {of, *targets}}
        for field in self.of_fields:
            name = values.get(field.key, "") if values else _same_named(field, columns)
            self.fields[f"v_{field.key}"] = forms.CharField(
                label=field.label, required=False, initial=name, help_text=_help(field), strip=False
            )
            if field.type == FieldType.LOOKUP:
                self.fields[f"l_{field.key}"] = _choice(
                    _("“%(field)s” is recognised by") % {"field": field.label},
                    unique.get(field.target_id or 0, []),
                    lookups.get(field.key, ""),
                )
        own = unique.get(of.pk, [])
        self.fields["match"] = forms.ChoiceField(
            label=_("Records that exist already"),
            choices=[
                ("", _("are not looked for: every row becomes a new record")),
                *(
                    (field.key, _("are changed where “%(f)s” is the same") % {"f": field.label})
                    for field in own
                ),
            ],
            initial=stored.get("match", ""),
            required=False,
        )
        self.fields["source"] = forms.CharField(
            label=_("Source of the data"),
            required=False,
            max_length=200,
            initial=stored.get("source", ""),
            help_text=_("People are told where their data came from. Left empty, it is the file's name."),
        )
        self.fields["dry_run"] = forms.BooleanField(
            label=_("Only check, write nothing yet"), required=False, initial=True
        )

    def mapping(self) -> dict[str, Any]:
        """The description of the mapping, as a file would give it."""
        entered = self.cleaned_data
        keys = [field.key for field in self.of_fields]
        values = {key: entered[f"v_{key}"] for key in keys if entered[f"v_{key}"].strip()}
        lookups = {key: entered[f"l_{key}"] for key in values if entered.get(f"l_{key}")}
        found: dict[str, Any] = {"values": values, "lookups": lookups}
        return {**found, **{name: entered[name] for name in ("match", "source") if entered[name]}}


def _choice(label: str, fields: Sequence[Field], initial: str) -> forms.ChoiceField:
    choices = [(field.key, field.label) for field in fields]
    return forms.ChoiceField(label=label, choices=choices, initial=initial, required=False)


def _same_named(field: Field, columns: Sequence[str]) -> str:
    names = {field.key.casefold(), field.label.casefold()}
    found = next((column for column in columns if column.strip().casefold() in names), None)
    return f"{{{{{found}}}}}" if found else ""


def _help(field: Field) -> str:
    marks = [] if field.personal == Personal.NONE else [str(field.get_personal_display())]
    marks += [str(_("must be filled in"))] if field.required else []
    marks += [str(_("unique"))] if field.unique else []
    return " · ".join(marks)
