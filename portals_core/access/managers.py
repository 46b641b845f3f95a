"""Managers that answer nobody who does not say who asks."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from portals_core.access import compile as compiler
from portals_core.access import policy
from portals_core.access.actor import Actor, Kind
from portals_core.access.asked import Asked
from portals_core.plumbing.errors import Absent, Broken


class ScopedManager(models.Manager):
    """The default manager of everything that can hold personal data.

    It offers `visible_to`, `parts_visible_to` and `fetch` and nothing else: any other query raises `Broken`,
    because a query without an actor has no scope. Writers insert with `Model(...).save()`.
    """

    def get_queryset(self) -> models.QuerySet:
        raise Broken(
            "",
            code="access.unscoped",
            detail=f"{self.model._meta.label} was queried without an actor; use visible_to(actor, action)",
        )

    def visible_to(self, actor: Actor, action: str = "view", **narrow: Any) -> models.QuerySet:
        """The rows on which `actor` may do `action`; the same answer serves lists, details and writes."""
        rows = super().get_queryset()
        if narrow:
            rows = rows.filter(**narrow)
        return compiler.narrow(rows, self._rule(actor, action, narrow))

    def parts_visible_to(self, actor: Actor, action: str = "view", **narrow: Any) -> Asked:
        """The same rows as a question in parts that one index each can serve, for long lists:
        `access.together` makes one page or one count of them."""
        rule = self._rule(actor, action, narrow)
        return Asked(self.model, tuple(sorted(narrow.items())), policy.branches(rule))

    def _rule(self, actor: Actor, action: str, narrow: dict[str, Any]) -> policy.Policy:
        if actor.kind is Kind.SYSTEM:
            return policy.EVERYTHING
        return policy.POLICIES.get(self.model._meta.label)(actor, action, **narrow)

    def fetch(self, actor: Actor, key: object, action: str = "view", *, lock: bool = False) -> Any:
        """One row by primary key. Raises `Absent` alike for a missing, a foreign and a malformed key."""
        rows = self.visible_to(actor, action)
        if lock:
            rows = rows.select_for_update(of=("self",))
        try:
            return rows.get(pk=key)
        except (ObjectDoesNotExist, ValidationError, ValueError, TypeError):
            raise Absent(_("There is nothing here, or it is not shared with you.")) from None
