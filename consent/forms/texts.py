"""The shape of what staff enter about texts; what it means is checked by the writers."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.catalogue import wording
from consent.forms.purposes import Refusable
from consent.models import Text

#: What a new version does with consents to earlier ones.
KEEP, RENEW = "wording", "renew"


class TextForm(Refusable):
    """A text in one language to preview and publish."""

    language = forms.ChoiceField(choices=settings.LANGUAGES, widget=forms.HiddenInput)
    after = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=wording.LONGEST_TITLE)
    body = forms.CharField(
        label=_("Text"),
        max_length=wording.LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("Exactly what people read before they decide. After publishing it stays as it is."),
    )
    statement = forms.CharField(
        label=_("Privacy statement"),
        required=False,
        max_length=wording.LONGEST_STATEMENT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What people should know besides: their rights, and how to withdraw."),
    )
    before_submit = forms.CharField(
        label=_("Directly above the button"),
        required=False,
        max_length=wording.LONGEST_BEFORE_SUBMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One sentence, such as how to withdraw later."),
    )
    remarks_label = forms.CharField(
        label=_("Question above a box for remarks"),
        required=False,
        max_length=wording.LONGEST_REMARKS_LABEL,
        help_text=_("Empty: there is no such box."),
    )
    show_channels = forms.BooleanField(
        label=_("People choose among the channels"),
        required=False,
        help_text=_("No box is ticked before. Without this, who agrees agrees to all of them."),
    )
    change = forms.ChoiceField(
        label=_("What does this version change?"),
        widget=forms.RadioSelect,
        choices=[
            (KEEP, _("Only the wording: consents to earlier versions stay good")),
            (RENEW, _("More than that: people must agree again")),
        ],
        initial=KEEP,
    )
    renew_by = forms.DateField(
        label=_("They can agree again until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_(
            "Only where people must agree again. Until the end of this day consents to earlier versions "
            "still count; from then on only those to this version do. Ask the people concerned before."
        ),
    )

    def __init__(self, *args: Any, original: Text | None, first: bool, channels: bool, **kwargs: Any) -> None:
        """`original` is what is translated; `first` says that no version came before."""
        super().__init__(*args, **kwargs)
        if original is not None:
            self._as_translation(original)
        if original is not None or first:
            del self.fields["change"], self.fields["renew_by"]
        if original is not None or not channels:
            del self.fields["show_channels"]

    def _as_translation(self, original: Text) -> None:
        """People are told the same in every language: no part more, none less."""
        for name in ("statement", "before_submit", "remarks_label"):
            if getattr(original, name):
                self.fields[name].required = True
            else:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """A day only where people must agree again, and then always."""
        cleaned = super().clean() or {}
        again = cleaned.pop("change", KEEP) == RENEW
        day = cleaned.pop("renew_by", None)
        if again and day is None and "renew_by" not in self.errors:
            self.add_error("renew_by", _("Choose the last day on which people can agree again."))
        cleaned["renew_by"] = _end_of(day) if again and day else None
        return cleaned


class WithdrawForm(Refusable):
    """Why a version is withdrawn."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For colleagues and auditors. It stays with the version."),
    )


class CompareForm(forms.Form):
    """Which two versions are compared."""

    before = forms.TypedChoiceField(label=_("Earlier version"), coerce=int)
    after = forms.TypedChoiceField(label=_("Later version"), coerce=int)

    def __init__(self, *args: Any, numbers: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(number, _("Version %(number)s") % {"number": number}) for number in numbers]
        for name in ("before", "after"):
            of = self.fields[name]
            assert isinstance(of, forms.ChoiceField)
            of.choices = choices


def _end_of(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
