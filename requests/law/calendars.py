"""Whose calendar and clock govern a period: EU and EEA states, their regions, zones and public holidays.

Pure: the only source besides the standard library is the `holidays` table, read one year at a time and
kept as immutable values.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import holidays

from portals_core.plumbing.errors import BadInput

#: The zone in which a Member State's or EEA state's day begins; its capital's where it has several.
ZONES = {
    "AT": "Europe/Vienna",
    "BE": "Europe/Brussels",
    "BG": "Europe/Sofia",
    "CY": "Asia/Nicosia",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen",
    "EE": "Europe/Tallinn",
    "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "GR": "Europe/Athens",
    "HR": "Europe/Zagreb",
    "HU": "Europe/Budapest",
    "IE": "Europe/Dublin",
    "IS": "Atlantic/Reykjavik",
    "IT": "Europe/Rome",
    "LI": "Europe/Vaduz",
    "LT": "Europe/Vilnius",
    "LU": "Europe/Luxembourg",
    "LV": "Europe/Riga",
    "MT": "Europe/Malta",
    "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo",
    "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon",
    "RO": "Europe/Bucharest",
    "SE": "Europe/Stockholm",
    "SI": "Europe/Ljubljana",
    "SK": "Europe/Bratislava",
}
#: Regions whose clock differs from the capital's.
REGION_ZONES = {
    "ES-CN": "Atlantic/Canary",
    "PT-20": "Atlantic/Azores",
    "PT-30": "Atlantic/Madeira",
    "FR-971": "America/Guadeloupe",
    "FR-972": "America/Martinique",
    "FR-973": "America/Cayenne",
    "FR-974": "Indian/Reunion",
    "FR-976": "Indian/Mayotte",
    "FR-MF": "America/Marigot",
}
#: Regions of the table where the Regulation sets no periods: they lie outside the Union and the EEA.
OUTSIDE = {"FR": {"BL", "NC", "PF", "PM", "TF", "WF"}, "NO": {"21", "22"}}
LAST_YEAR = 2099  # the table ends with 2100; a period received in 2099 may end there


def _(sentence: str) -> str:
    """Marks a sentence for translation; whoever shows it calls gettext."""
    return sentence


@dataclass(frozen=True, slots=True)
class Place:
    """A state, and optionally a region of it, in ISO 3166 codes that are known to be good."""

    country: str
    subdivision: str = ""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(REGION_ZONES.get(f"{self.country}-{self.subdivision}", ZONES[self.country]))

    def day(self, at: datetime) -> date:
        """The day it is here at that moment."""
        return at.astimezone(self.zone).date()

    def holiday(self, day: date) -> str:
        """The public holiday kept here on `day`, by its English name, or an empty string.

        Without a region only nationwide holidays count (Reg. 1182/71 Art. 2(1)).
        """
        return _year(self.country, self.subdivision, day.year).get(day, "")


def place(country: str, subdivision: str = "") -> Place:
    """The place meant by "PL", by "DE" with "BY", or by "DE-BY". Anything unknown is `BadInput`."""
    state, _dash, region = country.strip().upper().partition("-")
    given = subdivision.strip().upper().removeprefix(f"{state}-")
    if state not in ZONES:
        raise BadInput(
            _(
                "This is not a country of the EU or the EEA. Give its two-letter code, for example PL, "
                "or DE-BY for a region."
            ),
            code="deadline.country",
            detail=f"country {country!r}",
        )
    if region and given and region != given:
        raise BadInput(
            _("Two different regions were given. Give the region once."),
            code="deadline.subdivision",
            detail=f"{country!r} with {subdivision!r}",
        )
    return Place(state, _known_region(state, region or given))


def _known_region(state: str, region: str) -> str:
    known = regions(state)
    if region and region not in known:
        raise BadInput(
            _(
                "This region is not known in that country. Give the part of its ISO code after the dash, for "
                "example BY for Bavaria, or leave it out to use nationwide holidays only."
            ),
            code="deadline.subdivision",
            detail=f"{state}-{region}; known: {', '.join(sorted(known)) or 'none'}",
        )
    return region


@cache
def regions(state: str) -> frozenset[str]:
    """ISO codes of the regions of `state` that have a calendar of their own."""
    listed = set(holidays.country_holidays(state).subdivisions) - OUTSIDE.get(state, set())
    # The table also has school zones and single cities; only those are written in small letters.
    return frozenset(code for code in listed if code == code.upper())


@lru_cache(maxsize=512)
def _year(state: str, region: str, year: int) -> dict[date, str]:
    table = holidays.country_holidays(
        state,
        subdiv=region or None,
        years=year,
        expand=False,
        categories=(holidays.PUBLIC,),
        language="en_US",
    )
    return dict(table.items())
