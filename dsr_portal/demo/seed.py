"""Fill an empty installation with the demo, through the same writers that people use, and only once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from dsr_portal.demo import casework, customers, house, sign_ins, visitors, wishes
from dsr_portal.demo.sign_ins import SignIn
from portals_core.ledger import seal
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Conflict
from portals_core.records import catalogue

SEED = "Harjula Outdoor"


def plant(*, now: datetime) -> list[SignIn]:
    """Everybody who can sign in to the demo, which is made first where nothing is there yet.

    Raises `Conflict` for an installation that holds something else, or a demo that was interrupted while it
    was made: neither is touched.
    """
    there = sign_ins.stored()
    if there:
        return there
    if catalogue.modules().exists():
        raise Conflict(
            _("This installation holds data that is no complete demo. Point DSR_STATE to an empty folder."),
            code="demo.not_empty",
        )
    # What people are written is in their language; what staff entered long ago is in English.
    with override("en"):
        people = _make(now)
    sign_ins.store(people)
    return people


def _make(now: datetime) -> list[SignIn]:
    with transaction.atomic():
        made = house.build(now=now, seed=SEED)
        wishes.publish(made)
        contacts = customers.bring_in(made)
        accounts = visitors.open_accounts(made, contacts)
        wishes.found(made, contacts)
        wishes.decide(made, accounts)
    outbox.drain()
    # A case is filed in transactions of its own: what was refused stays on record.
    casework.file_everything(made, contacts, accounts)
    outbox.drain()
    while seal.seal():
        pass
    return made.sign_ins
