"""What people tried and were refused goes to the ledger, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import transaction

from portals_core.access.actor import Actor
from portals_core.ledger import append
from portals_core.locks import decide
from portals_core.plumbing.errors import Absent, Forbidden

CODE = "case.refused_attempt"


@contextmanager
def watched(*, actor: Actor, act: str, at: datetime, on: object = None) -> Iterator[None]:
    """Record a refusal for lack of reach or right, and let it go on to the caller.

    Stand outside the transaction of the act: the entry is written after that one rolled back.
    """
    try:
        yield
    except (Absent, Forbidden) as refusal:
        target = _opaque(on)
        with transaction.atomic():
            append.record(
                CODE,
                actor=actor,
                about=decide.case_ref(target) if target and act != "file" else actor.ref,
                outcome="refused",
                at=at,
                detail={"act": act, "code": refusal.code, "on": str(target) if target else None},
            )
        raise


def _opaque(on: object) -> UUID | None:
    """An id if it is one: whatever else somebody typed may be personal and is not kept."""
    try:
        return UUID(str(on))
    except ValueError:
        return None
