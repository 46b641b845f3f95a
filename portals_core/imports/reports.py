"""Lists of imports and of what became of their rows, in keyset pages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from portals_core.access.actor import Actor
from portals_core.imports import runs
from portals_core.imports.models import ImportRow, ImportRun

PAGE = 50


def page_of_runs(
    actor: Actor, *, since: datetime | None = None, after: UUID | None = None
) -> tuple[list[ImportRun], ImportRun | None]:
    """One page of the imports, newest first, and its last if others follow; `since` and `after` name it."""
    rows = runs.runs(actor)
    if since is not None and after is not None:
        rows = rows.filter(Q(created_at__lt=since) | Q(created_at=since, pk__lt=after))
    found = list(rows[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1] if len(found) > PAGE else None


def page_of_rows(actor: Actor, run: UUID, *, after: str = "") -> tuple[list[ImportRow], str]:
    """One page of a run's remarks by row, and where the next begins; nothing when it is the last."""
    _run, rows = runs.report(actor, run)
    number, _dot, key = after.partition(".")
    if number.isdecimal() and key.isdecimal():
        rows = rows.filter(Q(number__gt=int(number)) | Q(number=int(number), pk__gt=int(key)))
    found = list(rows[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return found[:PAGE], f"{last.number}.{last.pk}" if last else ""
