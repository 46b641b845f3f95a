"""On what the product and the model of cases differ: states and days, sight, records, locks, corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F

from portals_core.locks.models import Lock
from portals_core.records.models import Record
from requests.casebook import rectify
from requests.models import Approval, Case, Effect, Proof, Proposal
from tests.oracles.cases import facts
from tests.oracles.cases.world import World
from tests.requests.case_cast import TEST

if TYPE_CHECKING:
    from tests.oracles.cases_stage import Stage

#: Kinds of identifiers that name a record.
OWN = ("account", "record")
#: Acts after which something may have been searched.
SEARCHING = ("link", "code", "vouch", "bind", "none_held", "recorded")


@dataclass
class Comparing:
    """Both sides, and `differing`: on what they do not agree."""

    stage: Stage
    world: World
    orders: dict[int, UUID]
    cases: list[UUID] = field(default_factory=list)
    searched: list[tuple[str, str]] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    def row(self, number: int) -> Case:
        return Case.objects.visible_to(TEST).get(pk=self.cases[number])

    def note(self, what: str, wanted: object, found: object, why: str = "") -> None:
        if wanted != found:
            self.differing.append(f"{what}: the model says {wanted}, the product {found} {why}".rstrip())

    def frozen(self, number: int) -> bool:
        """A case about somebody who is erased: nothing more is tried with it but to settle it."""
        person = self.world.cases[number].person
        return person is not None and person not in self.world.alive

    def compare(self, when: str, name: str, given: tuple[Any, ...]) -> None:
        self.note(f"{when}, how many cases", len(self.world.cases), len(self.cases))
        rows = {row.pk: row for row in Case.objects.visible_to(TEST).filter(pk__in=self.cases)}
        numbers = {key: number for number, key in enumerate(self.cases)}
        for number, (key, case) in enumerate(zip(self.cases, self.world.cases, strict=False)):
            self.note(f"{when}, case {number}", _facts(case), self._stored(rows[key], numbers))
        self._compare_records(when)
        self._compare_locks(when, numbers)
        self._compare_corrections(when)
        self._compare_proofs(when)
        self._compare_sight(when, numbers)
        self._compare_erasures(when)
        if name in SEARCHING:
            number = given[0] if name != "recorded" else len(self.world.cases) - 1
            given_here = self.world.cases[number].given if self.world.cases else ()
            proved = {(one.kind, one.value) for one in given_here if one.proved}
            self.note(f"{when}, searched by what is not proved", set(), set(self.searched) - proved)
        elif name != "passes":
            self.note(f"{when}, searched", [], self.searched)

    def _stored(self, row: Case, numbers: Mapping[UUID, int]) -> tuple[object, ...]:
        return (
            str(row.state),
            row.due_on,
            row.unpaused_on,
            self.stage.name(row.subject),
            row.proved_at is not None,
            row.closed_at is not None,
            row.duplicate_of_id and numbers[row.duplicate_of_id],
            row.lifts_at,
        )

    def _compare_records(self, when: str) -> None:
        """What stands in every field of everybody who is there, and whose each order is."""
        keys = [*self.stage.records.values(), *self.orders.values()]
        stored = dict(Record.objects.visible_to(TEST).filter(pk__in=keys).values_list("pk", "values"))
        people = {
            name: {one: stored[key].get(one) or "" for one in facts.FIELDS}
            for name, key in self.stage.records.items()
            if key in stored
        }
        wanted = {name: self.world.values[name] for name in self.world.alive}
        self.note(f"{when}, what is stored of people", wanted, people)
        orders = {
            number: self.stage.name(UUID(stored[key]["customer"]))
            for number, key in self.orders.items()
            if key in stored
        }
        self.note(f"{when}, whose the orders are", self.world.orders, orders)

    def _compare_locks(self, when: str, numbers: Mapping[UUID, int]) -> None:
        names: dict[UUID, str | int] = {key: name for name, key in self.stage.records.items()}
        names |= {key: number for number, key in self.orders.items()}
        rows = Lock.objects.visible_to(TEST).filter(record__in=list(names), ended_at=None)
        found = {
            (names[record], numbers[UUID(cause.partition(":")[2])])
            for record, cause in rows.values_list("record", "placed_by")
        }
        self.note(f"{when}, what is restricted", self.world.locks, found)

    def _compare_corrections(self, when: str) -> None:
        rows = Proposal.objects.visible_to(TEST).filter(case__in=self.cases)
        found: dict[UUID, dict[str, tuple[object, ...]]] = {}
        for row in rows:
            before, proposed = (value or "" for value in rectify.values_of(row))
            said = (before, proposed, row.approved, row.applied_at is not None)
            found.setdefault(row.case_id, {})[row.field] = said
        for number, (key, case) in enumerate(zip(self.cases, self.world.cases, strict=False)):
            if not self.frozen(number):
                told = {} if case.forgotten else case.corrections
                wanted = {
                    name: (one.before, one.proposed, one.approved, one.applied) for name, one in told.items()
                }
                self.note(f"{when}, corrections in {number}", wanted, found.get(key, {}))

    def _compare_proofs(self, when: str) -> None:
        rows = Proof.objects.visible_to(TEST).filter(case__in=self.cases).exclude(proved_at=None)
        found: dict[UUID, set[tuple[str, str]]] = {}
        for one in rows:
            value = self.stage.name(UUID(one.value)) if one.kind in OWN and one.value else one.value
            found.setdefault(one.case_id, set()).add((str(one.kind), value or ""))
        for number, (key, case) in enumerate(zip(self.cases, self.world.cases, strict=False)):
            if case.open and not self.frozen(number) and not case.forgotten:
                wanted = {(one.kind, one.value) for one in case.given if one.proved}
                self.note(f"{when}, proved in {number}", wanted, found.get(key, set()))

    def _compare_sight(self, when: str, numbers: Mapping[UUID, int]) -> None:
        for user in facts.USERS:
            if user in self.world.alive:
                wanted = {i for i, one in enumerate(self.world.cases) if self.world.sees(user, one)}
                self.note(f"{when}, what {user} sees", wanted, self._seen(user, numbers))
        everything = set(range(len(self.cases)))
        self.note(f"{when}, what an officer sees", everything, self._seen(facts.DESK, numbers))

    def _seen(self, who: str, numbers: Mapping[UUID, int]) -> set[int]:
        rows = Case.objects.visible_to(self.stage.actors[who]).values_list("pk", flat=True)
        return {numbers[key] for key in rows}

    def _compare_erasures(self, when: str) -> None:
        """Promise 10, from the rows alone and whatever the model thinks: nobody erases alone."""
        keys = Effect.objects.visible_to(TEST).filter(step="erase").values_list("case", flat=True).distinct()
        for case in Case.objects.visible_to(TEST).filter(pk__in=list(keys)):
            given = Approval.objects.visible_to(TEST).filter(
                case=case, void=False, digest=F("case__plan_digest")
            )
            signers = {one.by_id for one in given} - {case.decided_by_id, case.requester_id, None}
            enough = len(signers) >= self.world.needed and case.decided_by_id is not None
            self.note(f"{when}, {case.number} is erased with enough approvals", True, enough)


def _facts(case: facts.Case) -> tuple[object, ...]:
    return (
        case.state,
        case.due_on,
        case.unpaused_on,
        case.person,
        case.proved,
        not case.open,
        case.duplicate_of,
        case.lifts_at,
    )
