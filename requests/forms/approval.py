"""The shape of what officers enter beside a decision: take it back, link a duplicate, an authority seen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests.arriving.mandates import LONGEST_AUTHORITY
from requests.deciding.cooling import LONGEST_REASON
from requests.forms.common import Errand


class _Apart(Errand):
    """Several of these stand on one page, so each has ids of its own."""

    name = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{self.name}_%s", **kwargs})


class RecallForm(_Apart):
    """Take an approved deletion back, and say why to the colleagues."""

    name = "recall"
    reason = forms.CharField(
        label=_("Why do you take it back?"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LinkForm(_Apart):
    """Which request asked the same before."""

    name = "link"
    of = forms.CharField(
        label=_("Number of the first request"),
        max_length=40,
        help_text=_("Both must ask the same for the same person. Each keeps its number and due date."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AuthorityForm(_Apart):
    """What an officer saw that allows somebody to ask for another."""

    name = "authority"
    seen = forms.CharField(
        label=_("What did you look at?"),
        max_length=LONGEST_AUTHORITY,
        help_text=_(
            "For example “signed power of attorney, names agree”. No numbers of documents, no copies."
        ),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
