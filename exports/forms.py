"""Shape of what an auditor asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exports import audit


class LogSearch(forms.Form):
    """Filters of the log."""

    code = forms.ChoiceField(label=_("Event"), required=False)
    about = forms.CharField(label=_("About"), required=False, max_length=200)
    since = forms.DateField(
        label=pgettext_lazy("first day", "From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=pgettext_lazy("last day", "To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(code, f"{code}: {sentence}") for code, sentence in audit.known_codes().items()]
        self.fields["code"].choices = [("", _("Any")), *known]  # type: ignore[attr-defined]


class CaseSearch(forms.Form):
    """A case by its number."""

    number = forms.CharField(label=_("Number"), required=False, max_length=20)
