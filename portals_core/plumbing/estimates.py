"""What a database cannot guess about a condition."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Func, Q

#: The part of all rows that a batch of keys is taken to find.
SHARE = "0.0001"


class Few(Func):
    """A condition on rows that few of them meet: ``rows.filter(Few(target__in=batch))``.

    It answers as the condition alone does. SQLite keeps one number for an index, how many rows a value has on
    average. Where nearly all links lead to one person it takes any value for that one, and for each batch of
    other values it reads the whole table: the square of the rows. Told that few are meant, it enters by the
    index. PostgreSQL counts the frequent values by themselves and needs no word.
    """

    conditional = True
    output_field = models.BooleanField()
    template = "%(expressions)s"

    def __init__(self, *expressions: Any, **conditions: Any) -> None:
        super().__init__(*(expressions or (Q(**conditions),)))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"likelihood(%(expressions)s, {SHARE})", **context)
