"""Locks that rules place and end: with the write that makes their conditions true or false, by a job when a
rule changes, and every day for what time alone changes (L6, L14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from portals_core.access import compile as compiler
from portals_core.access import policy
from portals_core.access.actor import Actor, system
from portals_core.locks import place, rules
from portals_core.locks.decide import rule_ref
from portals_core.locks.models import Lock, LockRule, Source
from portals_core.locks.rules import Rule
from portals_core.plumbing import clock, faults
from portals_core.plumbing.outbox import Claim
from portals_core.records import reads
from portals_core.records.models import Record

#: Daily job, and the name of its duty.
SWEEP_JOB = "locks.sweep"
DUTY = "locks.sweep"
BATCH = 200
_RULES = system("apply lock rules")


def settle(record: Record, *, actor: Actor, at: datetime) -> None:
    """Bring a record's automatic locks in line with the rules, inside the transaction of the write that
    made or changed it. One query where the module has no rules."""
    due = rules.rules_of(record.module_id)
    if not due:
        return
    row = reads.row_of(record)
    held = {
        lock.rule_id: lock
        for lock in Lock.objects.visible_to(_RULES).filter(record=record, ended_at=None, rule__isnull=False)
    }
    for rule in due:
        _apply(rule, record, row, held.get(rule.row.pk), actor=actor, at=at)


def _wanted(rule: Rule, record: Record, row: policy.Row, today: date) -> bool:
    ends_on = rule.ends_on(record.values)
    return policy.holds(rule.condition(today), row) and (ends_on is None or ends_on > today)


def _apply(
    rule: Rule, record: Record, row: policy.Row, lock: Lock | None, *, actor: Actor, at: datetime
) -> None:
    if rule.tree is None:
        return
    wanted, ends_on = _wanted(rule, record, row, at.date()), rule.ends_on(record.values)
    as_it_is = lock is not None and (lock.ground, lock.ends_on) == (rule.row.ground, ends_on)
    if lock is not None and not (wanted and as_it_is):
        place.end(lock, actor=actor, at=at, reason=_("the conditions of the rule have changed"))
        lock = None
    if wanted and lock is None:
        place.place(
            actor=actor,
            record=record.pk,
            ground=rule.row.ground,
            reason=rule.row.law or rule.row.name,
            placed_by=rule_ref(rule.row.pk),
            at=at,
            source=Source.AUTOMATIC,
            rule=rule.row,
            ends_on=ends_on,
        )


# --- many records: a changed rule, and the passing of time ---------------------------------------------


def would_lock(rule: Rule, today: date) -> QuerySet[Record]:
    """Records whose values ask for a rule's lock now, its period included, whether locked or not."""
    rows = Record.objects.visible_to(_RULES).filter(module=rule.row.module_id)
    return compiler.narrow(rows, rule.asks(today))


def settle_rule(held: Claim) -> None:
    """Job handler: end the locks of a rule that no longer apply, then place those that are missing.

    Records that were there before the rule are locked only where it says so (L14).
    """
    key = int(str(held.payload["rule"]))
    with transaction.atomic():
        rule = _in_use(key)
    work = _Work(held, clock.now())
    gone = _("the rule was removed or no longer applies")
    missing = _missing(rule, work.now) if rule is not None else None
    work.total = _held_by(key).count() + (missing.count() if missing is not None else 0)
    work.through(_held_by(key), rule, placed_by=rule_ref(key), reason=gone)
    if missing is not None:
        work.through(missing, rule, placed_by=rule_ref(key))


def sweep(held: Claim) -> None:
    """Job handler: what time alone has changed since yesterday, for every lock and rule that counts days."""
    work = _Work(held, clock.now())
    today = work.now.date()
    work.through(_over(today), None, over=today, reason=_("the time to keep it is over"))
    modules = LockRule.objects.visible_to(_RULES).order_by().values_list("module", flat=True).distinct()
    for module in modules:
        for rule in rules.rules_of(module):
            if rule.moves_by_itself:
                work.through(_ceased(rule, today), rule, placed_by=rule_ref(rule.row.pk))
                work.through(_missing(rule, work.now), rule, placed_by=rule_ref(rule.row.pk))


@dataclass
class _Work:
    """Takes records through in batches, each in one transaction with the proof that the job is still ours."""

    held: Claim
    now: datetime
    done: int = 0
    #: How many records there were to look at, where that was counted.
    total: int | None = None

    def through(
        self,
        rows: QuerySet[Record],
        rule: Rule | None,
        *,
        placed_by: str = "",
        over: date | None = None,
        reason: str = "",
    ) -> None:
        """Ask `rule` again of each record; without one, end its automatic locks: those of `placed_by`, or
        those whose time was over on the day `over`."""
        for ids in _batches(rows):
            self.done += len(ids)
            with transaction.atomic():
                self.held.hold(done=self.done, total=self.total)
                if rule is not None and not _as_it_was(rule):
                    return  # Whoever changed it has promised a job of its own.
                for record, locks in _taken(ids, placed_by, over):
                    if rule is not None:
                        _again(rule, record, locks, at=self.now)
                    else:
                        _end_all(locks, reason=reason, at=self.now)
            faults.reach("locks.batch")


def _in_use(key: int) -> Rule | None:
    """A rule by which its module locks now, its row taken: nobody changes it before this transaction ends,
    and a batch that another job has in hand is stored. The key is left to locks that refer to the rule."""
    rows = LockRule.objects.visible_to(_RULES).filter(pk=key)
    row = rows.select_for_update(of=("self",), no_key=True).first()
    return next((one for one in rules.rules_of(row.module_id) if one.row.pk == key), None) if row else None


def _as_it_was(rule: Rule) -> bool:
    now = _in_use(rule.row.pk)
    return now is not None and now.row.since == rule.row.since


def _taken(ids: list[UUID], placed_by: str, over: date | None) -> Iterator[tuple[Record, list[Lock]]]:
    """The records, row-locked in order, with their locks as they are once the records are ours."""
    found = Record.objects.visible_to(_RULES).filter(pk__in=ids).order_by("pk")
    records = list(found.select_for_update(of=("self",)))
    rows = Lock.objects.visible_to(_RULES).filter(record__in=ids, ended_at=None)
    rows = rows.filter(placed_by=placed_by) if placed_by else rows
    rows = rows.filter(ends_on__lte=over) if over else rows
    of: dict[UUID, list[Lock]] = {}
    for lock in rows:
        of.setdefault(lock.record_id, []).append(lock)
    for record in records:
        yield record, of.get(record.pk, [])


def _again(rule: Rule, record: Record, locks: list[Lock], *, at: datetime) -> None:
    _apply(rule, record, reads.row_of(record), locks[0] if locks else None, actor=_RULES, at=at)


def _end_all(locks: list[Lock], *, reason: str, at: datetime) -> None:
    for lock in locks:
        place.end(lock, actor=_RULES, at=at, reason=reason)


def _batches(rows: QuerySet[Record]) -> Iterator[list[UUID]]:
    """Ids in order, page by page; each page is read after the one before was dealt with."""
    after: UUID | None = None
    while True:
        page = rows.filter(pk__gt=after) if after else rows
        ids = list(page.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            return
        yield ids
        after = ids[-1]


def _in_force() -> QuerySet[Lock]:
    return Lock.objects.visible_to(_RULES).filter(record=OuterRef("pk"), ended_at=None)


def _held_by(rule: int) -> QuerySet[Record]:
    # A deleted rule leaves its name in what placed the lock.
    return Record.objects.visible_to(_RULES).filter(Exists(_in_force().filter(placed_by=rule_ref(rule))))


def _over(today: date) -> QuerySet[Record]:
    return Record.objects.visible_to(_RULES).filter(Exists(_in_force().filter(ends_on__lte=today)))


def _ceased(rule: Rule, today: date) -> QuerySet[Record]:
    still = would_lock(rule, today).values("pk")
    held = Exists(_in_force().filter(rule=rule.row))
    return Record.objects.visible_to(_RULES).filter(held).exclude(pk__in=still)


def _missing(rule: Rule, now: datetime) -> QuerySet[Record]:
    rows = would_lock(rule, now.date()).exclude(Exists(_in_force().filter(rule=rule.row)))
    return rows if rule.row.existing else rows.filter(changed_at__gt=rule.row.since)
