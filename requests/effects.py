"""Carrying out step by step: each effect happens once, whoever delivers its job and how often.

One effect is one transaction: the lease is proved, the effect's row is inserted under its unique name, the
act is done and recorded. A crash leaves effects that are whole or absent (promises 11, 12, 14).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import clock, faults
from portals_core.plumbing.outbox import Claim
from requests.models import Case, Effect

_READ = system("read what was carried out")


@dataclass
class Run:
    """One worker carrying out one case, with what was done before it came."""

    case: Case
    held: Claim
    actor: Actor
    done: set[tuple[str, str]] = field(default_factory=set)

    def has(self, step: str) -> bool:
        """Whether any effect of this step happened."""
        return any(name == step for name, _item in self.done)

    def once(
        self, step: str, item: str, act: Callable[[], None], *, total: int, outcome: str = "done"
    ) -> None:
        """Do `act` unless it was done already. Whatever it raises undoes the whole effect."""
        if (step, item) in self.done:
            return
        with transaction.atomic():
            self.held.hold(done=len(self.done) + 1, total=total)
            if _inserted(self.case, step, item, outcome):
                act()
                append.record(
                    "case.effect",
                    actor=self.actor,
                    about=self.case.ref,
                    outcome=outcome,
                    detail={"step": step, "item": item},
                )
        self.done.add((step, item))
        if len(self.done) == 1:
            faults.reach("execute.first_effect")


def begin(case: Case, held: Claim) -> Run:
    """A run that knows what earlier runs did."""
    rows = Effect.objects.visible_to(_READ).filter(case=case).values_list("step", "item")
    return Run(case, held, system(f"carry out request {case.number}"), set(rows))


def _inserted(case: Case, step: str, item: str, outcome: str) -> bool:
    try:
        with transaction.atomic():
            Effect(case=case, step=step, item=item, outcome=outcome, at=clock.now()).save(force_insert=True)
    except IntegrityError:
        return False
    return True
