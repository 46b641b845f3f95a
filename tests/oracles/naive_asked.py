"""What somebody gets who asks a list for something, in the plainest words: filters, orders, files.

Like `naive`, on which it stands, it knows nothing of the product.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from tests.oracles import conditions, naive, naive_beside
from tests.oracles.conditions import LONGEST, Leaf
from tests.oracles.naive import Person, Thing, World

#: Types whose values stand in no order.
UNORDERED = ("multiline", "multiselect", "lookup")
EMPTINESS = ("empty", "not_empty")
#: Columns of a file, and its rows.
Exported = tuple[list[str], list[list[Any]]]


def filtered(
    world: World, person: Person, module: str, row: Leaf, words: str, layouts: list[int]
) -> set[UUID] | None:
    """The records that a filter and a search leave; `None` where this cannot be asked: of a field that is
    not clear everywhere, or of a link to what is out of sight."""
    if row.key not in naive.asks(person, world.modules[module], layouts):
        return None
    meant = _meant(world, person, module, row, layouts)
    if meant is None:
        return None
    return {
        thing.id
        for thing in world.of(module)
        if naive.may(world, person, "view", thing)
        and conditions.holds(meant, thing.values, {})
        and (not words.strip() or naive.found(world, person, thing, words, layouts))
    }


def _meant(world: World, person: Person, module: str, row: Leaf, layouts: list[int]) -> Leaf | None:
    """The row as it is compared: without blanks around a value, and links by the ids of their records."""
    texts = tuple(text.strip() for text in row.written)
    if row.kind == "lookup" and row.how not in EMPTINESS:
        target = world.modules[module].named(row.key).target
        linked = [_linked(world, person, target, text, layouts) for text in texts]
        if None in linked:
            return None
        texts = tuple(map(str, linked))
    return replace(row, written=texts)


def _linked(world: World, person: Person, target: str, text: str, layouts: list[int]) -> UUID | None:
    """The record in sight that a text names: by a unique value that this person may ask for, or by its id."""
    asked = naive.asks(person, world.modules[target], layouts)
    unique = [one for one in world.modules[target].fields if one.unique and one.key in asked]
    for thing in world.of(target):
        named = any(
            naive.same_unique(one, thing.values[one.key], text) for one in unique if one.key in thing.values
        )
        if naive.may(world, person, "view", thing) and (named or str(thing.id) == text):
            return thing.id
    return None


def ordered(world: World, person: Person, module: str, order: str, layouts: list[int]) -> list[UUID] | None:
    """The list by the values of a field, "-" before it: downwards. Records with the same value stand by
    their ids and those without one last, both ways. `None` where the list cannot stand in this order."""
    of, key = world.modules[module], order.removeprefix("-")
    if key not in naive.asks(person, of, layouts) or of.named(key).type in UNORDERED:
        return None
    seen = [thing for thing in world.of(module) if naive.may(world, person, "view", thing)]
    seen.sort(key=lambda thing: str(thing.id))
    there = [thing for thing in seen if key in thing.values]
    there.sort(key=lambda thing: _rank(thing, key), reverse=order.startswith("-"))
    return [thing.id for thing in (*there, *(thing for thing in seen if key not in thing.values))]


def _rank(thing: Thing, key: str) -> Any:
    value = thing.values[key]
    # Of a long text only the beginning counts, up to one letter more than a condition may have.
    return conditions.same(value)[: LONGEST + 1] if isinstance(value, str) else value


def taken_away(world: World, person: Person, module: str, layouts: list[int]) -> Exported | None:
    """The file of a list: its columns, and of each record what somebody may read of it, in order of the ids.
    `None` where nothing of the module may be taken away."""
    if not _may_export(person, module):
        return None
    of = world.modules[module]
    read = {key for layout in (None, *layouts) for key in naive.reads(person, of, layout, True)}
    columns = [
        one.key for one in of.fields if one.key in read and not one.encrypted and "export" not in one.withheld
    ]
    things = [
        thing for thing in world.of(module) if naive_beside.outcome(world, person, "export", thing) == "open"
    ]
    things.sort(key=lambda thing: str(thing.id))
    return columns, [[naive.cell(world, person, thing, key) for key in columns] for thing in things]


def _may_export(person: Person, module: str) -> bool:
    """Whether somebody may take records of a module away, if any are in reach."""
    if person.kind == "staff":
        return naive.staff_may(person, "export", module)
    right = naive.right_of(person, module)
    return right is not None and person.record is not None and "export" in right.acts
