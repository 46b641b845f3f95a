"""The shape of what officers enter about recipients and the end of a restriction."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests.carrying_out.lifting import LONGEST_REASON
from requests.carrying_out.recipients import LONGEST_NOTE
from requests.forms.common import Errand
from requests.models import RecipientNotice, Standing

#: What can be recorded, by where telling the recipient stands.
STEPS = {
    Standing.OPEN: ("told", "impossible"),
    Standing.TOLD: ("answered", "impossible"),
    Standing.ANSWERED: ("answered",),
    Standing.IMPOSSIBLE: (),
}
_WORDS = {
    "told": _("I told them"),
    "answered": _("They answered"),
    "impossible": _("They cannot be told, or only with a disproportionate effort"),
}


class RecipientForm(Errand):
    """What happened with one recipient."""

    step = forms.ChoiceField(label=_("What happened?"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("How, or what they answered, or why not"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Write nothing about the person: this stays for good."),
    )

    def __init__(self, *args: Any, row: RecipientNotice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = STEPS[Standing(row.standing)]
        self.fields["step"].choices = [(one, _WORDS[one]) for one in steps]  # type: ignore[attr-defined]


class LiftForm(Errand):
    """Why a restriction ends, as the person is told it."""

    reason = forms.CharField(
        label=_("Why does the restriction end?"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Plain words. The person reads them some days before it ends."),
    )
    told = forms.CharField(
        label=_("Without any address: how and when did you tell the person?"),
        required=False,
        max_length=300,
    )
