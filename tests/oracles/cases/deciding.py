"""How long it takes, what officers decide, and who must agree, in the model."""

from __future__ import annotations

from collections.abc import Mapping

from tests.oracles.cases.days import DAY, local
from tests.oracles.cases.facts import COOLING, DESK, OFFICERS, Case, Question
from tests.oracles.cases.proving import Proving


class Deciding(Proving):
    """The clock and the officers."""

    # --- the clock

    def ask(self, number: int) -> bool:
        case = self.cases[number]
        if self.asks(DESK, case) or not case.step("ask"):
            return False
        case.questions.append(Question(self.now))
        return True

    def answer(self, number: int, who: str, ago: int = 0) -> bool:
        """By the person; or written down by an officer, with the day on which it came."""
        case = self.cases[number]
        if not (who in OFFICERS or who == case.person) or self.asks(who, case) or not case.may("answer"):
            return False
        asked, came = case.questions[-1].asked, self.now
        if who in OFFICERS and ago:
            came = max(asked, self.now - ago * DAY)
            if local(self.now - ago * DAY) < local(asked):
                return False
        case.questions[-1].answered = came
        return case.step("answer")

    def extend(self, number: int) -> bool:
        case = self.cases[number]
        if self.asks(DESK, case) or not case.open or case.extended or local(self.now) > case.unpaused_on:
            return False
        case.extended = True
        return True

    # --- deciding

    def refuse(self, number: int) -> bool:
        case = self.cases[number]
        return not self.asks(DESK, case) and case.step("refuse")

    def spare(self, number: int, spared: bool) -> bool:
        """An officer drafts that the orders are left as they are, or takes that back."""
        case = self.cases[number]
        known = not spared or bool(self.orders_of(case.person))
        if case.person is None or self.asks(DESK, case) or case.kind == "rectify" or not known:
            return False
        if case.state != "in_review":
            return False
        case.spares_orders = spared
        return True

    def decide(
        self,
        number: int,
        officer: str,
        as_drafted: bool = False,
        answers: Mapping[str, bool] | None = None,
        reason: bool = False,
    ) -> bool:
        """A yes. For a correction `answers` says what to each field; to refuse one of them takes a reason,
        and nothing else does."""
        case = self.cases[number]
        if case.person is None or not case.proved or self.asks(officer, case):
            return False
        step = "submit" if case.kind == "delete" else "release"
        if not case.may(step) or not self._can_be_answered(case, as_drafted, answers or {}, reason):
            return False
        for key, one in case.corrections.items():
            one.approved = (answers or {}).get(key, True)
        case.step(step)
        case.decided_by, case.decided_at = officer, self.now
        case.spared = self.orders_of(case.person) if case.spares_orders else frozenset()
        case.decided_on = self.held_about(case.person)
        return True

    def _can_be_answered(
        self, case: Case, as_drafted: bool, answers: Mapping[str, bool], reason: bool
    ) -> bool:
        if case.kind != "rectify":
            # What is left would point at a person who is gone, unless the person stays as suggested.
            torn = case.kind == "delete" and case.spares_orders and self.orders_of(case.person)
            return not answers and not reason and not (torn and not as_drafted)
        said = answers or dict.fromkeys(case.corrections, True)
        every = set(said) == set(case.corrections) and any(said.values())
        return every and reason == (not all(said.values()))

    def approve(self, number: int, officer: str, drifted: bool) -> bool:
        """A second officer. Where something happened meanwhile the product may send it back, and must where
        what is stored is not what was decided on."""
        case = self.cases[number]
        had_a_part = {case.decided_by, case.requester, *case.signers}
        own = officer in had_a_part or self.asks(officer, case)
        if not case.may("approve") or own or self.busy(case):
            return False
        if self.must_drift(case) or (drifted and self.may_drift(case)):
            case.step("send_back")
            case.undecided()
            return False
        case.signers.append(officer)
        if len(case.signers) >= self.needed:
            case.step("approve")
            case.approved_at, case.way_out = self.now, True
            case.cools_until = self.now + COOLING + case.post
        return True

    def busy(self, case: Case) -> bool:
        """Whether another proven request of the person is open that does not ask the same."""
        return any(
            one is not case and one.person == case.person and one.open and one.proved
            and one.duplicate_of != self.number(case)
            for one in self.cases
        )  # fmt: skip

    def may_drift(self, case: Case) -> bool:
        """Whether more is held about the person since the decision; what nobody proved does not count."""
        others = self.touched.get(case.person or "", {})
        return any(
            at > (case.decided_at or at) for number, at in others.items() if self.cases[number] is not case
        )

    def must_drift(self, case: Case) -> bool:
        return case.decided_on != self.held_about(case.person)

    def send_back(self, number: int, officer: str) -> bool:
        case = self.cases[number]
        own = officer in (case.decided_by, case.requester) or self.asks(officer, case)
        if own or not case.step("send_back"):
            return False
        case.undecided()
        return True

    def recall(self, number: int, officer: str = DESK) -> bool:
        case = self.cases[number]
        if self.asks(officer, case) or not case.step("recall"):
            return False
        case.undecided()
        return True
