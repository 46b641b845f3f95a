"""Locks that people place and lift by hand, with a reason (L5, L17–L19)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.locks import place, rules
from portals_core.locks.models import Ground, Lock, Mode, Source
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from portals_core.records import lookups
from portals_core.records.models import Record

LONGEST = 400
#: Ground -> the permission to place and lift it by hand. The other grounds have a rule or a request.
PERMISSION = {Ground.BUSINESS: "records.lock", Ground.LEGAL_HOLD: "records.hold"}
_LOCKS = system("keep locks placed by hand")


def lock_record(
    *, actor: Actor, record: UUID | str, ground: str, reason: str, at: datetime, whole: bool = False
) -> list[Lock]:
    """Lock a record in sight by hand; with `whole`, everything that belongs to it, too (W6).

    A legal hold needs no set-up of the module, a business lock needs its mode. Raises `Forbidden`, `BadInput`
    without a reason, `Conflict` where the record is locked by hand on this ground already; records that
    belong to it and are locked already are passed over.
    """
    _may(actor, ground)
    text = _reason(reason)
    with transaction.atomic():
        found: Record = Record.objects.fetch(actor, record, lock=True)
        if ground == Ground.BUSINESS and rules.mode_of(found.module) not in (Mode.MANUAL, Mode.BOTH):
            raise Conflict(
                _("Records of this kind are not locked by hand. An administrator can switch that on."),
                code="lock.not_by_hand",
            )
        if _by_hand(found.pk, ground):
            raise Conflict(_("This record is locked on this ground already."), code="lock.exists")
        wanted = [found.pk, *(_belonging(found.pk, ground) if whole else ())]
        return [
            place.place(
                actor=actor,
                record=key,
                ground=ground,
                reason=text,
                placed_by=actor.ref,
                at=at,
                source=Source.MANUAL,
            )
            for key in wanted
        ]


def offered(actor: Actor, record: Record) -> list[Ground]:
    """The grounds on which this actor can lock the record by hand now."""
    mine = [ground for ground, needed in PERMISSION.items() if actor.may(needed)]
    if Ground.BUSINESS in mine and rules.mode_of(record.module) not in (Mode.MANUAL, Mode.BOTH):
        mine.remove(Ground.BUSINESS)
    rows = Lock.objects.visible_to(_LOCKS).filter(record=record, ended_at=None, source=Source.MANUAL)
    held = set(rows.values_list("ground", flat=True)) if mine else set()
    return [ground for ground in mine if ground not in held]


def grounds(actor: Actor, record: Record) -> list[Ground]:
    """The same for the page that asks. Raises `Conflict` where nothing is offered."""
    found = offered(actor, record)
    if not found:
        raise Conflict(
            _(
                "There is nothing to lock by hand here: the record is locked already, or records of this "
                "kind are not locked by hand."
            ),
            code="lock.not_by_hand",
        )
    return found


def belonging(actor: Actor, record: Record) -> int:
    """How many records beside this one a legal hold on it and everything that belongs to it would lock now;
    none for an actor who may not place one."""
    if not actor.may(PERMISSION[Ground.LEGAL_HOLD]):
        return 0
    return sum(1 for _key in _belonging(record.pk, Ground.LEGAL_HOLD))


def may_end(actor: Actor, ground: str, source: str) -> bool:
    """Whether this actor can end such a lock, or change its reason (L19)."""
    needed = PERMISSION.get(Ground(ground))
    return source == Source.MANUAL and needed is not None and actor.may(needed)


def in_hand(actor: Actor, lock: UUID | str) -> Lock:
    """A lock in force that was placed by hand and is this actor's to end. Raises `Absent`, `Conflict` for one
    that ends in another way or has ended, `Forbidden`."""
    found: Lock = Lock.objects.fetch(actor, lock)
    _refuse_other(actor, found)
    if found.ended_at is not None:
        raise _ended()
    return found


def unlock(*, actor: Actor, lock: UUID | str, reason: str, at: datetime) -> None:
    """End a lock that was placed by hand. Raises `Conflict` for any other: a rule ends with its conditions,
    a restriction with its request (L19, decision 9)."""
    text = _reason(reason)
    with transaction.atomic():
        found = _own_kind(actor, lock)
        if not place.end(found, actor=actor, at=at, reason=text):
            raise _ended()


def change_reason(*, actor: Actor, lock: UUID | str, reason: str, at: datetime) -> None:
    """Write another reason for a lock placed by hand; the ledger keeps both (L18)."""
    text = _reason(reason)
    with transaction.atomic():
        found = _own_kind(actor, lock)
        rows = Lock.objects.visible_to(_LOCKS).filter(pk=found.pk, ended_at=None)
        if not rows.update(reason=text):
            raise _ended()
        append.record(
            "lock.reason_changed",
            actor=actor,
            about=f"record:{found.record_id}",
            at=at,
            detail={"lock": str(found.pk), "before": found.reason, "after": text},
        )


def _own_kind(actor: Actor, lock: UUID | str) -> Lock:
    found: Lock = Lock.objects.fetch(actor, lock)
    Record.objects.fetch(actor, found.record_id, lock=True)
    _refuse_other(actor, found)
    return found


def _refuse_other(actor: Actor, found: Lock) -> None:
    if found.source != Source.MANUAL:
        raise Conflict(
            _(
                "This lock was not placed by hand. It ends with the conditions of its rule, or with the "
                "request that placed it."
            ),
            code="lock.not_by_hand",
        )
    _may(actor, found.ground)


def _ended() -> Conflict:
    return Conflict(_("This lock has ended already."), code="lock.ended")


def _may(actor: Actor, ground: str) -> None:
    needed = PERMISSION.get(Ground(ground)) if ground in Ground.values else None
    if needed is None:
        raise BadInput(
            _("By hand a record is locked as a business rule or a legal hold. Choose one of them."),
            code="lock.ground",
            fields={"ground": _("choose a ground")},
        )
    if not actor.may(needed):
        raise Forbidden(_("Your role does not include this lock. Ask an administrator."), detail=needed)


def _reason(reason: str) -> str:
    text = reason.strip()
    if not 1 <= len(text) <= LONGEST:
        raise BadInput(
            _("Say why, in at most %(longest)s characters.") % {"longest": LONGEST},
            code="lock.reason",
            fields={"reason": _("say why")},
        )
    return text


def _by_hand(record: UUID, ground: str) -> bool:
    rows = Lock.objects.visible_to(_LOCKS).filter(record=record, ended_at=None, source=Source.MANUAL)
    return rows.filter(ground=ground).exists()


def _belonging(record: UUID, ground: str) -> Iterator[UUID]:
    for batch in lookups.belonging(record):
        rows = Lock.objects.visible_to(_LOCKS).filter(record__in=batch, ended_at=None, ground=ground)
        locked = set(rows.filter(source=Source.MANUAL).values_list("record", flat=True))
        yield from (key for key in sorted(batch) if key not in locked)
