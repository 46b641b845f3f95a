"""The whole model of cases: all themes, and a day at work."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracles.cases.days import DAY, local
from tests.oracles.cases.duplicates import Duplicates
from tests.oracles.cases.facts import ANSWER_DAYS, PROOF_DAYS, Case


@dataclass
class World(Duplicates):
    """What people and officers do, and what is done by itself."""

    def lapse(self) -> None:
        """Who proved or answered nothing by the last day."""
        today = local(self.now)
        for case in self.cases:
            if case.state == "proving":
                asked, days = [case.filed, *(one.sent for one in case.given if one.sent)], PROOF_DAYS
            elif case.state == "waiting":
                asked, days = [case.questions[-1].asked], ANSWER_DAYS
            else:
                continue
            if today > local(max(asked)) + days * DAY + case.post:
                case.step("lapse")

    def late(self) -> list[int]:
        """Open cases past their day."""
        today = local(self.now)
        return [index for index, one in enumerate(self.cases) if one.open and one.unpaused_on < today]

    def work(self, drifted: set[int]) -> None:
        """What was announced to end ends; what is approved is carried out once it has cooled off."""
        self._lift()
        cooled = [
            (one.approved_at or self.now, index)
            for index, one in enumerate(self.cases)
            if one.cools_until and one.state == "cooling_off" and one.cools_until <= self.now
        ]
        for _approved, index in sorted(cooled):
            case = self.cases[index]
            if self.busy(case) or self.must_drift(case) or (index in drifted and self.may_drift(case)):
                case.step("recall")
                case.undecided()
            else:
                self._erase(case)
        released = [(one.decided_at or self.now, one) for one in self.cases if one.state == "carrying_out"]
        for _decided, case in sorted(released, key=lambda pair: pair[0]):
            self._carry_out(case)

    def _carry_out(self, case: Case) -> None:
        if case.kind == "rectify":
            self._correct(case)
        elif case.kind == "stop":
            self._restrict(case)
        refused = any(one.approved is False for one in case.corrections.values())
        case.step("hand_over_partly" if case.spared or refused else "hand_over")
        self.touch(case)

    def _erase(self, case: Case) -> None:
        """Everything there is about the person; or all but the orders, and the person to whom they belong."""
        case.step("erase_partly" if case.spared else "erase")
        others = [one for one in self.cases if one.person == case.person and one is not case]
        if case.spared:
            self.touch(case)
            for one in others:
                one.forgotten = one.forgotten or one.proved
            return
        for order in self.orders_of(case.person):
            self._gone(order)
        self._gone(case.person or "")
        for one in others:
            one.step("lapse")
