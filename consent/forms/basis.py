"""The shape of what staff enter about bases: for one person, for many, and to find people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.grounds.people import UNDECIDED, Filter
from consent.grounds.recording import LONGEST_ASSESSMENT
from consent.law import bases
from consent.models import BASES, Purpose
from portals_core.records.models import Module


class BasisForm(forms.Form):
    """A basis, in general or for one purpose."""

    purpose = forms.ChoiceField(label=_("What for"), required=False)
    basis = forms.ChoiceField(
        label=_("Basis"),
        widget=forms.RadioSelect,
        choices=[*BASES[1:], BASES[0]],
    )
    assessment = forms.CharField(
        label=_("Assessment of the interests"),
        max_length=LONGEST_ASSESSMENT,
        required=False,
        help_text=_("For legitimate interests only: where it is written down that they prevail."),
    )
    condition = forms.ChoiceField(
        label=_("Condition for special categories"),
        required=False,
        choices=[("", _("None")), *((one.value, _(text)) for one, text in bases.SPECIAL_LABELS.items())],
        help_text=_("Only where health, religion, trade union membership and the like are processed."),
    )
    reason = forms.CharField(label=_("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    valid_from = forms.DateField(
        label=_("Since"),
        required=False,
        help_text=_("Empty: from now on."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, purposes: Iterable[Purpose], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self.fields["purpose"], [("", _("In general")), *((one.key, one.name) for one in purposes)])

    def clean_valid_from(self) -> datetime | None:
        """The beginning of that day where the reader is."""
        day = self.cleaned_data["valid_from"]
        return timezone.make_aware(datetime.combine(day, time())) if day else None


class Whom(forms.Form):
    """For whom: everybody on a filter, or those ticked, with the number that was shown."""

    whom = forms.ChoiceField(choices=[("all", ""), ("ticked", "")], widget=forms.HiddenInput)
    module = forms.CharField(required=False, widget=forms.HiddenInput)
    held = forms.CharField(required=False, widget=forms.HiddenInput)
    held_for = forms.CharField(required=False, widget=forms.HiddenInput)
    people = forms.TypedMultipleChoiceField(
        coerce=UUID, required=False, widget=forms.MultipleHiddenInput, empty_value=[]
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        # Which ids there are is for the writer to say; here they only have to be ids.
        people = self.fields["people"]
        assert isinstance(people, forms.TypedMultipleChoiceField)
        people.valid_value = lambda value: True  # type: ignore[method-assign]

    def chosen(self) -> dict[str, Any]:
        """The same as arguments of `consent.grounds.bulk`."""
        given = self.cleaned_data
        if given["whom"] == "ticked":
            return {"ticked": given["people"]}
        found = {"module": given["module"], "basis": given["held"], "purpose": given["held_for"]}
        return {"chosen": Filter.read(found)}


class PeopleForm(forms.Form):
    """Which people the list shows."""

    module = forms.ChoiceField(label=_("Module"), required=False)
    basis = forms.ChoiceField(
        label=_("Basis"),
        required=False,
        choices=[
            ("", _("Any")),
            (UNDECIDED, _("Not decided yet")),
            *((one.value, _(text)) for one, text in bases.LABELS.items()),
        ],
    )
    purpose = forms.ChoiceField(label=_("What for"), required=False)

    def __init__(
        self, data: Mapping[str, Any], *, modules: Iterable[Module], purposes: Iterable[Purpose]
    ) -> None:
        super().__init__(data)
        _offer(self.fields["module"], [("", _("All")), *((one.key, one.label_plural) for one in modules)])
        _offer(self.fields["purpose"], [("", _("In general")), *((one.key, one.name) for one in purposes)])


def _offer(field: forms.Field, choices: list[tuple[str, Any]]) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices
