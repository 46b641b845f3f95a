"""Shapes of preferences, invitations and staff."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from portals_core.forms.filling import offer
from portals_core.forms.sign_in import new_password_field
from portals_core.people import preferences, roles, usertypes


def _zones() -> list[tuple[str, object]]:
    """The time zones by area, as an option list with groups."""
    areas: dict[str, list[tuple[str, str]]] = {}
    for name in preferences.time_zones():
        area, _slash, place = name.partition("/")
        areas.setdefault(area, []).append((name, (place or area).replace("_", " ")))
    return [(area, places) if area != "UTC" else ("UTC", "UTC") for area, places in areas.items()]


def _countries() -> list[tuple[str, object]]:
    named = sorted(preferences.COUNTRIES.items(), key=lambda pair: str(pair[1]))
    return [("", _("Another country, or not said")), *named]


def language_field() -> forms.ChoiceField:
    """One of the languages of the site."""
    return forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, initial="en")


class PreferencesForm(forms.Form):
    language = language_field()
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=lazy(_zones, list)())
    time_format = forms.ChoiceField(
        label=_("Time format"), choices=list(preferences.TIME_FORMATS.items()), widget=forms.RadioSelect
    )
    country = forms.ChoiceField(label=_("Country"), choices=lazy(_countries, list)(), required=False)


class WelcomeForm(PreferencesForm):
    """Password first, then what the person prefers (U3)."""

    password = new_password_field()
    field_order = ("password",)


def _user_types(module: int | None) -> list[tuple[int, str]]:
    rows = usertypes.user_types().filter(active=True)
    return [(row.pk, row.name) for row in rows if module in (None, row.identity_module_id)]


class UserTypeChoiceForm(forms.Form):
    """One of the user types, narrowed to those made for `module`."""

    user_type = forms.TypedChoiceField(label=_("User type"), coerce=int)

    def __init__(self, *args: Any, module: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "user_type", _user_types(module))


class InviteForm(UserTypeChoiceForm):
    language = language_field()


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles"), widget=forms.CheckboxSelectMultiple, help_text=_("What this person may do.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "roles", [(role.key, role.name) for role in roles.roles()])


class StaffForm(RolesForm):
    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    language = language_field()
    field_order = ("name", "email", "roles", "language")
