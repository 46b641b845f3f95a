"""Who answers for the processing: controller, joint controllers, representative, officer, clients."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from consent.models import Activity, Party, PartyKind
from consent.register import checks
from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing.errors import Conflict

_READ = system("read who answers for the processing")
_CLIENTS = Activity.clients.through
#: What is known of a party, in the order in which it is told.
CONTACT = ("contact", "street", "postcode", "city", "country", "email", "phone", "website")


def parties(actor: Actor, *kinds: str) -> QuerySet[Party]:
    """The parties the actor may see, of these kinds or of all, ourselves first."""
    rows = Party.objects.visible_to(actor)
    rank = Case(*(When(kind=kind, then=Value(place)) for place, kind in enumerate(PartyKind.values)))
    rows = rows.annotate(rank=rank).order_by("rank", "position", "name")
    return rows.filter(kind__in=kinds) if kinds else rows


def party(actor: Actor, key: UUID) -> Party:
    """One party. Raises `Absent`."""
    found: Party = Party.objects.fetch(actor, key)
    return found


def controller() -> Party | None:
    """Ourselves as the register names us (Art. 30(1)(a)); `None` until that is entered."""
    return parties(_READ, PartyKind.CONTROLLER).first()


def define_party(
    *,
    actor: Actor,
    at: datetime,
    kind: str,
    name: str,
    party: UUID | None = None,
    contact: str = "",
    street: str = "",
    postcode: str = "",
    city: str = "",
    country: str = "",
    email: str = "",
    phone: str = "",
    website: str = "",
    position: int = 0,
) -> Party:
    """Enter a party, or change the one with this id. Needs "setup.manage".

    Raises `BadInput` with a sentence per field, and `Conflict` for a second controller, for the controller
    becoming something else, and for a client of an activity ceasing to be one.
    """
    checks.may_change(actor)
    values = {
        "kind": kind,
        "name": " ".join(name.split()),
        "contact": contact,
        "street": street,
        "postcode": postcode,
        "city": city,
        "country": country.strip().upper(),
        "email": email,
        "phone": phone,
        "website": website,
        "position": position,
    }
    with transaction.atomic():
        row: Party = Party.objects.fetch(actor, party, "edit", lock=True) if party else Party()
        if party and row.kind != kind:
            _refuse_another_kind(row)
        wrong = checks.fill(row, values)
        checks.refuse({**wrong, **(checks.country_problem(row.country) if row.country else {})})
        checks.store(row, _second_controller)
        append.record(
            "party.defined", actor=actor, about=f"party:{row.pk}", at=at, detail=checks.said(row, values)
        )
    return row


def remove_party(*, actor: Actor, party: UUID, at: datetime) -> None:
    """Take a party out that nothing names. Needs "setup.manage".

    Raises `Conflict` for the controller, who can only be changed, and for a client of an activity.
    """
    checks.may_change(actor)
    with transaction.atomic():
        row: Party = Party.objects.fetch(actor, party, "edit", lock=True)
        if row.kind == PartyKind.CONTROLLER:
            raise Conflict(
                _("There is always one controller. Change this entry instead."), code="party.controller"
            )
        _refuse_while_named(row)
        Party.objects.visible_to(actor, "edit").filter(pk=row.pk).delete()
        append.record(
            "party.removed",
            actor=actor,
            about=f"party:{party}",
            at=at,
            detail={"kind": row.kind, "name": row.name},
        )


def _refuse_another_kind(row: Party) -> None:
    if row.kind == PartyKind.CONTROLLER:
        sentence = _("There is always one controller. Enter the other party beside it.")
        raise Conflict(sentence, code="party.controller", fields={"kind": sentence})
    _refuse_while_named(row)


def _refuse_while_named(row: Party) -> None:
    if _CLIENTS.objects.filter(party=row.pk).exists():
        raise Conflict(
            _("An activity names this party as the controller it is done for. Change the activity first."),
            code="party.named",
        )


def _second_controller() -> Conflict:
    sentence = _("The register has a controller already. Change that entry instead.")
    return Conflict(sentence, code="party.second_controller", fields={"kind": sentence})
