"""What the register says about a purpose, and to whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consent.models import Activity, Purpose, Recipient, Role
from consent.register import countries, parties
from portals_core.access.actor import Actor, Kind, system
from portals_core.plumbing.errors import Forbidden

_READ = system("say what the register tells of a purpose")


def facts(purpose: Purpose) -> dict[str, Any]:
    """Who is responsible, which data, who receives it and how long it is kept, as the register says now.

    Plain values for JSON, of the controller's activities in use that name the purpose: {"controller":
    {"name", "contact", "street", "postcode", "city", "country", "email", "phone", "website"}, "data": [str],
    "recipients": [{"name", "kind", "country", "safeguard"}], "limits": str, "jurisdiction": str}. Every key
    is there, empty where nothing was entered; lists are sorted, so that equal registers give equal facts.
    Frozen with every version of a text, so that a receipt can tell it for ever.
    """
    entries = list(_naming(purpose).filter(active=True).order_by("name"))
    receiving = _recipients(entries).filter(active=True)
    return {
        "controller": responsible(),
        "data": sorted({category for entry in entries for category in entry.data}),
        "recipients": [
            {"name": one.name, "kind": one.kind, "country": one.country, "safeguard": one.safeguard}
            for one in sorted(receiving, key=lambda one: one.name)
        ],
        "limits": "\n".join(dict.fromkeys(entry.limits for entry in entries if entry.limits)),
        "jurisdiction": settings.COUNTRY,
    }


def responsible() -> dict[str, str]:
    """Who answers for the processing: the controller of the register, else who the settings name."""
    row = parties.controller()
    if row is None:
        blank = dict.fromkeys(parties.CONTACT, "")
        return {"name": settings.ORGANISATION, **blank, "email": settings.CONTACT_EMAIL}
    return {name: getattr(row, name) for name in ("name", *parties.CONTACT)}


def recipients_of(purpose: Purpose) -> list[Recipient]:
    """Everybody to whom data for this purpose was disclosed, by name, each with the way they are told.

    Those count too that receive nothing any longer, and those of activities that ended: whoever once got the
    data is told when it is rectified, erased or restricted (Art. 19).
    """
    return sorted(_recipients(list(_naming(purpose))), key=lambda one: one.name)


def recipients_ever() -> list[tuple[Recipient, bool]]:
    """Everybody to whom data was disclosed for any of the controller's activities, by name, and whether they
    still receive it: in use, and of an activity in use."""
    entries = Activity.objects.visible_to(_READ).filter(role=Role.CONTROLLER)
    now = set(_recipients(entries.filter(active=True)).filter(active=True).values_list("pk", flat=True))
    return [(one, one.pk in now) for one in _recipients(entries).order_by("name")]


def recipients_with(keys: Iterable[UUID]) -> dict[UUID, Recipient]:
    """The recipients with these ids, to be written to; what is gone from the register is left out."""
    return {one.pk: one for one in Recipient.objects.visible_to(_READ).filter(pk__in=list(keys))}


@dataclass(frozen=True)
class Named:
    """A recipient as people may know them (Art. 15(1)(c)): no contact data."""

    name: str
    #: In words.
    kind: str
    country: str

    @property
    def place(self) -> str:
        """The country in words."""
        return countries.name(self.country)


def recipients_now(actor: Actor) -> list[Named]:
    """Who receives data in the controller's activities in use, by name. Raises `Forbidden` for whoever is
    not signed in."""
    if actor.kind is Kind.ANONYMOUS:
        raise Forbidden(_("Sign in to see who receives data."))
    entries = Activity.objects.visible_to(_READ).filter(active=True, role=Role.CONTROLLER)
    rows = _recipients(entries).filter(active=True).order_by("name")
    return [Named(one.name, one.get_kind_display(), one.country) for one in rows]


def _naming(purpose: Purpose) -> QuerySet[Activity]:
    rows = Activity.objects.visible_to(_READ)
    return rows.filter(role=Role.CONTROLLER, purposes=purpose.pk)


def _recipients(entries: list[Activity] | QuerySet[Activity]) -> QuerySet[Recipient]:
    ties = Activity.recipients.through.objects.filter(activity__in=entries)
    return Recipient.objects.visible_to(_READ).filter(pk__in=ties.values("recipient"))
