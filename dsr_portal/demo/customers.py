"""Customers of the demo and what hangs on them: deals, quotes, invoices, support cases, notes, leads."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from dsr_portal.demo.house import House
from dsr_portal.demo.tongues import Tongue
from portals_core.records.models import Record
from portals_core.writing import notes

#: Of every language: people who are customers, and people who may become some.
CONTACTS, LEADS = 20, 7
SOURCES = ("Shop in Tampere", "Online order", "Trade fair", "Imported from the old customer file")
RATES = {"EUR": Decimal(1), "PLN": Decimal("4.3"), "CNY": Decimal("7.8")}


def bring_in(house: House) -> dict[str, list[Record]]:
    """Every contact by language, with everything that belongs to them; leads besides."""
    contacts = {tongue.language: _contacts(house, tongue) for tongue in house.tongues}
    for tongue in house.tongues:
        for number, contact in enumerate(contacts[tongue.language]):
            _history(house, tongue, number, contact)
        _leads(house, tongue)
    return contacts


def _contacts(house: House, tongue: Tongue) -> list[Record]:
    return [_contact(house, tongue, number) for number in range(CONTACTS)]


def _contact(house: House, tongue: Tongue, number: int) -> Record:
    chance, person = house.chance, tongue.person(number, house.chance)
    since = house.some_time(1400, 60)
    works = number % 3 == 0
    born = datetime(chance.randint(1950, 2002), chance.randint(1, 12), chance.randint(1, 28))  # noqa: DTZ001
    return house.enter(
        "contacts",
        at=since,
        actor=house.actor("operator"),
        source=chance.choice(SOURCES),
        name=person.name,
        email=person.email,
        phone=person.phone,
        company=str(chance.choice(house.companies[tongue.language]).pk) if works else None,
        job_title=chance.choice(tongue.jobs) if works else None,
        street=person.street,
        postal_code=person.postal_code,
        city=person.city,
        country=tongue.country,
        born=born.date(),
        language=tongue.called,
        customer_since=since.date(),
        health_note=chance.choice(tongue.health) if number % 7 == 0 else None,
        loyalty=str(chance.randint(5, 95)),
    )


def _history(house: House, tongue: Tongue, number: int, contact: Record) -> None:
    """What such a customer has behind them; the first of each language has some of everything."""
    if number % 2 == 0:
        _deal(house, tongue, contact)
    # The law keeps an invoice of these: deleting them is refused, which has to be seen.
    keeps = (1, 14, 17) if tongue.language == "en" else (14, 17)
    for _ in range(house.chance.randint(1, 2) if number % 4 != 3 else 0):
        _invoice(house, tongue, contact, kept=number in keeps)
    if number % 3 == 0:
        _support(house, tongue, contact, number // 3)
    if number % 4 == 0:
        notes.add_note(
            actor=house.actor("operator"),
            record=contact.pk,
            body=house.chance.choice(tongue.notes),
            at=max(contact.created_at, house.some_time(300, 3)),
        )


def _deal(house: House, tongue: Tongue, contact: Record) -> None:
    operator, at = house.actor("operator"), max(contact.created_at, house.some_time(200, 5))
    stage = house.chance.choice(("Talking", "Quoted", "Won", "Won", "Lost"))
    price = Decimal(house.chance.randint(8, 90) * 50) * RATES[tongue.currency]
    deal = house.enter(
        "deals",
        at=at,
        actor=operator,
        source="Entered by sales",
        title=house.chance.choice(tongue.deals),
        contact=str(contact.pk),
        company=contact.values.get("company"),
        stage=stage,
        amount=f"{price:.2f}",
        currency=tongue.currency,
        closes=(at + timedelta(days=45)).date(),
    )
    if stage == "Talking":
        return
    house.enter(
        "quotes",
        at=at,
        actor=operator,
        source="Entered by sales",
        number=_number(house, "Q"),
        deal=str(deal.pk),
        contact=str(contact.pk),
        product=str(house.chance.choice(house.products).pk),
        quantity=str(house.chance.randint(2, 40)),
        amount=f"{price:.2f}",
        currency=tongue.currency,
        valid_until=(at + timedelta(days=30)).date(),
    )


def _invoice(house: House, tongue: Tongue, contact: Record, *, kept: bool) -> None:
    at, known = max(contact.created_at, house.some_time(500, 2)), contact.values
    due = (at + timedelta(days=14)).date()
    open_status = "Overdue" if due < house.now.date() else "Open"
    status = "Paid" if house.chance.random() < 0.85 else open_status
    house.enter(
        "invoices",
        at=at,
        actor=house.actor("operator"),
        source="Accounting",
        number=_number(house, "I"),
        contact=str(contact.pk),
        company=known.get("company"),
        issued=at.date(),
        due=due,
        amount=f"{Decimal(house.chance.randint(39, 900)) * RATES[tongue.currency]:.2f}",
        currency=tongue.currency,
        status="Booked" if kept else status,
        billing_address=f"{known['name']}\n{known['street']}\n{known['postal_code']} {known['city']}",
    )


def _support(house: House, tongue: Tongue, contact: Record, number: int) -> None:
    told = tongue.support[number % len(tongue.support)]
    at = max(contact.created_at, house.some_time(150, 2))
    house.enter(
        "support",
        at=at,
        actor=house.actor("operator"),
        source="Support mailbox",
        number=_number(house, "S"),
        title=told["title"],
        contact=str(contact.pk),
        product=str(house.chance.choice(house.products).pk),
        opened=at,
        status=house.chance.choice(("Answered", "Closed")) if told["answer"] else "New",
        question=told["question"],
        answer=told["answer"] or None,
    )


def _leads(house: House, tongue: Tongue) -> None:
    for number in range(CONTACTS, CONTACTS + LEADS):
        person = tongue.person(number, house.chance)
        house.enter(
            "leads",
            at=house.some_time(120, 1),
            actor=house.actor("operator"),
            source=house.chance.choice(("Trade fair", "Contact form", "Newsletter form")),
            name=person.name,
            email=person.email,
            phone=person.phone,
            city=person.city,
            interest=house.chance.choice(tongue.interests),
            met=house.chance.choice(("Trade fair", "Website", "Recommendation", "Shop")),
            score=str(house.chance.randint(10, 90)),
        )


def _number(house: House, letter: str) -> str:
    """The next number of a series, such as Q-10017."""
    house.last[letter] = house.last.get(letter, 10_000) + 1
    return f"{letter}-{house.last[letter]}"
