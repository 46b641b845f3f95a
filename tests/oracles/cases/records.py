"""What is stored, who may write it, and what is locked, in the model."""

from __future__ import annotations

from collections.abc import Mapping

from tests.oracles.cases.days import DAY
from tests.oracles.cases.deciding import Deciding
from tests.oracles.cases.facts import ADDED, ADDED_BY, ADDED_SEEN, FIELDS, LIFT_DAYS, Case

Record = str | int


class Records(Deciding):
    """Records, corrections of them, and restrictions on them. A person stands by name, an order by number."""

    def restricted(self, record: Record) -> bool:
        return any(one == record for one, _case in self.locks)

    # --- written by others

    def edit(self, who: str, person: str, field: str, value: str) -> bool:
        """Staff change any field; who signed in the names of themself and of the one they added."""
        if person not in self.alive or self.restricted(person) or (field, value) == ("name", ""):
            return False
        if who != "staff":
            near = who == person or (who, person) == (ADDED_BY, ADDED)
            same = field in ADDED_SEEN and self.values[person][field] == value
            if not near or not (field == "name" or same):
                return False
        return self._set(person, field, value)

    def note(self, record: Record) -> bool:
        return self._there(record) and not self.restricted(record)

    def add_order(self, person: str) -> bool:
        """Another order comes to belong to somebody."""
        if person not in self.alive or self.restricted(person):
            return False
        self.ordered += 1
        self.orders[self.ordered] = person
        return True

    def move_order(self, number: int, person: str) -> bool:
        """An order comes to belong to somebody else."""
        there = self._there(number) and person in self.alive
        if not there or self.restricted(number):
            return False
        if self.orders[number] == person:
            return True
        if self.restricted(person):
            return False
        self.orders[number] = person
        self._wrote(number)
        return True

    def copy_order(self, number: int) -> bool:
        """A copy that belongs to nobody."""
        return self._there(number) and not self.restricted(number)

    def delete_order(self, number: int) -> bool:
        if not self._there(number) or self.restricted(number):
            return False
        self._gone(number)
        return True

    def listed(self) -> tuple[set[str], set[int]]:
        """Which people and orders leave in a list."""
        people = {person for person in self.alive if not self.restricted(person)}
        return people, {number for number in self.orders if not self.restricted(number)}

    def _there(self, record: Record) -> bool:
        return record in self.alive or record in self.orders

    def _set(self, person: str, field: str, value: str) -> bool:
        if self.values[person][field] != value:
            self.values[person][field] = value
            self._wrote(person)
        return True

    def _wrote(self, record: Record) -> None:
        self.written[record] = self.written.get(record, 0) + 1

    def _gone(self, record: Record) -> None:
        self.orders.pop(record, None) if isinstance(record, int) else self.alive.discard(record)
        self.locks = {(one, case) for one, case in self.locks if one != record}

    # --- corrections

    def enter(self, number: int, officer: str, fields: Mapping[str, str]) -> bool:
        """An officer writes down the fields of a correction that came without them."""
        case = self.cases[number]
        if self.asks(officer, case) or case.kind != "rectify" or case.state != "in_review":
            return False
        if case.corrections or case.person is None:
            return False
        case.corrections = self._corrections(case.person, "rectify", fields, FIELDS) or {}
        return bool(case.corrections)

    def _correct(self, case: Case) -> None:
        """Whatever stands there now, the approved value stands there afterwards."""
        for field, one in case.corrections.items():
            if one.approved:
                stored = self.values[case.person or ""][field]
                one.before = one.before if stored == one.proposed else stored
                one.applied = True
                self._set(case.person or "", field, one.proposed)

    # --- restrictions

    def _restrict(self, case: Case) -> None:
        """The person's record and every order there is, but for those that were left."""
        number = self.number(case)
        for record in (case.person or "", *self.orders_of(case.person) - case.spared):
            self.locks.add((record, number))

    def announce(self, number: int, officer: str) -> bool:
        """The person is told that the restriction ends."""
        case = self.cases[number]
        if self.asks(officer, case) or not self._stands(number) or case.lifts_at is not None:
            return False
        case.lifts_at = self.now + LIFT_DAYS * DAY
        return True

    def keep(self, number: int, officer: str) -> bool:
        """It does not end after all."""
        case = self.cases[number]
        if self.asks(officer, case) or not self._stands(number) or case.lifts_at is None:
            return False
        case.lifts_at = None
        return True

    def _stands(self, number: int) -> bool:
        return any(case == number for _record, case in self.locks)

    def _lift(self) -> None:
        over = {number for number, one in enumerate(self.cases) if one.lifts_at and one.lifts_at <= self.now}
        self.locks = {(record, case) for record, case in self.locks if case not in over}
