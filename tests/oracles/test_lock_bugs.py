"""The comparison of locks is tested: a bug of each kind, put in on purpose, must make it red."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portals_core.access import policy
from portals_core.locks import automatic, decide, period, place, rules
from portals_core.locks.decide import Binding, InForce
from portals_core.locks.models import Lock
from portals_core.records.models import Record
from portals_core.writing import door
from tests.oracles import locks_stage as staging
from tests.oracles.locks_compare import disagreements
from tests.oracles.locks_worlds import bait

pytestmark = pytest.mark.django_db


@pytest.fixture
def modules(db):
    return staging.set_up()


# --- who, what, which fields ----------------------------------------------------------------------------

_covers, _stands, _locks = Binding.covers, decide._stands, InForce.locks


def one_role_exempts(self, actor):
    return _covers(self, actor) and not (self.mode == "except" and actor and actor.roles & self.roles)


def user_types_do_not_matter(self, actor):
    return (actor is not None and actor.kind == "portal") or _covers(self, actor)


def spares_administrators(action, lock, actor, fields, under):
    spared = lock.ground == "restriction" and actor is not None and "administrator" in actor.roles
    return not spared and _stands(action, lock, actor, fields, under)


def a_case_opens_everything(action, lock, actor, fields, under):
    return under is None and _stands(action, lock, actor, fields, under)


def a_case_opens_nothing(action, lock, actor, fields, under):
    return _stands(action, lock, actor, fields, None)


def always_all_fields(self, keys):
    return frozenset(keys)


def only_is_except(self, keys):
    return frozenset(key for key in keys if (key in self.fields) is (self.ground == "restriction"))


def asked_of_nobody(record, action, *, fields=None, under=None, actor=None):
    return _refuse(record, action, fields=fields, under=under)


_refuse = door.refuse_if_locked
DECIDING = {
    "the mildest is told": (decide, "_STRICTEST_FIRST", decide._STRICTEST_FIRST[::-1]),
    "one exempt role is enough": (Binding, "covers", one_role_exempts),
    "user types are not asked": (Binding, "covers", user_types_do_not_matter),
    "administrators pass a restriction": (decide, "_stands", spares_administrators),
    "notes pass a restriction": (decide, "RESTRICTED", decide.RESTRICTED - {"note"}),
    "a case passes a legal hold": (decide, "_stands", a_case_opens_everything),
    "a business lock stops an erasure": (decide, "_stands", a_case_opens_nothing),
    "every field is kept": (InForce, "locks", always_all_fields),
    "only and except are mixed up": (InForce, "locks", only_is_except),
    "the door forgets who asks": (door, "refuse_if_locked", asked_of_nobody),
}


@pytest.mark.parametrize("name", DECIDING)
def test_a_wrong_decision_is_found(modules, name, monkeypatch):
    """L2, L3, L9-L11, decisions 9 and 15."""
    thing, what, bug = DECIDING[name]
    monkeypatch.setattr(thing, what, bug)
    assert disagreements(modules, bait())


# --- which locks are in force ---------------------------------------------------------------------------

_end, _apply, _ceased, _ready, _day = (
    period.end,
    automatic._apply,
    automatic._ceased,
    rules.ready,
    policy._day,
)


def a_day_late(start, months):
    ends = _end(start, months)
    return ends and ends + timedelta(days=1)


def months_of_thirty_days(start, months):
    return _end(start, 0) and _end(start, 0) + timedelta(days=30 * months)


def ended_ones_too(records):
    found = {}
    for lock in Lock.objects.visible_to(staging.SETTING).filter(record__in=list(records)):
        found.setdefault(lock.record_id, []).append(place.as_value(lock))
    return found


def nothing(*given, **more):
    return Record.objects.visible_to(staging.SETTING).none()


def whatever_was_there(rule, now):
    held = automatic.Exists(automatic._in_force().filter(rule=rule.row))
    return automatic.would_lock(rule, now.date()).exclude(held)


def never_lifts(rule, record, row, lock, **more):
    if lock is None:
        _apply(rule, record, row, lock, **more)


def whatever_the_mode(module):
    return [
        rules.ready(row) for row in rules.LockRule.objects.visible_to(staging.SETTING).filter(module=module)
    ]


def the_day_before(form, kind, today):
    return _day(form, kind, today and today - timedelta(days=1))


_value = place.as_value


def forgets_the_rule(lock):
    lock.rule = None
    return _value(lock)


LOCKING = {
    "a period ends a day late": (period, "end", a_day_late),
    "a month has thirty days": (period, "end", months_of_thirty_days),
    "an ended lock counts": (place, "in_force", ended_ones_too),
    "nothing ceases with the day": (automatic, "_over _ceased", nothing),
    "what a changed rule held stays": (automatic, "_held_by", nothing),
    "nothing begins with the day": (automatic, "_missing", nothing),
    "existing records are locked unasked": (automatic, "_missing", whatever_was_there),
    "a write lifts nothing": (automatic, "_apply", never_lifts),
    "rules lock while they are off": (rules, "rules_of", whatever_the_mode),
    "today is yesterday": (policy, "_day", the_day_before),
    "a lock forgets its rule": (place, "as_value", forgets_the_rule),
    "a write is not looked at": (automatic, "settle", lambda record, **more: None),
}


@pytest.mark.parametrize("name", LOCKING)
def test_a_wrong_lock_is_found(modules, name, monkeypatch):
    """L4, L6, L13, L14, L18."""
    thing, what, bug = LOCKING[name]
    for one in what.split():
        monkeypatch.setattr(thing, one, bug)
    assert disagreements(modules, bait())
