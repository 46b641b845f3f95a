"""The same request twice, in the model: a remark for officers that gives nobody a right."""

from __future__ import annotations

from tests.oracles.cases.facts import DESK, Case
from tests.oracles.cases.records import Records

ENDINGS = {"fulfilled": "settle", "partly_fulfilled": "settle_partly", "refused": "refuse"}


class Duplicates(Records):
    """Linked, unlinked, and answered as the first one."""

    def join(self, number: int, of: int) -> bool:
        """A duplicate of a duplicate is one of the first."""
        case, named = self.cases[number], self.cases[of]
        first = of if named.duplicate_of is None else named.duplicate_of
        circle = first == number or any(one.duplicate_of == number for one in self.cases)
        if self.asks(DESK, case) or not case.open or circle:
            return False
        if self.cases[first].kind != case.kind or not self._same(case, self.cases[first]):
            return False
        case.duplicate_of = first
        return True

    def part(self, number: int) -> bool:
        """It is none after all."""
        case = self.cases[number]
        if case.duplicate_of is None or not case.open:
            return False
        case.duplicate_of = None
        return True

    def settle(self, number: int, officer: str) -> bool:
        """Answered as the first one was, once it is proved who asks and that it is the same person."""
        case = self.cases[number]
        if case.duplicate_of is None or not case.proved or case.person is None or self.asks(officer, case):
            return False
        first = self.cases[case.duplicate_of]
        if first.person != case.person or first.state not in ENDINGS or case.state != "in_review":
            return False
        return case.step(ENDINGS[first.state])

    @staticmethod
    def _same(one: Case, other: Case) -> bool:
        if one.person is not None and one.person == other.person:
            return True
        names = [
            set() if case.forgotten else {(given.kind, given.value) for given in case.given}
            for case in (one, other)
        ]
        return bool(names[0] & names[1])
