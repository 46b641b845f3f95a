"""A person with orders that may go and an invoice that must be kept, for tests of partial answers."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from portals_core.locks import place
from portals_core.plumbing import outbox
from portals_core.records import catalogue
from portals_core.records.models import Record
from portals_core.writing import notes
from portals_core.writing.records import create_record
from requests.deciding import board, verdicts
from requests.holding import planning
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST

INVOICES = {
    "key": "invoices",
    "label": "Invoice",
    "label_plural": "Invoices",
    "title_key": "number",
    "fields": [
        {"key": "number", "label": "Number", "unique": True, "required": True},
        {"key": "customer", "label": "Customer", "type": "lookup", "target": "contacts", "link": "belongs"},
        {"key": "seller", "label": "Seller", "type": "lookup", "target": "contacts", "link": "mentions"},
    ],
}
REQUIRED, CLAIMS = "JustificationA17LegallyRequired", "JustificationA17LegalClaims"
UNTIL = date(2031, 12, 31)


@dataclass
class Bought:
    """What the subject bought: three orders, one with a line, each with a note; one invoice."""

    orders: list[Record]
    line: Record
    invoice: Record


def define(description):
    """A module with its indexes: PostgreSQL makes none while rows of a transaction wait for checks."""
    catalogue.define(actor=TEST, description=description)
    connection.check_constraints()
    outbox.drain()


def invoice(number, customer, **given):
    module = catalogue.module("invoices")
    values = {"number": number, "customer": str(customer.pk), **given}
    return create_record(actor=TEST, module=module, given=values, source="test", at=cast.NOW)


def bought(made, *, locked=True):
    define(INVOICES)
    orders = [cast.order(made, f"A{n}", made.subject) for n in range(3)]
    line = cast.line(made, orders[0], "Lamp")
    kept = invoice("I1", made.subject, seller=str(made.stranger.pk))
    for record in (*orders, kept):
        notes.add_note(actor=TEST, record=record.pk, body="a note", at=cast.NOW)
    if locked:
        lock(kept)
    return Bought(orders, line, kept)


def lock(record, ground="retention", by="user:x", **more):
    place.place(
        actor=TEST, record=record.pk, ground=ground, reason="kept for the tax office", placed_by=by,
        at=LATER, ends_on=UNTIL, **more,
    )  # fmt: skip


def put(made, case, source="records", kind="orders", verdict="refuse", who="officer", **given):
    return verdicts.put(
        actor=made.actor(who), case=case.pk, source=source, kind=kind, verdict=verdict, at=LATER, **given
    )


def seen(made, case, who="officer"):
    """The groups of the officer's table by key."""
    return {group.key: group for group in board.board(made.actor(who), case, LATER).groups}


def decide(made, case, outcome="as_drafted", **given):
    return case_cast.decide(made, case, outcome, **given)


def planned(case):
    """The stored plan: (kind, ref) to verdict and ground."""
    return {
        (entry.kind, entry.ref): (entry.verdict, entry.ground)
        for entry in planning.entries_stored(case_cast.again(case))
    }
