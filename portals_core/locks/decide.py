"""May this happen to this record now? Pure: from actor, act, fields and locks in force to an answer with
its reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from portals_core.access.actor import Actor, Kind
from portals_core.plumbing.sources import Authority

#: Grounds that carry a duty to keep: these stand against an erasure, whoever asks for it (decision 15).
KEEPING = frozenset({"retention", "legal_hold"})
#: The ground on which a record stays as it is, whom it names included: evidence is not altered.
EVIDENCE = "legal_hold"
#: Every act a lock can forbid (L10, L16). "add": another record comes to belong to this one.
ACTS = (
    *("edit", "delete", "owner", "tag", "convert", "merge", "clone"),
    *("attach", "note", "mail", "export", "share", "api", "import", "add"),
)
#: Acts a restriction forbids to everybody; storing and looking remain (Art. 18(2), L10, R9).
RESTRICTED = frozenset(ACTS)
_EDITING = frozenset({"edit", "delete", "import", "merge", "convert", "owner"})
_STRICTEST_FIRST = ("legal_hold", "retention", "restriction", "business")


@dataclass(frozen=True)
class Binding:
    """Whom a lock binds: everybody, only some roles and user types, or all but some."""

    mode: str = "all"
    roles: frozenset[str] = frozenset()
    user_types: frozenset[int] = frozenset()

    def covers(self, actor: Actor | None) -> bool:
        """Whether it binds this actor. Somebody without role or type is bound in doubt: fail closed."""
        if self.mode == "all" or actor is None or actor.kind not in (Kind.STAFF, Kind.PORTAL):
            return True
        # One role that is bound is enough; to be exempt, every role must be.
        named = self._named(actor) or {self.mode == "only"}
        return any(named) if self.mode == "only" else not all(named)

    def _named(self, actor: Actor) -> set[bool]:
        if actor.kind is Kind.STAFF:
            return {role in self.roles for role in actor.roles}
        return set() if actor.user_type is None else {actor.user_type in self.user_types}


@dataclass(frozen=True)
class InForce:
    """One lock that is in force on the record in question."""

    ground: str
    reason: str
    placed_by: str
    since: datetime
    id: UUID | None = None
    source: str = "case"
    #: Name of the rule that placed it; empty for a lock by hand or by a request.
    rule: str = ""
    actions: frozenset[str] = _EDITING
    #: Keys that stay editable, or with `only` the keys that are locked.
    fields: frozenset[str] = frozenset()
    only: bool = False
    binding: Binding = field(default_factory=Binding)
    law: str = ""
    #: What the subject is told instead of the plain ground.
    plain: str = ""
    ends_on: date | None = None
    #: Whose own requests pass it, for a restriction: who asked for it, and the person the record is.
    protects: frozenset[UUID] = frozenset()

    def locks(self, keys: Collection[str]) -> frozenset[str]:
        """Which of these fields cannot be changed under it. A restriction leaves none open (L11)."""
        if self.ground == "restriction":
            return frozenset(keys)
        return frozenset(key for key in keys if (key in self.fields) is self.only)


@dataclass(frozen=True)
class Decision:
    """Allowed, or refused by the strictest lock in the way; `fields` are those it keeps from changing."""

    allowed: bool
    by: InForce | None = None
    fields: frozenset[str] = frozenset()


ALLOWED = Decision(allowed=True)


def decide(
    action: str,
    locks: Iterable[InForce],
    *,
    actor: Actor | None = None,
    fields: Collection[str] | None = None,
    under: Authority | None = None,
) -> Decision:
    """Whether `action`, of `ACTS`, may happen. The actor's role never matters to a restriction (L9).

    For "edit", `fields` are the keys that would change; without them the question is whether anything
    may. `under` is the case on whose authority it happens: a person's own erasure or rectification
    passes business locks and their own restriction (decision 15, L3), never a duty to keep, and never
    the restriction of somebody else whom the record is about, too.
    """
    standing = [lock for lock in locks if _stands(action, lock, actor, fields, under)]
    by = strictest(standing)
    if by is None:
        return ALLOWED
    return Decision(False, by, by.locks(fields) if action == "edit" and fields else frozenset())


def _stands(
    action: str,
    lock: InForce,
    actor: Actor | None,
    fields: Collection[str] | None,
    under: Authority | None,
) -> bool:
    if under is not None and under.act in ("erase", "rectify") and not outlasts(lock, under.subject):
        return False
    if lock.ground == "restriction":
        return action in RESTRICTED
    if action not in lock.actions or not lock.binding.covers(actor):
        return False
    if action != "edit":
        return True
    return bool(lock.locks(fields)) if fields is not None else not (lock.only or lock.fields)


def outlasts(lock: InForce, subject: UUID) -> bool:
    """Whether a lock stands against what this person has a right to ask: a duty to keep does, and the
    restriction of somebody else."""
    return lock.ground in KEEPING or (lock.ground == "restriction" and subject not in lock.protects)


def strictest(locks: Iterable[InForce]) -> InForce | None:
    """The one that is named where several stand in the way; of equals the oldest."""
    return min(locks, key=lambda lock: (_STRICTEST_FIRST.index(lock.ground), lock.since), default=None)


def locked_fields(
    locks: Iterable[InForce], keys: Collection[str], *, actor: Actor | None = None
) -> dict[str, InForce]:
    """Field -> the strictest lock that keeps this actor from changing it."""
    kept = list(locks)
    found = {key: decide("edit", kept, actor=actor, fields=[key]).by for key in keys}
    return {key: by for key, by in found.items() if by is not None}


def open_acts(
    acts: Iterable[str], locks: Iterable[InForce], keys: Collection[str], *, actor: Actor | None = None
) -> frozenset[str]:
    """Those of `acts` that no lock refuses this actor; "edit" while one of the fields `keys` can change."""
    kept = list(locks)
    found = {act for act in acts if decide(act, kept, actor=actor).allowed}
    if len(locked_fields(kept, keys, actor=actor)) == len(frozenset(keys)):
        found.discard("edit")
    return frozenset(found)


def case_ref(case: UUID) -> str:
    """How a lock names the case that placed it."""
    return f"case:{case}"


def rule_ref(rule: int) -> str:
    """How a lock names the rule that placed it."""
    return f"rule:{rule}"
