"""What the comparison has found once, kept by name."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from portals_core.access.compile import WholeForm
from portals_core.people.models import FieldAccess
from portals_core.plumbing.errors import BadInput
from portals_core.records import catalogue, conditions, listing, values
from portals_core.records.models import Field, Record
from portals_core.writing.records import create_record
from tests import cast
from tests.oracles import naive
from tests.oracles import stage as staging
from tests.oracles import test_conditions as asked
from tests.oracles.bait import bait
from tests.oracles.compare import disagreements
from tests.oracles.conditions import Leaf
from tests.oracles.worlds import id_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(db):
    return staging.set_up()


@pytest.fixture
def made(db):
    return cast.set_up()


def test_a_key_in_another_script_is_found_in_stored_json(db):
    """X3: SQLite before 3.43 does not find a key that is written with escapes."""
    module = asked.made_module()
    record, tree = {"текст": "ГОТОВО", "金额": "5"}, Leaf("текст", "text", "is", ("готово",))
    assert asked.disagreements(module, [record], {}, [tree]) == []
    stored = asked.store(module, record)
    stored.save(force_insert=True)
    found = Record.objects.visible_to(cast.SETTING_UP).filter(pk=stored.pk)
    assert list(found.values_list(WholeForm("текст"), WholeForm("金额"))) == [
        ("готово", values.sortable(values.Decimal(5)))
    ]


def test_nobody_is_near_somebody_whose_own_record_is_gone(stage):
    """C6: an account that outlives its record still sees what is public, without titles that are not far."""
    drawn = bait()
    people = tuple(replace(one, record=None) if one.kind == "portal" else one for one in drawn.people)
    far = replace(people[0].rights["firms"], far=frozenset({"city"}))
    people = tuple(replace(one, rights={**one.rights, "firms": far}) for one in people)
    assert disagreements(stage, replace(drawn, people=people, module="firms")) == []


def test_a_search_that_can_find_nothing_finds_nothing(made):
    """F14: with no field to ask for, PostgreSQL was asked for the order of no rows, and refused."""
    asked_for = FieldAccess.objects.visible_to(cast.SETTING_UP).filter(access__module=made.orders)
    cast.order(made, "A1", made.subject)
    assert listing.page(made.actor("subject"), made.orders, find="a1").count == 1
    asked_for.delete()
    page = listing.page(made.actor("subject"), made.orders, find="a1")
    assert (page.count, list(page.rows)) == (0, [])


def test_a_search_for_no_text_finds_nothing(made):
    """PostgreSQL keeps no NUL in a text and refuses a query that holds one; the pass beside it."""
    cast.order(made, "A1", made.subject)
    actor = made.actor("subject")
    assert listing.page(actor, made.orders, find="A\x00").count == 0
    assert listing.page(actor, made.orders, find="A").count == 1


def test_long_unique_values_that_begin_alike_are_two_and_both_are_found(made):
    """F6: the column that keeps values apart is shorter than a value may be."""
    for end in "ab":
        cast.order(made, "x" * 500 + end, made.subject)
    with pytest.raises(BadInput):
        cast.order(made, "X" * 500 + "A", made.subject)
    field = next(one for one in catalogue.fields(made.orders) if one.key == "number")
    assert len(values.normal_form(field, "x" * 500) or "") == 400
    assert values.normal_form(field, "x" * 400) == "x" * 400
    for staff in (made.actor("operator"), made.actor("subject")):
        page = listing.page(staff, made.orders, find="x" * 500 + "B")
        assert [row.title[-1] for row in page.rows] == ["b"]


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ("required", None, {"name"}),
        ("required", "required", {"name"}),
        ("required", "editable", set()),
        ("required", "visible", {"name"}),
    ],
)
def test_what_one_role_leaves_free_another_does_not_demand(stage, first, second, wanted):
    """F3, F9: the second role made every demand of the first one vanish."""
    rights = [{"firms": naive.Right(fields={"name": how})} for how in (first, second) if how]
    roles = tuple(naive.Role(frozenset({"records.view", "records.edit"}), True, right) for right in rights)
    staff = naive.Person("staff", roles=roles)
    assert set(naive.must_fill(staff, naive_firms(), None)) == wanted
    drawn = replace(bait(), people=(staff,), module="firms")
    assert disagreements(stage, drawn) == []


def naive_firms() -> naive.Module:
    return bait().world.modules["firms"]


# --- texts ------------------------------------------------------------------------------------------


def test_a_text_cannot_stand_for_two_choices(made):
    """C3: the character between choices in the compared form, in somebody's own text, joined two of them."""
    text, several = (
        Field(key="text", label="Text"),
        Field(key="areas", type="multiselect", choices=["a", "b"]),
    )
    with pytest.raises(BadInput):
        values.parse(text, "a\x1fb")
    assert values.parse(text, "a\x1eb") == "a\x1eb"
    with pytest.raises(BadInput):
        conditions.Reader([text]).read({"field": "text", "how": "contains", "value": "a\x1fb"})
    assert values.comparable(several, ["b", "a"]) == "\x1fa\x1fb\x1f"


@pytest.mark.parametrize("piece", ["\x00", "a\x00", "\ud800"])
def test_a_condition_holds_no_character_that_is_no_text(piece):
    """C11: PostgreSQL cannot keep such a condition."""
    reader = conditions.Reader([Field(key="text", label="Text")])
    with pytest.raises(BadInput):
        reader.read({"field": "text", "how": "contains", "value": piece})
    assert reader.read({"field": "text", "how": "contains", "value": "a"})


def test_a_choice_in_decomposed_letters_can_be_chosen(made):
    """X3: values are composed when they are written, and a choice that was not could never be chosen."""
    choice = unicodedata.normalize("NFD", "Café")
    described = {
        **{"key": "places", "label": "Place", "label_plural": "Places"},
        "fields": [{"key": "sort", "label": "Sort", "type": "picklist", "choices": [choice, " Bar "]}],
    }
    module = catalogue.define(actor=cast.SETTING_UP, description=described)
    for given in (choice, "Café", "Bar"):
        record = create_record(
            actor=cast.SETTING_UP, module=module, given={"sort": given}, source="test", at=cast.NOW
        )
        assert record.values["sort"] == unicodedata.normalize("NFC", given)


def test_a_choice_without_text_is_refused(made):
    for choice in ("", " ", "a\x1fb", "a\x00"):
        described = {"key": "p", "fields": [{"key": "sort", "type": "picklist", "choices": ["a", choice]}]}
        with pytest.raises(BadInput):
            catalogue.define(actor=cast.SETTING_UP, description=described)


def test_a_number_as_title_is_not_searched_in_the_form_in_which_it_is_sorted(made):
    """The form of 12.75 holds "0212", and no search for that may find it."""
    described = {
        **{"key": "sums", "label": "Sum", "label_plural": "Sums", "title_key": "sum"},
        "fields": [{"key": "sum", "label": "Sum", "type": "number", "unique": True}],
    }
    module = catalogue.define(actor=cast.SETTING_UP, description=described)
    create_record(actor=cast.SETTING_UP, module=module, given={"sum": "12.75"}, source="test", at=cast.NOW)
    staff = made.actor("operator")
    assert listing.page(staff, module, find="0212").count == 0
    assert listing.page(staff, module, find="12.750").count == 1


@pytest.mark.parametrize(
    ("written", "how", "given", "holds"),
    [
        ("İstanbul", "starts", "i̇", True),
        ("ΟΔΟΣ", "is", "οδος", True),
        ("ΟΔΟΣ", "ends", "ς", True),
        ("Straße", "contains", "SS", True),
        ("e\u0301a", "starts", "e", False),
        ("e\u0301a", "starts", "É", True),
        ("👩‍👦x", "ends", "👦X", True),
        ("a\\u0041", "contains", "\\U0041", True),
        ("a%b", "contains", "%", True),
        ("ab", "contains", "_", False),
        ("a\ufffeb", "is", "A\ufffeB", True),
        ("a\x01b", "contains", "\x01", True),
    ],
)
def test_letters_that_are_easily_got_wrong(db, written, how, given, holds):
    """C12: the three answers agree, and are the right ones."""
    tree = Leaf("text", "text", how, (given,))
    module = asked.made_module()
    told = list(asked.answers(module, [{"text": written}], {}, [tree]))
    assert told[0][3] == (holds,) * 4


def test_the_bait_knows_every_way_into_reach():
    """The bait holds what it promises: every way into reach, and something beside it."""
    drawn = bait()
    me = drawn.people[0]
    found = set().union(*(naive.ways(drawn.world, me, one) for one in drawn.world.things.values()))
    assert found == {"own", "created", "company", "link", "conditions", "public"}
    assert not naive.ways(drawn.world, me, drawn.world.things[id_of(12)])
