"""The shape of what people without an account enter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests.arriving.filing import LONGEST_TEXT
from requests.arriving.identifiers import LONGEST
from requests.arriving.public import LONGEST_NAME
from requests.casebook import words
from requests.forms.common import Errand, ManyKinds


class AskForm(ManyKinds):
    """What is asked, and where the answer goes."""

    kind = forms.ChoiceField(label=_("What do you ask for?"), widget=forms.RadioSelect)
    email = forms.CharField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("We send a code there. The answer goes to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Your phone number"),
        required=False,
        max_length=40,
        help_text=_("With country code. We use it only after we checked that it is yours."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    number = forms.CharField(
        label=_("Your customer number"),
        required=False,
        max_length=LONGEST,
        help_text=_("We use it only after we checked that it is yours."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label=_("Your name"),
        required=False,
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    text = forms.CharField(
        label=_("In your own words"),
        required=False,
        max_length=LONGEST_TEXT,
        help_text=_("Do not send copies of documents or their numbers."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(code, one.choice) for code, one in words.KINDS.items()]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.ask_by_kind(before="email")


class CodeForm(Errand):
    """The code from the message."""

    code = forms.CharField(
        label=_("Code from the message"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
