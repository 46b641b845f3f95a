"""Time-limited duties with fencing numbers: a holder that was asleep past its time writes nothing (RD2).

A lease alone does not protect a write, since a process may sleep between looking and writing. Whoever
writes under a lease must store its fence with the write and refuse a smaller one.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F

from portals_core.plumbing import clock
from portals_core.plumbing.lease_models import Lease

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def acquire(name: str, ttl: timedelta) -> int | None:
    """The fence of a fresh lease, greater than any before; None while somebody else holds it."""
    now = clock.now()
    with transaction.atomic():
        Lease.objects.bulk_create([Lease(name=name, until=_LONG_AGO)], ignore_conflicts=True)
        free = Lease.objects.filter(name=name, until__lte=now)
        if free.update(fence=F("fence") + 1, until=now + ttl) != 1:
            return None
        return Lease.objects.values_list("fence", flat=True).get(name=name)


def renew(name: str, fence: int, ttl: timedelta) -> bool:
    """Hold on for `ttl` more; false when the lease has passed to somebody else."""
    return Lease.objects.filter(name=name, fence=fence).update(until=clock.now() + ttl) == 1


def release(name: str, fence: int) -> bool:
    """Give the lease back early; false when it had passed to somebody else anyway."""
    return Lease.objects.filter(name=name, fence=fence).update(until=_LONG_AGO) == 1
