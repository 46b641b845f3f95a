"""Beside the conditions of a module: how they join with its links, and with whose eyes to try them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.forms.filling import offer
from portals_core.people import sight
from portals_core.people.models import Match, Sharing, User, UserType
from portals_core.plumbing.errors import BadInput
from portals_core.records import inputs
from portals_core.records.inputs import MOST_CHOICES
from portals_core.records.models import Field, FieldType, Module


class RuleForm(forms.Form):
    """What of a module is shared, and whether links and conditions must both hold (T13, decision 4)."""

    sharing = forms.ChoiceField(label=_("What is shared"), choices=Sharing.choices, widget=forms.RadioSelect)
    match = forms.ChoiceField(
        label=_("Links and conditions"), choices=Match.choices, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, linked: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not linked:
            del self.fields["match"]  # nothing to join


class EyesForm(forms.Form):
    """A portal user, and perhaps a record, to try something with."""

    use_required_attribute = False
    person = forms.CharField(label=_("Portal user"), max_length=254)

    def __init__(
        self,
        *args: Any,
        actor: Actor,
        user_type: UserType | None = None,
        of: Module | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._actor, self._type, self._of = actor, user_type, of
        people = list(sight.portal_users(actor, user_type)[: MOST_CHOICES + 1])
        if len(people) <= MOST_CHOICES:
            nobody = "" if people else _("Nobody was invited yet.")
            self.fields["person"] = forms.ChoiceField(label=_("Portal user"), help_text=nobody)
            names = [(str(one.public_id), f"{one.name or one.email} ({one.email})") for one in people]
            offer(
                self, "person", [("", _("– choose –")), *sorted(names, key=lambda pair: pair[1].casefold())]
            )
        else:
            self.fields["person"].help_text = _("Write the mail address of the account.")
        if of is not None:
            self._ask_record(of)

    def _ask_record(self, of: Module) -> None:
        field = Field(module=of, key="record", label=of.label, type=FieldType.LOOKUP, target=of)
        self._asked = inputs.link(self._actor, field)
        if self._asked.typed is None:
            listed = [("", "–"), *((str(one.id), one.title) for one in self._asked.choices)]
            self.fields["record"] = forms.ChoiceField(label=of.label, required=False, choices=listed)
            return
        sentence = _("Write the “%(field)s” of the record, or its id.")
        self.fields["record"] = forms.CharField(
            label=of.label, required=False, help_text=sentence % {"field": self._asked.typed.label}
        )

    def clean_person(self) -> User:
        try:
            return sight.portal_user(self._actor, self.cleaned_data["person"], self._type)
        except BadInput as error:
            raise forms.ValidationError(str(error.public)) from None

    def clean_record(self) -> UUID | None:
        text = self.cleaned_data["record"].strip()
        found = inputs.target(self._actor, self._asked, text) if text else None
        if text and found is None:
            raise forms.ValidationError(_("There is no such record."))
        return found

    def user(self) -> User:
        """Whose eyes were chosen. Only for a valid form."""
        chosen: User = self.cleaned_data["person"]
        return chosen

    def record(self) -> UUID | None:
        """Which record was chosen, if any. Only for a valid form."""
        return self.cleaned_data.get("record")
