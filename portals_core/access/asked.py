"""A question about rows of one table that is bound to who asks and not asked yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db import models

from portals_core.access import compile as compiler
from portals_core.access import policy
from portals_core.access.policy import Policy


@dataclass(frozen=True)
class Asked:
    """Rows in reach, in parts that one index each can serve; a row may be in several. Only
    `ScopedManager.parts_visible_to` makes one, and `together` reads it."""

    model: type[models.Model]
    #: Columns and values that every row has, such as its module.
    narrow: tuple[tuple[str, Any], ...]
    parts: tuple[Policy, ...]

    def keeping(self, rule: Policy) -> Asked:
        """Those of the rows that keep one more rule."""
        return replace(self, parts=tuple(policy.all_of(part, rule) for part in self.parts))

    def querysets(self) -> list[models.QuerySet[Any]]:
        """Each part as a queryset, for plans and comparisons; long lists are read by `together`."""
        rows = compiler.rows(self.model).filter(**dict(self.narrow))
        return [compiler.narrow(rows, part) for part in self.parts]
