"""What somebody gets who asks a list for something, beside what the naive model gives them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from portals_core.access.actor import Actor
from portals_core.plumbing.errors import Forbidden
from portals_core.records import listing
from portals_core.records.filters import BETWEEN, Row
from portals_core.writing import exported
from tests import cast
from tests.oracles import conditions, naive, naive_asked
from tests.oracles.looking import Looking, defined, differs
from tests.oracles.worlds import LAYOUTS

ELSEWHERE = "a record that is not shared with you"


def filters(looking: Looking) -> Iterator[str]:
    """F14: a filter keeps what it says, among the records in sight and by fields that may be asked; what
    cannot be asked is said and shows nothing. The first stands alone, the next ones beside a search."""
    key = looking.drawn.module
    for actor, person in looking.known:
        for at, row in enumerate(looking.drawn.asked):
            words = looking.drawn.words[0] if at else ""
            asked = Row(row.key, row.how, BETWEEN.join(row.written))
            page = listing.page(actor, defined(looking, key), find=words, rows=[asked])
            wanted = naive_asked.filtered(looking.world, person, key, row, words, list(LAYOUTS))
            what = f"filter of {key} by {asked}, search {words!r}"
            yield from differs(f"{what} is refused", actor, wanted is None, bool(page.problem))
            yield from differs(what, actor, wanted or set(), {one.id for one in page.rows})
            yield from differs(f"count of the {what}", actor, len(wanted or ()), page.count)


def sorts(looking: Looking) -> Iterator[str]:
    """F14: a list stands in the order of the values, and of none that may not be asked."""
    key, order = looking.drawn.module, looking.drawn.order
    for actor, person in looking.known:
        page = listing.page(actor, defined(looking, key), sort=order)
        wanted = naive_asked.ordered(looking.world, person, key, order, list(LAYOUTS))
        what = f"order of {key} by {order}"
        yield from differs(f"{what} is refused", actor, wanted is None, bool(page.problem))
        yield from differs(what, actor, wanted or [], [one.id for one in page.rows])


def exports(looking: Looking) -> Iterator[str]:
    """F12: a file holds the records that may be taken away, each with what is clear on it, and no column
    that is masked, encrypted or withheld."""
    key = looking.drawn.module
    for actor, person in looking.known:
        wanted = naive_asked.taken_away(looking.world, person, key, list(LAYOUTS))
        got = _file(looking, actor, key)
        what = f"file of {key}"
        yield from differs(f"{what} is refused", actor, wanted is None, got is None)
        if wanted is None or got is None:
            continue
        (columns, rows), (head, lines) = wanted, got
        yield from differs(f"columns of the {what}", actor, columns, head)
        written = [[_as_written(value) for value in row] for row in rows]
        of = looking.world.modules[key]
        kinds = [of.named(one).type if one in columns else "text" for one in head]
        yield from differs(what, actor, written, [list(map(_as_read, kinds, line)) for line in lines])


def _file(looking: Looking, actor: Actor, key: str) -> tuple[list[str], list[list[str]]] | None:
    try:
        text = "".join(exported.export_list(actor=actor, module=defined(looking, key), at=cast.NOW))
    except Forbidden:
        return None
    head, *lines = csv.reader(io.StringIO(text.removeprefix(exported.MARK), newline=""))
    return head, lines


def _as_written(value: Any) -> Any:
    """A cell of the model as a file can hold it."""
    match value:
        case naive.ELSEWHERE:
            return ELSEWHERE
        case (_id, title):
            return _bare(title)
        case str():
            return _bare(value)
    return value


def _as_read(kind: str, text: str) -> Any:
    if not text:
        return None
    match kind:
        case "boolean":
            return {"true": True, "false": False}[text]
        case "number" | "date" | "datetime" | "multiselect":
            return conditions.read(kind, _bare(text))
    return _bare(text)


def _bare(text: str) -> str:
    """A text without the sign that keeps a spreadsheet from running it: whether that is there, other tests
    say (attack 52)."""
    return text.removeprefix("'")
