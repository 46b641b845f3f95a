"""Deciding on the deletion of one person with very many records: collecting, a verdict by kind, the plan, the
second officer's look. Each against reading the same records plainly; memory is what the process takes above
idle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from portals_core.records.models import Record
from requests.arriving import intake
from requests.deciding import approvals, board, verdicts
from requests.holding import planning
from requests.models import Case
from tests import cast
from tests.benchmarks import world
from tests.benchmarks.measure import Figure
from tests.benchmarks.memory import Taken, taken

GOAL = "memory ≤ 150 MB"
_BY = cast.SETTING_UP


def figures(rows: int, database: str) -> Iterator[Figure]:
    """Each step once: a decision is taken once."""
    made = cast.set_up()
    world.belonging(made, made.subject.pk, rows)
    case = intake.file_case(actor=made.actor("subject"), kind="delete", at=cast.NOW)
    officer, second = made.actor("officer"), made.actor("second_officer")

    def collected() -> None:
        found = sum(1 for _item in planning.items_for(case))
        if found <= rows:
            raise AssertionError(f"{found} items found, {rows} records are there")

    def by_kind() -> None:
        given = {"source": "records", "kind": "orders", "verdict": "fulfil", "at": cast.NOW}
        verdicts.put(actor=officer, case=case.pk, **given)

    def planned() -> None:
        approvals.decide(actor=officer, case=case.pk, outcome="as_drafted", at=cast.NOW)

    def approved() -> None:
        stored = Case.objects.visible_to(_BY).get(pk=case.pk)
        approvals.approve(actor=second, case=case.pk, at=cast.NOW, seen=stored.plan_digest)
        found = Case.objects.visible_to(_BY).get(pk=case.pk)
        if found.state in ("in_review", "refused") or not found.plan_digest:
            raise AssertionError(found.state)

    steps: dict[str, Callable[[], object]] = {
        "collect what a deletion is about": collected,
        "draw the table of a case": lambda: board.board(officer, case, cast.NOW),
        "a verdict on a kind": by_kind,
        "decide: plan, digest, store": planned,
        "approve: collect anew and compare": approved,
    }
    plain = taken(_plain)
    for work, step in steps.items():
        yield _figure(database, rows, work, taken(step), plain)


def _figure(database: str, rows: int, work: str, ours: Taken, plain: Taken) -> Figure:
    ratio, processor = (round(ours[place] / plain[place], 3) for place in (0, 1))
    return Figure(
        database, rows, work, "reading and hashing the same records", ratio, ratio, ratio,
        round(ours.clock * 1000, 3), round(plain.clock * 1000, 3), processor, peak_kb=ours.above, goal=GOAL,
    )  # fmt: skip


def _plain() -> None:
    found = hashlib.sha256()
    columns = ("pk", "module_id", "version", "values")
    for row in Record.objects.visible_to(_BY).order_by("pk").values_list(*columns).iterator():
        found.update(repr(row).encode())
