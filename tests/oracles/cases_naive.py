"""A simple model of cases: who asks, when an answer is owed, who may see and decide, and what is erased."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.oracles.cases_days import DAY, due, local

PEOPLE = ("sage", "ada", "robin", "kim", "lee")
#: Whom an address means; two people share one.
ADDRESSES = {
    "sage@people.example": {"sage"},
    "ada@people.example": {"ada"},
    "robin@people.example": {"robin"},
    "kim@people.example": {"kim", "lee"},
    "nobody@elsewhere.example": set(),
    "officer@staff.example": set(),
}
PHONES = {"": set(), "+48600100200": {"robin"}, "+48600300400": {"kim", "lee"}}
#: Where each is reached; the account of one has the address of the other.
REACHED = {name: f"{name}@people.example" for name in PEOPLE} | {"lee": "kim@people.example"}
USERS = ("sage", "robin", "lee")
OFFICERS = ("officer", "second_officer", "third_officer")
#: By whom it is done where it does not matter which officer does it.
DESK = "officer"
KINDS = ("delete", "export")
#: The only person somebody else may ask for, and who may.
ADDED, ADDED_BY = "ada", "sage"
NAMED_A_DAY, QUESTIONS_A_DAY, MESSAGES, TRIES = 8, 8, 4, 5
MINUTES, PROOF_DAYS, ANSWER_DAYS, ASK_WITHIN = 30, 14, 30, 10
COOLING = timedelta(hours=24)

TABLE = """
ask_proof: received becomes proving
review: received becomes in_review
prove: proving becomes in_review
ask: in_review becomes waiting
answer: waiting becomes in_review
submit: in_review becomes awaiting_approval
release: in_review becomes carrying_out
send_back: awaiting_approval becomes in_review
approve: awaiting_approval becomes cooling_off
recall: cooling_off becomes in_review
erase: cooling_off becomes fulfilled
hand_over: carrying_out becomes fulfilled
answer_none: in_review becomes fulfilled
refuse: in_review or awaiting_approval becomes refused
take_back: proving or in_review or waiting or awaiting_approval or cooling_off becomes withdrawn
lapse: proving or waiting becomes lapsed
"""
STEPS = {
    name: (set(sources.split(" or ")), target)
    for name, sentence in (line.split(": ") for line in TABLE.strip().splitlines())
    for sources, target in [sentence.split(" becomes ")]
}
CLOSED = {"fulfilled", "refused", "withdrawn", "lapsed"}

# --- cases ----------------------------------------------------------------------------------------------


@dataclass
class Given:
    """One identifier somebody gave."""

    kind: str
    value: str
    proved: bool = False
    messages: int = 0
    tries: int = 0
    sent: datetime | None = None

    def means(self) -> set[str]:
        known = {"email": ADDRESSES, "phone": PHONES}.get(self.kind)
        return set(known.get(self.value, ())) if known else {self.value}


@dataclass
class Question:
    """What the person was asked, and when they answered."""

    asked: datetime
    answered: datetime | None = None


@dataclass
class Case:
    """One request."""

    kind: str
    filed: datetime
    received: datetime
    requester: str | None
    person: str | None = None
    on_behalf: bool = False
    proved: bool = False
    state: str = "received"
    given: list[Given] = field(default_factory=list)
    extended: bool = False
    questions: list[Question] = field(default_factory=list)
    #: By which the person answers whether somebody may ask, and whether they have a link to end it all.
    mandate: datetime | None = None
    way_out: bool = False
    decided_by: str | None = None
    decided_at: datetime | None = None
    signers: list[str] = field(default_factory=list)
    cools_until: datetime | None = None

    @property
    def open(self) -> bool:
        return self.state not in CLOSED

    @property
    def months(self) -> int:
        return 3 if self.extended else 1

    @property
    def unpaused_on(self) -> date:
        return due(local(self.received), self.months, [])

    @property
    def due_on(self) -> date:
        pauses = [
            (local(one.asked), local(one.answered))
            for one in self.questions
            if one.answered and local(one.asked) - local(self.received) <= ASK_WITHIN * DAY
        ]
        return due(local(self.received), self.months, pauses)

    @property
    def email(self) -> Given | None:
        return next((one for one in self.given if one.kind == "email"), None)

    def may(self, step: str) -> bool:
        return self.state in STEPS[step][0]

    def step(self, name: str) -> bool:
        """Take it if the table has it."""
        if not self.may(name):
            return False
        self.state = STEPS[name][1]
        return True

    def undecided(self) -> None:
        self.decided_by = self.decided_at = self.cools_until = None
        self.signers = []


@dataclass
class World:
    """Everything that is known. Each act says whether it is done; refused, nothing changes."""

    now: datetime
    needed: int = 1
    cases: list[Case] = field(default_factory=list)
    alive: set[str] = field(default_factory=lambda: set(PEOPLE))
    named: dict[tuple[str, date], int] = field(default_factory=dict)
    touched: dict[str, dict[int, datetime]] = field(default_factory=dict)

    # --- filing

    def form(self, email: str, kind: str, phone: str) -> bool:
        """Anybody, without an account. Too many about one address look the same and are not kept."""
        key = (email, self.now.date())
        self.named[key] = self.named.get(key, 0) + 1
        if self.named[key] > NAMED_A_DAY:
            return True
        given = [Given("email", email)] + ([Given("phone", phone)] if phone else [])
        case = Case(kind, self.now, self.now, None, given=given)
        return self._sent(self._new(case, "ask_proof"))

    def file(self, user: str, kind: str) -> bool:
        """Somebody who signed in, for themself."""
        if self._asked_already(user, user, kind):
            return False
        given = [Given("account", user, proved=True)]
        case = Case(kind, self.now, self.now, user, person=user, proved=True, given=given)
        return bool(self._new(case, "review"))

    def file_added(self, kind: str) -> bool:
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
        case = Case(kind, self.now, self.now, ADDED_BY, person=ADDED, on_behalf=True)
        case.mandate = self.now + PROOF_DAYS * DAY
        return bool(self._new(case, "ask_proof"))

    def intake(self, officer: str, person: str, kind: str, seen: bool, ago: int) -> bool:
        """An officer writes down what came another way, with a look at who asks or without."""
        if person not in self.alive or self._asked_already(officer, person, kind):
            return False
        received = self.now - ago * DAY
        case = Case(kind, self.now, received, officer, person=person, proved=seen)
        case.given = [Given("record", person, proved=True) if seen else Given("email", REACHED[person])]
        self._new(case, "review" if seen else "ask_proof")
        return True if seen else self._sent(case)

    def _asked_already(self, requester: str, person: str, kind: str) -> bool:
        return any(
            one.open and (one.requester, one.person, one.kind) == (requester, person, kind)
            for one in self.cases
        )

    def _new(self, case: Case, step: str) -> Case:
        case.step(step)
        self.cases.append(case)
        if case.proved:
            self._touch(case)
        return case

    def _touch(self, case: Case) -> None:
        if case.person:
            number = next(index for index, one in enumerate(self.cases) if one is case)
            self.touched.setdefault(case.person, {})[number] = self.now

    # --- proving

    def _sent(self, case: Case) -> bool:
        one = case.email
        if one is None or one.proved or not case.open or one.messages >= MESSAGES:
            return False
        one.messages, one.tries, one.sent = one.messages + 1, 0, self.now
        return True

    def resend(self, number: int) -> bool:
        return self._sent(self.cases[number])

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
            self._touch(case)
        return True

    def found(self, case: Case) -> set[str]:
        """Whom the proved identifiers mean."""
        return set().union(*(one.means() for one in case.given if one.proved)) & self.alive

    def bind(self, number: int, person: str) -> bool:
        case = self.cases[number]
        if not self._searching(case) or person not in self.found(case) or self.asks(DESK, case):
            return False
        case.person = person
        self._touch(case)
        return True

    def none_held(self, number: int) -> bool:
        case = self.cases[number]
        return self._searching(case) and not self.found(case) and case.step("answer_none")

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
        self._touch(case)
        return True

    def object(self, number: int) -> bool:
        """The person ends what was asked, by the newest link they have."""
        case = self.cases[number]
        live = case.way_out or (case.mandate is not None and self.now < case.mandate)
        return live and self._done(case, "take_back")

    def withdraw(self, number: int, user: str) -> bool:
        case = self.cases[number]
        return self.sees(user, case) and self._done(case, "take_back")

    def _done(self, case: Case, step: str) -> bool:
        return case.step(step)

    @staticmethod
    def sees(user: str, case: Case) -> bool:
        return user in (case.requester, case.person)

    # --- the clock

    def ask(self, number: int) -> bool:
        case = self.cases[number]
        if not self._done(case, "ask"):
            return False
        case.questions.append(Question(self.now))
        return True

    def answer(self, number: int, who: str) -> bool:
        case = self.cases[number]
        if not (who in OFFICERS or who == case.person) or not self._done(case, "answer"):
            return False
        case.questions[-1].answered = self.now
        return True

    def extend(self, number: int) -> bool:
        case = self.cases[number]
        if not case.open or case.extended or local(self.now) > case.unpaused_on:
            return False
        case.extended = True
        return True

    # --- deciding

    def refuse(self, number: int) -> bool:
        case = self.cases[number]
        return not self.asks(DESK, case) and self._done(case, "refuse")

    def decide(self, number: int, officer: str) -> bool:
        case = self.cases[number]
        if case.person is None or not case.proved or self.asks(officer, case):
            return False
        if not self._done(case, "submit" if case.kind == "delete" else "release"):
            return False
        case.decided_by, case.decided_at = officer, self.now
        return True

    def approve(self, number: int, officer: str, drifted: bool) -> bool:
        """A second officer. Where something happened meanwhile the product may send it back."""
        case = self.cases[number]
        had_a_part = {case.decided_by, case.requester, *case.signers}
        own = officer in had_a_part or self.asks(officer, case)
        if not case.may("approve") or own or self.busy(case):
            return False
        if drifted and self.may_drift(case):
            case.step("send_back")
            case.undecided()
            return False
        case.signers.append(officer)
        if len(case.signers) >= self.needed:
            case.step("approve")
            case.cools_until, case.way_out = self.now + COOLING, True
        return True

    @staticmethod
    def asks(officer: str, case: Case) -> bool:
        """Whether the officer asked for it under their own address."""
        return case.email is not None and case.email.value == f"{officer}@staff.example"

    def busy(self, case: Case) -> bool:
        """Whether another proven request of the person is open."""
        return any(
            one is not case and one.person == case.person and one.open and one.proved for one in self.cases
        )

    def may_drift(self, case: Case) -> bool:
        """Whether more is held about the person since the decision; what nobody proved does not count."""
        others = self.touched.get(case.person or "", {})
        return any(
            at > (case.decided_at or at) for number, at in others.items() if self.cases[number] is not case
        )

    def send_back(self, number: int, officer: str) -> bool:
        case = self.cases[number]
        own = officer in (case.decided_by, case.requester) or self.asks(officer, case)
        if own or not self._done(case, "send_back"):
            return False
        case.undecided()
        return True

    def recall(self, number: int) -> bool:
        case = self.cases[number]
        if self.asks(DESK, case) or not self._done(case, "recall"):
            return False
        case.undecided()
        return True

    # --- a day at work

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
            if today > local(max(asked)) + days * DAY:
                self._done(case, "lapse")

    def late(self) -> list[int]:
        """Open cases past their day."""
        today = local(self.now)
        return [index for index, one in enumerate(self.cases) if one.open and one.unpaused_on < today]

    def work(self, drifted: set[int]) -> None:
        """What is approved is carried out once it has cooled off."""
        cooled = [
            (one.cools_until - COOLING, index)
            for index, one in enumerate(self.cases)
            if one.cools_until and one.state == "cooling_off" and one.cools_until <= self.now
        ]
        for _approved, index in sorted(cooled):
            case = self.cases[index]
            if self.busy(case) or (index in drifted and self.may_drift(case)):
                case.step("recall")
                case.undecided()
            else:
                case.step("erase")
                self._erased(case.person or "")
        for case in self.cases:
            if case.step("hand_over"):
                self._touch(case)

    def _erased(self, person: str) -> None:
        """They are gone, and with them what nobody proved about them."""
        self.alive.discard(person)
        for case in self.cases:
            if case.person == person and case.open:
                case.step("lapse")
