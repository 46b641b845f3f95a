"""Small forms of user types: the first step of a new one, and where users go when one is deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portals_core.forms.filling import offer
from portals_core.people import usertypes
from portals_core.records import catalogue


class NewUserTypeForm(forms.Form):
    """The first step: whose records are the people of this type."""

    identity_module = forms.ChoiceField(label=_("The people of this type are kept in"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = catalogue.modules().filter(identity=True)
        offer(self, "identity_module", [(one.key, one.label_plural) for one in people])


class DeleteUserTypeForm(forms.Form):
    """Where the users of a type go (P11)."""

    to = forms.TypedChoiceField(label=_("Its users move to"), coerce=int, empty_value=None)

    def __init__(self, *args: Any, gone: int, users: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = usertypes.user_types().exclude(pk=gone)
        offer(self, "to", [(one.pk, one.name) for one in others])
        if not users:
            del self.fields["to"]
