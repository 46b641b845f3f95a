"""Lock rules: stored, and the rules of a module as values (L1, L7, L9–L11, L13–L15, L20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access import criteria, policy
from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.locks import period, rule_checks
from portals_core.locks.models import Locking, LockRule, Mode
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Conflict, Forbidden
from portals_core.records.models import Module

#: Job that brings the locks of one rule in line with its conditions.
SETTLE_JOB = "locks.settle_rule"
_RULES = system("keep lock rules")


@dataclass(frozen=True)
class Rule:
    """A rule ready to be asked: `tree` is `None` where what is stored cannot be read; then it locks nothing
    new and lifts nothing."""

    row: LockRule
    tree: criteria.Tree | None

    def condition(self, today: date) -> policy.Policy:
        """What a record must keep to be locked, the period aside."""
        return policy.bind(self.tree, {}, today=today) if self.tree else policy.NOTHING

    def running(self, today: date) -> policy.Policy:
        """That the period is not over; it is not where none is set, or its date is missing."""
        if not self.row.months:
            return policy.EVERYTHING
        start = period.first_start(today, self.row.months).isoformat()
        return policy.Test(self.row.from_key, "lt", (start,), negated=True)

    def asks(self, today: date) -> policy.Policy:
        """What makes a record one that this rule locks now."""
        return policy.all_of(self.condition(today), self.running(today))

    def ends_on(self, values: Mapping[str, object]) -> date | None:
        """The first day on which this rule no longer needs the lock, from the record's values."""
        return period.end(values.get(self.row.from_key), self.row.months) if self.row.months else None

    @property
    def moves_by_itself(self) -> bool:
        """Whether time alone can make it hold or cease."""
        if self.row.months or self.tree is None:
            return bool(self.row.months)
        forms = (
            form
            for leaf in criteria.leaves(self.tree)
            if isinstance(leaf, criteria.Value) and leaf.kind in ("date", "moment")
            for form in leaf.forms
        )
        return any(criteria.RELATIVE_DAY.fullmatch(form) for form in forms)


def rules_of(module: int) -> list[Rule]:
    """The rules by which records of a module lock now; none where its mode is not one of rules."""
    rows = LockRule.objects.visible_to(_RULES).filter(module=module)
    on = Locking.objects.visible_to(_RULES).filter(module=module, mode__in=[Mode.AUTOMATIC, Mode.BOTH])
    return [ready(row) for row in rows.filter(module__in=on.values("module"))]


def ready(row: LockRule) -> Rule:
    """A stored rule as a value."""
    try:
        return Rule(row, criteria.load(row.criteria))
    except criteria.Malformed:
        return Rule(row, None)


def stored_rules(of: Module) -> QuerySet[LockRule]:
    """Every rule of a module, also while it does not lock by rules."""
    return LockRule.objects.visible_to(_RULES).filter(module=of)


def rule(key: int) -> LockRule:
    """One rule. Raises `Absent`."""
    found: LockRule = LockRule.objects.fetch(_RULES, key)
    return found


def mode_of(of: Module) -> Mode:
    """How records of the module can be locked."""
    found = Locking.objects.visible_to(_RULES).filter(module=of).values_list("mode", flat=True).first()
    return Mode(found or Mode.OFF)


def set_mode(*, actor: Actor, module: Module, mode: str, at: datetime) -> None:
    """Say how records of a module can be locked. Rules that no longer apply end their locks by a job."""
    _may_set_up(actor)
    if mode not in Mode.values:
        raise rule_checks.bad(_("Choose one of: %(known)s.") % {"known": ", ".join(Mode.values)}, "mode")
    with transaction.atomic():
        before = mode_of(module)
        Locking.objects.visible_to(_RULES).update_or_create(module=module, defaults={"mode": mode})
        if before == mode:
            return
        append.record(
            "locking.mode_set",
            actor=actor,
            about=f"module:{module.key}",
            at=at,
            detail={"before": before, "after": mode},
        )
        for row in stored_rules(module):
            _settle_later(row)


def define_rule(
    *, actor: Actor, module: Module, description: Mapping[str, Any], at: datetime, rule: int | None = None
) -> LockRule:
    """Store a rule of a module, or change the one whose id `rule` gives.

    `name`; `conditions` as `records.conditions` reads them; `ground`; `actions` of `decide.ACTS`, editing
    where none is given; `fields_mode` and `fields`; `binds` with `roles` and `user_types`; `law`, `plain`,
    `from_key` and `months` for what the law keeps; `existing`. A job then brings existing locks in line.
    Needs "setup.manage". Raises `BadInput`, and `Conflict` for a name or conditions there are already and
    for a rule too many.
    """
    _may_set_up(actor)
    wanted = rule_checks.checked(module, description)
    with transaction.atomic():
        row = LockRule.objects.fetch(_RULES, rule, lock=True) if rule else LockRule(module=module, since=at)
        _refuse_double(module, wanted, row)
        for name, value in wanted.items():
            setattr(row, name, value)
        row.since = at
        row.save()
        append.record(
            "lock_rule.defined",
            actor=actor,
            about=f"lock_rule:{row.pk}",
            at=at,
            detail={"module": module.key, **described(row)},
        )
        _settle_later(row)
    return row


def delete_rule(*, actor: Actor, rule: int, at: datetime) -> None:
    """Remove a rule; a job ends the locks it placed. Needs "setup.manage"."""
    _may_set_up(actor)
    with transaction.atomic():
        row = LockRule.objects.fetch(_RULES, rule, lock=True)
        append.record(
            "lock_rule.deleted",
            actor=actor,
            about=f"lock_rule:{row.pk}",
            at=at,
            detail={"module": row.module.key, **described(row)},
        )
        _settle_later(row)
        LockRule.objects.visible_to(_RULES).filter(pk=row.pk).delete()


def described(row: LockRule) -> dict[str, Any]:
    """What `define_rule` would have to be given for what is stored."""
    return {
        "name": row.name,
        "conditions": row.criteria,
        "ground": row.ground,
        "actions": row.actions,
        "fields_mode": row.fields_mode,
        "fields": row.fields,
        "binds": row.binds.get("mode", "all"),
        "roles": row.binds.get("roles", []),
        "user_types": row.binds.get("user_types", []),
        "law": row.law,
        "plain": row.plain,
        "from_key": row.from_key,
        "months": row.months,
        "existing": row.existing,
    }


def _settle_later(row: LockRule) -> None:
    outbox.enqueue(SETTLE_JOB, about=f"lock_rule:{row.pk}", payload={"rule": row.pk, "module": row.module_id})


def _may_set_up(actor: Actor) -> None:
    if not actor.may("setup.manage"):
        raise Forbidden(_("Only an administrator may set up locking."))


def _refuse_double(module: Module, wanted: Mapping[str, Any], row: LockRule) -> None:
    others = stored_rules(module).exclude(pk=row.pk) if row.pk else stored_rules(module)
    if row.pk is None and others.count() >= settings.LIMIT_LOCK_RULES:
        raise Conflict(
            _("A module can have %(limit)s lock rules (DSR_LIMIT_LOCK_RULES). Change one, or delete one.")
            % {"limit": settings.LIMIT_LOCK_RULES},
            code="lock_rule.limit",
        )
    if others.filter(name=wanted["name"]).exists():
        sentence = _("Another rule has this name. Choose another name.")
        raise Conflict(sentence, code="lock_rule.name", fields={"name": sentence})
    if others.filter(digest=wanted["digest"]).exists():
        sentence = _("Another rule has the same conditions. Change that one instead.")
        raise Conflict(sentence, code="lock_rule.conditions", fields={"conditions": sentence})


for _label in ("Locking", "LockRule"):
    policy.POLICIES.register(
        f"portals_core.{_label}", policy.by_permission(view="setup.manage", edit="setup.manage")
    )
