"""Questions are put together once for every rule of one shape: alike in SQL, apart in values (N2, T7)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.access import policy, together
from portals_core.access.actor import system
from portals_core.access.policy import (
    ColumnAfter,
    ColumnIn,
    ColumnIs,
    Through,
    all_of,
    any_of,
    value_is,
)
from portals_core.access.shapes import Slot, shape
from portals_core.plumbing.errors import Broken
from portals_core.records import catalogue, listing, reads
from portals_core.records.models import Field
from tests import cast

_LOOK = system("look in a test")


def _shape(rule):
    taken = []
    return shape(rule, taken), taken


def test_rules_that_differ_in_values_alone_have_one_shape():
    def rule(who, text, creator):
        linked = all_of(value_is("customer", who), policy.Test("title", "in", (text, "x")))
        return any_of(ColumnIs("creator_id", creator), linked, Through("order", 7, value_is("customer", who)))

    one, taken = _shape(rule("a", "b", 1))
    other, others = _shape(rule("c", "longer", 2))
    assert one == other and hash(one) == hash(other)
    assert taken == [1, "a", "b", "x", "a"] and others == [2, "c", "longer", "x", "c"]


@pytest.mark.parametrize(
    ("rule", "other"),
    [
        (value_is("customer", "a"), value_is("agent", "a")),
        (value_is("customer", "a"), policy.Test("customer", "is", ("a",), negated=True)),
        (policy.Test("title", "lt", ("a",)), policy.Test("title", "le", ("a",))),
        (policy.Test("title", "in", ("a",)), policy.Test("title", "in", ("a", "b"))),
        (policy.Test("title", "starts", ("a",)), policy.Test("title", "starts", ("ab",))),
        (policy.Test("title", "ends", ("a",)), policy.Test("title", "ends", ("ab",))),
        (ColumnIs("id", 1), ColumnIs("creator_id", 1)),
        (ColumnIs("id", 1), ColumnAfter("id", 1)),
        (ColumnIn("layout_id", (1,)), ColumnIn("layout_id", (1, 2))),
        (Through("order", 1, ColumnIs("id", 1)), Through("order", 2, ColumnIs("id", 1))),
        (all_of(value_is("a", "x"), value_is("b", "x")), any_of(value_is("a", "x"), value_is("b", "x"))),
        (policy.EVERYTHING, policy.NOTHING),
    ],
)
def test_what_makes_other_sql_makes_another_shape(rule, other):
    assert _shape(rule)[0] != _shape(other)[0]


def test_a_shape_names_nobody():
    rule = all_of(
        value_is("customer", "secret"), policy.Test("title", "starts", ("secret",)), ColumnIs("id", "secret")
    )
    assert "secret" in repr(rule) and "secret" not in repr(_shape(rule)[0])


def test_a_slot_is_as_long_as_what_it_stands_for():
    (slot,) = _shape(policy.Test("title", "starts", ("four",)))[0].forms
    assert isinstance(slot, Slot) and len(slot) == len("four")


@pytest.mark.django_db
def test_people_of_one_user_type_share_their_statements_and_nothing_else():
    made = cast.set_up()
    for whose in (made.subject, made.stranger):
        cast.order(made, f"O-{whose.pk}", whose)
    pages = {}
    for who in ("subject", "stranger"):
        together.forget()
        pages[who] = [row.id for row in listing.page(made.actor(who), made.orders).rows]
    assert pages["subject"] and pages["stranger"] and not set(pages["subject"]) & set(pages["stranger"])
    # Now each comes after the other: what is kept of one is asked for the other.
    for who in ("subject", "stranger", "subject"):
        kept = together._page.cache_info().misses
        assert [row.id for row in listing.page(made.actor(who), made.orders).rows] == pages[who]
        assert together._page.cache_info().misses == kept


@pytest.mark.django_db
def test_a_right_that_is_lost_is_lost_at_once():
    """Promise 5: what was asked before by somebody who may no more, or less, is not asked again."""
    made = cast.set_up()
    cast.order(made, "O-1", made.subject)
    actor = made.actor("subject")
    grant = actor.grants[made.orders.pk]
    assert together.count(reads.parts_in_sight(actor, made.orders), 10) == 1
    for lost in (replace(grant, via=()), replace(grant, via=(replace(grant.via[0], keys=("agent",)),))):
        less = replace(actor, grants={made.orders.pk: lost})
        assert together.count(reads.parts_in_sight(less, made.orders), 10) == 0
        assert together.first(reads.parts_in_sight(less, made.orders), 10) == []
    without = replace(actor, grants={})
    assert together.first(reads.parts_in_sight(without, made.orders), 10) == []
    assert together.count(reads.parts_in_sight(actor, made.orders), 10) == 1


@pytest.mark.django_db
def test_a_rule_the_compiler_does_not_know_closes_the_list():
    made = cast.set_up()

    class Unknown(policy.Policy):
        pass

    rows = reads.parts_in_sight(made.actor("officer"), made.orders)
    known = rows.keeping(ColumnIs("creator_id", 1))
    assert together.first(known, 1) == [] and together.count(known, 1) == 0
    for ask in (together.first, together.count):
        with pytest.raises(Broken):
            ask(rows.keeping(Unknown()), 1)
        with pytest.raises(Broken):
            ask(rows.keeping(ColumnIs("creator_id", None)), 1)


@pytest.mark.django_db
def test_what_is_kept_is_found_by_the_rule_and_not_by_who_asks():
    """The statement of a page holds no value of the person it was first put together for."""
    made = cast.set_up()
    cast.order(made, "O-1", made.subject)
    together.forget()
    actor = made.actor("subject")
    with CaptureQueriesContext(connection) as asked:
        together.first(reads.parts_in_sight(actor, made.orders), 5)
    assert any(str(actor.identity) in query["sql"] for query in asked.captured_queries)  # it was asked for
    rows = reads.parts_in_sight(actor, made.orders)
    taken = []
    parts = tuple(shape(part, taken) for part in rows.parts)
    kept = together._page(rows.model, rows.narrow, parts, ("id",), (), None, together._Order(), 5)
    assert together._page.cache_info().hits == 1
    assert str(actor.identity) not in repr(kept) and str(actor.identity) in map(str, taken)


@pytest.mark.django_db
def test_fields_read_in_one_go_are_what_the_database_holds():
    made = cast.set_up()
    stored = list(Field.objects.visible_to(_LOOK).filter(module=made.orders).select_related("target"))
    with CaptureQueriesContext(connection) as asked:
        found = catalogue.fields(made.orders)
        targets = [one.target for one in found]
    assert len(asked) == 1 and found == stored and targets == [one.target for one in stored]
    for one, other in zip(found, stored, strict=True):
        assert {name: getattr(one, name) for name in vars(other) if not name.startswith("_")} == {
            name: value for name, value in vars(other).items() if not name.startswith("_")
        }
    assert any(target is not None for target in targets)
