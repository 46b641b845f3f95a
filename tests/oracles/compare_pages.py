"""What the page and the form of one record hold, beside what the naive model lets somebody see and fill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from portals_core.access.actor import Actor
from portals_core.plumbing.errors import Absent
from portals_core.records import inputs, reads
from portals_core.records.inputs import Input
from portals_core.records.models import Module, Record
from tests.oracles import naive
from tests.oracles.looking import Looking, defined, differs, plain

COVERED = "covered"


def pages(looking: Looking) -> Iterator[str]:
    """F1, F7, F8, C6: a page has the fields in clear, covered ones without their values, and no others; a
    form asks for those that may be changed, and lets links choose among records in sight."""
    for actor, person in looking.known:
        for thing in _looked_at(looking):
            yield from _page(looking, actor, person, thing)


def _looked_at(looking: Looking) -> list[naive.Thing]:
    """A record of the module whose list is looked at; of another one where that has none."""
    return (looking.world.of(looking.drawn.module) or list(looking.world.things.values()))[:1]


def _page(looking: Looking, actor: Actor, person: naive.Person, thing: naive.Thing) -> Iterator[str]:
    of = defined(looking, thing.module)
    found, there = _found(actor, of, thing), naive.may(looking.world, person, "view", thing)
    yield from differs(f"page of {thing.id} is there", actor, there, found is not None)
    if found is None or not there:
        return
    cells = [cell for section in reads.sections(actor, of, found) for cell in section.cells]
    shown = {
        cell.shown.field.key: (COVERED if cell.shown.kind == "masked" else plain(cell.shown), cell.editable)
        for cell in cells
    }
    yield from differs(f"page of {thing.id}", actor, _shown(looking, person, thing), shown)
    yield from differs(f"cells on the page of {thing.id}", actor, len(shown), len(cells))
    asked = {one.field.key: _input(one) for one in inputs.inputs(actor, of, found)}
    yield from differs(f"form of {thing.id}", actor, _asked(looking, person, thing), asked)


def _found(actor: Actor, of: Module, thing: naive.Thing) -> Record | None:
    try:
        return reads.record(actor, of, thing.id)
    except Absent:
        return None


def _shown(looking: Looking, person: naive.Person, thing: naive.Thing) -> dict[str, tuple[Any, bool]]:
    world, module = looking.world, looking.world.modules[thing.module]
    clear = {key: naive.cell(world, person, thing, key) for key in naive.seen(world, person, thing)}
    covered = dict.fromkeys(naive.covered(person, module), COVERED)
    writable = _writable(looking, person, thing)
    return {key: (value, key in writable) for key, value in {**clear, **covered}.items()}


def _asked(looking: Looking, person: naive.Person, thing: naive.Thing) -> dict[str, Any]:
    """Of each field of the form: is it demanded, covered, filled in; what can be chosen."""
    module = looking.world.modules[thing.module]
    demanded = naive.must_fill(person, module, thing.layout)
    asked = {}
    for key in _writable(looking, person, thing):
        one = module.named(key)
        filled = key in thing.values and not one.masked
        asked[key] = (key in demanded, one.masked, filled, _choices(looking, person, one.target))
    return asked


def _writable(looking: Looking, person: naive.Person, thing: naive.Thing) -> list[str]:
    close = naive.near(looking.world, person, thing)
    return naive.writes(person, looking.world.modules[thing.module], thing.layout, close)


def _choices(looking: Looking, person: naive.Person, target: str) -> dict[UUID, str]:
    things = [one for one in looking.world.of(target) if naive.may(looking.world, person, "view", one)]
    return {one.id: naive.named(looking.world, person, one) for one in things}


def _input(one: Input) -> tuple[bool, bool, bool, dict[UUID, str]]:
    return one.required, one.covered, one.value is not None, {it.id: it.title for it in one.choices}
