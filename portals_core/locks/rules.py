"""Lock rules: described, checked, stored; the rules of a module as values (L1, L7, L9–L11, L13–L15, L20)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
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
from portals_core.locks import period
from portals_core.locks.decide import ACTS, KEEPING
from portals_core.locks.models import Fields, Ground, Locking, LockRule, Mode
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from portals_core.records import catalogue, conditions
from portals_core.records.models import Field, Module

#: Job that brings the locks of one rule in line with its conditions.
SETTLE_JOB = "locks.settle_rule"
BINDS = ("all", "only", "except")
_KEYS = frozenset(
    {
        *("name", "conditions", "ground", "actions", "fields_mode", "fields", "binds", "roles", "user_types"),
        *("law", "plain", "from_key", "months", "existing"),
    }
)
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
        raise _bad(_("Choose one of: %(known)s.") % {"known": ", ".join(Mode.values)}, "mode")
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
    wanted = _checked(module, description)
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


def _checked(module: Module, given: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(given) - _KEYS)
    if unknown:
        raise _bad(_("Unknown setting “%(name)s” of a lock rule.") % {"name": unknown[0]})
    name = " ".join(str(given.get("name") or "").split())
    if not 1 <= len(name) <= 80:
        raise _bad(_("Give the rule a name of at most 80 characters."), "name")
    known = {one.key: one for one in catalogue.fields(module)}
    if not given.get("conditions"):
        raise _bad(_("Say under which conditions records are locked."), "conditions")
    tree = conditions.Reader(list(known.values())).read(given["conditions"])
    ground = _one_of(given.get("ground") or Ground.BUSINESS, Ground.values, "ground")
    if ground == Ground.RESTRICTION:
        raise _bad(
            _("Processing is restricted by a request, not by a rule. Choose another ground."), "ground"
        )
    return {
        "name": name,
        "criteria": criteria.dump(tree),
        "digest": _digest(tree),
        "ground": ground,
        "actions": _actions(given.get("actions"), ground),
        "fields_mode": _one_of(given.get("fields_mode") or Fields.EXCEPT, Fields.values, "fields_mode"),
        "fields": _fields(known, given),
        "binds": _binds(given),
        "existing": bool(given.get("existing", False)),
        **_keeping(ground, known, given),
    }


def _digest(tree: criteria.Tree) -> str:
    """Of what the conditions mean, whatever the letters they were written in."""

    def plain(stored: Any) -> Any:
        if isinstance(stored, dict):
            return {key: plain(value) for key, value in stored.items() if key != "value"}
        return [plain(one) for one in stored] if isinstance(stored, list) else stored

    text = json.dumps(plain(criteria.dump(tree)), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _one_of(value: object, allowed: Sequence[str], field: str) -> str:
    if value not in allowed:
        raise _bad(_("Choose one of: %(known)s.") % {"known": ", ".join(allowed)}, field)
    return str(value)


def _actions(given: object, ground: str) -> list[str]:
    wanted = [str(one) for one in given] if isinstance(given, (list, tuple, set, frozenset)) else []
    strange = [one for one in wanted if one not in ACTS]
    if strange:
        raise _bad(
            _("“%(act)s” cannot be locked. Choose of: %(known)s.")
            % {"act": strange[0], "known": ", ".join(ACTS)},
            "actions",
        )
    # Editing is what a lock is about (L16); a duty to keep that lets delete keeps nothing (L4).
    always = {"edit", "delete"} if ground in KEEPING else {"edit"}
    return [act for act in ACTS if act in always | set(wanted)]


def _fields(known: Mapping[str, Field], given: Mapping[str, Any]) -> list[str]:
    wanted = list(dict.fromkeys(map(str, given.get("fields") or ())))
    strange = [key for key in wanted if key not in known]
    if strange:
        raise _bad(_("There is no field “%(field)s”.") % {"field": strange[0]}, "fields")
    only = given.get("fields_mode") == Fields.ONLY
    if only and not wanted:
        raise _bad(_("Name the fields that are locked."), "fields")
    if not only and len(wanted) > settings.LIMIT_OPEN_FIELDS:
        raise _bad(
            _("At most %(limit)s fields can stay editable (DSR_LIMIT_OPEN_FIELDS).")
            % {"limit": settings.LIMIT_OPEN_FIELDS},
            "fields",
        )
    return wanted


def _binds(given: Mapping[str, Any]) -> dict[str, Any]:
    mode = _one_of(given.get("binds") or "all", BINDS, "binds")
    roles = list(dict.fromkeys(map(str, given.get("roles") or ())))
    types = list(dict.fromkeys(_number(one, "user_types") for one in given.get("user_types") or ()))
    if mode == "all":
        return {"mode": mode}
    if not roles and not types:
        raise _bad(_("Name the roles or user types that are meant."), "roles")
    if len(roles) + len(types) > settings.LIMIT_LOCK_EXEMPT:
        raise _bad(
            _("At most %(limit)s roles and user types can be named (DSR_LIMIT_LOCK_EXEMPT).")
            % {"limit": settings.LIMIT_LOCK_EXEMPT},
            "roles",
        )
    return {"mode": mode, "roles": roles, "user_types": types}


def _keeping(ground: str, known: Mapping[str, Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a duty to keep is based on, and until when."""
    law, plain = str(given.get("law") or "").strip(), str(given.get("plain") or "").strip()
    if ground in KEEPING and not law:
        raise _bad(_("Name the law or the matter that asks to keep these records."), "law")
    if len(law) > 200 or len(plain) > 400:
        too_long = "law" if len(law) > 200 else "plain"
        raise _bad(_("Write at most 200 characters for the law and 400 for the sentence."), too_long)
    key, months = str(given.get("from_key") or ""), _number(given.get("months") or 0, "months")
    if bool(key) != bool(months):
        raise _bad(_("A period has a date it starts from and a number of months."), "months")
    if key and (key not in known or known[key].type not in ("date", "datetime")):
        raise _bad(_("“%(field)s” is no date of this module.") % {"field": key}, "from_key")
    if key and (known[key].encrypted or not 1 <= months <= 1200):
        raise _bad(_("The period starts from a readable date and has 1 to 1,200 months."), "months")
    return {"law": law, "plain": plain, "from_key": key, "months": months or None}


def _number(given: object, field: str) -> int:
    try:
        return int(str(given))
    except ValueError:
        raise _bad(_("“%(value)s” is no whole number.") % {"value": given}, field) from None


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


def _bad(sentence: object, field: str = "") -> BadInput:
    return BadInput(sentence, code="lock_rule.wrong", fields={field: sentence} if field else None)


for _label in ("Locking", "LockRule"):
    policy.POLICIES.register(
        f"portals_core.{_label}", policy.by_permission(view="setup.manage", edit="setup.manage")
    )
