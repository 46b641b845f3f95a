"""The shape of what an officer writes down about a request that came in outside of the portal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from requests.arriving.filing import LONGEST_TEXT
from requests.arriving.identifiers import LONGEST
from requests.arriving.proofs import LONGEST_SEEN
from requests.casebook import words
from requests.forms.common import Errand, ManyKinds
from requests.models import RECORDED
from requests.telling.letter_paper import LONGEST_POSTAL

ASK, CHECKED = "ask", "checked"
_OFF = {"autocomplete": "off"}
_SEEN = {
    "label": _("What did you see?"),
    "max_length": LONGEST_SEEN,
    "help_text": _("For example: passport, name and face agree. Never the number, never a copy."),
}


class _Arrived(ManyKinds):
    """How and when it came in, what is asked, and how it is proved who asks."""

    received_by = forms.ChoiceField(
        label=_("How did it come in?"), choices=[(one.value, one.label) for one in RECORDED]
    )
    received_on = forms.DateField(
        label=_("On which day did it arrive?"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The time to answer runs from that day, however late it is written down."),
    )
    kind = forms.ChoiceField(label=_("What does the person ask for?"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("What did the person say?"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    proof = forms.ChoiceField(
        label=_("How is it proved who asks?"),
        choices=[
            (
                ASK,
                _(
                    "Send a code to the e-mail address, or without one ask by letter. The request "
                    "waits until it is proved."
                ),
            ),
            (CHECKED, _("I checked in person who asks.")),
        ],
        initial=ASK,
        widget=forms.RadioSelect,
    )
    seen = forms.CharField(required=False, **_SEEN)  # type: ignore[arg-type]
    postal = forms.CharField(
        label=_("Postal address"),
        required=False,
        max_length=LONGEST_POSTAL,
        widget=forms.Textarea(attrs={"rows": 4, **_OFF}),
        help_text=_("With the name, as on an envelope. Without an e-mail address the letters go there."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(code, one.verb) for code, one in words.KINDS.items()]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.ask_by_kind(before="text")

    def given(self) -> dict[str, Any]:
        """What was entered, by the names of the writers."""
        entered = self.answered()
        checked = entered.pop("proof") == CHECKED
        seen = entered.pop("seen")
        return {
            "channel": entered.pop("received_by"),
            "received_at": entered.pop("received_on"),
            "seen": seen if checked else None,
            **entered,
        }


class RecordForm(_Arrived):
    """A request of somebody who is yet to be found, with what they can be found by."""

    email = forms.CharField(
        label=_("E-mail address"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs=_OFF),
        help_text=_("The answer goes there. Without an address it goes by letter."),
    )
    phone = forms.CharField(
        label=_("Phone number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", **_OFF}),
    )
    number = forms.CharField(
        label=_("Customer number or similar"),
        required=False,
        max_length=LONGEST,
        widget=forms.TextInput(attrs=_OFF),
    )
    language = forms.ChoiceField(label=_("Language of the answer"))
    field_order = (
        *("received_by", "received_on", "kind", "why", "form", "since", "until", "text"),
        *("email", "postal", "phone", "number", "language", "proof", "seen"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = list(settings.LANGUAGES)  # type: ignore[attr-defined]


class KnownForm(_Arrived):
    """A request about a record that another page named."""


class CheckedForm(Errand):
    """An officer checked in person who asks: what they saw, for each identifier they tick. None is ticked
    before they do."""

    prefix_of_fields = "seen_"

    def __init__(self, *args: Any, waiting: Iterable[tuple[UUID, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting = [key for key, _label in waiting]
        for key, label in waiting:
            self.fields[f"checked_{key}"] = forms.BooleanField(label=label, required=False)
            self.fields[f"seen_{key}"] = forms.CharField(
                required=False,
                widget=forms.TextInput(attrs=_OFF),
                **_SEEN,  # type: ignore[arg-type]
            )

    def clean(self) -> dict[str, Any]:
        """Something is ticked."""
        if self.waiting and not any(self.cleaned_data.get(f"checked_{key}") for key in self.waiting):
            raise forms.ValidationError(_("Tick what you checked. What is not ticked stays unproved."))
        return self.cleaned_data

    def seen(self) -> dict[UUID, str]:
        """What was seen, for each identifier that is ticked. Only for a valid form."""
        ticked = [key for key in self.waiting if self.cleaned_data[f"checked_{key}"]]
        return {key: self.cleaned_data[f"seen_{key}"] for key in ticked}
