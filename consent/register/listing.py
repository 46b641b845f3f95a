"""Long lists of the register, one page after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

PAGE = 50


@dataclass(frozen=True)
class Page:
    """Rows of one page; `following` is the row after which the next one begins, `None` on the last."""

    rows: list[Any]
    following: UUID | None


def page_of(rows: QuerySet, *, after: UUID | None = None, size: int = PAGE) -> Page:
    """The rows that come after `after` in their order, or that of their model. One that is not among them,
    or not any longer, means the first page."""
    order = [*map(str, rows.query.order_by or rows.model._meta.ordering), "pk"]
    start = rows.filter(pk=after).values(*order).first() if after else None
    found = list((rows.filter(_beyond(start, order)) if start else rows).order_by(*order)[: size + 1])
    return Page(found[:size], found[size - 1].pk if len(found) > size else None)


def _beyond(start: Mapping[str, Any], order: list[str]) -> Q:
    """Rows that sort after `start`, column by column."""
    first, *others = order
    later = Q(**{f"{first}__gt": start[first]})
    return later | Q(**{first: start[first]}) & _beyond(start, others) if others else later
