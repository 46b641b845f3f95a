"""What the product says of a world, beside what the naive model says of it.

Each comparison takes a `Looking` and yields a sentence per disagreement; one more of them is one more
function in `COMPARISONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Value

from portals_core.access import fields as access_fields
from portals_core.access import policy, scope
from portals_core.access.actor import Actor
from portals_core.plumbing.errors import Absent
from portals_core.records import listing, models, reads
from portals_core.records.models import Record
from tests.oracles import compare_asked, compare_beside, compare_pages, naive
from tests.oracles.looking import Looking, defined, differs, look, plain
from tests.oracles.stage import SETTING, Stage
from tests.oracles.worlds import LAYOUTS, Drawn

ASKED = (*naive.ACTIONS, "invented")
#: Databases take no more parts in one UNION than this (SQLite: 500).
_AT_ONCE = 200


def disagreements(stage: Stage, drawn: Drawn) -> list[str]:
    """Every difference between the product and the naive model in this world; nothing stays stored."""
    with transaction.atomic():
        looking = look(stage, drawn)
        found = [sentence for compare in COMPARISONS for sentence in compare(looking)]
        transaction.set_rollback(True)
    return found


# --- rows -------------------------------------------------------------------------------------------


def rows(looking: Looking) -> Iterator[str]:
    """The same records in the wide list, in each module's list, and in the parts a page is made of."""
    asked: list[tuple[str, Actor, set[UUID], list[QuerySet[Any]]]] = []
    for actor, person in looking.askers:
        for action in ASKED:
            everywhere = [Record.objects.visible_to(actor, action)]
            asked.append((f"{action} everywhere", actor, looking.may(person, action), everywhere))
            if action in (*naive.FILES, *naive.NOTES):
                # Only asked of single records: pages look at none of these in a module's list.
                continue
            for key, module in looking.stage.modules.items():
                wanted = looking.may(person, action, key)
                one = [Record.objects.visible_to(actor, action, module=module.pk)]
                asked.append((f"{action} in {key}", actor, wanted, one))
                parts = Record.objects.parts_visible_to(actor, action, module=module.pk).querysets()
                if len(parts) > 1:
                    asked.append((f"{action} in parts of {key}", actor, wanted, parts))
    got = _ids_of([parts for _what, _actor, _wanted, parts in asked])
    for (what, actor, wanted, _parts), there in zip(asked, got, strict=True):
        yield from differs(what, actor, wanted, there)


def _ids_of(asked: list[list[QuerySet[Any]]]) -> list[set[UUID]]:
    """What each of the questions finds, asked of the database many at a time."""
    found: list[set[UUID]] = [set() for _one in asked]
    tagged = [
        part.order_by().annotate(tag=Value(at)).values_list("tag", "pk")
        for at, parts in enumerate(asked)
        for part in parts
        if not part.query.is_empty()
    ]
    for start in range(0, len(tagged), _AT_ONCE):
        first, *others = tagged[start : start + _AT_ONCE]
        for tag, key in first.union(*others, all=True) if others else first:
            found[tag].add(key)
    return found


def details(looking: Looking) -> Iterator[str]:
    """One record looked at by itself is there exactly where the list has it."""
    for actor, person in looking.askers:
        for thing in list(looking.world.things.values())[-1:]:
            try:
                there = Record.objects.fetch(actor, thing.id).pk == thing.id
            except Absent:
                there = False
            wanted = naive.may(looking.world, person, "view", thing)
            yield from differs(f"view of {thing.id}", actor, wanted, there)


def reasons(looking: Looking) -> Iterator[str]:
    """C9: some reason holds exactly where the record is in reach; near and far are told apart alike."""
    stored = {row.pk: row for row in Record.objects.visible_to(SETTING).filter(pk__in=looking.world.things)}
    rows = {key: _row(row, stored) for key, row in stored.items()}
    for actor, person in looking.askers:
        for thing in looking.world.things.values():
            for action in ASKED:
                told = scope.explain(actor, rows[thing.id], action)
                wanted = naive.may(looking.world, person, action, thing)
                got = any(reason.holds for reason in told)
                yield from differs(f"reasons to {action} {thing.id}", actor, wanted, got)
        for thing in [
            one for one in looking.world.things.values() if naive.may(looking.world, person, "view", one)
        ]:
            close = naive.near(looking.world, person, thing)
            yield from differs(
                f"nearness of {thing.id}", actor, close, reads.is_near(actor, stored[thing.id])
            )


def _row(row: Record, stored: dict[UUID, Record]) -> policy.Row:
    def through(key: str) -> policy.Row | None:
        there = stored.get(UUID(row.folded[key])) if key in row.folded else None
        return _row(there, stored) if there else None

    return policy.Row(reads.row_of(row).columns, row.folded, through)


# --- fields -----------------------------------------------------------------------------------------


def fields(looking: Looking) -> Iterator[str]:
    """F1-F3, F7-F9, F15, C6: what is read, covered, written and required, by layout and distance."""
    for actor, person in looking.askers:
        for module in looking.world.modules.values():
            yield from _fields(looking, actor, person, module)


def _fields(looking: Looking, actor: Actor, person: naive.Person, module: naive.Module) -> Iterator[str]:
    of, known = defined(looking, module.key), looking.fields_of(module.key)
    for number in (None, *LAYOUTS):
        layout = looking.stage.layout(module.key, number)
        for close in (True, False) if person.kind == "portal" else (True,):
            where = f"in layout {number} of {module.key}, near {close}"
            got = access_fields.readable(actor, of, known, layout=layout, near=close)
            yield from differs(
                f"reads {where}", actor, naive.reads(person, module, number, close), _keys(got)
            )
            got = access_fields.writable(actor, of, known, layout=layout, near=close)
            yield from differs(
                f"writes {where}", actor, naive.writes(person, module, number, close), _keys(got)
            )
        got = access_fields.required(actor, of, known, layout=layout)
        yield from differs(
            f"must fill in layout {number} of {module.key}",
            actor,
            naive.must_fill(person, module, number),
            _keys(got),
        )
    yield from differs(
        f"covered in {module.key}",
        actor,
        naive.covered(person, module),
        _keys(access_fields.masked(actor, of, known)),
    )
    asked = _keys(access_fields.askable(actor, of, known))
    yield from differs(f"asks {module.key}", actor, naive.asks(person, module, list(LAYOUTS)), asked)
    for thing in looking.world.of(module.key):
        if naive.may(looking.world, person, "view", thing):
            hidden = set(asked) - naive.seen(looking.world, person, thing)
            yield from differs(f"asks hidden fields of {thing.id}", actor, set(), hidden)


def _keys(found: list[models.Field]) -> list[str]:
    return [one.key for one in found]


# --- what lists show --------------------------------------------------------------------------------


def lists(looking: Looking) -> Iterator[str]:
    """A page shows the records in sight, their number, and in each cell what this person may see."""
    key = looking.drawn.module
    for actor, person in looking.known:
        page = listing.page(actor, defined(looking, key))
        wanted = looking.may(person, "view", key)
        yield from differs(f"rows of the list of {key}", actor, wanted, {row.id for row in page.rows})
        yield from differs(f"count of the list of {key}", actor, len(wanted), page.count)
        for row in page.rows:
            yield from _cells(looking, actor, person, page, row)


def _cells(
    looking: Looking, actor: Actor, person: naive.Person, page: listing.Page, row: listing.Listed
) -> Iterator[str]:
    thing = looking.world.things[row.id]
    wanted = naive.title(looking.world, person, thing) or str(listing.NAMELESS)
    yield from differs(f"title of {row.id} in a list", actor, wanted, row.title)
    for one, cell in zip(page.columns, row.cells, strict=True):
        shown = naive.cell(looking.world, person, thing, one.key)
        yield from differs(f"{one.key} of {row.id} in a list", actor, shown, plain(cell))


def searches(looking: Looking) -> Iterator[str]:
    """A search finds by a part of the title and by whole unique values, and by nothing that is hidden."""
    key = looking.drawn.module
    for actor, person in looking.known:
        for words in looking.drawn.words:
            if not words.strip():
                continue
            page = listing.page(actor, defined(looking, key), find=words)
            wanted = {
                thing.id
                for thing in looking.world.of(key)
                if naive.found(looking.world, person, thing, words, list(LAYOUTS))
            }
            yield from differs(f"search for {words!r} in {key}", actor, wanted, {row.id for row in page.rows})
            yield from differs(f"count of the search for {words!r} in {key}", actor, len(wanted), page.count)


def counts(looking: Looking) -> Iterator[str]:
    """The number beside each module is the number of records in sight."""
    for actor, person in looking.known:
        for module, count in listing.counted(actor):
            wanted = len(looking.may(person, "view", module.key))
            yield from differs(f"count of {module.key}", actor, wanted, count)


def titles(looking: Looking) -> Iterator[str]:
    """A record is named to those who see it, by its title only where that is for them."""
    for actor, person in looking.known:
        got = {key: one.title for key, one in reads.references(actor, looking.world.things).items()}
        wanted = {
            thing.id: naive.named(looking.world, person, thing)
            for thing in looking.world.things.values()
            if naive.may(looking.world, person, "view", thing)
        }
        yield from differs("titles", actor, wanted, got)


COMPARISONS: tuple[Callable[[Looking], Iterator[str]], ...] = (
    rows,
    details,
    reasons,
    fields,
    lists,
    searches,
    counts,
    titles,
    compare_asked.filters,
    compare_asked.sorts,
    compare_asked.exports,
    compare_pages.pages,
    compare_beside.doors,
    compare_beside.extras,
    compare_beside.marked,
)
