"""Events and jobs, stored with the change that causes them.

A lower room announces; an upper room subscribes. A subscriber that only touches the database may run
inside the announcing transaction (`inline=True`); all else becomes a job: one row, run by any worker that
claims it, as often as needed until it is done once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from kombu.exceptions import OperationalError

from portals_core.plumbing import clock
from portals_core.plumbing.errors import Broken, Conflict
from portals_core.plumbing.models import Job, JobState
from portals_core.plumbing.registry import Registry

log = logging.getLogger(__name__)
#: Name of the one Celery task.
TASK = "portals_core.run"


class Stale(Conflict):
    """This worker's lease was taken over: whatever it was about to write must not be written."""

    default_code = "job.stale"


@dataclass
class Claim:
    """A job in the hands of this worker, with the fencing number of its lease."""

    id: UUID
    handler: str
    about: str
    payload: Mapping[str, object]
    fence: int
    attempt: int

    def hold(self, *, done: int | None = None, total: int | None = None) -> None:
        """Prove, inside the transaction of an effect, that the lease is still ours, and renew it.

        Raises `Stale` when another worker took over; the transaction then rolls back (promise 14).
        """
        if not transaction.get_connection().in_atomic_block:
            raise Broken(
                "", code="job.no_transaction", detail="hold() belongs inside the effect's transaction"
            )
        change: dict[str, object] = {
            "lease_until": clock.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)
        }
        if done is not None:
            change["done"] = done
        if total is not None:
            change["total"] = total
        held = Job.objects.filter(pk=self.id, state=JobState.RUNNING, fence=self.fence).update(**change)
        if held != 1:
            raise Stale("", detail=f"job {self.id} fence {self.fence}")


Handler = Callable[[Claim], None]
Subscriber = Callable[..., None]
HANDLERS: Registry[Handler] = Registry("job handlers")
_INLINE: Registry[Subscriber] = Registry("inline subscribers")
_LATER: Registry[str] = Registry("subscribers by job")


def subscribe(event: str, name: str, *, inline: Subscriber | None = None, job: str | None = None) -> None:
    """Listen to `event` under a unique `name`: with a function run in the announcing transaction, or by
    a registered job handler run later. Called in `apps.py` only."""
    if (inline is None) == (job is None):
        raise Broken("", code="outbox.subscribe", detail=f"{event}/{name}: give either inline or job")
    if inline is not None:
        _INLINE.register(f"{event}/{name}", inline)
    else:
        _LATER.register(f"{event}/{name}", str(job))


def announce(event: str, *, about: str, **ids: object) -> None:
    """Tell every subscriber of `event`. Must run inside the transaction of the change it tells of."""
    for key, function in _INLINE.items():
        if key.startswith(f"{event}/"):
            function(about=about, **ids)
    for key, handler in _LATER.items():
        if key.startswith(f"{event}/"):
            enqueue(handler, about=about, payload={"event": event, **ids})


def enqueue(
    handler: str,
    *,
    about: str,
    payload: Mapping[str, object] | None = None,
    not_before: datetime | None = None,
) -> UUID:
    """Promise work: stores the row now, wakes a worker when the transaction commits.

    `payload` holds ids and counts only. Raises `Broken` outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise Broken("", code="outbox.no_transaction", detail=f"{handler}: a job is stored with its change")
    HANDLERS.get(handler)
    now = clock.now()
    job = Job(
        handler=handler,
        about=about,
        payload=dict(payload or {}),
        not_before=not_before or now,
        created_at=now,
    )
    job.save(force_insert=True)
    if job.not_before <= now:
        transaction.on_commit(lambda: wake(job.id))
    return job.id


def wake(job_id: UUID) -> None:
    """Send the wake-up. A broker that is away costs time, not work: the sweeper finds the row."""
    try:
        current_app.send_task(TASK, args=[str(job_id)], retry=False)
    except (OperationalError, OSError) as error:
        log.warning("no wake-up for job %s: %s", job_id, type(error).__name__)


def claim(job_id: UUID, *, at: datetime) -> Claim | None:
    """Take the job if it is due and nobody holds it; `None` otherwise. Of two callers one gets it."""
    due = Q(state=JobState.WAITING, not_before__lte=at) | Q(state=JobState.RUNNING, lease_until__lt=at)
    taken = Job.objects.filter(due, pk=job_id).update(
        state=JobState.RUNNING,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_until=at + timedelta(seconds=settings.JOB_LEASE_SECONDS),
    )
    if not taken:
        return None
    job = Job.objects.get(pk=job_id)
    return Claim(job.id, job.handler, job.about, job.payload, job.fence, job.attempts)


def finish(held: Claim, *, at: datetime) -> None:
    """Mark the job done. Raises `Stale` if the lease was lost meanwhile."""
    done = Job.objects.filter(pk=held.id, state=JobState.RUNNING, fence=held.fence).update(
        state=JobState.DONE, done_at=at, lease_until=None, failure=""
    )
    if done != 1:
        raise Stale("", detail=f"job {held.id} fence {held.fence}")


def fail(held: Claim, error: BaseException, *, at: datetime) -> JobState:
    """Give the job back for a later try, or park it when it had its tries. Returns its new state."""
    state = JobState.PARKED if held.attempt >= settings.JOB_ATTEMPTS else JobState.WAITING
    code = getattr(error, "code", "")
    Job.objects.filter(pk=held.id, state=JobState.RUNNING, fence=held.fence).update(
        state=state,
        lease_until=None,
        not_before=at + timedelta(seconds=min(2**held.attempt, 3600)),
        failure=f"{type(error).__name__} {code}".strip()[:400],
    )
    return state


def run_now(job_id: UUID, *, at: datetime | None = None) -> JobState | None:
    """Claim and run one job in this process. `None` when it was not there to be claimed.

    An error of the handler is stored with the job and raised to the caller.
    """
    held = claim(job_id, at=at or clock.now())
    if held is None:
        return None
    try:
        HANDLERS.get(held.handler)(held)
    except Stale:
        raise
    except Exception as error:
        # Whatever went wrong is the job's outcome: it is stored, counted and shown, then raised.
        fail(held, error, at=clock.now())
        raise
    finish(held, at=clock.now())
    return JobState.DONE


def late(*, at: datetime, grace: float = 5.0) -> list[UUID]:
    """Ids of jobs that should be running and are not: their message was lost or their worker died."""
    since = at - timedelta(seconds=grace)
    due = Q(state=JobState.WAITING, not_before__lte=since) | Q(state=JobState.RUNNING, lease_until__lt=at)
    return list(Job.objects.filter(due).order_by("not_before").values_list("pk", flat=True)[:500])


def parked(*, about: str, handler: str) -> bool:
    """Whether the latest job of this kind about this thing had its tries and was put aside."""
    latest = Job.objects.filter(about=about, handler=handler).order_by("-created_at", "-id").first()
    return latest is not None and latest.state == JobState.PARKED


def unfinished(*, handler: str, about: Iterable[str] = ()) -> list[Job]:
    """The jobs of one kind that wait or run, and those about one of these things that were put aside and not
    followed by another."""
    open_states = (JobState.WAITING, JobState.RUNNING)
    named = Q(about__in=list(about)) | Q(state__in=open_states)
    latest: dict[str, Job] = {}
    for job in Job.objects.filter(named, handler=handler).order_by("created_at", "id"):
        before = latest.get(job.about)
        # Several may wait for the same thing: the one under way tells how far it is.
        if before is None or before.state != JobState.RUNNING:
            latest[job.about] = job
    return [job for job in latest.values() if job.state != JobState.DONE]


def drain(*, about: str | None = None, limit: int = 10_000) -> int:
    """Run every due job (of one thing, or all) in this process; returns how many were done.

    For commands and tests. Jobs that the jobs promise are run as well.
    """
    count = 0
    while count < limit:
        jobs = Job.objects.filter(state=JobState.WAITING, not_before__lte=clock.now())
        if about is not None:
            jobs = jobs.filter(about=about)
        job_id = jobs.order_by("created_at", "id").values_list("pk", flat=True).first()
        if job_id is None or run_now(job_id) is None:
            return count
        count += 1
    return count
