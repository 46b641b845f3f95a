"""What the comparison of locks has found once, kept by name."""

from __future__ import annotations

import pytest

from portals_core.locks import place, rules
from portals_core.locks.models import LockRule
from portals_core.plumbing import outbox
from portals_core.writing.records import delete_record
from tests import cast
from tests.oracles import locks_stage as staging
from tests.oracles.conditions import Leaf
from tests.oracles.locks_compare import disagreements
from tests.oracles.locks_naive import Change, Create, Define, Delete, Pass, Person, Rule, Step, Switch, begun
from tests.oracles.locks_worlds import PEOPLE, WON, Drawn

pytestmark = pytest.mark.django_db
BOTH = Switch("papers", "both")
PAPER = Create(1, "papers", {"stage": "won", "title": "a"})


@pytest.fixture
def modules(db):
    return staging.set_up()


def agree(modules, *steps: Step) -> bool:
    return disagreements(modules, Drawn(steps)) == []


def test_a_portal_user_without_a_type_is_bound_in_doubt(modules):
    """L9: a rule for some user types left out who had none."""
    rule = Rule(1, "papers", WON, binds="only", types=frozenset({71}))
    assert agree(modules, BOTH, Define(rule), PAPER, Change(1, {"amount": "1"}, Person("portal")))


def test_whoever_is_exempt_from_a_lock_on_exports_takes_the_record_along(modules):
    """L9, L10: the list asked whether anybody is bound."""
    rule = Rule(1, "papers", WON, acts=frozenset({"export"}), binds="except", roles=PEOPLE[0].roles)
    assert agree(modules, BOTH, Define(rule), PAPER)


@pytest.mark.parametrize(("before", "after"), [("business", "retention"), ("legal_hold", "business")])
def test_the_locks_of_a_rule_get_the_ground_it_is_given(modules, before, after):
    """L4, decision 15: a business lock that had become a duty to keep still yielded to an erasure."""
    first, then = [Rule(1, "papers", WON, ground, frozenset({"delete"})) for ground in (before, after)]
    assert agree(modules, BOTH, Define(first), PAPER, Define(then), Delete(1, case="erase"))


def test_a_record_that_loses_a_link_is_looked_at_again(modules):
    """L6: the deletion of what it named changed it past the rules."""
    rule = Rule(1, "papers", Leaf("holder", "lookup", "empty"))
    holder = Create(11, "holders", {"title": "a"})
    paper = Create(1, "papers", {"stage": "won", "holder": "11"})
    assert agree(modules, BOTH, Define(rule), holder, paper, Delete(11), Change(1, {"amount": "1"}))


def test_a_rule_that_cannot_be_read_lifts_nothing(modules):
    """L6: locks were lifted because nobody could tell whether their conditions held."""
    history, played = begun(), staging.Played(modules)
    rule = Rule(1, "papers", WON, fields=frozenset({"note"}), start="issued", months=1)
    dated = Create(1, "papers", {"stage": "won", "issued": "2026-03-01"})
    for step in (BOTH, Define(rule), dated):
        history.take(step)
        assert played.take(step, history.now) == "done"
    rows = LockRule.objects.visible_to(staging.SETTING)
    rows.update(criteria={"what": "?"})
    for step in (Change(1, {"note": "n"}), Pass(1)):
        history.take(step)
        assert played.take(step, history.now) == "done"
        assert _rules_on(played) == ["Rule 1"]
    with staging.rolled_back():
        job_of(rows.get())
        assert _rules_on(played) == ["Rule 1"]
    late = Pass(31)
    history.take(late)
    played.take(late, history.now)
    assert _rules_on(played) == [], "its time is over, whatever the conditions were"


def _rules_on(played) -> list[str]:
    found = place.in_force(played.records.values())
    return [lock.rule for locks in found.values() for lock in locks]


def job_of(row: LockRule) -> None:
    job = outbox.enqueue(rules.SETTLE_JOB, about="lock_rule:test", payload={"rule": row.pk})
    outbox.run_now(job)


def test_a_record_that_names_another_twice_lets_go_of_it(db):
    """The second link was cleared from the record as it had been before the first."""
    made = cast.set_up()
    order = cast.order(made, "O-1", made.stranger, agent=str(made.stranger.pk))
    delete_record(actor=made.actor("operator"), record=made.stranger.pk, at=cast.NOW)
    order.refresh_from_db()
    assert order.values == {"number": "O-1", "total": "12.50"}
