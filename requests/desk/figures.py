"""Figures of the cases, counted in the database: what came, how long answers took, what is late, what was
refused and why.

Each is one grouped query over a bounded time; what comes back is a few hundred numbers at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case as Choice
from django.db.models import Count, F, Func, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from portals_core.access.actor import Actor
from requests.desk import queue
from requests.law import grounds, states
from requests.models import Case, Kind

#: Months that are shown, and the most that are ever counted.
MONTHS, MOST_MONTHS = 12, 24
#: Longer than that counts as that long.
LONGEST_DAYS = 400
#: The state where no index is to be looked for by it: all that these counts need stands in the index of what
#: ended, in the order of its days; along the state each row would be fetched.
_ENDED_AS = Coalesce("state", Value(""))
ANSWERED = (states.State.FULFILLED, states.State.PARTLY_FULFILLED, states.State.REFUSED)


@dataclass(frozen=True)
class Month:
    """One month: cases received by kind, and days to the answer of those answered in it."""

    first: date
    received: Mapping[str, int]
    answered: int
    #: None where nothing was answered.
    median: int | None
    ninetieth: int | None


@dataclass(frozen=True)
class Waiting:
    """Open cases by how far their due day is."""

    long_overdue: int
    overdue: int
    soon: int
    this_month: int
    later: int


@dataclass(frozen=True)
class Refusals:
    """Refusals on one ground; `sentence` is what people read, the code where the list has it no more."""

    code: str
    article: str
    sentence: Any
    number: int


class _Days(Func):
    """Whole days between two moments; without a call into Python for each row on SQLite."""

    output_field = IntegerField()
    arity = 2

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "CAST(julianday(%(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "(EXTRACT(EPOCH FROM (%(expressions)s))::bigint / 86400)::integer"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **more)


def months(actor: Actor, *, at: datetime, number: int = MONTHS) -> list[Month]:
    """The last months, oldest first, this one included; two queries."""
    firsts = _firsts(timezone.localtime(at).date(), max(1, min(number, MOST_MONTHS)))
    bounds = [timezone.make_aware(datetime.combine(first, datetime.min.time())) for first in firsts]
    received, days = _received(actor, bounds, at), _days(actor, bounds, at)
    return [
        Month(
            first,
            {kind: received.get((place, kind), 0) for kind in Kind.values},
            sum(days.get(place, {}).values()),
            percentile(days.get(place, {}), 50),
            percentile(days.get(place, {}), 90),
        )
        for place, first in enumerate(firsts)
    ]


def waiting(actor: Actor, *, at: datetime) -> Waiting:
    """Open cases by how far their due day is; one query."""
    now = queue.today(at)
    month = timedelta(days=30)
    soon = timedelta(days=queue.SOON)
    rows = Case.objects.visible_to(actor).filter(closed_at=None).order_by()
    return Waiting(
        **rows.aggregate(
            long_overdue=Count("due_on", filter=Q(due_on__lt=now - month)),
            overdue=Count("due_on", filter=Q(due_on__gte=now - month, due_on__lt=now)),
            soon=Count("due_on", filter=Q(due_on__gte=now, due_on__lte=now + soon)),
            this_month=Count("due_on", filter=Q(due_on__gt=now + soon, due_on__lte=now + month)),
            later=Count("due_on", filter=Q(due_on__gt=now + month)),
        )
    )


def refusals(actor: Actor, *, at: datetime, number: int = MONTHS) -> list[Refusals]:
    """Refused cases of the last months by ground, most first; one query."""
    first = _firsts(timezone.localtime(at).date(), max(1, min(number, MOST_MONTHS)))[0]
    since = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    ended = Case.objects.visible_to(actor).filter(closed_at__gte=since)
    rows = ended.alias(ended_as=_ENDED_AS).filter(ended_as=states.State.REFUSED)
    counted = rows.order_by().values_list("ground").annotate(number=Count("*"))
    known = {one.code: one for one in grounds.REFUSALS}
    found = [
        Refusals(code, known[code].article, known[code].sentence, number)
        if code in known
        else Refusals(code, "", code, number)
        for code, number in counted
    ]
    return sorted(found, key=lambda one: (-one.number, one.code))


def percentile(days: Mapping[int, int], share: int) -> int | None:
    """The number of days within which `share` per cent of the cases were answered; None for no case."""
    total, seen = sum(days.values()), 0
    for length in sorted(days):
        seen += days[length]
        if seen * 100 >= total * share:
            return length
    return None


def _received(actor: Actor, bounds: Sequence[datetime], at: datetime) -> dict[tuple[int, str], int]:
    rows = Case.objects.visible_to(actor).filter(received_at__gte=bounds[0], received_at__lte=at).order_by()
    months_of = rows.annotate(month=_month_of("received_at", bounds))
    counted = months_of.values_list("month", "kind").annotate(number=Count("*"))
    return {(place, kind): number for place, kind, number in counted}


def _days(actor: Actor, bounds: Sequence[datetime], at: datetime) -> dict[int, Counter[int]]:
    """For each month how many answers took how many days."""
    rows = Case.objects.visible_to(actor).filter(closed_at__gte=bounds[0], closed_at__lte=at)
    took = Least(_Days(F("closed_at"), F("received_at")), Value(LONGEST_DAYS))
    measured = rows.alias(ended_as=_ENDED_AS).filter(ended_as__in=ANSWERED).order_by()
    measured_by = measured.annotate(month=_month_of("closed_at", bounds), took=took)
    found: dict[int, Counter[int]] = {}
    for place, length, number in measured_by.values_list("month", "took").annotate(number=Count("*")):
        found.setdefault(place, Counter())[length] += number
    return found


def _month_of(column: str, bounds: Sequence[datetime]) -> Choice:
    """The place of a row's month. The bounds are moments, so that no function of a zone runs per row."""
    ends = [When(**{f"{column}__lt": end}, then=Value(place)) for place, end in enumerate(bounds[1:])]
    return Choice(*ends, default=Value(len(bounds) - 1), output_field=IntegerField())


def _firsts(today: date, number: int) -> list[date]:
    count = today.year * 12 + today.month - 1
    return [date((count - back) // 12, (count - back) % 12 + 1, 1) for back in reversed(range(number))]
