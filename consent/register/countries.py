"""Countries by their ISO 3166-1 alpha-2 code, and which of them lie outside the European Economic Area."""

from __future__ import annotations

import phonenumbers
from django.utils.translation import gettext_lazy as _

from portals_core.people.preferences import COUNTRIES

#: Member States with the regions of them that have a code of their own (Art. 355(1) TFEU), and Iceland,
#: Liechtenstein, Norway.
EEA = frozenset(
    (
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT",
        "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO",
        "AX", "GF", "GP", "MF", "MQ", "RE", "YT",
    )
)  # fmt: skip
#: Countries with a name of their own on our pages; the others show their code.
NAMES = {
    **COUNTRIES,
    "AR": _("Argentina"),
    "AU": _("Australia"),
    "BR": _("Brazil"),
    "CA": _("Canada"),
    "CN": _("China"),
    "HK": _("Hong Kong"),
    "IL": _("Israel"),
    "IN": _("India"),
    "JP": _("Japan"),
    "KR": _("South Korea"),
    "MX": _("Mexico"),
    "NZ": _("New Zealand"),
    "PH": _("Philippines"),
    "RS": _("Serbia"),
    "SG": _("Singapore"),
    "TR": _("Türkiye"),
    "TW": _("Taiwan"),
    "UA": _("Ukraine"),
    "US": _("United States"),
    "UY": _("Uruguay"),
    "ZA": _("South Africa"),
}
#: Two islands have telephone numbers under a code that is no country's.
CODES = frozenset(phonenumbers.SUPPORTED_REGIONS) - {"AC", "TA"}


def outside(code: str) -> bool:
    """Whether data sent there goes to a third country (Art. 44)."""
    return code not in EEA


def name(code: str) -> str:
    """The country in words where we have a word, else its code."""
    return str(NAMES.get(code, code))


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every country for a list to choose from: the European Economic Area, others by name, the rest."""
    groups = (
        (_("European Economic Area"), EEA & NAMES.keys()),
        (_("Other countries"), NAMES.keys() - EEA),
        (_("Further countries by their code"), CODES - NAMES.keys()),
    )
    return [
        (str(label), sorted(((code, name(code)) for code in codes), key=lambda pair: pair[1]))
        for label, codes in groups
    ]
