"""How often somebody may do something: counters in the database, the same for every process.

A window starts at a full multiple of its length. Keys such as addresses are never stored, only a keyed hash
of them; a window that is over is deleted by a daily duty.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import TooMany
from portals_core.plumbing.limit_models import Spent

DUTY = "limits"
FORGET_JOB = "portals_core.forget_limits"
DAY = 86_400
#: Beyond this a counter stands still.
MOST = 1_000_000


def spend(name: str, key: str, *, limit: int, seconds: int, at: datetime) -> None:
    """Count one more `name` by `key` in the current window of `seconds`; raise `TooMany` beyond `limit`.

    One conditional update decides, so of any number of callers at once exactly `limit` get through. What a
    caller's transaction takes back is not counted: where refused attempts must count, call it before.
    """
    if not _count(_row(name, key, seconds, at), below=limit):
        raise TooMany(
            _("This was tried too often. Please wait a while and try again."),
            code=f"limit.{name}",
        )


def tally(name: str, key: str, *, seconds: int, at: datetime) -> int:
    """Count one more and return the how manieth it is in this window: for limits that are not told.

    Of any number of callers at once each gets another number.
    """
    with transaction.atomic():
        digest = _row(name, key, seconds, at)
        _count(digest, below=MOST)
        return Spent.objects.values_list("count", flat=True).get(pk=digest)


def forget(held: outbox.Claim) -> None:
    """Job: delete the windows that are over."""
    with transaction.atomic():
        held.hold()
        Spent.objects.filter(ends_at__lte=clock.now()).delete()


def _row(name: str, key: str, seconds: int, at: datetime) -> str:
    """The digest of the counter, which stands in the table from then on."""
    number = int(at.timestamp()) // seconds
    digest = salted_hmac(f"limits.{name}", f"{seconds}:{number}:{key}", algorithm="sha256").hexdigest()
    ends_at = datetime.fromtimestamp(number * seconds, tz=UTC) + timedelta(seconds=seconds)
    Spent.objects.bulk_create([Spent(digest=digest, ends_at=ends_at)], ignore_conflicts=True)
    return digest


def _count(digest: str, *, below: int) -> bool:
    return Spent.objects.filter(pk=digest, count__lt=below).update(count=F("count") + 1) == 1
