"""Carry out "stop processing": an all-role lock on the person's record and on every record that hangs on it.

Nobody but the case that placed these locks lifts them, after the person was told (R9, L9, L19, decision 9).
"""

from __future__ import annotations

from functools import partial

from django.db import transaction

from portals_core.access.actor import system
from portals_core.plumbing import clock, faults
from portals_core.plumbing.sources import SOURCES, Authority
from requests.casebook import lifecycle
from requests.casebook.effects import Run
from requests.holding import kept, planning
from requests.holding.book import Book
from requests.law.plan import Entry
from requests.models import Case
from requests.telling.notices import restricting

RESTRICT = "restrict"
_CLOSE = system("close a request to stop processing")


def carry_out(run: Run) -> None:
    """Lock what was planned and what came since, until a look finds nothing unlocked; then close the case.

    More than the plan named may be locked: a restriction covers every record there is (L14), and it can
    be undone. What the plan refuses is left open.
    """
    planned = planning.entries_approved(run.case)
    while waiting := _unlocked(run, planned):
        total = len(run.done) + len(waiting)
        for entry in waiting:
            run.once(RESTRICT, entry.key, partial(_place, run, entry), total=total)
    with transaction.atomic():
        run.held.hold()
        case = Case.objects.fetch(_CLOSE, run.case.pk, lock=True)
        at = clock.now()
        left = kept.settle(case, planned)
        finished = lifecycle.finish(case, actor=run.actor, at=at, partly=bool(left))
        restricting.stopped(finished, at=at, left=left)
        faults.reach("execute.last_commit")


def _unlocked(run: Run, planned: Book) -> Book:
    found = planning.entries_now(run.case, planned)
    return Book(entry for entry in found.touched() if (RESTRICT, entry.key) not in run.done)


def _place(run: Run, entry: Entry) -> None:
    SOURCES.get(entry.source).restrict(
        planning.as_item(entry),
        subject=run.case.person,
        actor=run.actor,
        under=Authority(run.case.pk, RESTRICT, run.case.person),
    )
