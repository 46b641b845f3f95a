"""How requests come in, in the model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tests.oracles.cases.days import DAY
from tests.oracles.cases.facts import (
    ADDED,
    ADDED_BY,
    ADDED_SEEN,
    FIELDS,
    MESSAGES,
    NAMED_A_DAY,
    PROOF_DAYS,
    QUESTIONS_A_DAY,
    REACHED,
    Case,
    Correction,
    Given,
)
from tests.oracles.cases.known import Known

Fields = Mapping[str, str] | None


class Asking(Known):
    """Who asks, and in what way."""

    def form(self, email: str, kind: str, phone: str) -> bool:
        """Anybody, without an account. Too many about one address look the same and are not kept."""
        key = (email, self.now.date())
        self.named[key] = self.named.get(key, 0) + 1
        if self.named[key] > NAMED_A_DAY:
            return True
        given = [Given("email", email)] + ([Given("phone", phone)] if phone else [])
        case = Case(kind, self.now, self.now, None, given=given)
        return self._sent(self._new(case, "ask_proof"))

    def recorded(self, officer: str, email: str, phone: str, kind: str, seen: str, ago: int) -> bool:
        """An officer writes down what came from somebody who is yet to be found, and which of it they
        checked, if any: that is proved, and an address beside it gets a code."""
        given = [Given(of, value) for of, value in (("email", email), ("phone", phone)) if value]
        case = Case(kind, self.now, self.now - ago * DAY, officer, given=given)
        checked = set(seen.split())
        if not given or (not checked and not email) or checked - {one.kind for one in given}:
            return False
        if not checked:
            return self._sent(self._new(case, "ask_proof"))
        if self.asks(officer, case):
            return False
        for one in given:
            one.proved = one.kind in checked
        found = self.found(case)
        case.proved, case.person = True, min(found) if len(found) == 1 else None
        self._new(case, "review")
        return "email" in checked or not email or self._sent(case)

    def file(self, user: str, kind: str, fields: Fields = None) -> bool:
        """Somebody who signed in, for themself."""
        corrections = self._corrections(user, kind, fields)
        if corrections is None or self._asked_already(user, user, kind):
            return False
        given = [Given("account", user, proved=True)]
        case = Case(kind, self.now, self.now, user, person=user, proved=True, given=given)
        case.corrections = corrections
        return bool(self._new(case, "review"))

    def file_added(self, kind: str, fields: Fields = None) -> bool:
        """For a person one added, who is asked first."""
        today = [
            one for one in self.cases
            if one.on_behalf and one.person == ADDED and one.filed > self.now - DAY
        ]  # fmt: skip
        if (
            ADDED not in self.alive
            or self._asked_already(ADDED_BY, ADDED, kind)
            or len(today) >= QUESTIONS_A_DAY
        ):
            return False
        corrections = self._corrections(ADDED, kind, fields, among=ADDED_SEEN)
        if corrections is None:
            return False
        case = Case(kind, self.now, self.now, ADDED_BY, person=ADDED, on_behalf=True)
        case.mandate, case.corrections = self.now + PROOF_DAYS * DAY, corrections
        return bool(self._new(case, "ask_proof"))

    def intake(
        self, officer: str, person: str, kind: str, seen: bool, ago: int, fields: Fields = None
    ) -> bool:
        """An officer writes down what came another way, with a look at who asks or without."""
        if person not in self.alive or self._asked_already(officer, person, kind):
            return False
        corrections = self._corrections(person, kind, fields)
        if corrections is None:
            return False
        received = self.now - ago * DAY
        case = Case(kind, self.now, received, officer, person=person, proved=seen, corrections=corrections)
        case.given = [Given("record", person, proved=True) if seen else Given("email", REACHED[person])]
        self._new(case, "review" if seen else "ask_proof")
        return True if seen else self._sent(case)

    def _asked_already(self, requester: str, person: str, kind: str) -> bool:
        return any(
            one.open and (one.requester, one.person, one.kind) == (requester, person, kind)
            for one in self.cases
        )

    def _corrections(
        self, person: str, kind: str, fields: Fields, among: tuple[str, ...] = FIELDS
    ) -> dict[str, Correction] | None:
        """What the given values would change; None where that cannot be asked."""
        if kind != "rectify":
            return None if fields else {}
        stored, wanted = self.values[person], fields or {}
        found = {
            key: Correction(stored[key], value)
            for key, value in wanted.items()
            if key in among and value != stored[key]
        }
        nameless = "name" in found and not found["name"].proposed
        return None if not found or nameless or set(wanted) - set(among) else found

    def _new(self, case: Case, step: str) -> Case:
        case.step(step)
        self.cases.append(case)
        if case.proved:
            self.touch(case)
        return case

    def _sent(self, case: Case) -> bool:
        """A message with a code and a link."""
        one = case.email
        if one is None or one.proved or not case.open or one.messages >= MESSAGES:
            return False
        one.messages, one.tries, one.sent = one.messages + 1, 0, self.now
        return True

    def found(self, case: Case) -> set[str]:
        """Whom the proved identifiers mean."""
        return set().union(*(self.means(one) for one in case.given if one.proved)) & self.alive

    def resend(self, number: int) -> bool:
        return self._sent(self.cases[number])

    def until(self, **time: float) -> None:
        """Time passes."""
        self.now += timedelta(**time)
