"""Where a page follows another: rows beyond a cursor in the order of the pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.db.models.expressions import Expression


class Beyond(Expression):
    """A condition on rows: after the cursor in the order of these columns, or before it with `back`.

    It is written as one comparison, ``(due_on, id) > (?, ?)``, which an index with both columns is entered
    by. The tuple lookups of Django are taken apart for SQLite into an "or" that reads the whole day of the
    cursor, and take as long to be put together as a page takes to be read. No column may be null.
    """

    conditional = True
    output_field = models.BooleanField()

    def __init__(self, columns: Sequence[str], cursor: Sequence[object], *, back: bool = False) -> None:
        super().__init__()
        self.columns, self.cursor, self.sign = tuple(columns), tuple(cursor), "<" if back else ">"
        self.resolved: list[Any] = []

    def resolve_expression(self, query: Any = None, *args: Any, **kwargs: Any) -> Beyond:
        found = self.copy()
        found.resolved = [query.resolve_ref(name) for name in self.columns]
        return found

    def get_source_expressions(self) -> list[Any]:
        return self.resolved

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        self.resolved = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        names = [compiler.compile(column)[0] for column in self.resolved]
        given = tuple(
            column.target.get_db_prep_value(value, connection)
            for column, value in zip(self.resolved, self.cursor, strict=True)
        )
        places = ", ".join(["%s"] * len(given))
        return f"({', '.join(names)}) {self.sign} ({places})", given


def pages(rows: QuerySet[Any, Any], columns: Sequence[str], size: int) -> Iterator[list[Any]]:
    """All rows in the order of these columns, so many at a time. A page is read when it is asked for, after
    whatever was done about the one before; none is empty.

    Rows are objects, or tuples of `values_list` that hold exactly these columns.
    """
    rows = rows.order_by(*columns)
    page = list(rows[:size])
    while page:
        yield page
        if len(page) < size:
            return
        page = list(rows.filter(Beyond(columns, _cursor(page[-1], columns)))[:size])


def _cursor(row: Any, columns: Sequence[str]) -> tuple[object, ...]:
    return row if isinstance(row, tuple) else tuple(getattr(row, name) for name in columns)
