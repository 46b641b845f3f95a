"""What tables of history share."""

from __future__ import annotations

from typing import Any

from django.db import models

from portals_core.plumbing.errors import Broken


class AppendOnly(models.Model):
    """A row that is inserted and never changed."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert. Raises `Broken` for a row that is stored already."""
        if not self._state.adding:
            raise Broken("", code="consent.frozen", detail=f"{self._meta.label} {self.pk} is never edited")
        super().save(*args, **kwargs)
