"""What an administrator reads of a module's locking: how many records each rule locks, how far the work of a
changed rule is, and what a rule would lock before it is stored (L7, L14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import OuterRef

from portals_core.access import compile as compiler
from portals_core.access import together
from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.locks import automatic, rules
from portals_core.locks.models import Lock
from portals_core.plumbing import outbox
from portals_core.plumbing.models import JobState
from portals_core.records import reads
from portals_core.records.models import Module
from portals_core.records.shown import Reference

#: Records a trial names: enough to recognise what is meant.
NAMED = 10
_COUNT = system("count what lock rules lock")


def locked_now(of: Module) -> dict[int, int]:
    """Rule -> how many records of the module it locks, capped at one beyond `reads.CAP`. One query."""
    held = Lock.objects.visible_to(_COUNT).filter(rule=OuterRef("pk"), ended_at=None).order_by()
    rows = rules.stored_rules(of).annotate(number=together.Capped(held.values("pk")[: reads.CAP + 1]))
    return dict(rows.values_list("pk", "number"))


@dataclass(frozen=True)
class Settling:
    """A rule whose locks are being brought in line; `total` is not known before that begins."""

    rule: int
    done: int
    total: int | None
    #: It had its tries and was put aside.
    stopped: bool

    @property
    def ref(self) -> str:
        """A name for its place on a page."""
        return f"settling-{self.rule}"


def settling(of: Module) -> list[Settling]:
    """The rules of the module, removed ones among them, whose locks are not yet in line."""
    about = [f"lock_rule:{key}" for key in rules.stored_rules(of).values_list("pk", flat=True)]
    jobs = outbox.unfinished(handler=rules.SETTLE_JOB, about=about)
    return [
        Settling(job.payload["rule"], job.done, job.total, job.state == JobState.PARKED)
        for job in jobs
        if job.payload["module"] == of.pk
    ]


@dataclass(frozen=True)
class Tried:
    """What a rule would lock now: how many records, capped, and the first of those in the actor's sight."""

    count: int
    first: Sequence[Reference]
    #: Whether saving locks them at once (L14); otherwise each is locked when it is changed next.
    existing: bool


def tried(
    *, actor: Actor, module: Module, description: Mapping[str, Any], at: datetime, rule: int | None = None
) -> Tried:
    """Store a rule, see what it asks for, and take it back: nothing of it remains but the leaf that says who
    tried which conditions. Raises what `rules.define_rule` raises."""
    with transaction.atomic():
        found, told = _stored_for_a_moment(actor, module, description, at, rule)
        append.record("lock_rule.tried", actor=actor, about=f"module:{module.key}", at=at, detail=told)
    return found


def _stored_for_a_moment(
    actor: Actor, module: Module, description: Mapping[str, Any], at: datetime, rule: int | None
) -> tuple[Tried, dict[str, Any]]:
    with transaction.atomic():
        row = rules.define_rule(actor=actor, module=module, description=description, at=at, rule=rule)
        wanted = rules.ready(row)
        seen = compiler.narrow(reads.in_sight(actor, module), wanted.asks(at.date()))
        keys = list(seen.order_by("pk").values_list("pk", flat=True)[:NAMED])
        first = list(reads.references(actor, keys).values())
        count = reads.capped(automatic.would_lock(wanted, at.date()))
        transaction.set_rollback(True)
    return Tried(count, first, row.existing), {"conditions": row.criteria, "name": row.name}
