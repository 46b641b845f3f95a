"""Set locks and lift them; read the ones in force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from portals_core.access import policy, scope
from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.locks.decide import ACTS, KEEPING, Binding, InForce, decide
from portals_core.locks.models import Fields, Lock, LockRule, Source
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Broken, Conflict
from portals_core.records.models import Record

_READ = system("read locks in force")
_PLACE = system("place a lock")
_LIFT = system("lift locks")
#: Announced when a duty to keep has ended, so that what waited for it can go on (L6, W6).
RELEASED = "lock.released"
PAGE = 50


def _policy(actor: Actor, action: str) -> policy.Policy:
    """Locks show to staff as far as the records do (F9)."""
    reached = (
        scope.records(actor, "view") if action == "view" and actor.kind is Kind.STAFF else policy.NOTHING
    )
    if isinstance(reached, policy.ColumnIn):
        return policy.ColumnIn("record__module_id", reached.values)
    return reached


policy.POLICIES.register("portals_core.Lock", _policy)


def place(
    *,
    actor: Actor,
    record: UUID,
    ground: str,
    reason: str,
    placed_by: str,
    at: datetime,
    source: str = Source.CASE,
    rule: LockRule | None = None,
    ends_on: date | None = None,
    subject: UUID | None = None,
) -> Lock:
    """Put a lock on a record. Raises `Conflict` if the same cause holds it on this ground already.

    `subject` is whose processing a restriction restricts; left out, it protects the person the record is.

    Takes the row lock that `writing` takes, so an edit in flight ends before or is refused after.
    """
    with transaction.atomic():
        Record.objects.fetch(_PLACE, record, lock=True)
        lock = Lock(
            record_id=record,
            ground=ground,
            source=source,
            rule=rule,
            rule_name=rule.name if rule else "",
            reason=reason,
            placed_by=placed_by,
            placed_at=at,
            ends_on=ends_on,
            subject=subject,
        )
        try:
            with transaction.atomic():
                lock.save(force_insert=True)
        except IntegrityError:
            raise Conflict(
                _("This record is locked for the same reason already."), code="lock.exists"
            ) from None
        _leaf("lock.placed", lock, actor=actor, at=at, reason=reason)
    return lock


def lift(*, actor: Actor, placed_by: str, at: datetime, reason: str) -> int:
    """End every lock in force that `placed_by` set; returns how many there were."""
    with transaction.atomic():
        locks = list(Lock.objects.visible_to(_LIFT).filter(placed_by=placed_by, ended_at=None))
        return sum(end(lock, actor=actor, at=at, reason=reason) for lock in locks)


def end(lock: Lock, *, actor: Actor, at: datetime, reason: str) -> bool:
    """End one lock, in the caller's transaction; false when somebody else ended it before."""
    rows = Lock.objects.visible_to(_LIFT).filter(pk=lock.pk, ended_at=None)
    if not rows.update(ended_at=at):
        return False
    _leaf("lock.lifted", lock, actor=actor, at=at, reason=reason)
    if lock.ground in KEEPING:
        outbox.announce(RELEASED, about=f"record:{lock.record_id}", record=str(lock.record_id))
    return True


def _leaf(code: str, lock: Lock, *, actor: Actor, at: datetime, reason: str) -> None:
    append.record(
        code,
        actor=actor,
        about=f"record:{lock.record_id}",
        at=at,
        detail={
            "lock": str(lock.pk),
            "ground": lock.ground,
            "reason": reason,
            "source": lock.source,
            "rule": lock.rule_name,
            "placed_by": lock.placed_by,
            "ends_on": lock.ends_on.isoformat() if lock.ends_on else None,
        },
    )


def in_force(records: Iterable[UUID]) -> dict[UUID, list[InForce]]:
    """Locks in force of many records, in one query."""
    found: dict[UUID, list[InForce]] = {}
    rows = Lock.objects.visible_to(_READ).filter(record__in=list(records), ended_at=None)
    for lock in rows.select_related("rule"):
        found.setdefault(lock.record_id, []).append(as_value(lock))
    return found


def as_value(lock: Lock) -> InForce:
    """A stored lock as `decide` takes it; a rule binds as it is set up now."""
    rule = lock.rule
    facts = InForce(
        ground=lock.ground,
        reason=lock.reason,
        placed_by=lock.placed_by,
        since=lock.placed_at,
        id=lock.pk,
        source=lock.source,
        rule=lock.rule_name,
        ends_on=lock.ends_on,
        protects=frozenset({lock.record_id, lock.subject or lock.record_id}),
    )
    if rule is None:
        return facts
    binds = rule.binds
    return InForce(
        **{
            **facts.__dict__,
            "rule": rule.name,
            # An import that changes what is locked is refused as editing; "import" refuses it whole.
            "actions": frozenset(rule.actions),
            "fields": frozenset(rule.fields),
            "only": rule.fields_mode == Fields.ONLY,
            "binding": Binding(
                binds.get("mode", "all"),
                frozenset(binds.get("roles", ())),
                frozenset(binds.get("user_types", ())),
            ),
            "law": rule.law,
            "plain": rule.plain,
        }
    )


def restricted(subject: UUID) -> bool:
    """Whether processing of this person's record is restricted now."""
    return Lock.objects.visible_to(_READ).filter(record=subject, ground="restriction", ended_at=None).exists()


def forbids(subject: UUID, act: str) -> InForce | None:
    """The strictest lock in force that stands against an act whoever does it, such as "mail" (L16)."""
    return decide(act, in_force([subject]).get(subject, ())).by


def standing_against(act: str = "") -> QuerySet[Lock]:
    """The locks for which `forbids` says no to an act, as a condition that other queries can take in.

    Without an act: those that forbid every one, which are restrictions. Raises `Broken` for an act that is
    none, and for "edit", which depends on the fields.
    """
    if act and (act == "edit" or act not in ACTS):
        raise Broken("", code="lock.act", detail=f"no condition says whether {act!r} is forbidden")
    stands = Q(ground="restriction")
    if act:
        # Rules keep a list of words: between quotation marks one is found whole, on any database.
        stands |= Q(acts__contains=f'"{act}"')
    if act in InForce.actions:
        stands |= Q(rule=None)
    rows = Lock.objects.visible_to(_READ).filter(ended_at=None)
    return rows.annotate(acts=Cast("rule__actions", TextField())).filter(stands)


def of_record(actor: Actor, record: UUID) -> QuerySet[Lock]:
    """Every lock there is or was on a record, as far as `actor` may see it, oldest first."""
    return Lock.objects.visible_to(actor).filter(record=record).select_related("record__module", "rule")


def register(actor: Actor) -> QuerySet[Lock]:
    """The register of locks in force that `actor` may see, newest first."""
    return (
        Lock.objects.visible_to(actor)
        .filter(ended_at=None)
        .select_related("record__module", "rule")
        .order_by("-placed_at", "-pk")
    )


def narrowed(
    actor: Actor, *, ground: str = "", module: int | None = None, source: str = ""
) -> QuerySet[Lock]:
    """The register as far as ground, module and source keep it."""
    chosen = {"ground": ground, "record__module": module, "source": source}
    return register(actor).filter(**{name: value for name, value in chosen.items() if value})


def register_page(
    actor: Actor, *, since: datetime | None = None, after: UUID | None = None, **chosen: Any
) -> tuple[list[Lock], Lock | None]:
    """One page of what `narrowed` finds, and its last lock if others follow; `since` and `after` name the
    lock before it."""
    rows = narrowed(actor, **chosen)
    if since is not None and after is not None:
        rows = rows.filter(Q(placed_at__lt=since) | Q(placed_at=since, pk__lt=after))
    found = list(rows[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1] if len(found) > PAGE else None
