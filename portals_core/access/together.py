"""A question in parts read as one list, in an order: pages and counts.

Each part is read along its own index, no further than needed. A part may repeat rows of another. Putting a
query together takes Django longer than a database needs for a page, so what was put together is kept by the
shape of its rules (`access.shapes`), without a value in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, IntegerField, Model, QuerySet, Subquery
from django.db.models.expressions import OrderBy

from portals_core.access import compile as compiler
from portals_core.access import policy
from portals_core.access.asked import Asked
from portals_core.access.compile import JsonText
from portals_core.access.policy import EVERYTHING, NOTHING, Policy
from portals_core.access.shapes import Slot, shape

#: Statements that are kept; the ones asked least recently go first.
KEPT = 512
_PART, _NUMBER = "SELECT * FROM ({}) part{}", "SELECT COUNT(*) FROM ({}) counted"
_Narrow = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class _Order:
    by: str = ""
    down: bool = False

    def columns(self) -> list[F | OrderBy]:
        if not self.by:
            return [F("id")]
        text = F(self.by)
        return [text.desc(nulls_last=True) if self.down else text.asc(nulls_last=True), F("id")]


@dataclass(frozen=True)
class _Statement:
    """SQL with slots among its parameters, and how what comes back is read."""

    sql: str
    params: tuple[object, ...] = ()
    #: Column -> functions that turn what the database gives into a value.
    converters: Mapping[int, tuple[Sequence[Any], Any]] | None = None


def first(
    asked: Asked,
    size: int | None,
    columns: Sequence[str] = (),
    texts: Mapping[str, JsonText] | None = None,
    *,
    near: Policy | None = None,
    by: str = "",
    down: bool = False,
) -> list[dict[str, Any]]:
    """The first `size` rows of all parts, or all, each once: "id", its `columns` and `texts`, and with
    `near` whether it keeps that rule. One query.

    In order of "id"; or of the text `by`, one of `texts`, and then of "id", where rows without that text
    come last, up and down.
    """
    taken: list[object] = []
    parts = tuple(shape(part, taken) for part in asked.parts if part is not NOTHING)
    if not parts:
        return []
    order, columns, texts = _Order(by, down), ("id", *columns), texts or {}
    asks = near is not None and near is not EVERYTHING and near is not NOTHING
    told = shape(near, taken) if asks and near is not None else None
    statement = _page(asked.model, asked.narrow, parts, columns, tuple(texts.items()), told, order, size)
    names = (*columns, *texts, *(["near"] if asks else []))
    fixed = {} if asks or near is None else {"near": near is EVERYTHING}
    found = {row[0]: row for row in _read(asked.model, statement, taken)}
    cut = list(found.values()) if len(parts) == 1 else _in_order(found.values(), names, order)[:size]
    return [dict(zip(names, row, strict=True), **fixed) for row in _converted(statement, cut)]


def count(asked: Asked, most: int) -> int:
    """How many rows the parts have together, counted no further than `most`."""
    taken: list[object] = []
    parts = tuple(shape(part, taken) for part in asked.parts if part is not NOTHING)
    if not parts:
        return 0
    statement = _number(asked.model, asked.narrow, parts, most)
    return sum(number for (number,) in _read(asked.model, statement, taken))


class Capped(Subquery):
    """How many rows a query beside each row has, counted no further than the limit of that query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def forget() -> None:
    """Put every statement together anew; for tests that break the compiler."""
    _page.cache_clear()
    _number.cache_clear()


# --- put together once ------------------------------------------------------------------------------


@lru_cache(maxsize=KEPT)
def _page(
    model: type[Model],
    narrow: _Narrow,
    parts: tuple[Policy, ...],
    columns: tuple[str, ...],
    texts: tuple[tuple[str, JsonText], ...],
    near: Policy | None,
    order: _Order,
    size: int | None,
) -> _Statement:
    selected: dict[str, Any] = dict(texts)
    if near is not None:
        selected["near"] = compiler.holds_for(near, model)
    rows = [
        part.annotate(**selected).order_by(*order.columns()).values_list(*columns, *selected)[:size]
        for part in Asked(model, narrow, parts).querysets()
    ]
    return _joined(rows, " UNION ALL ")


@lru_cache(maxsize=KEPT)
def _number(model: type[Model], narrow: _Narrow, parts: tuple[Policy, ...], most: int) -> _Statement:
    if not any(_asks_elsewhere(part) for part in parts):
        # Without an order "this or that" reads the index of each, and no row is compared with another.
        parts = (policy.any_of(*parts),)
    ids = [part.order_by().values_list("id") for part in Asked(model, narrow, parts).querysets()]
    if len(ids) == 1:
        inner = _joined([ids[0][:most]], "")
    else:
        # In order, SQLite merges the parts row by row and stops; without it, it would read them all.
        inner = _joined([part.order_by("id")[:most] for part in ids], " UNION ")
        inner = replace(inner, sql=f"{inner.sql} ORDER BY 1 LIMIT {most}" if inner.sql else "")
    return replace(inner, sql=_NUMBER.format(inner.sql)) if inner.sql else inner


def _asks_elsewhere(rule: Policy) -> bool:
    """Whether a rule asks a query of its own: beside an "or" that one would be run for every row."""
    match rule:
        case policy.Through():
            return True
        case policy.AllOf(parts) | policy.AnyOf(parts):
            return any(_asks_elsewhere(part) for part in parts)
    return False


def _joined(rows: Sequence[QuerySet[Any, Any]], union: str) -> _Statement:
    """One statement of several, each with a limit of its own, which SQLite takes only inside a query."""
    texts: list[str] = []
    params: list[object] = []
    converters: Mapping[int, Any] = {}
    for one in rows:
        made = one.query.get_compiler(connection=connection)
        try:
            text, given = made.as_sql()
        except EmptyResultSet:
            continue
        texts.append(text)
        params += given
        converters = made.get_converters([column for column, _sql, _alias in made.select])
    if len(texts) > 1:
        texts = [_PART.format(text, at) for at, text in enumerate(texts)]
    return _Statement(union.join(texts), tuple(params), converters)


# --- asked each time --------------------------------------------------------------------------------


def _read(model: type[Model], statement: _Statement, taken: Sequence[object]) -> list[tuple[Any, ...]]:
    if not statement.sql:
        return []
    params: list[Any] = [
        _put(model, one, taken) if isinstance(one, Slot) else one for one in statement.params
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _put(model: type[Model], slot: Slot, taken: Sequence[object]) -> object:
    value = taken[slot.number]
    if not slot.column:
        return value
    field: Any = model._meta.get_field(slot.column)
    return field.get_db_prep_value(value, connection)


def _converted(statement: _Statement, rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    converters = list((statement.converters or {}).items())
    for row in rows:
        values = list(row)
        for at, (functions, expression) in converters:
            for function in functions:
                values[at] = function(values[at], expression, connection)
        yield values


def _in_order(rows: Iterable[tuple[Any, ...]], names: Sequence[str], order: _Order) -> list[tuple[Any, ...]]:
    """As the database orders them: texts by their bytes, which is the order of their characters."""
    found = sorted(rows, key=lambda row: getattr(row[0], "int", row[0]))
    if not order.by:
        return found
    at = names.index(order.by)
    there = [row for row in found if row[at] is not None]
    return sorted(there, key=lambda row: row[at], reverse=order.down) + [
        row for row in found if row[at] is None
    ]
