"""Who and what there is in the model, and what is known of one case."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.oracles.cases.days import DAY, due, local

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
#: What is stored about each; two people share a number, and one number nobody has.
FIELDS = ("name", "health", "phone")
NAMES = {
    "sage": "Sage Winter",
    "ada": "Ada Added",
    "robin": "Robin Stranger",
    "kim": "Kim Kowalska",
    "lee": "Lee Lipska",
}
HAVE_PHONES = {"robin": "+48600100200", "kim": "+48600300400", "lee": "+48600300400"}
PHONES = ("", "+48600100200", "+48600300400", "+48600500600")
#: The orders that belong to people when everything begins, by number.
ORDERS = {1: "sage", 2: "sage", 3: "robin"}
#: Where each is reached; the account of one has the address of the other.
REACHED = {name: f"{name}@people.example" for name in PEOPLE} | {"lee": "kim@people.example"}
USERS = ("sage", "robin", "lee")
OFFICERS = ("officer", "second_officer", "third_officer")
#: By whom it is done where it does not matter which officer does it.
DESK = "officer"
KINDS = ("delete", "export", "rectify", "stop")
#: The only person somebody else may ask for, who may, and of which fields.
ADDED, ADDED_BY, ADDED_SEEN = "ada", "sage", ("name", "phone")
NAMED_A_DAY, QUESTIONS_A_DAY, MESSAGES, TRIES = 8, 8, 4, 5
MINUTES, PROOF_DAYS, ANSWER_DAYS, ASK_WITHIN, LIFT_DAYS, POST_DAYS = 30, 14, 30, 10, 3, 5
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
erase_partly: cooling_off becomes partly_fulfilled
hand_over: carrying_out becomes fulfilled
hand_over_partly: carrying_out becomes partly_fulfilled
answer_none: in_review becomes fulfilled
settle: in_review becomes fulfilled
settle_partly: in_review becomes partly_fulfilled
refuse: in_review or awaiting_approval becomes refused
take_back: proving or in_review or waiting or awaiting_approval or cooling_off becomes withdrawn
lapse: proving or waiting becomes lapsed
"""
STEPS = {
    name: (set(sources.split(" or ")), target)
    for name, sentence in (line.split(": ") for line in TABLE.strip().splitlines())
    for sources, target in [sentence.split(" becomes ")]
}
CLOSED = {"fulfilled", "partly_fulfilled", "refused", "withdrawn", "lapsed"}


@dataclass
class Given:
    """One identifier somebody gave."""

    kind: str
    value: str
    proved: bool = False
    messages: int = 0
    tries: int = 0
    sent: datetime | None = None


@dataclass
class Question:
    """What the person was asked, and when they answered."""

    asked: datetime
    answered: datetime | None = None


@dataclass
class Correction:
    """What is to stand in one field, what stood there, and what became of it."""

    before: str
    proposed: str
    approved: bool | None = None
    applied: bool = False


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
    approved_at: datetime | None = None
    cools_until: datetime | None = None
    #: Corrections by field.
    corrections: dict[str, Correction] = field(default_factory=dict)
    #: Whether the officer wants to leave the orders as they are; and which were left when it was decided.
    spares_orders: bool = False
    spared: frozenset[int] = frozenset()
    #: What was stored about the person when it was decided.
    decided_on: object = None
    duplicate_of: int | None = None
    #: When a restriction that was announced to end does so.
    lifts_at: datetime | None = None
    #: Its words went when something else about the person was erased.
    forgotten: bool = False

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

    @property
    def post(self) -> timedelta:
        """What is added to the time somebody has whom letters alone reach: who gave no address to which mail
        can go, or only one that stands unproved beside something proved."""
        known = (
            self.on_behalf or self.forgotten or any(one.kind in ("account", "record") for one in self.given)
        )
        one = self.email
        mailed = one is not None and (one.proved or not any(other.proved for other in self.given))
        return timedelta(days=0 if known or mailed else POST_DAYS)

    def may(self, step: str) -> bool:
        return self.state in STEPS[step][0]

    def step(self, name: str) -> bool:
        """Take it if the table has it."""
        if not self.may(name):
            return False
        self.state = STEPS[name][1]
        return True

    def undecided(self) -> None:
        self.decided_by = self.decided_at = self.approved_at = self.cools_until = None
        self.signers, self.spared, self.decided_on = [], frozenset(), None
