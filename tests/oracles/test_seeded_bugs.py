"""The comparison itself is tested: a bug of each kind, put in on purpose, must make it red."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db.models import Q

from portals_core.access import compile as compiler
from portals_core.access import fields as access_fields
from portals_core.access import policy, scope, together
from portals_core.locks import marks
from portals_core.records import beside, catalogue, inputs, listing, narrowing, reads, values
from portals_core.views import standing
from portals_core.writing import door, exported
from tests import registering
from tests.oracles import stage as staging
from tests.oracles import test_conditions as asked
from tests.oracles.bait import bait
from tests.oracles.compare import disagreements
from tests.oracles.conditions import Leaf, Not
from tests.oracles.worlds import id_of

pytestmark = pytest.mark.django_db
RECORDS = "portals_core.Record"


@pytest.fixture
def stage(db):
    return staging.set_up()


@pytest.fixture
def module(db):
    return asked.made_module()


# --- rows -------------------------------------------------------------------------------------------


def everything(actor, action, module=None):
    return policy.EVERYTHING


def forgets_the_module(actor, action, module=None):
    """Of several modules, the rule of each holds in all of them."""
    rules = [scope.records(actor, action, key) for key in actor.grants]
    return scope.records(actor, action, module) if module or not rules else policy.any_of(*rules)


def only_the_own_record(actor, action, module=None):
    rule = scope.records(actor, action, module)
    return policy.ColumnIs("id", actor.identity) if actor.identity else rule


def edit_is_view(actor, action, module=None):
    return scope.records(actor, "view" if action == "edit" else action, module)


@pytest.mark.parametrize("bug", [everything, forgets_the_module, only_the_own_record, edit_is_view])
def test_a_wrong_row_is_found(stage, bug, monkeypatch):
    """N7: a rule that reaches too far or not far enough."""
    assert disagreements(stage, bait()) == []
    registering.stand_in(monkeypatch, policy.POLICIES, RECORDS, bug)
    assert disagreements(stage, bait())


def test_a_forgotten_layout_is_found(stage, monkeypatch):
    """T3: records in layouts that are not shared."""
    monkeypatch.setattr(scope, "_in_layouts", lambda grant, rule: rule)
    assert disagreements(stage, bait())


def test_a_forgotten_second_step_is_found(stage, monkeypatch):
    """T6: a way of two links of which only the first is asked for."""
    monkeypatch.setattr(
        scope, "_linked", lambda keys, modules, identity: policy.Test(keys[0], "empty", (), True)
    )
    assert disagreements(stage, bait())


# --- fields -----------------------------------------------------------------------------------------

_shown = access_fields._shown


@pytest.mark.parametrize(
    "bug",
    [
        lambda actor, of, fields, layout, near: _shown(actor, of, fields, None, near),
        lambda actor, of, fields, layout, near: _shown(actor, of, fields, layout, True),
        lambda actor, of, fields, layout, near: list(fields),
    ],
    ids=["forgets_the_layout", "forgets_the_distance", "shows_every_field"],
)
def test_a_wrong_field_is_found(stage, bug, monkeypatch):
    """F1, C6."""
    monkeypatch.setattr(access_fields, "_shown", bug)
    assert disagreements(stage, bait())


def test_a_field_of_another_project_is_found(stage, monkeypatch):
    """F8, F15."""
    monkeypatch.setattr(access_fields, "_in_project", lambda actor, of, one: True)
    assert disagreements(stage, bait())


# --- lists ------------------------------------------------------------------------------------------


def test_a_wrong_count_is_found(stage, monkeypatch):
    """A record that two ways bring into reach is one record."""
    monkeypatch.setattr(
        together, "count", lambda asked, most: sum(part.count() for part in asked.querysets())
    )
    found = disagreements(stage, bait())
    assert found and all(sentence.startswith("count of") for sentence in found)


def test_a_search_by_a_hidden_value_is_found(stage, monkeypatch):
    """F14: nobody learns a masked value by looking for it."""
    monkeypatch.setattr(access_fields, "askable", lambda actor, of, fields: list(fields))
    found = disagreements(stage, bait())
    for kind in ("search for", "filter of", "order of"):
        assert any(kind in sentence for sentence in found), kind
    assert not any(sentence.startswith(("rows", "reads", "count of the list")) for sentence in found)


def test_a_filter_that_keeps_everything_is_found(stage, monkeypatch):
    monkeypatch.setattr(narrowing, "_meaning", lambda tree: policy.EVERYTHING)
    found = disagreements(stage, bait())
    assert found and all("filter of" in sentence for sentence in found)


def test_a_filter_by_a_link_out_of_sight_is_found(stage, monkeypatch):
    """F14: whether a record exists is not told by what a filter says to its id."""
    deal = Leaf("deal", "lookup", "is", (str(id_of(12)),))
    drawn = replace(bait(), module="lines", asked=(deal,), order="product")
    assert disagreements(stage, drawn) == []
    monkeypatch.setattr(inputs, "named", lambda actor, of, text: UUID(text))
    found = disagreements(stage, drawn)
    assert found and all("filter of" in sentence for sentence in found)


def test_an_order_by_digits_is_found(stage, monkeypatch):
    """Numbers in the order of their texts: 50 before 7."""
    monkeypatch.setattr(listing, "Form", compiler.ValueText)
    found = disagreements(stage, bait())
    assert found and all(sentence.startswith("order of") for sentence in found)


def test_an_order_by_a_hidden_value_is_found(stage, monkeypatch):
    """F14: the order of rows tells their values."""
    drawn = replace(bait(), order="code")
    assert disagreements(stage, drawn) == []
    monkeypatch.setattr(listing, "_sorts", lambda found: catalogue.fields(found.module))
    found = disagreements(stage, drawn)
    assert found and all(sentence.startswith("order of") for sentence in found)


def test_a_masked_value_in_a_list_is_found(stage, monkeypatch):
    """F7: the page of a list, drawn from all fields instead of those in clear."""
    monkeypatch.setattr(reads, "readable", lambda actor, of, found=None: catalogue.fields(of))
    monkeypatch.setattr(listing, "_covered", lambda actor, of, fields, columns, row: row)
    assert any("in a list" in sentence for sentence in disagreements(stage, bait()))


def test_a_far_record_shown_like_a_near_one_is_found(stage, monkeypatch):
    """C6: a list that forgets to cover what only a condition shares."""
    monkeypatch.setattr(listing, "_covered", lambda actor, of, fields, columns, row: row)
    found = disagreements(stage, bait())
    assert found and all("in a list" in sentence for sentence in found)


def test_a_title_out_of_sight_is_found(stage, monkeypatch):
    """C6: links call records by titles that are not for this person."""
    monkeypatch.setattr(reads, "_titled", lambda actor, of, fields: Q(module=of.pk))
    assert any("titles" in sentence for sentence in disagreements(stage, bait()))


# --- files ------------------------------------------------------------------------------------------


def test_a_withheld_column_in_a_file_is_found(stage, monkeypatch):
    """F12."""
    monkeypatch.setattr(reads, "Channel", SimpleNamespace(EXPORT="api"))
    found = disagreements(stage, bait())
    assert found and all("file of" in sentence for sentence in found)


def test_a_far_record_that_leaves_like_a_near_one_is_found(stage, monkeypatch):
    """C6: a file drawn from the columns alone."""
    monkeypatch.setattr(exported._Leaving, "_clear", lambda leaving, row: row["values"])
    found = disagreements(stage, bait())
    assert found and all(sentence.startswith("file of") for sentence in found)


def test_a_file_for_whoever_may_look_is_found(stage, monkeypatch):
    monkeypatch.setattr(reads, "may_export", lambda actor, of: True)
    found = disagreements(stage, bait())
    assert found and all(sentence.startswith("file of deals is refused") for sentence in found)


def test_a_restricted_record_that_leaves_is_found(stage, monkeypatch):
    """R9, L10."""
    monkeypatch.setattr(exported._Leaving, "_free", lambda leaving, locks: True)
    found = disagreements(stage, bait())
    assert found and all(sentence.startswith("file of") for sentence in found)


# --- notes, files, locks ----------------------------------------------------------------------------


def test_notes_of_a_far_record_are_found(stage, monkeypatch):
    """C6, T14: the tick is asked, and not whether the record is near. Files stay as they are."""
    drawn = _far_only(bait())
    assert disagreements(stage, drawn) == []
    monkeypatch.setattr(scope, "_notes_read", lambda grant, way: way.name == "own" or grant.read_notes)
    found = disagreements(stage, drawn)
    assert any(sentence.startswith("read_notes of") for sentence in found)
    assert not any("files" in sentence or "tach" in sentence for sentence in found)


def _far_only(drawn):
    """The world without the record that is near: a page looks at the first with something on it."""
    things = {key: one for key, one in drawn.world.things.items() if key != id_of(10)}
    return replace(drawn, world=replace(drawn.world, things=things))


def test_an_internal_file_in_the_portal_is_found(stage, monkeypatch):
    """C10."""
    monkeypatch.setattr(beside, "Kind", SimpleNamespace(PORTAL="nobody"))
    found = disagreements(stage, bait())
    assert any(sentence.startswith("read_files of") for sentence in found)
    assert not any(sentence.startswith(("rows", "page of", "file of")) for sentence in found)


def test_a_file_that_anybody_removes_is_found(stage, monkeypatch):
    """T14: adding files is not removing those of others."""
    monkeypatch.setattr(beside.Rights, "removes", lambda rights, one: True)
    found = disagreements(stage, bait())
    for kind in ("read_files of", "removing read_notes"):
        assert any(sentence.startswith(kind) for sentence in found), kind


def test_a_writer_that_asks_no_lock_is_found(stage, monkeypatch):
    """W3, L2: the page offers rightly what the writer then does not refuse."""
    drawn = replace(bait(), world=_last(bait().world, 14))
    assert disagreements(stage, drawn) == []
    monkeypatch.setattr(door, "refuse_if_locked", lambda record, act, **more: None)
    found = disagreements(stage, drawn)
    assert found and all(sentence.startswith(("opening", "removing")) for sentence in found)


def test_a_page_that_offers_what_is_locked_is_found(stage, monkeypatch):
    """L1: the other way round."""
    drawn = _only(bait(), 14)
    assert disagreements(stage, drawn) == []
    monkeypatch.setattr(standing.decide, "open_acts", lambda acts, locks, keys, **more: frozenset(acts))
    found = disagreements(stage, drawn)
    assert found and all(sentence.startswith("acts offered") for sentence in found)


def test_a_mark_in_a_list_that_is_left_out_is_found(stage, monkeypatch):
    """L8."""
    monkeypatch.setattr(marks, "_mark", lambda actor, locks: "")
    found = disagreements(stage, bait())
    assert found and all(sentence.startswith("marks in") for sentence in found)


def _last(world, number):
    """The world with this record as its last: the one that writers open."""
    others = {key: one for key, one in world.things.items() if key != id_of(number)}
    return replace(world, things={**others, id_of(number): world.things[id_of(number)]})


def _only(drawn, number):
    """The world with no other deal than this one."""
    others = {key: one for key, one in drawn.world.things.items() if one.module != "deals"}
    things = {**others, id_of(number): drawn.world.things[id_of(number)]}
    return replace(drawn, world=replace(drawn.world, things=things))


# --- pages ------------------------------------------------------------------------------------------


def test_a_masked_value_on_a_page_is_found(stage, monkeypatch):
    """F7: covered in lists, and in clear where the record is opened."""
    monkeypatch.setattr(reads, "_cells", _uncovering(reads._cells))
    found = disagreements(stage, bait())
    assert found and all(sentence.startswith("page of") for sentence in found)


def _uncovering(cells):
    def every(actor, of, found, uncovered):
        return cells(actor, of, found, {"code": found.values.get("code")})

    return every


def test_a_form_that_asks_for_what_may_only_be_read_is_found(stage, monkeypatch):
    """F2."""
    monkeypatch.setattr(reads, "writable", reads.readable)
    found = disagreements(stage, bait())
    assert any(sentence.startswith("form of") for sentence in found)
    assert all(sentence.startswith(("form of", "page of", "acts offered")) for sentence in found)


def test_a_form_that_offers_every_record_to_a_link_is_found(stage, monkeypatch):
    """Promise 4: what a list does not show, a choice does not name."""
    drawn = replace(bait(), module="lines", asked=(), order="product")
    assert disagreements(stage, drawn) == []
    monkeypatch.setattr(inputs, "link", _offering_all)
    found = disagreements(stage, drawn)
    assert found and all(sentence.startswith("form of") for sentence in found)


def _offering_all(actor, one, value=None):
    return inputs.Input(one, value, list(reads.references(staging.SETTING, map(id_of, range(30))).values()))


# --- conditions -------------------------------------------------------------------------------------

_test, _positive, _bind = compiler._test, compiler._positive, policy.bind


def _boundary(test):
    return _positive(policy.Test(test.key, {"le": "lt"}.get(test.how, test.how), test.forms))


def _open_own(tree, own, *, today=None, holds=True):
    rule = _bind(tree, own, today=today, holds=holds)
    return policy.EVERYTHING if rule is policy.NOTHING and not holds else rule


CONDITION_BUGS: dict[str, tuple] = {
    "case": (values, "folded", str, {"text": "STRASSE"}, {}, Leaf("text", "text", "is", ("straße",))),
    "missing": (
        *(compiler, "_test", lambda test: ~_positive(test) if test.negated else _test(test)),
        *({"won": "yes"}, {}, Leaf("text", "text", "is_not", ("new",))),
    ),
    "boundary": (
        *(compiler, "_positive", _boundary),
        *({"amount": "1.50"}, {}, Leaf("amount", "number", "le", ("15e-1",))),
    ),
    "own value missing": (
        *(policy, "bind", _open_own),
        *({"text": "a"}, {}, Not(Leaf("text", "text", "is", own="text"))),
    ),
    "one letter too long": (
        *(compiler, "LOOKED_AT", 400),
        *({"text": "a" * 401}, {}, Leaf("text", "text", "is", ("a" * 400,))),
    ),
}


@pytest.mark.parametrize("name", CONDITION_BUGS)
def test_a_wrong_comparison_is_found(module, name, monkeypatch):
    """C12: case, missing values, boundaries, long texts."""
    place, what, bug, record, own, tree = CONDITION_BUGS[name]
    assert asked.disagreements(module, [record], own, [tree]) == []
    monkeypatch.setattr(place, what, bug)
    assert asked.disagreements(module, [record], own, [tree])
