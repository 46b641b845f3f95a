"""The shape of what people enter about cases; what it means is checked by the writers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import DsrError
from portals_core.records.models import Field, FieldType
from requests.arriving.filing import LONGEST_TEXT
from requests.casebook import words
from requests.holding import asked
from requests.holding.offers import Choice, Offer
from requests.models import Kind

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


def asked_fields(kind: str, offer: Offer | None = None) -> dict[str, forms.Field]:
    """The questions that a request of this kind puts, as fields of a form; without an offer those about
    parts of the data are left out."""
    offer = offer or Offer()
    if kind == Kind.STOP:
        return {"why": _radio(_("Why should it stop?"), asked.WHYS, initial="", required=False)}
    if kind == Kind.DELETE and offer.kinds:
        scopes = [one for one in asked.SCOPES if one[0] != asked.RECORDS or offer.records]
        fields = {"what": _radio(_("What should be deleted?"), scopes, initial=asked.ALL)}
        fields["kinds"] = _boxes(_("If only some kinds: which?"), offer.kinds, counted=True)
        if offer.records:
            fields["records"] = _boxes(_("If only single records: which?"), offer.records)
        return fields
    if kind == Kind.EXPORT:
        fields = {"form": _radio(_("What do you need?"), asked.FORMS, initial=asked.BOTH)}
        if offer.kinds:
            fields["kinds"] = _boxes(_("Only some kinds? Choose none to get all."), offer.kinds, counted=True)
        return fields | {"since": _day(_("Only from this day on")), "until": _day(_("Only until this day"))}
    return {}


def asked_of(kind: str, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """What was entered in `asked_fields`, as `intake.file_case` takes it. Only for a valid form."""
    names = ("what", "kinds", "records", "why", "form", "since", "until")
    found = {name: cleaned[name] for name in names if cleaned.get(name)}
    if kind == Kind.DELETE:
        # A box ticked and then left for another answer is no part of what is asked.
        return {name: found[name] for name in ("what", found.get("what", "")) if name in found}
    return found


class ManyKinds(Errand):
    """A form on which the kind is chosen beside the questions that only some kinds put.

    A browser shows such a question with its kind only; one that cannot shows it always, and an answer to a
    question of another kind counts for nothing.
    """

    def ask_by_kind(self, *, before: str) -> None:
        """Add the questions in front of the field `before`."""
        for kind in (Kind.STOP, Kind.EXPORT):
            for name, question in asked_fields(kind).items():
                question.group = f"only-{kind.value}"  # type: ignore[attr-defined]
                self.fields[name] = question
        added = list(self.fields)[-4:]
        names = [name for name in self.fields if name not in added]
        at = names.index(before)
        self.order_fields([*names[:at], *added, *names[at:]])

    def answered(self) -> dict[str, Any]:
        """The fields as the writers take them: with `asked` in the place of the questions."""
        entered = dict(self.cleaned_data)
        mine = asked_fields(entered["kind"])
        answers = {name: entered.pop(name) for name in ("why", "form", "since", "until")}
        wanted = asked_of(entered["kind"], {name: answers.get(name) for name in mine})
        return {**entered, "asked": wanted}


class _Answer(forms.ChoiceField):
    """One of several answers; none given is the one that stands there first."""

    def clean(self, value: Any) -> Any:
        return super().clean(value or self.initial)


def _radio(label: Any, choices: Iterable[tuple[str, Any]], **more: Any) -> forms.Field:
    return _Answer(label=label, choices=list(choices), widget=forms.RadioSelect, **more)


def _boxes(label: Any, offered: Iterable[Choice], *, counted: bool = False) -> forms.Field:
    choices = [(one.key, f"{one.label} ({one.count})" if counted else one.label) for one in offered]
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
    )


def _day(label: Any) -> forms.Field:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget)


class RequestForm(Errand):
    """What every request asks: the questions of its kind, and one for their own words that may stay empty."""

    text = forms.CharField(required=False, max_length=LONGEST_TEXT, widget=_ROWS)

    def __init__(
        self, *args: Any, question: Any = "", kind: str = "", offer: Offer | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        text = self.fields.pop("text")
        text.label = question or _("In your own words")
        questions = asked_fields(kind, offer)
        self.questions = list(questions)
        self.fields |= questions
        self.fields["text"] = text

    def asked(self) -> dict[str, Any]:
        """What exactly is asked. Only for a valid form."""
        return asked_of(self.kind, self.cleaned_data)

    def particulars(self) -> list[forms.BoundField]:
        """The questions of this kind, in their order."""
        return [self[name] for name in self.questions]

    def words(self) -> str:
        """Everything the person wrote themself. Only for a valid form."""
        return str(self.cleaned_data["text"])

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
        self.fields["evidence"] = forms.CharField(
            label=_("How can we see that this is right?"),
            required=False,
            max_length=2_000,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text=_("Say what shows it, such as a document we can ask you for. Send no copies."),
        )
        self.questions.append("evidence")
        self.fields["text"] = text

    def words(self) -> str:
        """What the person wrote, with what shows that they are right below it."""
        shown = self.cleaned_data["evidence"]
        evidence = str(_("What shows it: %(evidence)s") % {"evidence": shown}) if shown else ""
        return "\n\n".join(filter(None, [super().words(), evidence]))

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
