"""Reasons in words, from grants and records made by hand (C9)."""

from dataclasses import replace
from uuid import UUID

import pytest

from portals_core.access import criteria, policy
from portals_core.access.actor import Actor, Kind, ModuleGrant, Path
from portals_core.records import explained
from portals_core.records.explained import Terms

ME, OTHER = UUID(int=1), UUID(int=2)
STAGE = criteria.Value("stage", "choice", "is", ("approved",), ("Approved",))
CITY = criteria.Own("city", "text", "is", "town", "text")
TERMS = Terms(
    labels={"stage": "Stage", "city": "City", "customer": "Customer"},
    own_labels={"town": "Town"},
    own={"town": "oslo"},
    paths={"customer": "Customer"},
)


def row(**forms: str) -> policy.Row:
    columns = {"id": OTHER, "creator_id": 9, "module_id": 7, "layout_id": 3}
    return policy.Row(columns, forms)


def viewer(tree: criteria.Tree | None = None, own=TERMS.own, **grant: object) -> Actor:
    bound = policy.bind(tree, own) if tree else None
    grants = {7: ModuleGrant(7, conditions=bound, **grant)}
    return Actor(Kind.PORTAL, "user:me", 5, identity=ME, grants=grants, verified=True)


def said(actor: Actor, record: policy.Row, terms: Terms) -> list[tuple[str, bool]]:
    return [(one.sentence, one.holds) for one in explained.told(actor, record, terms)]


def test_own_added_linked_and_a_colleagues_record_are_named():
    actor = replace(viewer(via=(Path(("customer",)),), company=("company", "acme")), main_user=True)
    theirs = row(customer=str(ME), company="acme")
    assert said(actor, theirs, TERMS) == [
        ("It is not the person’s own record.", False),
        ("The person did not add it.", False),
        ("It is about somebody of the person’s own company.", True),
        ("It is linked to the person through “Customer”.", True),
    ]
    mine = policy.Row({**theirs.columns, "id": ME, "creator_id": 5}, {})
    assert [holds for _sentence, holds in said(actor, mine, TERMS)] == [True, True, False, False]


def test_the_comparison_that_fails_is_the_one_shown_as_failing():
    tree = criteria.All((STAGE, CITY))
    terms = replace(TERMS, tree=tree)
    (*_others, way) = explained.told(viewer(tree), row(stage="approved", city="bergen"), terms)
    assert (way.sentence, way.holds) == ("The conditions do not hold.", False)
    assert [(one.sentence, one.holds) for one in way.checks] == [
        ("1. Stage is “Approved”", True),
        ("2. City is the person’s own “Town”", False),
    ]
    (*_others, way) = explained.told(viewer(tree), row(stage="approved", city="oslo"), terms)
    assert way.holds and all(one.holds for one in way.checks)


def test_link_and_conditions_that_must_both_hold_are_told_apart():
    terms = replace(TERMS, tree=STAGE)
    actor = viewer(STAGE, via=(Path(("customer",)),))
    (*_others, way) = explained.told(actor, row(customer=str(ME), stage="draft"), terms)
    assert not way.holds and [one.holds for one in way.checks] == [True, False]
    (*_others, way) = explained.told(actor, row(customer=str(OTHER), stage="approved"), terms)
    assert not way.holds and [one.holds for one in way.checks] == [False, True]
    (*_others, way) = explained.told(actor, row(customer=str(ME), stage="approved"), terms)
    assert way.holds and way.sentence.endswith("and the conditions hold.")


def test_a_link_or_conditions_are_two_ways():
    actor = viewer(STAGE, via=(Path(("customer",)),), match_all=False)
    told = explained.told(actor, row(customer=str(ME), stage="draft"), replace(TERMS, tree=STAGE))
    assert [(one.holds, len(one.checks)) for one in told[-2:]] == [(True, 0), (False, 1)]


def test_an_empty_own_field_is_the_reason_even_under_a_not():
    """Fail closed: what the viewer's record does not have never holds, negated or not."""
    tree = criteria.Not(CITY)
    terms = replace(TERMS, tree=tree, own={})
    (*_others, way) = explained.told(viewer(tree, own={}), row(city="bergen"), terms)
    assert not way.holds
    assert way.checks[0].sentence.endswith("the person’s own “Town” is empty")
    assert (way.checks[-1].sentence, way.checks[-1].holds) == ("Joined as: not 1", False)
    (*_others, way) = explained.told(viewer(tree), row(city="bergen"), replace(TERMS, tree=tree))
    assert way.holds and [one.holds for one in way.checks] == [False, True]


@pytest.mark.parametrize(("layout", "holds"), [(3, True), (4, False)])
def test_a_layout_that_is_not_shared_is_a_reason(layout, holds):
    actor = viewer(public=True, layouts=frozenset({layout}))
    (*_others, way) = explained.told(actor, row(), replace(TERMS, layouts=("Short",)))
    assert way.holds is holds
    assert [(one.sentence, one.holds) for one in way.checks] == [
        ("It stands in a layout that is shared (Short).", holds)
    ]


def test_public_without_conditions_needs_no_more_words():
    (*_others, way) = explained.told(viewer(public=True), row(), TERMS)
    assert (way.sentence, way.holds, way.checks) == (
        "All records are shared with everybody of this user type.",
        True,
        (),
    )


def test_conditions_that_cannot_be_read_say_so():
    """C11: they share nothing."""
    actor = viewer(public=True)
    closed = replace(actor, grants={7: replace(actor.grants[7], conditions=policy.NOTHING)})
    (*_others, way) = explained.told(closed, row(), replace(TERMS, unreadable=True))
    assert not way.holds and "cannot be read" in way.checks[0].sentence


def test_fields_that_the_reader_may_not_know_are_covered():
    """F8: neither the field nor whether it matches."""
    tree = criteria.All((STAGE, CITY))
    record = row(stage="approved", city="oslo")
    for covered in ({"covered": frozenset({"city"})}, {"own_covered": frozenset({"town"})}):
        terms = replace(TERMS, tree=tree, **covered)
        (*_others, way) = explained.told(viewer(tree), record, terms)
        assert [one.holds for one in way.checks] == [True, None]
        assert "City" not in way.checks[1].sentence and "Town" not in way.checks[1].sentence


def test_a_module_that_is_not_opened_has_no_ways():
    actor = replace(viewer(), grants={})
    assert explained.told(actor, row(), TERMS) == []
    assert explained.told(viewer(), row(), TERMS, "invented") == []


def test_linked_records_are_called_by_their_titles():
    tree = criteria.Not(
        criteria.All((criteria.Value("customer", "link", "is", (str(ME),), (str(ME),)), STAGE))
    )
    assert list(explained.linked(tree)) == [str(ME)] and explained.linked(None) == ()
    titled = explained.named(tree, {str(ME): "Ada"})
    assert [leaf.given for leaf in criteria.leaves(titled)] == [("Ada",), ("Approved",)]
