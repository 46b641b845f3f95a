"""Daily duties: jobs promised once a day, however many schedulers run and however often they start."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.db import transaction

from portals_core.plumbing import leases, outbox
from portals_core.plumbing.registry import Registry

#: Name of a duty -> the job handler that does it.
DAILY: Registry[str] = Registry("daily duties")


def promise_due(*, at: datetime) -> list[UUID]:
    """Promise the job of every duty that was not promised today (UTC); the ids of the new jobs.

    A lease that lasts until midnight is the memory of it. It is taken in the transaction of the job, so a
    crash between the two loses neither.
    """
    promised = []
    for name, handler in DAILY.items():
        with transaction.atomic():
            if leases.acquire(f"duty:{name}", _rest_of_the_day(at)) is not None:
                promised.append(outbox.enqueue(handler, about=f"duty:{name}"))
    return promised


def _rest_of_the_day(at: datetime) -> timedelta:
    tomorrow = datetime.combine(at.astimezone(UTC).date() + timedelta(days=1), time.min, tzinfo=UTC)
    return tomorrow - at
