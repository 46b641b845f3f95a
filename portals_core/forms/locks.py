"""Forms of locks: placing one by hand, a reason, and what the register is narrowed by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portals_core.forms.filling import offer
from portals_core.locks.manual import LONGEST
from portals_core.locks.models import Ground, Source


def _reason(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=LONGEST, strip=True, widget=forms.Textarea(attrs={"rows": "3"})
    )


class PlaceForm(forms.Form):
    """Asks for ground and reason; for a legal hold whether it takes along what belongs to the record."""

    ground = forms.ChoiceField(label=_("Ground"), widget=forms.RadioSelect)
    reason = _reason(_("Reason"))
    whole = forms.BooleanField(label=_("Hold everything that belongs to it, too"), required=False)

    def __init__(self, data: Any, *, grounds: Sequence[Ground], belonging: int) -> None:
        super().__init__(data, initial={"ground": grounds[0]} if len(grounds) == 1 else None)
        offer(self, "ground", [(one.value, one.label) for one in grounds])
        if Ground.LEGAL_HOLD not in grounds or not belonging:
            del self.fields["whole"]
            return
        self.fields["whole"].help_text = ngettext(
            "For a legal hold only: %(count)s more record is locked, whether you see it or not.",
            "For a legal hold only: %(count)s more records are locked, whether you see them or not.",
            belonging,
        ) % {"count": belonging}

    def clean_whole(self) -> bool:
        """A business lock is on one record: asked for more, it would quietly do less."""
        whole: bool = self.cleaned_data["whole"]
        if whole and self.cleaned_data.get("ground") == Ground.BUSINESS:
            raise forms.ValidationError(_("Only a legal hold takes along what belongs to the record."))
        return whole


class EndForm(forms.Form):
    """Why a lock ends."""

    reason = _reason(_("Why it ends"))


class ReasonForm(forms.Form):
    """Another reason for a lock that stays."""

    reason = _reason(_("Reason"))


class RegisterForm(forms.Form):
    """Narrows the register of locks."""

    ground = forms.ChoiceField(label=_("Ground"), required=False, choices=[("", _("All")), *Ground.choices])
    module = forms.ChoiceField(label=_("Module"), required=False)
    source = forms.ChoiceField(label=_("Placed"), required=False, choices=[("", _("All")), *Source.choices])

    def __init__(self, data: Any, *, modules: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        offer(self, "module", [("", _("All")), *modules])
