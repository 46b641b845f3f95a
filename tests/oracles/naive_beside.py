"""What lies beside a record and what a lock leaves of the acts on it, in the plainest words.

Like `naive`, on which it stands, it knows nothing of the product.
"""

from __future__ import annotations

from uuid import UUID

from tests.oracles import naive
from tests.oracles.naive import FILES, NOTES, Person, Thing, World

#: A rule locks these acts, and leaves some fields open.
RULE_ACTS = ("edit", "delete", "attach")
RULE_OPEN = ("name", "stage", "price")
#: Under one name a lock refuses adding and removing.
_LOCKED_AS = {"detach": "attach", "remove_notes": "note"}
_FREE = ("view", "read_notes", "read_files")


def read(world: World, person: Person, thing: Thing, sort: tuple[str, str, str]) -> dict[UUID, bool] | None:
    """The notes or files somebody reads on a record they see, and whether they may remove each, locks aside.
    `None`: they are not for this person at all."""
    see, add, remove = sort
    if not naive.may(world, person, see, thing):
        return None
    adds, any_one = (naive.may(world, person, act, thing) for act in (add, remove))
    return {
        one.id: any_one or (adds and one.author is not None and one.author == person.user)
        for one in (thing.notes if sort == NOTES else thing.files)
        if person.kind != "portal" or not one.internal
    }


def locked(thing: Thing, action: str) -> bool:
    """Whether a lock refuses an act altogether; of editing, a rule leaves some."""
    act = _LOCKED_AS.get(action, action)
    if act in _FREE or not thing.lock:
        return False
    return thing.lock == "restriction" or (act in RULE_ACTS and act != "edit")


def outcome(world: World, person: Person, action: str, thing: Thing) -> str:
    """What somebody is told who opens a record for an act: "absent", "forbidden", "locked" or "open"."""
    if not naive.may(world, person, "view", thing):
        return "absent"
    if not naive.may(world, person, action, thing):
        return "forbidden"
    return "locked" if locked(thing, action) else "open"


def removal(world: World, person: Person, thing: Thing, key: UUID, sort: tuple[str, str, str]) -> str:
    """The same for the removal of one note or file."""
    there = read(world, person, thing, sort) or {}
    if not naive.may(world, person, "view", thing) or key not in there:
        return "absent"
    if not there[key]:
        return "forbidden"
    return "locked" if locked(thing, sort[2]) else "open"


def offered(world: World, person: Person, thing: Thing) -> set[str]:
    """The acts that a record's page offers: granted, not locked, and with something to change."""
    close = naive.near(world, person, thing)
    open_keys = set(naive.writes(person, world.modules[thing.module], thing.layout, close))
    if thing.lock == "rule":
        open_keys &= set(RULE_OPEN)
    acts = ("edit", "delete", "clone")
    found = {act for act in acts if outcome(world, person, act, thing) == "open"}
    return found if open_keys else found - {"edit"}


__all__ = ["FILES", "NOTES", "locked", "offered", "outcome", "read", "removal"]
