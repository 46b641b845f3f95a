"""What locks mean, in the plainest words: a history of writes, rules and passing days, and what it leads to.

A record is locked by a rule when its values keep the rule's conditions on the day of the last look, and its
period is not over. Somebody looks when the record is written, when the rule is set up or switched, and once
a day. A look that no write of the record caused leaves alone what was there before the rule and has not
changed since, but for a rule that wants existing records, too (L14). No product code (N7).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from tests.oracles import conditions
from tests.oracles.conditions import All, Any_, Leaf, Not, Tree

#: Everything a lock can forbid.
ACTS = frozenset(
    {
        *("edit", "delete", "owner", "tag", "convert", "merge", "clone", "attach"),
        *("note", "mail", "export", "share", "api", "import", "add"),
    }
)
#: What a lock by hand forbids.
CHANGING = frozenset({"edit", "delete", "owner", "convert", "merge", "import"})
#: From the mildest to the strictest.
GROUNDS = ("business", "restriction", "retention", "legal_hold")
#: Type of each field; both modules have the same ones.
FIELDS = {
    **{"title": "text", "stage": "picklist", "amount": "number", "paid": "boolean", "note": "text"},
    **{"issued": "date", "due": "date", "met": "datetime", "holder": "lookup"},
}
DONE = frozenset({"done"})


@dataclass(frozen=True)
class Person:
    """Somebody who tries something: "staff" with roles, "portal" with a type, or "system"."""

    kind: str
    roles: frozenset[str] = frozenset()
    type: int | None = None


@dataclass(frozen=True)
class Rule:
    slot: int
    module: str
    tree: Tree
    ground: str = "business"
    acts: frozenset[str] = frozenset()
    #: The fields that stay open; with `only`, those that are locked.
    fields: frozenset[str] = frozenset()
    only: bool = False
    binds: str = "all"
    roles: frozenset[str] = frozenset()
    types: frozenset[int] = frozenset()
    start: str = ""
    months: int = 0
    existing: bool = False


@dataclass(frozen=True)
class Lock:
    """A lock in force: `cause` is a rule's slot, "hand", or the number of a case."""

    record: int
    ground: str
    cause: int | str
    since: datetime
    ends_on: date | None = None


@dataclass(frozen=True)
class Kept:
    """A record: where it is, what is written in it, when that was."""

    module: str
    written: Mapping[str, str]
    changed: datetime


# --- what happens -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Create:
    number: int
    module: str
    written: Mapping[str, str]
    by: Person = Person("system")


@dataclass(frozen=True)
class Change:
    """`case` is "rectify" where an approved request asks for it."""

    number: int
    written: Mapping[str, str]
    by: Person = Person("system")
    case: str = ""


@dataclass(frozen=True)
class Delete:
    number: int
    by: Person = Person("system")
    case: str = ""


@dataclass(frozen=True)
class Clone:
    number: int
    by: Person


@dataclass(frozen=True)
class Note:
    number: int
    by: Person


@dataclass(frozen=True)
class Pass:
    """Days go by; at the end of them the daily look, or not."""

    days: int
    look: bool = True


@dataclass(frozen=True)
class Define:
    rule: Rule


@dataclass(frozen=True)
class Drop:
    slot: int


@dataclass(frozen=True)
class Switch:
    """A module locks by rules ("automatic", "both"), by hand ("manual", "both"), or not ("off")."""

    module: str
    mode: str


@dataclass(frozen=True)
class Hold:
    number: int
    ground: str = "legal_hold"


@dataclass(frozen=True)
class Unhold:
    number: int
    ground: str = "legal_hold"


@dataclass(frozen=True)
class Restrict:
    number: int
    case: int


@dataclass(frozen=True)
class Release:
    case: int


Step = (
    Create
    | Change
    | Delete
    | Clone
    | Note
    | Pass
    | Define
    | Drop
    | Switch
    | Hold
    | Unhold
    | Restrict
    | Release
)


# --- one lock and one act -----------------------------------------------------------------------------


def last_day_over(start: date, months: int) -> date:
    """The day after the last of so many months: the same day of the month, or the first of the next."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    try:
        return date(year, month + 1, start.day)
    except ValueError:
        year, month = divmod(year * 12 + month + 1, 12)
        return date(year, month + 1, 1)


def on(tree: Tree, today: date) -> Tree:
    """The tree with its counted days as they fall on this day."""
    match tree:
        case Not(part):
            return Not(on(part, today))
        case All(parts):
            return All(tuple(on(part, today) for part in parts))
        case Any_(parts):
            return Any_(tuple(on(part, today) for part in parts))
        case Leaf():
            return replace(tree, written=tuple(_day(text, today) for text in tree.written))


def _day(text: str, today: date) -> str:
    if not text.startswith("today"):
        return text
    return (today + timedelta(days=int(text.removeprefix("today") or "0"))).isoformat()


def _read(key: str, text: str) -> object:
    return UUID(int=int(text)) if key == "holder" else conditions.read(FIELDS[key], text)


def bound(rule: Rule, person: Person) -> bool:
    """Whether the rule is for this person: in doubt it is."""
    if rule.binds == "all" or person.kind == "system":
        return True
    if person.kind == "portal":
        named, known = person.type in rule.types, person.type is not None
        return not known or named is (rule.binds == "only")
    if rule.binds == "only":
        return not person.roles or bool(person.roles & rule.roles)
    return not person.roles or not person.roles <= rule.roles


@dataclass
class History:
    """Everything that is so after some steps."""

    now: datetime
    modes: dict[str, str] = field(default_factory=dict)
    rules: dict[int, tuple[Rule, datetime]] = field(default_factory=dict)
    records: dict[int, Kept] = field(default_factory=dict)
    locks: list[Lock] = field(default_factory=list)

    def copy(self) -> History:
        return History(self.now, {**self.modes}, {**self.rules}, {**self.records}, [*self.locks])

    # --- questions ------------------------------------------------------------------------------------

    def on_record(self, number: int) -> list[Lock]:
        return [lock for lock in self.locks if lock.record == number]

    def kept_fields(self, lock: Lock, keys: Collection[str]) -> set[str]:
        """Which of the fields the lock keeps as they are."""
        rule = self._rule(lock)
        if rule is None:
            return set(keys)
        return {key for key in keys if (key in rule.fields) == rule.only}

    def in_the_way(
        self,
        number: int,
        act: str,
        person: Person,
        *,
        keys: Collection[str] | None = None,
        case: str = "",
        own: bool = True,
    ) -> list[Lock]:
        """The locks that forbid the act; for "edit" a change of these fields, or of any at all. `own` says
        whether a case is of the person whom the restrictions are about."""
        asked = self.on_record(number)
        if case:
            passed = ("business", "restriction") if own else ("business",)
            asked = [lock for lock in asked if lock.ground not in passed]
        return [lock for lock in asked if self._forbids(lock, act, person, keys)]

    def _forbids(self, lock: Lock, act: str, person: Person, keys: Collection[str] | None) -> bool:
        if lock.ground == "restriction":
            return act in ACTS
        rule = self._rule(lock)
        if rule is None:
            return act in CHANGING
        acts = {"edit", *rule.acts, *({"delete"} if rule.ground in ("retention", "legal_hold") else ())}
        if act not in acts or not bound(rule, person):
            return False
        if act != "edit":
            return True
        return bool(self.kept_fields(lock, FIELDS if keys is None else keys)) and (
            keys is not None or (not rule.only and not rule.fields)
        )

    def _rule(self, lock: Lock) -> Rule | None:
        return self.rules[lock.cause][0] if isinstance(lock.cause, int) else None

    def wants(self, rule: Rule, number: int) -> bool:
        """Whether the rule locks this record on this day."""
        kept = self.records[number]
        values = {key: _read(key, text) for key, text in kept.written.items()}
        ends = self.ends_on(rule, number)
        tree = on(rule.tree, self.now.date())
        return conditions.holds(tree, values, {}) and (ends is None or self.now.date() < ends)

    def ends_on(self, rule: Rule, number: int) -> date | None:
        text = self.records[number].written.get(rule.start, "")
        return last_day_over(date.fromisoformat(text[:10]), rule.months) if text and rule.months else None

    # --- looks ----------------------------------------------------------------------------------------

    def active(self, module: str | None = None) -> Iterator[tuple[Rule, datetime]]:
        for rule, defined in self.rules.values():
            if self.modes.get(rule.module) in ("automatic", "both") and module in (None, rule.module):
                yield rule, defined

    def look(self, rules: Iterable[tuple[Rule, datetime]], *, written: int | None = None) -> None:
        """Bring locks in line with these rules: of the record just written, or of every record."""
        for rule, defined in list(rules):
            for number, kept in self.records.items():
                if kept.module == rule.module and written in (None, number):
                    self._look(rule, number, new=written is not None or kept.changed > defined)

    def _look(self, rule: Rule, number: int, *, new: bool) -> None:
        had = next((lock for lock in self.on_record(number) if lock.cause == rule.slot), None)
        wanted = None
        if self.wants(rule, number) and (had or new or rule.existing):
            wanted = Lock(number, rule.ground, rule.slot, self.now, self.ends_on(rule, number))
        if had and wanted and replace(had, since=self.now) == wanted:
            return
        self.locks = [lock for lock in self.locks if lock != had] + ([wanted] if wanted else [])

    # --- steps ----------------------------------------------------------------------------------------

    def can(self, step: Step) -> bool:
        """Whether there is anything the step could be about."""
        match step:
            case Create(number):
                return number not in self.records and self._there(step.written)
            case Change(number):
                return number in self.records and self._there(step.written)
            case (
                Delete(number)
                | Clone(number)
                | Note(number)
                | Hold(number)
                | Unhold(number)
                | Restrict(number)
            ):
                return number in self.records
            case Drop(slot):
                return slot in self.rules
            case Define(rule):
                return rule.slot not in self.rules or self.rules[rule.slot][0].module == rule.module
        return True

    def _there(self, written: Mapping[str, str]) -> bool:
        holder = written.get("holder")
        return not holder or (int(holder) in self.records and self.records[int(holder)].module == "holders")

    def take(self, step: Step) -> frozenset[str]:
        """Let it happen; what may be said of it: "done", or the ground on which it is refused."""
        self.now += timedelta(minutes=1)
        match step:
            case Create() | Change() | Delete():
                return self._write(step)
            case Clone(number, by):
                return self._told(self.in_the_way(number, "clone", by)) or DONE
            case Note(number, by):
                return self._told(self.in_the_way(number, "note", by)) or DONE
            case Pass(days, look):
                self.now += timedelta(days=days)
                if look:
                    self.look(self.active())
            case Hold() | Unhold():
                return self._by_hand(step)
            case Restrict(number, case):
                lock = Lock(number, "restriction", f"case {case}", self.now)
                if any(one.cause == lock.cause for one in self.on_record(number)):
                    return frozenset({"lock.exists"})
                self.locks.append(lock)
            case Release(case):
                self.locks = [lock for lock in self.locks if lock.cause != f"case {case}"]
            case Define() | Drop() | Switch():
                return self._set_up(step)
        return DONE

    def _told(self, locks: list[Lock]) -> frozenset[str]:
        """The ground of the strictest; nothing where there is none."""
        return frozenset({max((lock.ground for lock in locks), key=GROUNDS.index)}) if locks else frozenset()

    def strictest(self, locks: list[Lock]) -> list[Lock]:
        """The strictest, of several the first; two that came with one write are equal."""
        (ground,) = self._told(locks)
        alike = [lock for lock in locks if lock.ground == ground]
        return [lock for lock in alike if lock.since == min(one.since for one in alike)]

    def _write(self, step: Create | Change | Delete) -> frozenset[str]:
        if isinstance(step, Delete):
            return self._delete(step)
        before = self.records[step.number] if isinstance(step, Change) else None
        written = {**(before.written if before else {}), **step.written}
        changed = {
            key
            for key, text in step.written.items()
            if text != (before.written.get(key, "") if before else "")
        }
        if isinstance(step, Change):
            refused = self._told(self.in_the_way(step.number, "edit", step.by, case=step.case))
            if refused or not changed:
                return refused or DONE
            locks = self.in_the_way(step.number, "edit", step.by, keys=changed, case=step.case)
            if locks:
                return self._told(locks)
        holder = step.written.get("holder", "")
        if holder and "holder" in changed:
            refused = self._told(self.in_the_way(int(holder), "add", step.by))
            if refused:
                return refused
        module = before.module if before else getattr(step, "module", "")
        kept = {key: text for key, text in written.items() if text}
        self.records[step.number] = Kept(module, kept, self.now)
        self.look(self.active(module), written=step.number)
        return DONE

    def _delete(self, step: Delete) -> frozenset[str]:
        refused = self._told(self.in_the_way(step.number, "delete", step.by, case=step.case))
        if refused:
            return refused
        pointing = [
            number
            for number, kept in self.records.items()
            if kept.written.get("holder") == str(step.number) and number != step.number
        ]
        for number in pointing:
            if step.case:
                stays = [lock for lock in self.on_record(number) if lock.ground == "legal_hold"]
            else:
                stays = self.in_the_way(number, "edit", step.by, keys=["holder"])
            refused |= self._told(stays)
        if refused:
            return refused
        del self.records[step.number]
        self.locks = [lock for lock in self.locks if lock.record != step.number]
        for number in pointing:
            kept = self.records[number]
            left = {key: text for key, text in kept.written.items() if key != "holder"}
            self.records[number] = Kept(kept.module, left, self.now)
            self.look(self.active(kept.module), written=number)
        return DONE

    def _by_hand(self, step: Hold | Unhold) -> frozenset[str]:
        there = [
            lock for lock in self.on_record(step.number) if (lock.cause, lock.ground) == ("hand", step.ground)
        ]
        if isinstance(step, Unhold):
            self.locks = [lock for lock in self.locks if lock not in there]
            return DONE
        mode = self.modes.get(self.records[step.number].module, "off")
        if step.ground == "business" and mode not in ("manual", "both"):
            return frozenset({"lock.not_by_hand"})
        if there:
            return frozenset({"lock.exists"})
        self.locks.append(Lock(step.number, step.ground, "hand", self.now))
        return DONE

    def _set_up(self, step: Define | Drop | Switch) -> frozenset[str]:
        match step:
            case Define(rule):
                others = [one for one, _at in self.rules.values() if one.slot != rule.slot]
                if any((one.module, one.tree) == (rule.module, rule.tree) for one in others):
                    return frozenset({"lock_rule.conditions"})
                self.rules[rule.slot] = (rule, self.now)
                self.look(one for one in self.active() if one[0].slot == rule.slot)
            case Drop(slot):
                del self.rules[slot]
                self.locks = [lock for lock in self.locks if lock.cause != slot]
            case Switch(module, mode):
                self.modes[module] = mode
                if mode not in ("automatic", "both"):
                    gone = {rule.slot for rule, _at in self.rules.values() if rule.module == module}
                    self.locks = [lock for lock in self.locks if lock.cause not in gone]
                self.look(self.active(module))
        return DONE


def begun() -> History:
    """Nothing has happened yet."""
    return History(datetime(2026, 3, 5, 9, 0, tzinfo=UTC))
