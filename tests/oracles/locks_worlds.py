"""Histories of locking as Hypothesis draws them, and one by hand in which every kind of lock occurs."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.oracles import locks_naive as naive
from tests.oracles.conditions import All, Any_, Leaf, Not, Tree
from tests.oracles.locks_naive import (
    FIELDS,
    Change,
    Clone,
    Create,
    Define,
    Delete,
    Drop,
    Hold,
    Note,
    Pass,
    Person,
    Release,
    Restrict,
    Rule,
    Step,
    Switch,
    Unhold,
)

MODULES = ("papers", "holders")
CHOICES = ("open", "won", "lost")
ROLES = ("administrator", "officer", "operator")
TYPES = (71, 72)
SYSTEM = Person("system")
#: Values that meet: days around the first one, around the ends of months, and ends of short periods.
VALUES = {
    "title": ("a", "b", "ß"),
    "stage": CHOICES,
    "amount": ("1", "5", "10"),
    "paid": ("yes", "no"),
    "note": ("n", "m"),
    "issued": ("2026-02-05", "2026-02-06", "2026-01-31", "2025-12-31", "2026-03-05"),
    "due": ("2026-03-04", "2026-03-05", "2026-03-06", "2026-03-31", "2024-02-29"),
    "met": ("2026-03-05T09:00:00+00:00", "2026-03-06T00:00:00+00:00", "2026-03-31T23:59:00+00:00"),
}
DAYS = ("today", "today-1", "today+1", "today-30", "today+26")
PEOPLE = (
    Person("staff", frozenset({"administrator"})),
    Person("staff", frozenset({"officer", "operator"})),
    Person("staff", frozenset({"administrator", "operator"})),
    Person("staff"),
    Person("portal", type=71),
    Person("portal", type=72),
    Person("portal"),
    SYSTEM,
)


@dataclass(frozen=True)
class Drawn:
    """What happens, and what is then tried without lasting effect."""

    steps: tuple[Step, ...]
    probes: tuple[Step, ...] = ()


# --- rules --------------------------------------------------------------------------------------------

_HOW = {
    "text": ("is", "is_not", "contains", "empty", "not_empty"),
    "picklist": ("is", "is_not", "in", "not_in", "empty"),
    "number": ("lt", "ge", "is", "not_in"),
    "boolean": ("is",),
    "date": ("lt", "le", "is", "ge", "not_between", "empty"),
    "datetime": ("lt", "ge", "empty"),
}
_COUNT = {"empty": 0, "not_empty": 0, "not_between": 2}


@st.composite
def _leaf(draw: st.DrawFn) -> Leaf:
    key = draw(st.sampled_from([key for key in VALUES if key != "note"]))
    kind = FIELDS[key]
    how = draw(st.sampled_from(_HOW[kind]))
    known = VALUES[key]
    if kind in ("date", "datetime") and how != "not_between":
        known = DAYS + known[:1]
    count = _COUNT.get(how, 1)
    given = draw(st.lists(st.sampled_from(known), min_size=count, max_size=count))
    return Leaf(key, kind, how, tuple(sorted(given)))


_trees: st.SearchStrategy[Tree] = st.one_of(
    st.sampled_from([Leaf("holder", "lookup", how) for how in ("empty", "not_empty")]),
    _leaf(),
    _leaf(),
    st.builds(Not, _leaf()),
    st.builds(lambda one, other: All((one, other)), _leaf(), _leaf()),
    st.builds(lambda one, other: Any_((one, Not(other))), _leaf(), _leaf()),
)


@st.composite
def rules(draw: st.DrawFn, slot: int) -> Rule:
    """A rule like those people set up; slots are divided between the modules."""
    keeping = draw(st.sampled_from(("business", "business", "retention", "legal_hold")))
    only = draw(st.booleans())
    fields = draw(st.frozensets(st.sampled_from(sorted(FIELDS)), min_size=1 if only else 0, max_size=3))
    binds = draw(st.sampled_from(("all", "all", "only", "except")))
    start = draw(st.sampled_from(("", "", "issued", "met")))
    roles = draw(st.frozensets(st.sampled_from(ROLES), max_size=2))
    types = draw(st.frozensets(st.sampled_from(TYPES), min_size=0 if roles else 1, max_size=1))
    return Rule(
        slot=slot,
        module=MODULES[slot == 3],
        tree=draw(_trees),
        ground=keeping,
        acts=draw(st.frozensets(st.sampled_from(sorted(naive.ACTS)), max_size=4)),
        only=only,
        fields=fields,
        binds=binds,
        roles=roles if binds != "all" else frozenset(),
        types=types if binds != "all" else frozenset(),
        start=start,
        months=draw(st.sampled_from((1, 1, 2, 13))) if start else 0,
        existing=draw(st.booleans()),
    )


# --- steps --------------------------------------------------------------------------------------------

_people = st.sampled_from(PEOPLE)
#: Papers have small numbers, holders large ones.
_papers, _holders = st.sampled_from((1, 2)), st.just(11)
_numbers = st.one_of(_papers, _papers, _holders)
_values = st.fixed_dictionaries(
    {}, optional={**{key: st.sampled_from(known) for key, known in VALUES.items()}, "holder": st.just("11")}
)
_changes = st.dictionaries(st.sampled_from(sorted(VALUES)), st.integers(0, 5), min_size=1, max_size=2).map(
    lambda drawn: {key: ("", *VALUES[key])[at % (len(VALUES[key]) + 1)] for key, at in drawn.items()}
)
_writes = st.one_of(
    st.builds(Change, _numbers, _changes, _people, st.sampled_from(("", "", "rectify"))),
    st.builds(Change, _papers, st.sampled_from(({"holder": "11"}, {"holder": ""})), _people),
    st.builds(
        Delete,
        _numbers,
        _people.filter(lambda one: one.kind != "portal"),
        st.sampled_from(("", "", "erase")),
    ),
)
_probes = st.one_of(_writes, st.builds(Clone, _numbers, _people), st.builds(Note, _numbers, _people))
_grounds = st.sampled_from(("legal_hold", "business"))
_steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(Create, _papers, st.just("papers"), _values),
    st.builds(Create, _holders, st.just("holders"), _values.map(lambda one: {**one, "holder": ""})),
    _writes,
    _writes,
    _writes,
    st.builds(Pass, st.sampled_from((1, 1, 2, 26, 31)), st.sampled_from((True, True, False))),
    st.integers(1, 3).flatmap(rules).map(Define),
    st.integers(1, 3).flatmap(rules).map(Define),
    st.builds(Drop, st.integers(1, 3)),
    st.builds(Switch, st.sampled_from(MODULES), st.sampled_from(("off", "manual", "automatic", "both"))),
    st.builds(Hold, _numbers, _grounds),
    st.builds(Unhold, _numbers, _grounds),
    st.builds(Restrict, _numbers, st.integers(1, 2)),
    st.builds(Release, st.integers(1, 2)),
)


@st.composite
def histories(draw: st.DrawFn) -> Drawn:
    """A module that locks by rules, a few records, a few steps."""
    start: list[Step] = [Switch("papers", "both"), Switch("holders", "automatic")]
    start += [Create(11, "holders", {"title": "a", "stage": "open"}), Create(1, "papers", draw(_values))]
    ruled = draw(st.lists(st.integers(1, 3).flatmap(rules).map(Define), min_size=1, max_size=2))
    steps = draw(st.lists(_steps, min_size=2, max_size=8))
    return Drawn((*start, *ruled, *steps), tuple(draw(st.lists(_probes, max_size=4))))


# --- by hand ------------------------------------------------------------------------------------------

WON = Leaf("stage", "picklist", "is", ("won",))
OVERDUE = Leaf("due", "date", "lt", ("today",))
BAIT_RULES = (
    Rule(1, "papers", WON, acts=frozenset({"delete", "clone", "export"}), binds="except", existing=True,
         roles=frozenset({"administrator"}), types=frozenset({71}), fields=frozenset({"note"})),
    Rule(2, "papers", Leaf("title", "text", "is", ("b",)), "retention", frozenset({"delete"}),
         only=True, fields=frozenset({"amount"}), start="issued", months=1),
    Rule(4, "papers", OVERDUE, binds="only", roles=frozenset({"operator"}), fields=frozenset({"due"})),
)  # fmt: skip


def bait() -> Drawn:
    """Records before and after the rules, locks of every ground, days on which they begin and end; beside
    each refusal the same for somebody or something that is free."""
    steps: list[Step] = [
        Create(11, "holders", {"title": "a"}),
        Create(1, "papers", {"stage": "won", "title": "b", "issued": "2026-02-06", "holder": "11"}),
        Create(2, "papers", {"stage": "open", "due": "2026-03-05"}),
        Switch("papers", "both"),
        *map(Define, BAIT_RULES),
        Change(1, {"amount": "5"}, PEOPLE[0]),
        Create(3, "papers", {"title": "b", "amount": "1", "issued": "2026-02-06"}),
        Change(3, {"amount": "5"}, PEOPLE[0]),
        Change(3, {"note": "n"}, PEOPLE[0]),
        Change(2, {"amount": "5"}, PEOPLE[1]),
        Pass(1),
        Change(2, {"amount": "10"}, PEOPLE[2]),
        Change(2, {"amount": "1"}, PEOPLE[0]),
        Change(3, {"amount": "10"}, PEOPLE[0]),
        Hold(2),
        Unhold(2),
        Change(2, {"title": "a"}, PEOPLE[0]),
        Change(2, {"due": "2026-03-31"}, PEOPLE[2]),
        Define(BAIT_RULES[1]),
        Define(Rule(5, "papers", Leaf("stage", "picklist", "is", ("open",)), "legal_hold", only=True,
                    fields=frozenset({"note"}))),
        Restrict(2, 1),
        Hold(3),
        Hold(1),
        Create(4, "papers", {"stage": "won"}),
        Create(5, "papers", {"due": "2026-03-07"}),
        Pass(2),
        Switch("papers", "manual"),
        Switch("papers", "both"),
        Create(6, "papers", {"stage": "won"}),
    ]  # fmt: skip
    probes: list[Step] = [
        *(Change(4, {"amount": "10"}, one) for one in PEOPLE),
        *(Change(2, {"note": "m"}, one) for one in PEOPLE[:2]),
        *(Clone(4, one) for one in PEOPLE[:2]),
        *(Note(number, PEOPLE[0]) for number in (2, 4)),
        *(Delete(number, PEOPLE[0], "erase") for number in (2, 3, 4)),
        Change(2, {"note": "m"}, SYSTEM, "rectify"),
    ]
    return Drawn(tuple(steps), tuple(probes))
