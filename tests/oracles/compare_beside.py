"""Notes and files on records, and what locks leave of the acts on them, beside what the naive model says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from portals_core.access.actor import Actor
from portals_core.locks import marks
from portals_core.plumbing.errors import Absent, Forbidden, Locked
from portals_core.records import beside, listing
from portals_core.records.models import Record
from portals_core.views import standing
from portals_core.writing import door
from portals_core.writing.beside import open_to_remove
from tests.oracles import naive, naive_beside
from tests.oracles.looking import Looking, defined, differs

SORTS = {naive.NOTES: beside.NOTES, naive.FILES: beside.FILES}
#: What a writer opens a record for.
OPENED = ("edit", "delete", "attach", "note")


def doors(looking: Looking) -> Iterator[str]:
    """T4, T14, L2, R9: a writer opens a record to whom the model does, and says alike why not to others."""
    for actor, person in looking.askers:
        for thing in list(looking.world.things.values())[-1:]:
            for action in OPENED:
                wanted = naive_beside.outcome(looking.world, person, action, thing)
                got = _outcome(door.open_for, actor, thing.id, action)
                yield from differs(f"opening {thing.id} to {action}", actor, wanted, got)


def extras(looking: Looking) -> Iterator[str]:
    """T14, C6, C10: the notes and files that somebody reads and may remove, and the acts a page offers."""
    for thing in _looked_at(looking):
        for actor, person in looking.known:
            found = Record.objects.visible_to(actor).filter(pk=thing.id).first()
            if found is None or not naive.may(looking.world, person, "view", thing):
                continue
            yield from _read(looking, actor, person, thing, found)
            got = standing.offered(actor, defined(looking, thing.module), found, standing.locks_of(found))
            wanted = naive_beside.offered(looking.world, person, thing)
            yield from differs(f"acts offered on {thing.id}", actor, wanted, set(got))
        yield from _removed(looking, thing)


def _looked_at(looking: Looking) -> list[naive.Thing]:
    """Of every module one record, with something on it where there is such a one."""
    every = [looking.world.of(key) for key in looking.world.modules]
    return [next((one for one in things if one.notes), things[0]) for things in every if things]


def _read(
    looking: Looking, actor: Actor, person: naive.Person, thing: naive.Thing, found: Record
) -> Iterator[str]:
    for names, sort in SORTS.items():
        rights = beside.rights(actor, found, sort)
        rows = {one.pk: rights.removes(one) for one in beside.readable(actor, found, sort)}
        wanted = naive_beside.read(looking.world, person, thing, names)
        yield from differs(f"{names[0]} of {thing.id}", actor, wanted, rows if rights.reads else None)


def _removed(looking: Looking, thing: naive.Thing) -> Iterator[str]:
    """The first note of a record and the last file: who may not read one is not told that it is there."""
    for actor, person in looking.askers:
        for names, extra in ((naive.NOTES, thing.notes[:1]), (naive.FILES, thing.files[-1:])):
            for one in extra:
                wanted = naive_beside.removal(looking.world, person, thing, one.id, names)
                got = _outcome(_opened, actor, one.id, SORTS[names])
                yield from differs(f"removing {names[0]} {one.id}", actor, wanted, got)


def _opened(actor: Actor, key: object, sort: beside.Sort) -> None:
    """As both writers of removals ask; that they do, the table of paths says."""
    one = open_to_remove(actor, str(key), sort)
    door.refuse_if_locked(one.record_id, sort.lock, actor=actor)


def marked(looking: Looking) -> Iterator[str]:
    """L8: a row has a mark exactly where the record is locked."""
    key = looking.drawn.module
    for actor, _person in looking.known:
        rows = marks.marked(actor, listing.page(actor, defined(looking, key)).rows)
        wanted = {row.id: bool(looking.world.things[row.id].lock) for row in rows}
        yield from differs(
            f"marks in the list of {key}", actor, wanted, {row.id: bool(row.lock) for row in rows}
        )


def _outcome(do: Callable[..., Any], *given: object) -> str:
    try:
        do(*given)
    except Absent:
        return "absent"
    except Forbidden:
        return "forbidden"
    except Locked:
        return "locked"
    return "open"
