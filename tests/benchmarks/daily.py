"""What runs daily over very many cases, and the register that somebody takes away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from portals_core.plumbing import cells, clock, outbox
from requests.desk import case_register, purging, queue
from requests.models import Case
from requests.timing import lapsing, reminders
from tests import cast
from tests.benchmarks.measure import Figure, compare
from tests.benchmarks.memory import taken
from tests.benchmarks.models import PlainCase

_BY = cast.SETTING_UP


def figures(made: cast.Organisation, common: dict[str, Any]) -> Iterator[Figure]:
    """The walks first, then what changes cases; reminders last, for they are given once."""
    yield from _walks(common)
    for days in (3, 30):
        yield from _register(made, days, common)
    yield from _purge(common)
    yield _reminded(common)


def _walks(common: dict[str, Any]) -> Iterator[Figure]:
    """Finding what is to be done, against reading as many plain rows."""
    at = clock.now()
    opened = PlainCase.objects.filter(closed=0).order_by("due_on", "id")
    due = opened.filter(due_on__lte=queue.today(at) + timedelta(days=settings.REMIND_DAYS + 1))
    waiting = PlainCase.objects.filter(state="waiting").order_by("due_on", "id")
    over = at + timedelta(days=settings.ANSWER_DAYS)
    for work, ours, rows in (
        ("reminders, first page", lambda: next(reminders._batches(at)), due[: reminders.BATCH]),
        ("what nobody answered, first page", lambda: next(lapsing._candidates(over), None),
         waiting[: lapsing.BATCH]),
        ("reminders, all that are due", lambda: _reminders(at), due),
        ("what nobody answered, all", lambda: sum(1 for _key in lapsing._candidates(over)), waiting),
    ):  # fmt: skip
        plain = {"as many plain cases": (partial(_read, rows), "")}
        yield from compare(work=f"desk, {work}", ours=ours, baselines=plain, **common)


def _reminders(at: Any) -> int:
    return sum(len(reminders._new(page, at)) for page in reminders._batches(at))


def _read(rows: Any) -> int:
    return sum(1 for _row in rows.values_list().iterator())


def _register(made: cast.Organisation, days: int, common: dict[str, Any]) -> Iterator[Figure]:
    until = queue.today(clock.now())
    since = until - timedelta(days=days - 1)
    yield from compare(
        work=f"desk, register of {days} days",
        ours=partial(_taken_away, made, since, until),
        baselines={"the same columns as lines of CSV": (partial(_plainly, since, until), "")},
        rate=True,
        **common,
    )


def _taken_away(made: cast.Organisation, since: date, until: date) -> None:
    lines = case_register.export(actor=made.actor("auditor"), since=since, until=until, at=clock.now())
    if sum(piece.count("\n") for piece in lines) < 2:
        raise AssertionError("an empty register")


def _plainly(since: date, until: date) -> int:
    begin, end = (datetime.combine(day, time.min, UTC) for day in (since, until + timedelta(days=1)))
    rows = Case.objects.visible_to(_BY).filter(received_at__gte=begin, received_at__lt=end)
    columns = rows.order_by("received_at", "id").values_list(*case_register._COLUMNS).iterator()
    return sum(len(cells.line([str(one) for one in row])) for row in columns)


def _purge(common: dict[str, Any]) -> Iterator[Figure]:
    """One batch of cases that nobody proved, the same again and again: each run is taken back."""
    at = clock.now()
    with transaction.atomic():
        key = outbox.enqueue(purging.JOB, about="duty:benchmark")
    held = outbox.claim(key, at=clock.now())
    assert held is not None
    old = purging._closed().filter(proved_at=None, closed_at__lte=at - timedelta(days=settings.PROOF_DAYS))
    chosen = list(
        PlainCase.objects.filter(closed=1).order_by("id").values_list("pk", flat=True)[: purging.BATCH]
    )
    same = PlainCase.objects.filter(pk__in=chosen)

    def emptied() -> None:
        with transaction.atomic():
            if not purging._batch(held, old, "never proved", at):
                raise AssertionError("nothing to empty")
            transaction.set_rollback(True)

    yield from compare(
        work="desk, a batch of what is forgotten",
        ours=emptied,
        baselines={"an update of as many plain cases": (lambda: same.update(state=F("state")), "")},
        **common,
    )


def _reminded(common: dict[str, Any]) -> Figure:
    """The job itself, once: what it stores is stored once."""
    due = PlainCase.objects.filter(closed=0, due_on__lte=queue.today(clock.now()) + timedelta(days=8))
    plain = taken(partial(_read, due))
    with transaction.atomic():
        key = outbox.enqueue(reminders.JOB, about="duty:benchmark")
    ours = taken(lambda: outbox.run_now(key))
    ratio, processor = (round(ours[place] / plain[place], 3) for place in (0, 1))
    return Figure(
        common["database"], common["rows"], "desk, reminders given and stored", "reading as many plain cases",
        ratio, ratio, ratio, round(ours.clock * 1000, 3), round(plain.clock * 1000, 3), processor,
        peak_kb=ours.above,
    )  # fmt: skip
