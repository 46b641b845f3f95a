"""The shape of entries of the register; what they mean is checked by its writers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from consent.models import Party, PartyKind, Purpose, Recipient, RecipientKind, Role, Told
from consent.register import countries


def _countries(empty: bool) -> list[Any]:
    return [("", _("Not said") if empty else _("Choose a country")), *countries.choices()]


def _country(*, required: bool) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Country"), required=required, choices=lazy(_countries, list)(not required)
    )


def _words(
    label: object, help_text: object = "", *, required: bool = False, rows: int = 3
) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        help_text=help_text,  # type: ignore[arg-type]
        required=required,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class PartyForm(forms.Form):
    """Somebody who answers for the processing, or for whom it is done."""

    kind = forms.ChoiceField(label=_("Role"), choices=PartyKind.choices)
    name = forms.CharField(label=_("Name"), max_length=200)
    contact = forms.CharField(label=_("Contact person"), max_length=200, required=False)
    street = forms.CharField(label=_("Street"), max_length=200, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    country = _country(required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    website = forms.URLField(label=_("Website"), max_length=300, required=False, assume_scheme="https")


class RecipientForm(forms.Form):
    """Somebody data is disclosed to, and how they are told of changes."""

    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(label=_("They receive data as"), choices=RecipientKind.choices)
    country = _country(required=True)
    safeguard = forms.CharField(
        label=_("What protects the data there"),
        max_length=300,
        required=False,
        help_text=_(
            "Needed outside the European Economic Area: an adequacy decision, standard contractual clauses, "
            "binding corporate rules (Art. 44 to 49)."
        ),
    )
    told = forms.ChoiceField(
        label=_("How they are told of a correction, deletion or restriction"),
        choices=Told.choices,
        widget=forms.RadioSelect,
        initial=Told.EMAIL,
    )
    contact = forms.CharField(label=_("Contact person"), max_length=200, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    active = forms.BooleanField(label=_("Receives data now"), required=False, initial=True)


class ActivityForm(forms.Form):
    """One processing activity with what Art. 30 asks for."""

    name = forms.CharField(label=_("Name"), max_length=200)
    role = forms.ChoiceField(
        label=_("We process it"), choices=Role.choices, widget=forms.RadioSelect, initial=Role.CONTROLLER
    )
    clients = forms.TypedMultipleChoiceField(
        label=_("Controllers it is done for"),
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only for processing on behalf of others (Art. 30(2)(a))."),
    )
    description = _words(_("What it is for"), _("In words people understand (Art. 30(1)(b))."), required=True)
    purposes = forms.MultipleChoiceField(
        label=_("Purposes people decide about"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What this entry tells is shown with the texts published for them from then on."),
    )
    subjects = _words(_("Whose data"), _("One category in each line (Art. 30(1)(c))."))
    categories = _words(_("Which data"), _("One category in each line (Art. 30(1)(c))."))
    recipients = forms.TypedMultipleChoiceField(
        label=_("Recipients"),
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everybody the data is disclosed to, processors too (Art. 30(1)(d))."),
    )
    transfers = _words(
        _("Transfers to third countries"), _("Besides those of the recipients above (Art. 30(1)(e))."), rows=2
    )
    limits = _words(_("When data is erased"), _("For each category of data (Art. 30(1)(f))."))
    security = _words(_("What protects the data"), _("Measures of Art. 32 in general (Art. 30(1)(g))."))
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(
        self,
        *args: Any,
        purposes: Iterable[Purpose],
        recipients: Iterable[Recipient],
        clients: Iterable[Party],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = {
            "purposes": [(one.key, one.name) for one in purposes],
            "recipients": [(str(one.pk), one.name) for one in recipients],
            "clients": [(str(one.pk), one.name) for one in clients],
        }
        for name, choices in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
            if not choices:
                del self.fields[name]

    def clean_subjects(self) -> list[str]:
        """One category for each line."""
        return str(self.cleaned_data["subjects"]).splitlines()

    def clean(self) -> dict[str, Any]:
        """What the writer takes: `data` is no name for a field of a form."""
        told = {**self.cleaned_data}
        told["data"] = str(told.pop("categories", "")).splitlines()
        return told
