"""Several querysets over one table read as one, in an order: pages and counts.

Each part is read along its own index, no further than needed. A part may repeat rows of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import F, IntegerField, QuerySet, Subquery
from django.db.models.expressions import OrderBy
from django.db.models.sql import Query
from django.db.models.sql.where import WhereNode


def first(
    parts: Sequence[QuerySet[Any, Any]], size: int, *, by: str = "", down: bool = False
) -> list[dict[str, Any]]:
    """The first `size` rows of all parts, each once. Every part gives the same `values`, with "id".

    In order of "id"; or of the text `by`, one of the values, and then of "id", where rows without that text
    come last, up and down. One query where the database takes a limit in each part of a UNION; SQLite does
    not, and is asked part by part, which costs it no round trip.
    """
    order = [_direction(by, down), F("id")] if by else [F("id")]
    pages = [part.order_by(*order)[:size] for part in parts]
    rows: Iterable[dict[str, Any]] = chain.from_iterable(pages)
    if connection.features.supports_slicing_ordering_in_compound:
        rows = pages[0].union(*pages[1:], all=True) if len(pages) > 1 else pages[0]
    found = {row["id"]: row for row in rows}
    return _in_order(found.values(), by, down)[:size]


def _direction(by: str, down: bool) -> OrderBy:
    return F(by).desc(nulls_last=True) if down else F(by).asc(nulls_last=True)


def _in_order(rows: Iterable[dict[str, Any]], by: str, down: bool) -> list[dict[str, Any]]:
    """As the database orders them: texts by their bytes, which is the order of their characters."""
    found = sorted(rows, key=lambda row: row["id"])
    if not by:
        return found
    there = [row for row in found if row[by] is not None]
    return sorted(there, key=lambda row: row[by], reverse=down) + [row for row in found if row[by] is None]


def count(parts: Sequence[QuerySet[Any, Any]], most: int) -> int:
    """How many rows the parts have together, counted no further than `most`."""
    parts = [part for part in parts if not part.query.is_empty()]
    if not parts:
        return 0
    if not any(_asks_elsewhere(part.query.where) for part in parts):
        # Without an order "this or that" reads the index of each, and no row is compared with another.
        return reduce(or_, parts).order_by()[:most].count()
    ids = [part.order_by().values("id") for part in parts]
    if len(ids) == 1:
        return ids[0][:most].count()
    if connection.features.supports_slicing_ordering_in_compound:
        ids = [part.order_by("id")[:most] for part in ids]
    # In order, SQLite merges the parts row by row and stops; without it, it would read them all.
    return ids[0].union(*ids[1:]).order_by("id")[:most].count()


class Capped(Subquery):
    """How many rows a query beside each row has, counted no further than the limit of that query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def _asks_elsewhere(node: object) -> bool:
    """Whether a condition holds a query of its own: beside an "or" that one would be run for every row."""
    if isinstance(node, WhereNode):
        return any(_asks_elsewhere(child) for child in node.children)
    return isinstance(getattr(node, "rhs", None), Query)
