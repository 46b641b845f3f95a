"""The shape of an answer to a question, and of what starts a campaign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.models import Audience, Purpose


class Answer(forms.Form):
    """What the page of a question sends: the text that was shown, and what the person added."""

    text = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False, widget=forms.HiddenInput)
    remarks = forms.CharField(required=False)


class CampaignForm(forms.Form):
    """Which question goes to whom."""

    purpose = forms.ChoiceField(label=_("Purpose"))
    audience = forms.ChoiceField(label=_("Who is asked"), widget=forms.RadioSelect, choices=Audience.choices)

    def __init__(self, *args: Any, purposes: Iterable[Purpose], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of = self.fields["purpose"]
        assert isinstance(of, forms.ChoiceField)
        of.choices = [(one.key, one.name) for one in purposes]
