"""N1: the index a rule needs is derived from it, made by a job, and read by the first page of the rule."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.access import policy
from portals_core.access.actor import system
from portals_core.access.policy import NOTHING, ColumnIs, Through, all_of, any_of, value_is
from portals_core.people import indexing, usertypes
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.models import Job, JobState
from portals_core.records import catalogue, indexes, listing, reads, values
from portals_core.records.indexes import Wanted
from portals_core.records.models import Field, Record
from tests import cast

pytestmark = pytest.mark.django_db
_LOOK = system("look in a test")
OWN = {"module": "contacts", "fields": {"name": "visible"}}
RULE = {
    "rows": [
        {"field": "total", "how": "is", "value": "12.50"},
        {"field": "margin", "how": "is", "value": "7"},
    ]
}
BOUGHT = {"module": "orders", "via": ["customer"], "conditions": RULE, "fields": {"number": "visible"}}
LINES = {"module": "lines", "via": ["order.customer"], "fields": {"product": "visible"}}


@pytest.fixture
def made():
    made = cast.set_up()
    _drain()
    return made


def _drain():
    connection.check_constraints()  # PostgreSQL makes no index while checks of this transaction wait
    outbox.drain()


def _share(*modules, name="Customer Portal"):
    usertypes.define_user_type(
        actor=cast.SETTING_UP, name=name, identity_module="contacts", modules=[OWN, *modules]
    )
    _drain()


def _store(module, count, **stored):
    fields = [one for one in catalogue.fields(module) if one.key in stored]
    rows = [
        Record(
            module=module,
            values=stored,
            folded=values.forms(fields, stored),
            created_at=cast.NOW,
            changed_at=cast.NOW,
        )
        for _ in range(count)
    ]
    return Record.objects.visible_to(_LOOK).bulk_create(rows)


def _orders(made, whose, count, *, total="12.50", margin="7"):
    return _store(made.orders, count, number="O-1", customer=str(whose.pk), total=total, margin=margin)


def _derived():
    return {name for name in _names() if name.startswith("record_rule_")}


def _names():
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'portals_core_record'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE tbl_name = 'portals_core_record'")
        return {row[0] for row in cursor.fetchall()}


def _address():
    held = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        dbname=held["NAME"],
        user=held["USER"],
        host=held["HOST"],
        port=held["PORT"],
        password=held["PASSWORD"],
    )


def _counted():
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_statistic_ext WHERE stxname LIKE 'record!_form!_%%' ESCAPE '!'"
        )
        return cursor.fetchone()[0]


def _plan(rows):
    if connection.vendor == "postgresql":
        return rows.explain()
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        return "\n".join(row[3] for row in cursor.fetchall())


def _analyse():
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE portals_core_record")


def _page(made, module):
    return reads.parts_in_sight(made.actor("subject"), module).querysets()[-1].order_by("id")[:51]


def test_the_first_page_of_a_rule_is_read_in_order_along_the_index_derived_from_it(made):
    seen = _orders(made, made.subject, 300)
    _orders(made, made.subject, 300, margin="8")
    _orders(made, made.stranger, 2000)
    _share(BOUGHT)
    wanted = Wanted(made.orders.pk, ("customer", "margin", "total"))
    assert _derived() == {wanted.name}
    plan = _plan(_page(made, made.orders))
    assert wanted.name in plan
    assert "B-TREE" not in plan and "Sort" not in plan
    if connection.vendor == "postgresql":  # it knows how many there are, and does not guess one in 200
        estimated = int(
            re.search(
                r"rows=(\d+)", _plan(reads.parts_in_sight(made.actor("subject"), made.orders).querysets()[-1])
            )[1]
        )
        assert 200 <= estimated <= 800
    assert reads.capped(reads.parts_in_sight(made.actor("subject"), made.orders)) == len(seen)


def test_without_the_index_the_same_page_does_not_read_it(made):
    """The twin of the plan above: it is the index that makes it."""
    _orders(made, made.subject, 300)
    _orders(made, made.stranger, 2000)
    _share(BOUGHT)
    indexes.keep([])
    assert "record_rule_" not in _plan(_page(made, made.orders))


def test_a_way_over_a_second_record_reads_the_links_of_both(made):
    """T6: the second step is found by the lookup's index of the module it leads to."""
    mine = _orders(made, made.subject, 20)
    others = _orders(made, made.stranger, 600)
    for of in (*mine, *others):
        _store(made.lines, 3, product="P", order=str(of.pk))
    _share(LINES)
    _analyse()
    links = {
        field.key: indexes.name(field)
        for field in Field.objects.visible_to(_LOOK).filter(key__in=["order", "customer"])
    }
    plan = _plan(_page(made, made.lines))
    assert links["order"] in plan and links["customer"] in plan
    assert len(_page(made, made.lines)) == 51
    assert _derived() == set()


def test_a_page_asks_as_many_questions_for_one_record_as_for_five_hundred(made):
    """T7: also the next page, and also where a record is reached over a second one."""
    _share({**BOUGHT, "fields": {"number": "visible", "customer": "visible"}}, LINES)
    actor = made.actor("subject")
    asked: dict[str, list[int]] = {"orders": [], "lines": []}
    there = 0
    for count in (1, 50, 500):
        (of, *_rest) = _orders(made, made.subject, count - there)
        _store(made.lines, count - there, product="P", order=str(of.pk))
        there = count
        for module in (made.orders, made.lines):
            with CaptureQueriesContext(connection) as first:
                page = listing.page(actor, module)
            assert page.count == count and len(page.rows) == min(count, listing.PAGE)
            asked[module.key].append(len(first))
    with CaptureQueriesContext(connection) as following:
        assert len(listing.page(actor, made.orders, after=page.rows[0].id).rows) > 0
    # A page that is not full needs no count; of what is beyond it, nothing costs a question more.
    assert all(one == fifty == many - 1 for one, fifty, many in asked.values())
    assert asked["orders"][-1] == len(following)


def test_what_no_rule_needs_any_more_is_dropped_and_what_is_needed_stays(made):
    _share(BOUGHT)
    before = _derived()
    assert len(before) == 1
    _share({**BOUGHT, "module": "orders", "edit": True}, name="Others")
    assert _derived() == before
    assert _counted() == 3 * (connection.vendor == "postgresql")
    _share(LINES)
    assert _derived() == before
    usertypes.delete_user_type(
        actor=cast.SETTING_UP, user_type=usertypes.user_type_named("Others").pk, at=cast.NOW
    )
    _drain()
    assert _derived() == set()
    assert _counted() == 0
    assert any(name.startswith("record_lookup_") for name in _names())


def test_the_job_can_run_again(made):
    _share(BOUGHT)
    before = _derived()
    for _ in range(2):
        indexing.promise()
        _drain()
    assert _derived() == before


@pytest.mark.postgres
def test_an_index_that_was_left_unfinished_is_made_again(made):
    _share(BOUGHT)
    (name,) = _derived()
    finished = f"SELECT indisvalid FROM pg_index WHERE indexrelid = '{name}'::regclass"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass")
        _share(BOUGHT)
        assert cursor.execute(finished).fetchone() == (True,)


@pytest.mark.postgres
def test_while_another_worker_makes_indexes_the_job_waits_for_its_turn(made):
    """An index in the making looks like one left unfinished and must not be dropped."""
    later = Job.objects.filter(handler=indexing.JOB, state=JobState.WAITING, not_before__gt=clock.now())
    with (
        psycopg.connect(_address(), autocommit=True) as other,
        connection.cursor() as cursor,
    ):
        other.execute("SELECT pg_advisory_lock(%s)", [indexes._LOCK])
        _share(BOUGHT)
        assert _derived() == set() and later.count() == 1
        other.execute("SELECT pg_advisory_unlock(%s)", [indexes._LOCK])
        outbox.run_now(later.get().pk, at=clock.now() + timedelta(minutes=2))
        assert len(_derived()) == 1
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone() == (0,)


def test_no_index_forbids_to_store_what_its_fields_may_hold(made):
    """Two long texts, incompressible, in fields of one rule: together they would not fit an entry."""
    module = catalogue.define(
        actor=cast.SETTING_UP,
        description={"key": "papers", "fields": [{"key": "a"}, {"key": "b"}, {"key": "c", "type": "number"}]},
    )
    asked = [{"field": key, "how": "is", "value": "1"} for key in "abc"]
    _share({"module": "papers", "conditions": {"all": asked}, "fields": {"a": "visible"}})
    assert _derived() == {Wanted(module.pk, ("c", "a")).name}
    chance = random.Random(1)
    long = ["".join(chr(chance.randrange(0x20000, 0x2A000)) for _ in range(500)) for _ in "ab"]
    (stored,) = _store(module, 1, a=long[0], b=long[1], c="9" * 90)
    assert Record.objects.fetch(_LOOK, stored.pk).folded["b"] == long[1]


@pytest.mark.sqlite  # PostgreSQL keeps its statistics by itself
def test_the_daily_run_counts_again_when_records_became_twice_as_many(made):
    def counted():
        with connection.cursor() as cursor:
            cursor.execute("SELECT stat FROM sqlite_stat1 WHERE idx = 'record_module'")
            return int(cursor.fetchone()[0].split()[0])

    _share(BOUGHT)
    before = counted()
    _orders(made, made.subject, before // 2)
    indexing.promise()
    _drain()
    assert counted() == before
    _orders(made, made.subject, before)
    indexing.promise()
    _drain()
    assert counted() == 2 * before + before // 2


def test_which_index_a_rule_needs(made):
    """Every fixed value, lookups first; nothing where the indexes of every installation do."""
    fields = {module: {one.key: one for one in found} for module, found in catalogue.by_module().items()}
    orders, lines = made.orders.pk, made.lines.pk
    one = values.sortable(Decimal(1))
    mine, state, kind = value_is("customer", "x"), value_is("total", one), value_is("margin", one)

    def needed(module, rule):
        return list(indexes.for_rule(module, rule, fields))

    assert needed(orders, mine) == needed(orders, ColumnIs("creator_id", 1)) == needed(orders, NOTHING) == []
    assert needed(orders, all_of(state, all_of(kind, mine))) == [
        Wanted(orders, ("customer", "margin", "total"))
    ]
    assert needed(orders, any_of(all_of(mine, state), kind)) == [
        Wanted(orders, ("customer", "total")),
        Wanted(orders, ("margin",)),
    ]
    loose = [
        policy.Test("total", "is", (one,), negated=True),
        policy.Test("total", "in", (one, "x")),
        policy.Test("total", "gt", (one,)),
    ]
    for test in loose:
        assert needed(orders, all_of(mine, test)) == []
    through = Through("order", orders, all_of(mine, kind))
    price = value_is("price", one)
    assert needed(lines, through) == [Wanted(orders, ("customer", "margin"))]
    assert needed(lines, all_of(through, price)) == [
        Wanted(lines, ("order", "price")),
        Wanted(orders, ("customer", "margin")),
    ]
    assert needed(orders, all_of(mine, value_is("gone", "x"))) == []


def test_of_too_many_those_most_rules_ask_for_are_kept():
    often, early, late = (Wanted(1, (key,)) for key in ("often", "early", "late"))
    other = Wanted(2, ("other",))
    asked = [early, late, often, other, often]
    assert indexes.kept(asked, 2) == [often, early, other]
    assert set(indexes.kept(asked, 3)) == {often, early, late, other}


def test_the_limit_is_a_setting(made, settings):
    settings.LIMIT_INDEXES = 0
    _share(BOUGHT)
    assert _derived() == set()
    settings.LIMIT_INDEXES = 1
    _share(BOUGHT)
    assert len(_derived()) == 1
