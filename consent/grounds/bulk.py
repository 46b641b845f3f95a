"""One basis for many people (D8): a job that records it one by one, and tells who was left out and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consent.grounds import people, recording
from consent.grounds.people import Filter
from consent.models import BasisChange, ChangeState
from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.people import accounts
from portals_core.plumbing import clock, faults, outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, DsrError, Forbidden, Locked
from portals_core.records.models import Record

HANDLER = "consent.change_bases"
BATCH = 100
MOST_TICKED = 1_000
#: Of the people left out for one reason, so many are named.
MOST_NAMED = 50
_RUN = system("record a basis for many people")


def start(
    *,
    actor: Actor,
    chosen: Filter | None = None,
    ticked: Collection[UUID] = (),
    basis: str,
    at: datetime,
    purpose: str | None = None,
    condition: str = "",
    assessment: str = "",
    reason: str = "",
    valid_from: datetime | None = None,
    seen: int | None = None,
) -> BasisChange:
    """Promise to record a basis for the people of a filter, or for those ticked.

    `seen` is the number of people the officer was told of; another number now raises `Conflict`. Raises
    `Forbidden`, what `recording.wanted` raises, and `BadInput` for nobody or more than `MOST_TICKED`.
    """
    recording.refuse_unless_may(actor)
    what = recording.wanted(
        basis=basis,
        at=at,
        purpose=purpose,
        condition=condition,
        assessment=assessment,
        reason=reason,
        valid_from=valid_from,
    )
    refuse_if_other(number(actor, chosen, ticked), seen)
    with transaction.atomic():
        change = BasisChange(
            chosen_by=chosen.stored() if chosen else {},
            ticked=sorted(str(key) for key in set(ticked)),
            purpose=what.purpose,
            basis=what.basis,
            condition=what.condition,
            assessment=what.assessment,
            reason=what.reason,
            valid_from=what.valid_from or at,
            started_by_id=actor.user_id,
            started_at=at,
        )
        change.save(force_insert=True)
        append.record(
            "bases.change_started",
            actor=actor,
            about=about(change),
            at=at,
            detail={
                "whom": change.chosen_by or {"ticked": len(change.ticked)},
                "purpose": purpose or "",
                "basis": what.basis,
                "condition": what.condition,
                "assessment": what.assessment,
                "reason": what.reason,
            },
        )
        outbox.enqueue(HANDLER, about=about(change), payload={"change": str(change.pk)})
    return change


def preview(*, at: datetime, **what: Any) -> recording.Wanted:
    """What `start` would record, checked alike; nothing is stored."""
    return recording.wanted(at=at, **what)


def number(actor: Actor, chosen: Filter | None = None, ticked: Collection[UUID] = ()) -> int:
    """For how many people it would be, counted no further than one beyond `records.reads.CAP`.

    Raises `BadInput` for nobody, for both ways of choosing at once, and for too many ticked.
    """
    if (chosen is None) == (not ticked):
        raise BadInput(_("Choose the people first."), code="bases.nobody")
    if len(set(ticked)) > MOST_TICKED:
        raise BadInput(
            _("Tick at most %(most)s people, or choose them by a filter.") % {"most": MOST_TICKED},
            code="bases.too_many",
        )
    if chosen is not None:
        return people.counted(actor, chosen)
    return people.found(actor, Filter()).filter(pk__in=ticked).count()


def refuse_if_other(now: int, seen: int | None) -> None:
    """Raise `Conflict` where it would be for other people than those the officer was told of."""
    if seen is not None and seen != now:
        raise Conflict(
            _("The people on this list changed meanwhile. Look at their number again."), code="bases.moved"
        )
    if not now:
        raise BadInput(_("Nobody is on this list."), code="bases.nobody")


def carry_out(held: outbox.Claim) -> None:
    """Job handler: from where the change stands to its end, with the rights its beginner has now.

    A batch is one transaction with the cursor: whoever takes over goes on behind it and doubles nobody.
    """
    change = (
        BasisChange.objects.visible_to(_RUN)
        .select_related("purpose", "started_by")
        .get(pk=held.payload["change"])
    )
    if change.state != ChangeState.RUNNING:
        return
    actor = _beginner(change)
    if actor is None:
        _end(held, change, ChangeState.STOPPED)
        return
    if change.total is None:
        change.total = _people(actor, change).count()
    what = recording.Wanted(
        change.basis, change.purpose, change.condition, change.reason, change.assessment, change.valid_from
    )
    for ids in _batches(actor, change):
        with transaction.atomic():
            held.hold(done=change.seen + len(ids), total=change.total)
            for key in ids:
                _one(change, what, actor, key)
            change.cursor = ids[-1]
            change.save(update_fields=["cursor", "total", "recorded", "left_out"])
        faults.reach("bases.batch")
    _end(held, change, ChangeState.DONE)


def _beginner(change: BasisChange) -> Actor | None:
    """Who began it, with the rights of this moment; nobody who lost them."""
    if change.started_by is None:
        return _RUN
    try:
        actor = accounts.actor_of(change.started_by, verified=True)
    except Forbidden:
        return None
    return actor if actor.kind is Kind.STAFF and actor.may("consent.manage") else None


def _people(actor: Actor, change: BasisChange) -> QuerySet[Record]:
    """Whom it is for: of a filter, nobody who came after the officer saw the number."""
    if change.ticked:
        return people.found(actor, Filter()).filter(pk__in=change.ticked)
    return people.found(actor, Filter.read(change.chosen_by)).filter(created_at__lte=change.started_at)


def _batches(actor: Actor, change: BasisChange) -> Iterator[list[UUID]]:
    """Ids in order behind the cursor; each batch is read after the one before was recorded."""
    while True:
        rows = _people(actor, change).order_by("pk")
        if change.cursor:
            rows = rows.filter(pk__gt=change.cursor)
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        if not ids:
            return
        yield ids


def _one(change: BasisChange, what: recording.Wanted, actor: Actor, key: UUID) -> None:
    try:
        with transaction.atomic():
            recording.record(what, actor=actor, subject=key, at=clock.now())
        change.recorded += 1
    except (Absent, BadInput, Conflict, Forbidden, Locked) as error:
        _leave_out(change, error, key)


def _leave_out(change: BasisChange, error: DsrError, key: UUID) -> None:
    reason = change.left_out.setdefault(error.code, {"count": 0, "people": []})
    reason["count"] += 1
    if len(reason["people"]) < MOST_NAMED:
        reason["people"].append(str(key))


def _end(held: outbox.Claim, change: BasisChange, state: ChangeState) -> None:
    at = clock.now()
    with transaction.atomic():
        held.hold()
        # The ids of those ticked have done their work.
        change.state, change.ended_at, change.ticked = state, at, []
        change.save(update_fields=["state", "ended_at", "ticked", "total"])
        append.record(
            "bases.change_ended",
            actor=_RUN,
            about=about(change),
            at=at,
            detail={"state": state.value, "recorded": change.recorded, "left_out": change.refused},
        )


def about(change: BasisChange) -> str:
    return f"bases:{change.pk}"
