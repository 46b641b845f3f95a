"""The desk among very many cases: the page of one, what waits, the figures, the work, what auditors list."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db.models import Count
from django.urls import reverse

from exports import audit
from portals_core.plumbing import clock
from requests.desk import figures as counted
from requests.desk import presence, queue, workload
from requests.models import Case, Presence
from tests import cast
from tests.benchmarks import daily, queueing
from tests.benchmarks.measure import Figure, Work, compare
from tests.benchmarks.models import PlainCase
from tests.requests import case_cast
from tests.requests.pages import browser

_BY = cast.SETTING_UP


def figures(rows: int, database: str, rounds: int) -> Iterator[Figure]:
    """Pages as they are drawn, what is counted for them, and what runs daily."""
    made = cast.set_up()
    queueing.fill(made, rows)
    common: dict[str, Any] = {"database": database, "rows": rows, "rounds": rounds}
    yield from _pages(made, common)
    yield from _counts(made, common)
    yield from daily.figures(made, common)


def _pages(made: cast.Organisation, common: dict[str, Any]) -> Iterator[Figure]:
    """Whole pages against the barest page of the desk: one form, no list."""
    case = case_cast.file(made, "delete", "stranger")
    desk = browser(made, "officer")
    _named(made)
    bare = partial(_drawn, browser(made, "auditor"), reverse("dsr_requests:register"))
    for name, address in (
        ("queue", reverse("dsr_requests:queue")),
        ("case", reverse("dsr_requests:case", args=[case.pk])),
    ):
        yield from compare(
            work=f"desk, page of the {name}",
            ours=partial(_drawn, desk, address),
            baselines={"the barest page of the desk": (bare, "")},
            repeat=5,
            **common,
        )
    yield from _presence(made, case, common)


def _named(made: cast.Organisation) -> None:
    """The first page of the queue is about fifty people who are there, each with a name."""
    for place, line in enumerate(queue.page(made.actor("officer"), at=clock.now()).cases):
        person = cast.contact(made.contacts, f"n{place} Person")
        Case.objects.visible_to(_BY).filter(pk=line.pk).update(subject=person.pk)


def _drawn(client: Any, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200:
        raise AssertionError(f"{address} answers {response.status_code}")


def _presence(made: cast.Organisation, case: Case, common: dict[str, Any]) -> Iterator[Figure]:
    """What an open page asks every few seconds, while a hundred other cases are looked at."""
    officer, at = made.actor("officer"), clock.now()
    others = Case.objects.visible_to(_BY).exclude(pk=case.pk)[:100]
    rows = Presence.objects.visible_to(_BY)
    rows.bulk_create([Presence(case=one, user=made.users["second_officer"], at=at) for one in others])
    presence.here(officer, case, at)
    mine = rows.filter(case=case, user=officer.user_id)
    yield from compare(
        work="desk, who else has a case open",
        ours=partial(presence.here, officer, case, at),
        baselines={"an update of one row": (partial(mine.update, at=at), "")},
        repeat=15,
        **common,
    )


def _counts(made: cast.Organisation, common: dict[str, Any]) -> Iterator[Figure]:
    officer, at = made.actor("officer"), clock.now()
    everything = PlainCase.objects.order_by()
    by_kind: Work = partial(_all, everything.values_list("closed", "kind").annotate(number=Count("*")))
    opened = everything.filter(closed=0)
    by_officer: Work = partial(_all, opened.values_list("assignee").annotate(number=Count("*")))
    plain_page = PlainCase.objects.order_by("id")[: audit.PAGE + 1]
    for work, ours, against, theirs, goal in (
        ("what waits, five capped counts", partial(queue.standing, officer, at=at), "five exact counts",
         lambda: [opened.count() for _count in range(5)], "≤ 1"),
        ("figures of twelve months", partial(counted.months, officer, at=at),
         "all plain cases counted by kind", by_kind, ""),
        ("open cases by due day", partial(counted.waiting, officer, at=at), "an exact count",
         opened.count, ""),
        ("refusals by ground", partial(counted.refusals, officer, at=at),
         "all plain cases counted by kind", by_kind, ""),
        ("work of each officer", partial(workload.workload, officer, at=at),
         "open plain cases counted by officer", by_officer, ""),
        ("list of auditors, first page", partial(audit.case_list, made.actor("auditor")),
         "a page of plain cases", partial(_all, plain_page), "≤ 1.5"),
    ):  # fmt: skip
        yield from compare(work=f"desk, {work}", ours=ours, baselines={against: (theirs, goal)}, **common)


def _all(rows: Any) -> list[Any]:
    """Asked anew: a queryset remembers what it read."""
    return list(rows.all())
