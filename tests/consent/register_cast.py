"""A register around the common cast."""

from __future__ import annotations

from collections.abc import Iterable

from consent.models import Activity, Party, PartyKind, Recipient, RecipientKind, Role
from consent.register import activities, parties, recipients
from tests import cast

CONTROLLER = {
    "kind": PartyKind.CONTROLLER, "name": "Lindgren & Sowa", "contact": "Ewa Sowa", "street": "Długa 7",
    "postcode": "00-238", "city": "Warszawa", "country": "PL", "email": "office@lindgren.example",
    "phone": "+48 22 000 00 00", "website": "https://lindgren.example/",
}  # fmt: skip
WHOLE = {
    "description": "Telling customers what is new.",
    "subjects": ["customers"],
    "data": ["name", "e-mail address"],
    "limits": "Two years after the last order.",
    "security": "Encrypted at rest; access by role.",
}


def party(kind: str = PartyKind.CLIENT, name: str = "Kivi Oy", **changed) -> Party:
    return parties.define_party(actor=cast.SETTING_UP, at=cast.NOW, kind=kind, name=name, **changed)


def controller(**changed) -> Party:
    return parties.define_party(actor=cast.SETTING_UP, at=cast.NOW, **{**CONTROLLER, **changed})


def recipient(name: str = "Posti", country: str = "FI", **changed) -> Recipient:
    given = {"kind": RecipientKind.PROCESSOR, "email": "privacy@post.example", **changed}
    return recipients.define_recipient(
        actor=cast.SETTING_UP, at=cast.NOW, name=name, country=country, **given
    )


def activity(name: str = "Newsletter", *, of: Iterable[Recipient] = (), **changed) -> Activity:
    """A complete activity of the controller, unless something is changed."""
    given = {**WHOLE, "recipients": [one.pk for one in of], **changed}
    return activities.define_activity(actor=cast.SETTING_UP, at=cast.NOW, name=name, **given)


def bare(name: str = "Bare", role: str = Role.CONTROLLER) -> Activity:
    """An activity that says no more than it must."""
    return activities.define_activity(
        actor=cast.SETTING_UP, at=cast.NOW, name=name, role=role, description="For something."
    )
