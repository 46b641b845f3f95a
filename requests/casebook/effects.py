"""Carrying out step by step: each effect happens once, whoever delivers its job and how often.

One effect is one transaction: the lease is proved, the effect's row is inserted under its unique name, the
act is done and recorded. A crash leaves effects that are whole or absent (promises 11, 12, 14).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import clock, faults
from portals_core.plumbing.outbox import Claim
from portals_core.plumbing.spill import temporary
from requests.models import Case, Effect

_READ = system("read what was carried out")


class Done:
    """Which steps happened on what, kept on disk: memory does not grow with them (W22)."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._rows = temporary()
        self._rows.execute("CREATE TABLE done (step, item, PRIMARY KEY (step, item)) WITHOUT ROWID")
        self._rows.executemany("INSERT INTO done VALUES (?, ?)", pairs)
        self._count = int(self._rows.execute("SELECT count(*) FROM done").fetchone()[0])

    def __len__(self) -> int:
        return self._count

    def __contains__(self, pair: tuple[str, str]) -> bool:
        return self._found("WHERE step = ? AND item = ?", pair)

    def add(self, step: str, item: str) -> None:
        """Note one more, each once."""
        self._count += self._rows.execute("INSERT OR IGNORE INTO done VALUES (?, ?)", (step, item)).rowcount

    def any_of(self, step: str) -> bool:
        """Whether this step happened on anything."""
        return self._found("WHERE step = ?", (step,))

    def _found(self, where: str, values: tuple[str, ...]) -> bool:
        sql = f"SELECT EXISTS (SELECT 1 FROM done {where})"  # noqa: S608  our own words only
        return bool(self._rows.execute(sql, values).fetchone()[0])


@dataclass
class Run:
    """One worker carrying out one case, with what was done before it came."""

    case: Case
    held: Claim
    actor: Actor
    done: Done = field(default_factory=Done)

    def has(self, step: str) -> bool:
        """Whether any effect of this step happened."""
        return self.done.any_of(step)

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
            if len(self.done) == 1:
                faults.reach("execute.second_uncommitted")
        self.done.add(step, item)
        if len(self.done) == 1:
            faults.reach("execute.first_effect")


def begin(case: Case, held: Claim) -> Run:
    """A run that knows what earlier runs did."""
    rows = Effect.objects.visible_to(_READ).filter(case=case).values_list("step", "item")
    return Run(case, held, system(f"carry out request {case.number}"), Done(rows.iterator()))


def _inserted(case: Case, step: str, item: str, outcome: str) -> bool:
    try:
        with transaction.atomic():
            Effect(case=case, step=step, item=item, outcome=outcome, at=clock.now()).save(force_insert=True)
    except IntegrityError:
        return False
    return True
