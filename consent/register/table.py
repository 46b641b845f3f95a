"""The register as a table: one column for each point of Art. 30(1) and (2), in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from consent.models import Activity, Party, PartyKind, Recipient, Role
from consent.register import activities, countries, disclosure, parties
from portals_core.access.actor import Actor


@dataclass(frozen=True)
class Column:
    """One point; `role` where only one of the two paragraphs asks for it."""

    heading: object
    text: Callable[[Activity], str]
    role: str = ""


def answering(actor: Actor) -> list[tuple[object, str]]:
    """Who answers for all of the processing: what is asked for, and the parties in words."""
    rows = list(parties.parties(actor).exclude(kind=PartyKind.CLIENT))
    said = {kind: "\n".join(address(row) for row in rows if row.kind == kind) for kind in PartyKind.values}
    if not said[PartyKind.CONTROLLER]:
        known = disclosure.responsible()
        said[PartyKind.CONTROLLER] = ", ".join((known["name"], known["email"]))
    return [
        (_("Who processes (Art. 30(1)(a), 30(2)(a))"), said[PartyKind.CONTROLLER]),
        (_("Joint controllers (Art. 30(1)(a))"), said[PartyKind.JOINT]),
        (_("Representative in the Union (Art. 30(1)(a), 30(2)(a))"), said[PartyKind.REPRESENTATIVE]),
        (_("Data protection officer (Art. 30(1)(a), 30(2)(a))"), said[PartyKind.OFFICER]),
    ]


def address(party: Party) -> str:
    """A party with everything by which it is reached, in one line."""
    told = {name: getattr(party, name) for name in ("name", *parties.CONTACT)}
    told["country"] = countries.name(party.country)
    return ", ".join(filter(None, told.values()))


def transfers(activity: Activity) -> str:
    """Third countries data goes to, with what protects it there: of each recipient, then in words."""
    abroad = [one for one in activity.recipients.all() if countries.outside(one.country)]
    lines = [f"{one.name}, {countries.name(one.country)}: {one.safeguard}" for one in abroad]
    return "\n".join(filter(None, (*lines, activity.transfers)))


def _state(activity: Activity) -> str:
    return str(_("In use") if activity.active else _("Ended"))


def _in_role(role: str, activity: Activity) -> str:
    return activity.description if activity.role == role else ""


def _clients(activity: Activity) -> str:
    return "\n".join(map(address, activity.clients.all()))


def _purposes(activity: Activity) -> str:
    return "; ".join(purpose.name for purpose in activity.purposes.all())


def _recipients(activity: Activity) -> str:
    return "\n".join(map(_recipient, activity.recipients.all()))


def _recipient(one: Recipient) -> str:
    return f"{one.name} ({one.get_kind_display()}, {countries.name(one.country)})"


def _missing(activity: Activity) -> str:
    return "; ".join(f"{point.label} ({point.article})" for point in activities.missing(activity))


MISSING = Column(_("Missing"), _missing)
COLUMNS = (
    Column(_("Activity"), lambda one: one.name),
    Column(_("Role"), lambda one: one.get_role_display()),
    Column(_("State"), _state),
    Column(_("Controllers it is done for (Art. 30(2)(a))"), _clients, Role.PROCESSOR),
    Column(_("Purposes (Art. 30(1)(b))"), partial(_in_role, Role.CONTROLLER), Role.CONTROLLER),
    Column(_("Categories of processing (Art. 30(2)(b))"), partial(_in_role, Role.PROCESSOR), Role.PROCESSOR),
    Column(_("Purposes people decide about"), _purposes),
    Column(_("Categories of people (Art. 30(1)(c))"), lambda one: "; ".join(one.subjects)),
    Column(_("Categories of data (Art. 30(1)(c))"), lambda one: "; ".join(one.data)),
    Column(_("Recipients (Art. 30(1)(d))"), _recipients),
    Column(_("Third countries and safeguards (Art. 30(1)(e), 30(2)(c))"), transfers),
    Column(_("When data is erased (Art. 30(1)(f))"), lambda one: one.limits),
    Column(_("What protects the data (Art. 30(1)(g), 30(2)(d))"), lambda one: one.security),
    MISSING,
    Column(_("Last changed"), lambda one: date_format(one.changed_at, "DATE_FORMAT")),
)


def points(activity: Activity) -> list[tuple[object, str]]:
    """What one activity tells, without its name, points of the other role and what is missing; a point that
    says nothing is left out."""
    asked = [one for one in COLUMNS[1:] if one.role in ("", activity.role) and one is not MISSING]
    told = [(column.heading, column.text(activity)) for column in asked]
    return [(heading, text) for heading, text in told if text]
