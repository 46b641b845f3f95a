"""A search in a list: part of a title among what one may see, against the same question on typed columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from portals_core.access import fields as access_fields
from portals_core.access.actor import Actor
from portals_core.records import catalogue, listing, narrowing, reads
from tests.benchmarks import scope
from tests.benchmarks.measure import Figure, compare
from tests.benchmarks.models import PlainOrder
from tests.benchmarks.world import World

#: Part of the number of about one order in five.
WORDS = "9"


def figures(world: World, database: str, rounds: int) -> Iterator[Figure]:
    """First page and capped number of what is found."""
    for who, actor in (("typical", world.typical), ("10 % of all", world.heaviest)):
        if not narrowing.whole(actor, world.made.orders).title_finds:
            continue  # who may see that many is found something by whole numbers only
        if _found(actor, world) != _by_columns(actor, world):
            raise AssertionError("the search and the plain question disagree")
        yield from compare(
            database=database,
            rows=world.rows,
            work=f"search in a list, first page and count, {who}",
            ours=_asked(_found, actor, world),
            baselines={"icontains and count on typed columns": (_asked(_by_columns, actor, world), "≤ 1.5")},
            rounds=rounds,
            repeat=5,
        )


def _asked(ask: Callable[[Actor, World], object], actor: Actor, world: World) -> Callable[[], object]:
    return lambda: ask(actor, world)


def _found(actor: Actor, world: World) -> tuple[list[object], int]:
    orders = world.made.orders
    fields = catalogue.fields(orders)
    found = narrowing.narrowed(actor, narrowing.whole(actor, orders, fields=fields), find=WORDS)
    columns = [
        one for one in access_fields.readable(actor, orders, fields) if one.key in ("customer", "total")
    ]
    rows = listing.rows_of_page(found.rows, orders.title_key, columns)
    count = found.count if len(rows) > listing.PAGE else len(rows)
    return [row["id"] for row in rows], count


def _by_columns(actor: Actor, world: World) -> tuple[list[object], int]:
    rows = PlainOrder.objects.filter(scope._mine(actor), number__icontains=WORDS)
    page = rows.order_by("pk").values(*scope.COLUMNS)[: scope.SIZE]
    return [row["id"] for row in page], rows[: reads.CAP + 1].count()
