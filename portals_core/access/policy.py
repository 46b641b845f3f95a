"""What an actor may reach, as a value: everything, nothing, or conditions. Pure.

A model's policy is a function of actor and action, registered under the model's label. Nothing and
everything are named values, so that an empty list of conditions can never mean "all rows".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from math import prod
from typing import Any

from portals_core.access import criteria
from portals_core.access.actor import Actor
from portals_core.plumbing.errors import Broken
from portals_core.plumbing.registry import Registry

#: A rule that would come apart into more parts than this stays in one piece.
MOST_BRANCHES = 12


class Policy:
    """Base of the closed set of answers."""


class _Everything(Policy):
    def __repr__(self) -> str:
        return "EVERYTHING"


class _Nothing(Policy):
    def __repr__(self) -> str:
        return "NOTHING"


EVERYTHING = _Everything()
NOTHING = _Nothing()


@dataclass(frozen=True)
class ColumnIs(Policy):
    """A typed column equals a value; `column` is written by us, never by a request."""

    column: str
    value: object


@dataclass(frozen=True)
class ColumnIn(Policy):
    """A typed column holds one of the values; no value means nothing."""

    column: str
    values: tuple[object, ...]


@dataclass(frozen=True)
class ColumnAfter(Policy):
    """A typed column is beyond a value: where a page begins behind another."""

    column: str
    value: object


@dataclass(frozen=True)
class Test(Policy):
    """A comparison of one field's form with given forms; `how` is a positive comparator of `criteria`.

    Of several forms one must match, but for `between`. Negated, it holds exactly where it would not.
    """

    key: str
    how: str
    forms: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True)
class Through(Policy):
    """The record a lookup points at, in a module, keeps a rule."""

    key: str
    module: int
    rule: Policy


@dataclass(frozen=True)
class AllOf(Policy):
    parts: tuple[Policy, ...]


@dataclass(frozen=True)
class AnyOf(Policy):
    parts: tuple[Policy, ...]


def value_is(key: str, form: str) -> Test:
    """The field's form equals `form`."""
    return Test(key, "is", (form,))


def all_of(*parts: Policy) -> Policy:
    """Every part must hold; of no parts, nothing does."""
    kept = tuple(part for part in parts if part is not EVERYTHING)
    if not parts or NOTHING in kept:
        return NOTHING
    return AllOf(kept) if len(kept) > 1 else (kept[0] if kept else EVERYTHING)


def any_of(*parts: Policy) -> Policy:
    """At least one part must hold; of no parts, none does."""
    kept = tuple(part for part in parts if part is not NOTHING)
    if EVERYTHING in kept:
        return EVERYTHING
    return AnyOf(kept) if len(kept) > 1 else (kept[0] if kept else NOTHING)


def branches(rule: Policy) -> tuple[Policy, ...]:
    """Rules of which at least one holds exactly where `rule` does, each narrow enough for one index.

    A database that is asked for "this or that" in an order gives up the order or the indexes.
    """
    match rule:
        case AnyOf(parts):
            found = tuple(branch for part in parts for branch in branches(part))
            return found if len(found) <= MOST_BRANCHES else (rule,)
        case AllOf(parts):
            choices = [branches(part) for part in parts]
            if prod(map(len, choices)) > MOST_BRANCHES:
                return (rule,)
            return tuple(all_of(*choice) for choice in product(*choices))
    return (rule,)


def bind(
    tree: criteria.Tree, own: Mapping[str, str], *, today: date | None = None, holds: bool = True
) -> Policy:
    """The rule a tree means on the day `today` for a viewer whose own record has the forms `own`.

    Negation is carried to the comparisons. One that needs a form the viewer has not is `NOTHING`, negated
    or not; so is one whose text is longer than conditions may be, and one that counts from today where no
    day is given.
    """
    match tree:
        case criteria.Not(part):
            return bind(part, own, today=today, holds=not holds)
        case criteria.All(parts) | criteria.Any_(parts):
            bound = [bind(part, own, today=today, holds=holds) for part in parts]
            return all_of(*bound) if isinstance(tree, criteria.All) is holds else any_of(*bound)
        case criteria.Own(key, kind, how, wanted, own_kind):
            form = own.get(wanted, "")
            if not form or len(form) > criteria.LONGEST:
                return NOTHING
            forms = _split(form) if own_kind == "choices" and how in ("in", "not_in") else (form,)
        case criteria.Value(key, kind, how, forms):
            if kind in ("date", "moment"):
                days = [_day(form, kind, today) for form in forms]
                if None in days:
                    return NOTHING
                forms = tuple(str(day) for day in days)
    positive = criteria.POSITIVE.get(how, how)
    if kind == "choices" and positive in ("contains", "in"):
        # The form of several choices is searched for each of them between its separators.
        forms = tuple(f"{criteria.SEPARATOR}{one}{criteria.SEPARATOR}" for one in forms)
        positive = "contains"
    return Test(key, positive, forms, negated=negative(how) is holds)


def _day(form: str, kind: str, today: date | None) -> str | None:
    """The form of a day that is counted from today; any other form as it is."""
    counted = criteria.RELATIVE_DAY.fullmatch(form)
    if counted is None:
        return form
    if today is None:
        return None
    days = int(counted[2] or 0) * (-1 if counted[1] == "-" else 1)
    try:
        day = (today + timedelta(days=days)).isoformat()
    except OverflowError:
        return None
    return day if kind == "date" else f"{day}T00:00:00.000000Z"


def negative(how: str) -> bool:
    """Whether a comparator is the negative one of two."""
    return how in criteria.POSITIVE


def _split(form: str) -> tuple[str, ...]:
    return tuple(part for part in form.split(criteria.SEPARATOR) if part)


# --- one record at a time -------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A record as a rule sees it: typed columns, forms of its fields, and where its lookups lead."""

    columns: Mapping[str, object]
    forms: Mapping[str, str]
    through: Callable[[str], Row | None] = field(default=lambda key: None)


def holds(rule: Policy, row: Row) -> bool:
    """Whether one record keeps a rule: the answer the compiled filter gives for it.

    A kind of rule this function does not know raises instead of being passed over: fail closed.
    """
    match rule:
        case ColumnIs(column, value):
            return row.columns.get(column) is not None and row.columns.get(column) == value
        case ColumnIn(column, values):
            return row.columns.get(column) is not None and row.columns.get(column) in values
        case ColumnAfter(column, value):
            there: Any = row.columns.get(column)
            return there is not None and there > value
        case Test(key, how, forms, negated):
            return _compares(how, row.forms.get(key), forms) is not negated
        case Through(key, module, inner):
            there = row.through(key)
            return there is not None and there.columns.get("module_id") == module and holds(inner, there)
        case AllOf(parts):
            return all(holds(part, row) for part in parts)
        case AnyOf(parts):
            return any(holds(part, row) for part in parts)
    if rule is EVERYTHING or rule is NOTHING:
        return rule is EVERYTHING
    raise Broken("", code="access.cannot_evaluate", detail=f"no answer for {rule!r}")


#: Positive comparator -> whether a form has it to given forms.
_COMPARES: Mapping[str, Callable[[str, tuple[str, ...]], bool]] = {
    "is": lambda form, forms: form in forms,
    "in": lambda form, forms: form in forms,
    "contains": lambda form, forms: any(one in form for one in forms),
    "starts": lambda form, forms: any(form.startswith(one) for one in forms),
    "ends": lambda form, forms: any(form.endswith(one) for one in forms),
    "between": lambda form, forms: forms[0] <= form <= forms[1],
    "lt": lambda form, forms: form < forms[0],
    "le": lambda form, forms: form <= forms[0],
    "gt": lambda form, forms: form > forms[0],
    "ge": lambda form, forms: form >= forms[0],
}


def _compares(how: str, form: str | None, forms: tuple[str, ...]) -> bool:
    if how == "empty":
        return form is None
    if how not in _COMPARES:
        raise Broken("", code="access.cannot_evaluate", detail=f"no comparator {how!r}")
    return form is not None and _COMPARES[how](form, forms)


ModelPolicy = Callable[..., Policy]
#: model label ("portals_core.Record") -> function of (actor, action, **narrow).
POLICIES: Registry[ModelPolicy] = Registry("access policies")


def by_permission(**actions: str) -> ModelPolicy:
    """A policy for rows that only roles reach: `by_permission(view="cases.view", edit="cases.decide")`."""

    def decide(actor: Actor, action: str) -> Policy:
        needed = actions.get(action)
        return EVERYTHING if needed is not None and actor.may(needed) else NOTHING

    return decide
