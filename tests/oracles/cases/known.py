"""Everything that is known in the model, and what every theme asks of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from tests.oracles.cases.facts import ADDRESSES, FIELDS, HAVE_PHONES, NAMES, ORDERS, PEOPLE, Case, Given


def _stored() -> dict[str, dict[str, str]]:
    return {
        person: dict(zip(FIELDS, (NAMES[person], "", HAVE_PHONES.get(person, "")), strict=True))
        for person in PEOPLE
    }


@dataclass
class Known:
    """What is known. Each act says whether it is done; refused, nothing changes."""

    now: datetime
    needed: int = 1
    cases: list[Case] = field(default_factory=list)
    alive: set[str] = field(default_factory=lambda: set(PEOPLE))
    named: dict[tuple[str, date], int] = field(default_factory=dict)
    touched: dict[str, dict[int, datetime]] = field(default_factory=dict)
    #: What stands in each field of each person, whose each order is, and how often each was written.
    values: dict[str, dict[str, str]] = field(default_factory=_stored)
    orders: dict[int, str] = field(default_factory=lambda: dict(ORDERS))
    written: dict[str | int, int] = field(default_factory=dict)
    ordered: int = len(ORDERS)
    #: Which records are restricted, each with the case that asked for it; a person's by name.
    locks: set[tuple[str | int, int]] = field(default_factory=set)

    def touch(self, case: Case) -> None:
        """Something more is held about the person of this case."""
        if case.person:
            self.touched.setdefault(case.person, {})[self.number(case)] = self.now

    def number(self, case: Case) -> int:
        return next(index for index, one in enumerate(self.cases) if one is case)

    def means(self, given: Given) -> set[str]:
        """Whom an identifier means now."""
        if given.kind == "email":
            return set(ADDRESSES.get(given.value, ()))
        if given.kind == "phone":
            return {name for name, stored in self.values.items() if stored["phone"] == given.value}
        return {given.value}

    def orders_of(self, person: str | None) -> frozenset[int]:
        return frozenset(number for number, owner in self.orders.items() if owner == person)

    def held_about(self, person: str | None) -> object:
        """What a plan about this person names, and in which version."""
        return {record: self.written.get(record, 0) for record in (person, *sorted(self.orders_of(person)))}

    @staticmethod
    def asks(officer: str, case: Case) -> bool:
        """Whether the officer asked for it under their own address."""
        return case.email is not None and case.email.value == f"{officer}@staff.example"
