"""The shape of messages, notes, and the texts of letters."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from requests.forms.common import Errand
from requests.telling import messages, placeholders
from requests.telling.letter_paper import LONGEST_POSTAL


class MessageForm(Errand):
    """One message to the other side."""

    text = forms.CharField(
        label=_("Your message"), max_length=messages.LONGEST, widget=forms.Textarea(attrs={"rows": 4})
    )


class NoteForm(Errand):
    """One note among officers."""

    text = forms.CharField(
        label=_("Internal note"),
        max_length=messages.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only staff read it. The person never sees it."),
    )


class PostalForm(Errand):
    """Where somebody without a mail address receives letters."""

    postal = forms.CharField(
        label=_("Postal address"),
        max_length=LONGEST_POSTAL,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        help_text=_("With the name, as on an envelope. Letters that wait are made anew with it."),
    )


class LetterForm(Errand):
    """The text of a letter, to preview and publish."""

    after = forms.IntegerField(min_value=0, max_value=10**6, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=placeholders.LONGEST_TITLE)
    body = forms.CharField(
        label=_("Text"),
        max_length=placeholders.LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 18, "class": "lines-many"}),
        help_text=_(
            "An empty line begins a new paragraph. A paragraph whose placeholders are all empty is left out."
        ),
    )


class RevertForm(Errand):
    """Which version is put in force again, and which was the newest on the page."""

    to = forms.IntegerField(min_value=0, max_value=10**6)
    after = forms.IntegerField(min_value=0, max_value=10**6)
