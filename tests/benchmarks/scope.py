"""A person's page of records: our scope against plain queries, a peer, and filtering in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Q
from guardian.shortcuts import get_objects_for_user

from portals_core.access.actor import Actor, system
from portals_core.records import listing, reads
from portals_core.records.models import Field, Record
from tests.benchmarks.measure import Figure, compare
from tests.benchmarks.models import PlainOrder
from tests.benchmarks.world import World

SIZE = listing.PAGE + 1
_EVERYTHING = system("filter in Python, for comparison")
COLUMNS = ("id", "number", "customer", "total")
#: Among more rows than this what takes long is done less often, and filtering in Python once.
_MANY = 200_000


def ours(actor: Actor, world: World, after: UUID | None = None) -> list[Any]:
    """The rows of one page as the portal's list asks for them."""
    fields = {field.key: field for field in _fields(world)}
    return listing.rows_of_page(
        reads.parts_in_sight(actor, world.made.orders),
        world.made.orders.title_key,
        [fields["customer"], fields["total"]],
        after=after,
    )


_known: dict[int, list[Field]] = {}


def _fields(world: World) -> list[Field]:
    key = world.made.orders.pk
    if key not in _known:
        _known[key] = list(Field.objects.visible_to(_EVERYTHING).filter(module=key))
    return _known[key]


def _mine(actor: Actor) -> Q:
    """Own, created, or linked, shipped and to the north: the question in one developer's words."""
    linked = Q(customer=actor.identity, state="shipped", region="north")
    return linked | Q(creator=actor.user_id) | Q(pk=actor.identity)


def plain(actor: Actor, after: UUID | None = None) -> list[Any]:
    """The same question as one developer's query on typed columns."""
    rows = PlainOrder.objects.filter(_mine(actor))
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.order_by("pk").values(*COLUMNS)[:SIZE])


def rule_only(actor: Actor, after: UUID | None = None) -> list[Any]:
    """An easier question, the rule without what one created: one condition, one index, nothing to merge."""
    rows = PlainOrder.objects.filter(customer=actor.identity, state="shipped", region="north")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.order_by("pk").values(*COLUMNS)[:SIZE])


_PART = "SELECT id, number, customer, total FROM benchmarks_plainorder WHERE {} ORDER BY id LIMIT %s"
_LINKED = _PART.format("customer = %s AND state = 'shipped' AND region = 'north'")
#: SQLite takes a limit in a part of a UNION only inside a query of its own.
_BY_HAND = (
    f"SELECT * FROM ({_LINKED}) AS linked UNION SELECT * FROM ({_PART.format('creator = %s')}) AS created "
    "ORDER BY id LIMIT %s"
)


def by_hand(actor: Actor) -> list[Any]:
    """The same question written for the database by somebody who knows its indexes; rows as they come."""
    identity = actor.identity.hex if actor.identity and connection.vendor == "sqlite" else actor.identity
    with connection.cursor() as cursor:
        cursor.execute(_BY_HAND, [identity, SIZE, actor.user_id, SIZE, SIZE])
        return cursor.fetchall()


def peer(actor: Actor, world: World, *, groups: bool = False) -> list[Any]:
    """django-guardian on the same rows with its own tables and indexes: without groups, its best case, or
    with them, as it asks unless told not to. Our accounts have none; an empty set stands for them."""
    user: Any = next(one for one in world.made.users.values() if one.pk == actor.user_id)
    user.groups = Group.objects.filter(name="nobody's")
    rows = get_objects_for_user(
        user,
        "benchmarks.view_plainorder",
        PlainOrder,
        use_groups=groups,
        with_superuser=False,
        accept_global_perms=False,
    )
    return list(rows.order_by("pk").values(*COLUMNS)[:SIZE])


def in_python(actor: Actor, world: World) -> list[Any]:
    """Every row asked by a predicate, as rules that know one object only must do it."""
    wanted = {"customer": str(actor.identity), "state": "shipped", "region": "north"}.items()
    rows = Record.objects.visible_to(_EVERYTHING).filter(module=world.made.orders)
    seen = [
        (pk, values)
        for pk, creator, values in rows.values_list("pk", "creator", "values").iterator()
        if wanted <= values.items() or creator == actor.user_id or pk == actor.identity
    ]
    return sorted(seen, key=lambda one: one[0])[:SIZE]


def figures(world: World, database: str, rounds: int, slow: int) -> Iterator[Figure]:
    """Every figure of this kind for one size of the world; `slow` rounds for what takes long."""
    repeat = 5 if world.rows > _MANY else 15
    people = {"typical": world.typical, "1 % of all": world.heavy, "10 % of all": world.heaviest}
    for who, actor in people.items():
        _agree(actor, world)
        yield from compare(
            database=database,
            rows=world.rows,
            work=f"first page, {who}",
            ours=_page(actor, world),
            baselines={
                "same question, typed columns": (_plain(actor), "≤ 1.5"),
                "same question, SQL by hand": (_by_hand(actor), ""),
                "the rule alone, typed columns": (_rule(actor), ""),
            },
            rounds=rounds,
            repeat=repeat,
        )
        yield from compare(
            database=database,
            rows=world.rows,
            work=f"first page, {who}",
            ours=_page(actor, world),
            baselines={
                "django-guardian without groups": (_peer(actor, world), ""),
                "django-guardian": (_peer(actor, world, groups=True), "≤ 0.01"),
            },
            rounds=slow,
            repeat=5,
        )
        if who == "typical":  # it takes as long for the others
            yield from compare(
                database=database,
                rows=world.rows,
                work=f"first page, {who}",
                ours=_page(actor, world),
                baselines={"filtering in Python": (_in_python(actor, world), "≤ 0.001")},
                rounds=1 if world.rows > _MANY else slow,
            )
        yield from compare(
            database=database,
            rows=world.rows,
            work=f"next page at the middle, {who}",
            ours=_page(actor, world, UUID(int=1 << 127)),
            baselines={"first page": (_page(actor, world), "≤ 1.2")},
            rounds=rounds,
            repeat=repeat,
        )
        yield from compare(
            database=database,
            rows=world.rows,
            work=f"count, capped, {who}",
            ours=_count(actor, world),
            baselines={"exact count, typed columns": (_plain_count(actor), "≤ 1")},
            rounds=rounds,
            repeat=5,
        )


def _agree(actor: Actor, world: World) -> None:
    """A ratio between different answers says nothing."""
    answers = [
        [row["id"] for row in ours(actor, world)],
        [row["id"] for row in plain(actor)],
        [row[0] if isinstance(row[0], UUID) else UUID(row[0]) for row in by_hand(actor)],
        [row["id"] for row in peer(actor, world)],
        [row["id"] for row in peer(actor, world, groups=True)],
    ]
    if actor == world.typical and world.rows <= _MANY:
        answers.append([row[0] for row in in_python(actor, world)])
    if any(answer != answers[0] for answer in answers) or not answers[0]:
        raise AssertionError(f"the ways to ask disagree: {[len(answer) for answer in answers]}")


def _page(actor: Actor, world: World, after: UUID | None = None) -> Callable[[], object]:
    return lambda: ours(actor, world, after)


def _plain(actor: Actor) -> Callable[[], object]:
    return lambda: plain(actor)


def _by_hand(actor: Actor) -> Callable[[], object]:
    return lambda: by_hand(actor)


def _rule(actor: Actor) -> Callable[[], object]:
    return lambda: rule_only(actor)


def _peer(actor: Actor, world: World, *, groups: bool = False) -> Callable[[], object]:
    return lambda: peer(actor, world, groups=groups)


def _in_python(actor: Actor, world: World) -> Callable[[], object]:
    return lambda: in_python(actor, world)


def _count(actor: Actor, world: World) -> Callable[[], object]:
    return lambda: reads.capped(reads.parts_in_sight(actor, world.made.orders))


def _plain_count(actor: Actor) -> Callable[[], object]:
    return lambda: PlainOrder.objects.filter(_mine(actor)).count()
