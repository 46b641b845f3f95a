"""What cases hold of people's words goes on schedule (Art. 5(1)(e)); the facts of the procedure stay.

A closed case keeps its words for `CASE_WORDS_MONTHS`. A request that ended before it was proved who asked
was perhaps never theirs: what was typed there goes after `PROOF_DAYS` (attack 78).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from portals_core.access.actor import system
from portals_core.ledger import append
from portals_core.plumbing import clock, outbox
from requests.casebook import details
from requests.models import Case

JOB = "requests.purge"
PURGED = "case.purged"
#: Cases emptied in one transaction.
BATCH = 200
_FORGET = system("forget the words of closed cases on schedule")


def purge(held: outbox.Claim) -> None:
    """Daily job: empty every case whose time is over, batch by batch; one that broke off goes on."""
    at = clock.now()
    unproved = _closed().filter(proved_at=None, closed_at__lte=at - timedelta(days=settings.PROOF_DAYS))
    old = _closed().filter(closed_at__lte=months_before(at, settings.CASE_WORDS_MONTHS))
    for rows, why in ((unproved, "never proved"), (old, "time is over")):
        while _batch(held, rows, why, at):
            pass


def months_before(at: datetime, months: int) -> datetime:
    """The same moment so many months earlier, on the last day of the month where it has no such day."""
    count = at.year * 12 + at.month - 1 - months
    year, month = count // 12, count % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def _closed() -> QuerySet[Case]:
    rows = Case.objects.visible_to(_FORGET).filter(closed_at__isnull=False, purged_at=None)
    return rows.order_by("closed_at", "id")


def _batch(held: outbox.Claim, rows: QuerySet[Case], why: str, at: datetime) -> bool:
    """Whether there was something to empty. Each case says so in the ledger, in the same transaction."""
    with transaction.atomic():
        held.hold()
        found = list(rows.select_for_update(of=("self",))[:BATCH])
        if not found:
            return False
        keys = [one.pk for one in found]
        details.purge(keys)
        Case.objects.visible_to(_FORGET).filter(pk__in=keys).update(purged_at=at)
        told = (one.ref for one in found)
        append.record_each(PURGED, actor=_FORGET, about=told, at=at, detail={"why": why})
    return True
