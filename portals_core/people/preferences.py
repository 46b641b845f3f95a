"""What people choose for themselves: language, time zone, time format, country (U3)."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from functools import cache

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.people.models import User
from portals_core.plumbing.errors import BadInput

#: Member States and EEA countries by their code, and two neighbours; anywhere else is the empty choice.
COUNTRIES = {
    "AT": _("Austria"),
    "BE": _("Belgium"),
    "BG": _("Bulgaria"),
    "HR": _("Croatia"),
    "CY": _("Cyprus"),
    "CZ": _("Czechia"),
    "DK": _("Denmark"),
    "EE": _("Estonia"),
    "FI": _("Finland"),
    "FR": _("France"),
    "DE": _("Germany"),
    "GR": _("Greece"),
    "HU": _("Hungary"),
    "IS": _("Iceland"),
    "IE": _("Ireland"),
    "IT": _("Italy"),
    "LV": _("Latvia"),
    "LI": _("Liechtenstein"),
    "LT": _("Lithuania"),
    "LU": _("Luxembourg"),
    "MT": _("Malta"),
    "NL": _("Netherlands"),
    "NO": _("Norway"),
    "PL": _("Poland"),
    "PT": _("Portugal"),
    "RO": _("Romania"),
    "SK": _("Slovakia"),
    "SI": _("Slovenia"),
    "ES": _("Spain"),
    "SE": _("Sweden"),
    "CH": _("Switzerland"),
    "GB": _("United Kingdom"),
}
TIME_FORMATS = {"24": _("14:30"), "12": _("2:30 pm")}


@cache
def time_zones() -> tuple[str, ...]:
    """Names of the zones people live in, by area and city, and UTC."""
    lived_in = {name for name in zoneinfo.available_timezones() if "/" in name}
    return ("UTC", *sorted(name for name in lived_in if not name.startswith(("Etc/", "SystemV/", "posix"))))


def check(*, language: str, time_zone: str, time_format: str, country: str) -> None:
    """Raise `BadInput` for the first choice that is none of those offered."""
    offered = {
        "language": (language, dict(settings.LANGUAGES)),
        "time_zone": (time_zone, time_zones()),
        "time_format": (time_format, TIME_FORMATS),
        "country": (country, {**COUNTRIES, "": ""}),
    }
    for field, (given, known) in offered.items():
        if given not in known:
            sentence = _("“%(given)s” cannot be chosen here.") % {"given": given}
            raise BadInput(sentence, code="preference.unknown", fields={field: sentence})


def set_preferences(
    *,
    actor: Actor,
    user: User,
    language: str,
    time_zone: str,
    time_format: str,
    country: str,
    at: datetime,
) -> None:
    """Store what a person chose for their own account. Nothing changed: nothing stored."""
    chosen = {
        "language": language,
        "time_zone": time_zone,
        "time_format": time_format,
        "country": country,
    }
    check(**chosen)
    if all(getattr(user, name) == value for name, value in chosen.items()):
        return
    with transaction.atomic():
        User.objects.visible_to(system("set one's own preferences")).filter(pk=user.pk).update(**chosen)
        append.record("account.preferences_set", actor=actor, about=user.ref, at=at)
