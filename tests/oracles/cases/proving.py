"""Who proves what, who is found by it, and who ends it all, in the model."""

from __future__ import annotations

from datetime import timedelta

from tests.oracles.cases.asking import Asking
from tests.oracles.cases.days import DAY
from tests.oracles.cases.facts import DESK, MINUTES, PROOF_DAYS, TRIES, Case, Given


class Proving(Asking):
    """Codes, links, officers who look, and people in whose name somebody asks."""

    def code(self, number: int, other: str) -> bool:
        """The code is typed in: the right one, a wrong one, or the one of another case."""
        case = self.cases[number]
        one = case.email
        if one is None or one.proved or one.sent is None or one.tries >= TRIES:
            return False
        if self.now >= one.sent + timedelta(minutes=MINUTES):
            return False
        one.tries += 1
        return other == "right" and self._proves(case, [one])

    def link(self, number: int) -> bool:
        case = self.cases[number]
        one = case.email
        if one is None or one.proved or one.sent is None or self.now >= one.sent + PROOF_DAYS * DAY:
            return False
        return self._proves(case, [one])

    def vouch(self, number: int) -> bool:
        """An officer looked at who asks: everything that was given counts."""
        case = self.cases[number]
        rest = [one for one in case.given if not one.proved]
        if self.asks(DESK, case):
            return False
        return bool(rest) and not case.on_behalf and self._proves(case, rest)

    def _proves(self, case: Case, given: list[Given]) -> bool:
        if not case.open:
            return False
        for one in given:
            one.proved = True
        before = case.proved and case.person
        if case.step("prove"):
            case.proved = True
        found = self.found(case)
        if case.person is None and len(found) == 1:
            case.person = min(found)
        if not before:
            self.touch(case)
        return True

    def bind(self, number: int, person: str) -> bool:
        case = self.cases[number]
        if not self._searching(case) or person not in self.found(case) or self.asks(DESK, case):
            return False
        case.person = person
        self.touch(case)
        return True

    def none_held(self, number: int) -> bool:
        case = self.cases[number]
        found = self.found(case) or self.asks(DESK, case)
        return self._searching(case) and not found and case.step("answer_none")

    def _searching(self, case: Case) -> bool:
        return case.person is None and case.proved and case.state == "in_review"

    # --- somebody in another's name

    def confirm(self, number: int) -> bool:
        case = self.cases[number]
        if case.mandate is None or self.now >= case.mandate or not case.step("prove"):
            return False
        return self._agreed(case)

    def on_paper(self, number: int) -> bool:
        case = self.cases[number]
        return case.on_behalf and case.step("prove") and self._agreed(case)

    def _agreed(self, case: Case) -> bool:
        case.proved, case.way_out, case.mandate = True, True, None
        self.touch(case)
        return True

    def object(self, number: int) -> bool:
        """The person ends what was asked, by the newest link they have."""
        case = self.cases[number]
        live = case.way_out or (case.mandate is not None and self.now < case.mandate)
        return live and case.step("take_back")

    def withdraw(self, number: int, user: str) -> bool:
        case = self.cases[number]
        return self.sees(user, case) and case.step("take_back")

    @staticmethod
    def sees(user: str, case: Case) -> bool:
        return user in (case.requester, case.person)
