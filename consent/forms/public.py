"""The shape of what people without an account enter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.models import Channel, Text
from portals_core.plumbing.errors import DsrError


class SignUpForm(forms.Form):
    """Name and address, with the ways of contact and the remarks that the text asks for. No box is ticked."""

    text = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("We send a message there; it counts only once you confirm."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    channels = forms.MultipleChoiceField(
        label=_("You may reach me by"), required=False, widget=forms.CheckboxSelectMultiple
    )
    remarks = forms.CharField(required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, text: Text, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].initial = text.pk
        named = [(one, Channel(one).label) for one in text.channels]
        if text.show_channels and named:
            boxes = self.fields["channels"]
            assert isinstance(boxes, forms.MultipleChoiceField)
            boxes.choices = named
            boxes.required = True
        else:
            del self.fields["channels"]
        if text.remarks_label:
            self.fields["remarks"].label = text.remarks_label
        else:
            del self.fields["remarks"]

    def answer(self) -> dict[str, Any]:
        """What was entered, by the names of `signups.sign_up`."""
        return dict(self.cleaned_data)

    def blame(self, error: DsrError) -> None:
        """Put the sentences of a refusal at their fields; one that is about none stays above the form."""
        for name, sentence in (error.fields or {}).items():
            if name in self.fields:
                self.add_error(name, str(sentence))
