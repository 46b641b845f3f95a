"""Plays a history of locking in the product: each step through the writer that people use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import time_machine
from django.db import transaction

from portals_core.access.actor import Actor, FieldRights, Kind, ModuleGrant, system
from portals_core.locks import automatic, decide, manual, place, rules
from portals_core.locks.models import Lock
from portals_core.people.roles import PERMISSIONS
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import DsrError
from portals_core.plumbing.sources import Authority
from portals_core.records import catalogue
from portals_core.records.models import Module
from portals_core.writing import exported
from portals_core.writing.notes import add_note
from portals_core.writing.records import change_record, create_record, delete_record
from tests import cast
from tests.oracles import locks_naive as naive
from tests.oracles.conditions import described
from tests.oracles.locks_worlds import CHOICES, MODULES

SETTING = system("play a history")
_CASES = UUID(int=7)


def set_up() -> dict[str, Module]:
    """Two modules with the same fields, one of which belongs to the other."""
    cast.keyring.create_master()
    more: dict[str, Mapping[str, Any]] = {
        "picklist": {"choices": list(CHOICES)},
        "lookup": {"target": "holders", "link": "belongs"},
    }
    fields = [
        {"key": key, "label": key.title(), "type": kind, **more.get(kind, {})}
        for key, kind in naive.FIELDS.items()
    ]
    made = {}
    for key in reversed(MODULES):
        description = {"key": key, "label": key, "label_plural": key, "title_key": "title", "fields": fields}
        made[key] = catalogue.define(actor=SETTING, description=description)
    return made


@dataclass
class Played:
    """The product after some steps, and which row stands for what."""

    modules: Mapping[str, Module]
    records: dict[int, UUID] = field(default_factory=dict)
    rules: dict[int, int] = field(default_factory=dict)

    def actor(self, person: naive.Person) -> Actor:
        """Somebody who may do everything but for locks."""
        if person.kind == "system":
            return SETTING
        if person.kind == "staff":
            return Actor(
                Kind.STAFF, "staff", roles=person.roles, permissions=frozenset(PERMISSIONS), verified=True
            )
        every = frozenset(naive.FIELDS)
        grants = {
            module.pk: ModuleGrant(
                module.pk,
                public=True,
                create=True,
                edit=True,
                edit_shared=True,
                clone=True,
                export=True,
                fields=FieldRights(every, every),
                far=every,
            )
            for module in self.modules.values()
        }
        return Actor(
            Kind.PORTAL,
            "portal",
            identity=UUID(int=1),
            user_type=person.type,
            grants=grants,
            verified=True,
        )

    def take(self, step: naive.Step, at: datetime) -> str:
        """Let it happen at this moment; "done", or the code of the refusal."""
        with time_machine.travel(at, tick=False):
            try:
                with transaction.atomic():
                    self._take(step, at)
            except DsrError as refusal:
                return refusal.code
        return "done"

    def _take(self, step: naive.Step, at: datetime) -> None:
        match step:
            case naive.Create() | naive.Change() | naive.Delete() | naive.Clone() | naive.Note():
                self._write(step, at)
            case naive.Pass(_days, look):
                if look:
                    outbox.run_now(outbox.enqueue(automatic.SWEEP_JOB, about="duty:test"), at=at)
            case naive.Define() | naive.Drop() | naive.Switch():
                self._set_up(step, at)
            case naive.Hold(number, ground):
                manual.lock_record(
                    actor=SETTING, record=self.records[number], ground=ground, reason="held", at=at
                )
            case naive.Unhold(number, ground):
                rows = Lock.objects.visible_to(SETTING).filter(record=self.records[number], source="manual")
                for lock in rows.filter(ended_at=None, ground=ground):
                    manual.unlock(actor=SETTING, lock=lock.pk, reason="settled", at=at)
            case naive.Restrict(number, case):
                place.place(
                    actor=SETTING,
                    record=self.records[number],
                    ground="restriction",
                    reason="asked",
                    placed_by=_case(case),
                    at=at,
                )
            case naive.Release(case):
                place.lift(actor=SETTING, placed_by=_case(case), at=at, reason="done")

    def _write(
        self,
        step: naive.Create | naive.Change | naive.Delete | naive.Clone | naive.Note,
        at: datetime,
    ) -> None:
        actor = self.actor(step.by)
        if isinstance(step, naive.Create):
            row = create_record(
                actor=actor,
                module=self.modules[step.module],
                given=self._given(step.written),
                source="test",
                at=at,
            )
            self.records[step.number] = row.pk
            return
        key = self.records[step.number]
        if isinstance(step, naive.Change):
            under = Authority(_case_id(9), "rectify", key) if step.case else None
            change_record(actor=actor, record=key, given=self._given(step.written), at=at, under=under)
        elif isinstance(step, naive.Delete):
            under = Authority(_case_id(9), "erase", key) if step.case else None
            delete_record(actor=actor, record=key, at=at, under=under)
        elif isinstance(step, naive.Note):
            add_note(actor=actor, record=key, body="seen", at=at)
        else:
            # The copy lies in a module without records: only the original is in question.
            create_record(
                actor=actor,
                module=self.modules["holders"],
                given={"title": "copy"},
                source="test",
                at=at,
                clone_of=key,
            )

    def _given(self, written: Mapping[str, str]) -> dict[str, object]:
        return {
            key: str(self.records[int(text)]) if key == "holder" and text else text
            for key, text in written.items()
        }

    def _set_up(self, step: naive.Define | naive.Drop | naive.Switch, at: datetime) -> None:
        match step:
            case naive.Switch(module, mode):
                rules.set_mode(actor=SETTING, module=self.modules[module], mode=mode, at=at)
                settled = list(self.rules.values())
            case naive.Drop(slot):
                rules.delete_rule(actor=SETTING, rule=self.rules[slot], at=at)
                settled = [self.rules[slot]]
            case naive.Define(rule):
                row = rules.define_rule(
                    actor=SETTING,
                    module=self.modules[rule.module],
                    description=_described(rule),
                    at=at,
                    rule=self.rules.get(rule.slot),
                )
                self.rules[rule.slot] = row.pk
                settled = [row.pk]
        for key in settled:
            outbox.drain(about=f"lock_rule:{key}")

    def forget(self, step: naive.Step) -> None:
        """What is gone is not asked for again."""
        if isinstance(step, naive.Delete):
            del self.records[step.number]
        if isinstance(step, naive.Drop):
            del self.rules[step.slot]

    def exported(self, module: str, person: naive.Person, at: datetime) -> int:
        """How many records leave in a list."""
        lines = exported.export_list(actor=self.actor(person), module=self.modules[module], at=at)
        return sum(1 for line in "".join(lines).splitlines() if line) - 1


@contextmanager
def rolled_back(using: str = "default") -> Iterator[None]:
    """Of what is done inside nothing stays stored."""
    with transaction.atomic(using=using):
        yield
        transaction.set_rollback(True, using=using)


def _described(rule: naive.Rule) -> dict[str, Any]:
    return {
        "name": name(rule.slot),
        "conditions": described(rule.tree),
        "ground": rule.ground,
        "actions": sorted(rule.acts),
        "fields_mode": "only" if rule.only else "except",
        "fields": sorted(rule.fields),
        "binds": rule.binds,
        "roles": sorted(rule.roles),
        "user_types": sorted(rule.types),
        "law": "§ 1" if rule.ground != "business" else "",
        "from_key": rule.start,
        "months": rule.months or None,
        "existing": rule.existing,
    }


def name(slot: int) -> str:
    """What the rule of a slot is called."""
    return f"Rule {slot}"


def _case_id(case: int) -> UUID:
    return uuid5(_CASES, str(case))


def _case(case: int) -> str:
    return decide.case_ref(_case_id(case))
