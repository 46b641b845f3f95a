"""Forms of the desk: what a person said, and why a consent is invalid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import date, filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.deciding.agreeing import LONGEST_REMARKS
from consent.deciding.entering import Answer, Upload
from consent.desk.sheets import Sheet
from consent.models import ENTERED, Method, Text

_ANSWERS = {
    Answer.GIVE: gettext_lazy("Agrees"),
    Answer.REFUSE: gettext_lazy("Does not agree"),
    Answer.WITHDRAW: gettext_lazy("Withdraws what was agreed to"),
}


class EntryForm(forms.Form):
    """What somebody said, how, when, and on which words. It asks only for what can be entered now."""

    answer = forms.ChoiceField(label=gettext_lazy("What did the person say?"), widget=forms.RadioSelect)
    method = forms.ChoiceField(
        label=gettext_lazy("How?"),
        widget=forms.RadioSelect,
        choices=[(one.value, one.label) for one in Method if one in ENTERED],
    )
    at = forms.DateTimeField(
        label=gettext_lazy("When was it said?"),
        help_text=gettext_lazy("On paper: when it was signed."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    text = forms.TypedChoiceField(
        label=gettext_lazy("Which text was read out or signed?"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=gettext_lazy("Not needed for a withdrawal: it ends what was agreed to."),
    )
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Ways of contact agreed to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Where the text offers no choice, leave this empty: it means all it names."),
    )
    by_parent = forms.BooleanField(
        label=gettext_lazy("Said by somebody with parental responsibility"), required=False
    )
    remarks = forms.CharField(
        label=gettext_lazy("What they added"),
        required=False,
        max_length=LONGEST_REMARKS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("In their own words. They can read it."),
    )
    file = forms.FileField(label=gettext_lazy("File that shows it"), required=False, allow_empty_file=True)

    def __init__(self, *args: Any, sheet: Sheet, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "answer", [(one.value, _ANSWERS[one]) for one in _open(sheet)])
        _offer(self, "text", [("", "–"), *((text.pk, _named(text)) for text in sheet.texts)])
        self.fields["text"].initial = sheet.texts[0].pk if sheet.texts else None
        self.fields["at"].initial = now
        if sheet.can_give and sheet.channels:
            _offer(self, "channels", sheet.channels)
        else:
            del self.fields["channels"]
        if not sheet.child:
            del self.fields["by_parent"]
        most = {"size": filesizeformat(settings.LIMIT_FILE_BYTES)}
        self.fields["file"].help_text = (
            _("At most %(size)s, staff only. On paper a yes needs the signed page, a withdrawal does not.")
            % most
        )

    def given(self) -> dict[str, Any]:
        """What the writer gets. Only for a valid form."""
        entered = {name: self.cleaned_data[name] for name in self.cleaned_data if name != "file"}
        file = self.cleaned_data["file"]
        return {**entered, "proof": Upload(file.name, file) if file else None}


class InvalidForm(forms.Form):
    """Why a consent is no consent."""

    reason = forms.CharField(
        label=gettext_lazy("Why is it invalid?"),
        max_length=LONGEST_REMARKS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("For example: it was given under pressure, or by somebody else."),
    )


def _open(sheet: Sheet) -> list[Answer]:
    """The answers that can be entered as things stand."""
    can = {Answer.GIVE: sheet.can_give, Answer.REFUSE: sheet.can_refuse, Answer.WITHDRAW: sheet.can_end}
    return [answer for answer in Answer if can[answer]]


def _named(text: Text) -> str:
    return _("Version %(version)s, %(language)s, from %(when)s: %(title)s") % {
        "version": text.version,
        "language": dict(settings.LANGUAGES).get(text.language, text.language),
        "when": date(timezone.localtime(text.published_at)),
        "title": text.title,
    }


def _offer(form: forms.Form, name: str, choices: Any) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices
