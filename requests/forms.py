"""The shape of what people enter about cases; what it means is checked by the writers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import DsrError
from portals_core.records.models import Field, FieldType
from requests import words
from requests.intake import LONGEST_TEXT

_ROWS = forms.Textarea(attrs={"rows": 4})
_INPUTS: Mapping[str, dict[str, str]] = {
    FieldType.EMAIL: {"type": "email"},
    FieldType.PHONE: {"type": "tel"},
    FieldType.URL: {"type": "url"},
    FieldType.NUMBER: {"inputmode": "decimal"},
    FieldType.CURRENCY: {"inputmode": "decimal"},
    FieldType.DATE: {"type": "date"},
}


class Errand(forms.Form):
    """A form whose writer may refuse what was entered."""

    #: How the writer's names differ from the form's.
    prefix_of_fields = ""

    def blame(self, error: DsrError) -> int:
        """Put the writer's sentences next to their fields; returns the status of the page that shows them."""
        placed = False
        for name, sentence in error.fields.items():
            field = name if name in self.fields else f"{self.prefix_of_fields}{name}"
            if field in self.fields:
                self.add_error(field, str(sentence))
                placed = True
        if not placed:
            self.add_error(None, str(error.public))
        return error.http_status


class RequestForm(Errand):
    """What every request asks: one question, and it may stay empty."""

    text = forms.CharField(required=False, max_length=LONGEST_TEXT, widget=_ROWS)

    def __init__(self, *args: Any, question: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = question or _("In your own words")

    def proposals(self) -> dict[str, object] | None:
        """Values to correct; only `RectifyForm` has any."""
        return None

    def values(self) -> list[forms.BoundField]:
        """Fields of the record; only `RectifyForm` has any."""
        return []


class RectifyForm(RequestForm):
    """The fields in sight with what stands in them: whatever is changed is proposed.

    What stood there when the page was drawn travels along, so that a value somebody else changed meanwhile
    is not proposed back by accident.
    """

    prefix_of_fields = "value_"

    def __init__(self, *args: Any, values: Iterable[tuple[Field, object]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        text = self.fields.pop("text")
        self.rows = [f"value_{field.key}" for field, _value in values]
        for field, value in values:
            self.fields[f"value_{field.key}"] = _input(field, value)
        self.fields["text"] = text

    def proposals(self) -> dict[str, object]:
        """What was changed, by field key."""
        return {
            name.removeprefix("value_"): self.cleaned_data[name]
            for name in self.changed_data
            if name in self.rows and name in self.cleaned_data
        }

    def values(self) -> list[forms.BoundField]:
        """The fields of the record, in their order."""
        return [self[name] for name in self.rows]


def _input(field: Field, value: object) -> forms.Field:
    stored = (
        _("Stored now: %(value)s") % {"value": words.shown(value)}
        if value not in (None, "", [])
        else _("Stored now: nothing")
    )
    common: dict[str, Any] = {
        "label": field.label,
        "required": False,
        "help_text": stored,
        "initial": value,
        "show_hidden_initial": True,
    }
    options = [(str(one), str(one)) for one in field.choices]
    if field.type == FieldType.MULTISELECT:
        return forms.MultipleChoiceField(choices=options, widget=forms.CheckboxSelectMultiple, **common)
    if field.type == FieldType.PICKLIST:
        return forms.ChoiceField(choices=[("", _("nothing")), *options], **common)
    if field.type == FieldType.BOOLEAN:
        common["initial"] = {True: "yes", False: "no"}.get(value, "")  # type: ignore[call-overload]
        return forms.ChoiceField(choices=[("", _("nothing")), ("yes", _("yes")), ("no", _("no"))], **common)
    if field.type == FieldType.MULTILINE:
        return forms.CharField(widget=_ROWS, **common)
    return forms.CharField(widget=forms.TextInput(attrs=_INPUTS.get(field.type, {})), **common)


class WithdrawForm(Errand):
    """Taking a request back needs no reason."""

    reason = forms.CharField(
        label=_("Why do you withdraw it?"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
