"""Parts of a scope read as one list: in order, each row once, along the index of each part (T4, T7)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection

from portals_core.access import compile, together
from portals_core.access.actor import ANONYMOUS, Path, system
from portals_core.access.policy import (
    EVERYTHING,
    NOTHING,
    AllOf,
    AnyOf,
    ColumnAfter,
    ColumnIs,
    branches,
    value_is,
)
from portals_core.plumbing import outbox
from portals_core.records import indexes, reads
from portals_core.records.models import Field, Record
from tests import cast

pytestmark = pytest.mark.django_db
_LOOK = system("look in a test")


def _orders(made, count, *, customer, creator=None):
    rows = [
        Record(
            module=made.orders,
            creator=creator,
            values={"number": f"O-{row}", "customer": customer},
            folded={"number": f"o-{row}", "customer": customer},
            created_at=cast.NOW,
            changed_at=cast.NOW,
        )
        for row in range(count)
    ]
    Record.objects.visible_to(_LOOK).bulk_create(rows)
    return {row.pk for row in rows}


@pytest.fixture
def made():
    """A subject with orders that were related, created, and both; and many more of somebody else."""
    made = cast.set_up()
    connection.check_constraints()  # PostgreSQL makes no index while checks of this transaction wait
    outbox.drain()
    mine = str(made.subject.pk)
    user = made.users["subject"]
    made.seen = (
        _orders(made, 5, customer=mine)
        | _orders(made, 4, customer=None, creator=user)
        | _orders(made, 3, customer=mine, creator=user)
    )
    _orders(made, 3000, customer=str(made.stranger.pk))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made


def _parts(made, who="subject"):
    return reads.parts_in_sight(made.actor(who), made.orders)


def _page(parts, size):
    return [row["id"] for row in together.first(parts, size)]


def test_pages_walk_everything_in_sight_once_and_in_order(made):
    assert len(_parts(made).parts) == 2
    found, after = [], None
    for _ in range(6):
        parts = _parts(made) if after is None else _parts(made).keeping(ColumnAfter("id", after))
        found += _page(parts, 2)
        after = found[-1]
    assert found == sorted(made.seen)
    assert _page(_parts(made).keeping(ColumnAfter("id", after)), 2) == []
    assert made.seen == set(reads.in_sight(made.actor("subject"), made.orders).values_list("pk", flat=True))


def test_a_record_reached_in_two_ways_is_counted_once_and_no_further_than_asked(made):
    assert sum(part.count() for part in _parts(made).querysets()) == len(made.seen) + 3
    assert together.count(_parts(made), 100) == len(made.seen)
    assert together.count(_parts(made), 7) == 7
    assert together.count(_parts(made, "stranger"), 10_000) == 3000


def test_a_way_over_a_second_record_counts_like_any_other(made):
    """T6: its rule asks another query, and repeats what was created."""
    other = Path(("agent", "phone"), (made.contacts.pk,))
    grant = replace(made.actor("subject").grants[made.orders.pk], via=(other, Path(("customer",))))
    actor = replace(made.actor("subject"), grants={made.orders.pk: grant})
    agent = cast.contact(made.contacts, "Agnes Agent")
    Record.objects.visible_to(_LOOK).filter(pk=agent.pk).update(folded={"phone": str(made.subject.pk)})
    more = list(made.seen)[:2]
    rows = Record.objects.visible_to(_LOOK).filter(pk__in=more)
    rows.update(folded={"agent": str(agent.pk), "customer": str(made.subject.pk)})
    parts = reads.parts_in_sight(actor, made.orders)
    assert len(parts.parts) == 3
    assert together.count(parts, 100) == len(
        set().union(*(part.values_list("pk", flat=True) for part in parts.querysets()))
    )
    assert together.count(parts, 3) == 3


def test_who_sees_everything_has_one_part_and_who_sees_nothing_an_empty_one(made):
    everything = _parts(made, "officer")
    nothing = reads.parts_in_sight(ANONYMOUS, made.orders)
    assert len(everything.parts) == len(nothing.parts) == 1
    assert together.count(everything, 10_000) == 3012 and len(_page(everything, 50)) == 50
    assert together.count(nothing, 10_000) == 0 and _page(nothing, 50) == []


def _plan(rows):
    return rows.explain() if connection.vendor == "postgresql" else _sqlite_plan(rows)


def _sqlite_plan(rows):
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        return "\n".join(row[3] for row in cursor.fetchall())


def test_the_lookup_part_reads_its_index_in_order_and_a_field_without_one_does_not(made):
    field = Field.objects.visible_to(_LOOK).get(module=made.orders, key="customer")
    related = _parts(made).querysets()[1].order_by("id")[:51]
    assert indexes.name(field) in _plan(related)
    assert "B-TREE" not in _plan(related)
    rows = Record.objects.visible_to(_LOOK, module=made.orders.pk)
    plain_field = compile.narrow(rows, value_is("margin", str(made.subject.pk))).order_by("id")[:51]
    assert "record_lookup" not in _plan(plain_field)


def test_the_part_of_what_one_created_reads_an_index_of_its_own(made):
    plan = _plan(_parts(made).querysets()[0].order_by("id")[:51])
    assert "record_creator" in plan or ("creator_id" in plan and "Index Scan" in plan)


def test_branches_hold_together_what_the_rule_holds():
    one, two, three = (ColumnIs("id", number) for number in (1, 2, 3))
    assert branches(one) == (one,) and branches(EVERYTHING) == (EVERYTHING,)
    assert branches(NOTHING) == (NOTHING,)
    assert branches(AnyOf((one, AnyOf((two, three))))) == (one, two, three)
    assert branches(AllOf((one, AnyOf((two, three))))) == (AllOf((one, two)), AllOf((one, three)))
