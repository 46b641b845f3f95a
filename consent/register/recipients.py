"""Who receives data, what protects it there, and the way they are told (Art. 15(1)(c), 19, 30(1)(d))."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from consent.models import Activity, Recipient, Told
from consent.register import checks, countries
from portals_core.access.actor import Actor
from portals_core.ledger import append

#: What telling a recipient needs, and the sentence where it is not given.
_NEEDED = {
    Told.EMAIL: ("email", _("Give the e-mail address they are told at.")),
    Told.POST: ("address", _("Give the address letters go to.")),
    Told.PHONE: ("phone", _("Give the number they are called at.")),
}


def recipients(actor: Actor) -> QuerySet[Recipient]:
    """The recipients the actor may see, those that receive nothing any longer too."""
    return Recipient.objects.visible_to(actor)


def recipient(actor: Actor, key: UUID) -> Recipient:
    """One recipient. Raises `Absent`."""
    found: Recipient = Recipient.objects.fetch(actor, key)
    return found


def offered(actor: Actor, activity: Activity | None) -> QuerySet[Recipient]:
    """Those an activity may name: whoever receives data now, and whom it names already."""
    rows, wanted = recipients(actor), Q(active=True)
    if activity:
        wanted |= Q(pk__in=[one.pk for one in activity.recipients.all()])
    return rows.filter(wanted)


def define_recipient(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    kind: str,
    country: str,
    recipient: UUID | None = None,
    safeguard: str = "",
    told: str = Told.EMAIL,
    contact: str = "",
    email: str = "",
    phone: str = "",
    address: str = "",
    active: bool = True,
) -> Recipient:
    """Enter a recipient, or change the one with this id. Needs "setup.manage".

    A recipient is never removed: one that receives nothing any longer is made inactive, and is still told of
    what was disclosed to it (Art. 19). Raises `BadInput` with a sentence per field: a third country needs a
    safeguard (Art. 44), the way of telling what it goes by; `Conflict` for a name that is there already.
    """
    checks.may_change(actor)
    values = {
        "name": " ".join(name.split()),
        "kind": kind,
        "country": country.strip().upper(),
        "safeguard": safeguard,
        "told": told,
        "contact": contact,
        "email": email,
        "phone": phone,
        "address": address,
        "active": active,
    }
    with transaction.atomic():
        row: Recipient = (
            Recipient.objects.fetch(actor, recipient, "edit", lock=True) if recipient else Recipient()
        )
        wrong = checks.fill(row, values)
        checks.refuse({**_problems(row), **wrong})
        checks.store(row, checks.same_name)
        append.record(
            "recipient.defined",
            actor=actor,
            about=f"recipient:{row.pk}",
            at=at,
            detail=checks.said(row, values),
        )
    return row


def _problems(row: Recipient) -> Mapping[str, object]:
    wrong = checks.country_problem(row.country)
    if not wrong and countries.outside(row.country) and not row.safeguard:
        wrong["safeguard"] = _(
            "This country lies outside the European Economic Area. Say what protects the data there: an "
            "adequacy decision, standard contractual clauses, binding corporate rules."
        )
    needed = _NEEDED.get(Told(row.told)) if row.told in Told.values else None
    if needed and not getattr(row, needed[0]):
        wrong[needed[0]] = needed[1]
    return wrong
