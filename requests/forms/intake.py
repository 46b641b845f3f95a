"""The shape of what an officer writes down about a request that came in outside of the portal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import DsrError
from requests.arriving.filing import LONGEST_TEXT
from requests.arriving.identifiers import LONGEST
from requests.arriving.proofs import LONGEST_SEEN
from requests.casebook import words
from requests.forms.common import Errand, ManyKinds
from requests.models import RECORDED, IdentifierKind
from requests.telling.letter_paper import LONGEST_POSTAL

_OFF = {"autocomplete": "off"}
_SEEN = {
    "label": _("What did you see?"),
    "max_length": LONGEST_SEEN,
    "help_text": _("For example: passport, name and face agree. Never the number, never a copy."),
}
#: What an officer ticks at intake, by what was given, each in its own words.
_TICKS = {
    IdentifierKind.EMAIL: _("I checked in person: this address belongs to whoever asks."),
    IdentifierKind.PHONE: _("I checked in person: this phone number belongs to whoever asks."),
    IdentifierKind.NUMBER: _("I checked in person: this customer number belongs to whoever asks."),
    IdentifierKind.RECORD: _("I checked in person: whoever asks is this person."),
}


def _ticked(key: object, label: Any) -> dict[str, forms.Field]:
    """A box for one identifier, not ticked, and what was seen of it: a browser asks that with the tick."""
    seen = forms.CharField(required=False, widget=forms.TextInput(attrs=_OFF), **_SEEN)  # type: ignore[arg-type]
    seen.group, seen.by_tick = "what-was-seen", True  # type: ignore[attr-defined]
    return {f"checked_{key}": forms.BooleanField(label=label, required=False), f"seen_{key}": seen}


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

    def tick(self, key: IdentifierKind, *, after: str = "") -> None:
        """Add the box of one identifier behind its field."""
        names = list(self.fields)
        at = names.index(after) + 1 if after else len(names)
        added = _ticked(key, _TICKS[key])
        self.fields |= added
        self.order_fields([*names[:at], *added, *names[at:]])

    def ticked(self, entered: dict[str, Any]) -> dict[str, str]:
        """What was seen, by each identifier that is ticked; takes boxes and words out of what was entered.
        Words beside an empty box count for nothing."""
        keys = [name.removeprefix("checked_") for name in entered if name.startswith("checked_")]
        seen = {key: (entered.pop(f"checked_{key}"), entered.pop(f"seen_{key}")) for key in keys}
        return {key: words for key, (checked, words) in seen.items() if checked}

    def given(self) -> dict[str, Any]:
        """What was entered, by the names of the writers. Only for a valid form."""
        entered = self.answered()
        return {
            "channel": entered.pop("received_by"),
            "received_at": entered.pop("received_on"),
            "seen": self.ticked(entered),
            **entered,
        }


class RecordForm(_Arrived):
    """A request of somebody who is yet to be found, with what they can be found by."""

    email = forms.CharField(
        label=_("E-mail address"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs=_OFF),
        help_text=_("The answer goes there once it is proved. Without an address it goes by letter."),
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
        *("email", "phone", "number", "postal", "language"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = list(settings.LANGUAGES)  # type: ignore[attr-defined]
        for kind in (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.NUMBER):
            self.tick(kind, after=kind)


class KnownForm(_Arrived):
    """A request about a record that another page named: the record is all there is to check."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tick(IdentifierKind.RECORD)

    def given(self) -> dict[str, Any]:
        """What was entered, by the names of the writers. Only for a valid form."""
        entered = super().given()
        return {**entered, "seen": entered["seen"].get(IdentifierKind.RECORD)}

    def blame(self, error: DsrError) -> int:
        """The writer says "seen" of the only thing there is to check."""
        if "seen" in error.fields:
            self.add_error(f"seen_{IdentifierKind.RECORD}", str(error.fields["seen"]))
            return error.http_status
        return super().blame(error)


class CheckedForm(Errand):
    """An officer checked in person who asks: what they saw, for each identifier they tick. None is ticked
    before they do."""

    prefix_of_fields = "seen_"

    def __init__(self, *args: Any, waiting: Iterable[tuple[UUID, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting = [key for key, _label in waiting]
        for key, label in waiting:
            self.fields |= _ticked(key, label)

    def clean(self) -> dict[str, Any]:
        """Something is ticked."""
        if self.waiting and not any(self.cleaned_data.get(f"checked_{key}") for key in self.waiting):
            raise forms.ValidationError(_("Tick what you checked. What is not ticked stays unproved."))
        return self.cleaned_data

    def seen(self) -> dict[UUID, str]:
        """What was seen, for each identifier that is ticked. Only for a valid form."""
        ticked = [key for key in self.waiting if self.cleaned_data[f"checked_{key}"]]
        return {key: self.cleaned_data[f"seen_{key}"] for key in ticked}
