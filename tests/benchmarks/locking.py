"""Locks on a page and in bulk: what they add to a page that is read anyway, to a write, and to an UPDATE."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from unittest.mock import patch
from uuid import UUID

from django.db import connection, transaction

from portals_core.locks import decide, marks, place, rules, words
from portals_core.locks.models import Lock, Locking, Mode
from portals_core.plumbing import outbox
from portals_core.plumbing.models import Job
from portals_core.records import listing
from portals_core.records.models import Record
from portals_core.writing.records import change_record
from tests import cast
from tests.benchmarks import scope
from tests.benchmarks.measure import Figure, compare, of_times
from tests.benchmarks.models import PlainOrder
from tests.benchmarks.world import World
from tests.seats import seat

_BY = cast.SETTING_UP
#: Rules and what an UPDATE of typed columns would ask; each holds for about one order in a hundred.
RULES = [
    (f"Number {digit}", f"-{digit}{digit}", f"number LIKE '%%-{digit}{digit}%%'") for digit in range(1, 6)
]
_round = itertools.count(1)


def figures(world: World, database: str, rounds: int, slow: int, changes: int) -> Iterator[Figure]:
    """Reading first: the rules that are made for the rest lock what the pages show."""
    yield from _page(world, database, rounds, "none is locked")
    _lock_twice(world)
    yield from _page(world, database, rounds, "each is locked twice")
    Lock.objects.visible_to(_BY).delete()
    made = _rules(world)
    yield from _in_bulk(world, database, slow, made)
    yield from _through_the_door(world, database, rounds, changes)


# --- a page ---------------------------------------------------------------------------------------------


def _page(world: World, database: str, rounds: int, state: str) -> Iterator[Figure]:
    def alone() -> list[UUID]:
        return [row["id"] for row in scope.ours(world.typical, world)[: listing.PAGE]]

    def explained() -> None:
        shown = alone()
        locks = place.in_force(shown)
        for key in shown:
            held = locks.get(key, [])
            for act in ("edit", "delete"):
                by = decide.decide(act, held, actor=world.typical).by
                if by is not None:
                    str(words.for_staff(by, act))

    yield from compare(
        database=database,
        rows=world.rows,
        work=f"page of 50 with its locks decided and explained, {state}",
        ours=explained,
        baselines={"the page alone": (alone, "≤ 1.2")},
        rounds=rounds,
        repeat=15,
    )
    yield from _drawn(world, database, rounds, state)


def _drawn(world: World, database: str, rounds: int, state: str) -> Iterator[Figure]:
    """The list as a visitor gets it, drawn whole; without locks nobody asks for them."""
    client = seat(world.made, "subject")

    def drawn() -> None:
        if client.get("/m/orders/").status_code != 200:
            raise AssertionError("the list does not answer")

    def bare() -> None:
        with patch.object(marks, "marked", lambda actor, rows: rows):
            drawn()

    yield from compare(
        database=database,
        rows=world.rows,
        work=f"list of 50 as the portal draws it, {state}",
        ours=drawn,
        baselines={"the same without asking for locks": (bare, "≤ 1.2")},
        rounds=rounds,
        repeat=5,
    )


def _lock_twice(world: World) -> None:
    for row in scope.ours(world.typical, world):
        for ground in ("business", "legal_hold"):
            place.place(
                actor=_BY, record=row["id"], ground=ground, reason="held", placed_by=ground, at=cast.NOW
            )


# --- many records ---------------------------------------------------------------------------------------


def _rules(world: World) -> list[int]:
    """Five rules, whose jobs are left to be measured."""
    rules.set_mode(actor=_BY, module=world.made.orders, mode="both", at=cast.NOW)
    made = []
    for name, piece, _where in RULES:
        description = {
            "name": name,
            "conditions": {"field": "number", "how": "contains", "value": piece},
            "fields": ["total"],
            "existing": True,
        }
        row = rules.define_rule(actor=_BY, module=world.made.orders, description=description, at=cast.NOW)
        made.append(row.pk)
    Job.objects.filter(handler=rules.SETTLE_JOB).delete()
    return made


def _in_bulk(world: World, database: str, rounds: int, made: list[int]) -> Iterator[Figure]:
    first = []
    for _ in range(rounds):
        Lock.objects.visible_to(_BY).delete()
        first.append((_settled(made), _updated()))
    again = [(_settled(made), _updated()) for _ in range(rounds)]
    told = {
        "database": database,
        "rows": world.rows,
        "against": "UPDATE … WHERE on typed columns, five times",
    }
    for work, pairs in (("five rules lock what they find", first), ("five rules find all as it is", again)):
        ours, theirs = [one for one, _other in pairs], [other for _one, other in pairs]
        yield of_times(**told, work=f"{work}, {_in_force():,} locks", ours=ours, theirs=theirs)


def _in_force() -> int:
    return Lock.objects.visible_to(_BY).filter(ended_at=None).count()


def _settled(made: list[int]) -> float:
    with transaction.atomic():
        jobs = [
            outbox.enqueue(rules.SETTLE_JOB, about="lock_rule:bench", payload={"rule": one}) for one in made
        ]
    start = time.perf_counter()
    for one in jobs:
        outbox.run_now(one)
    return time.perf_counter() - start


def _updated() -> float:
    start = time.perf_counter()
    with connection.cursor() as cursor:
        for name, _piece, where in RULES:
            cursor.execute(f"UPDATE benchmarks_plainorder SET source = %s WHERE {where}", [name])
    return time.perf_counter() - start


# --- through the door -----------------------------------------------------------------------------------


def _through_the_door(world: World, database: str, rounds: int, changes: int) -> Iterator[Figure]:
    keys = list(
        Record.objects.visible_to(_BY)
        .filter(module=world.made.orders, locks=None)
        .order_by("pk")
        .values_list("pk", flat=True)[:changes]
    )

    def changed(mode: str) -> Callable[[], None]:
        def change() -> None:
            Locking.objects.visible_to(_BY).filter(module=world.made.orders).update(mode=mode)
            total = f"{next(_round)}.25"
            for key in keys:
                change_record(actor=_BY, record=key, given={"total": total}, at=cast.NOW)

        return change

    def updated() -> None:
        total = f"{next(_round)}.25"
        for key in keys:
            PlainOrder.objects.filter(pk=key).update(total=total)

    yield from compare(
        database=database,
        rows=world.rows,
        work=f"{changes} changes through the door with five rules",
        ours=changed(Mode.BOTH),
        baselines={
            "the same with locking off": (changed(Mode.OFF), "≤ 1.2"),
            "UPDATE of one column by key": (updated, ""),
        },
        rounds=rounds,
    )
