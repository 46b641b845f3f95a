"""The figures of the overview: bases in force, consent by purpose and state, consent month by month (D7, D8).

Every figure is counted in the database, along an index, in a number of queries that depends on nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purposes
from consent.grounds import people
from consent.grounds.people import Filter
from consent.law.bases import LABELS
from consent.models import NOT_APPLICABLE, PERMITTING, Decision, Purpose, State
from portals_core.access.actor import Actor

MONTHS = 12
WITHDRAWN = frozenset({State.WITHDRAWN, State.REVOKED})
#: Columns of the table of consent: what each is called, and which states it counts.
COLUMNS: Mapping[str, tuple[Any, frozenset[State]]] = {
    "given": (_("Given"), PERMITTING),
    "waiting": (_("Waiting for the person"), frozenset({State.WAITING})),
    "not_responded": (_("No answer"), frozenset({State.NOT_RESPONDED})),
    "refused": (_("Refused"), frozenset({State.REFUSED})),
    "withdrawn": (_("Withdrawn"), WITHDRAWN),
    "ended": (_("Expired or invalid"), frozenset({State.EXPIRED, State.INVALIDATED})),
}


@dataclass(frozen=True)
class Bases:
    """How many people there are, on which basis their data is kept, and for how many nobody said."""

    total: int
    #: (code, name, number of people), all six in their order.
    shares: Sequence[tuple[str, Any, int]]

    @property
    def undecided(self) -> int:
        return self.total - sum(number for _code, _label, number in self.shares)


@dataclass(frozen=True)
class Row:
    """Where consent stands for one purpose: a number for each of `COLUMNS`, and of people never asked."""

    purpose: Purpose
    numbers: Sequence[int]
    never: int


@dataclass(frozen=True)
class Month:
    """What people decided in one month."""

    first: date
    given: int
    withdrawn: int


def bases(actor: Actor) -> Bases:
    """The general bases in force of the people in sight whose modules keep bases."""
    everybody = people.found(actor, Filter())
    rows = people.in_force(actor).exclude(basis=NOT_APPLICABLE).filter(subject__in=everybody.values("pk"))
    numbers = dict(rows.order_by().values_list("basis").annotate(number=Count("pk")))
    shares = [(one.value, label, numbers.get(one.value, 0)) for one, label in LABELS.items()]
    return Bases(everybody.count(), shares)


def consents(actor: Actor, *, of: Bases, at: datetime) -> list[Row]:
    """Where consent of the same people stands, for every purpose pursued. A consent whose time is over counts
    as expired, whether or not that was recorded yet."""
    now = Case(
        When(Q(state__in=PERMITTING, ends_at__lte=at), then=Value(State.EXPIRED.value)),
        default=F("state"),
        output_field=CharField(),
    )
    rows = _decisions(actor).filter(superseded_at=None).annotate(now=now)
    counted = rows.order_by().values_list("purpose", "now").annotate(number=Count("pk"))
    found: dict[int, dict[str, int]] = {}
    for purpose, state, number in counted:
        found.setdefault(purpose, {})[state] = number
    return [_row(purpose, found.get(purpose.pk, {}), of.total) for purpose in purposes.active()]


def months(actor: Actor, purpose: Purpose, *, at: datetime) -> list[Month]:
    """The last twelve months, oldest first: consents given, and withdrawn, for one purpose."""
    firsts = _firsts(timezone.localtime(at).date())
    since = timezone.make_aware(datetime.combine(firsts[0], datetime.min.time()))
    rows = _decisions(actor).filter(purpose=purpose, at__gte=since, at__lte=at)
    counted = (
        rows.filter(state__in=PERMITTING | WITHDRAWN)
        .order_by()
        .values_list(TruncMonth("at"))
        .annotate(
            given=Count("pk", filter=Q(state__in=PERMITTING)),
            withdrawn=Count("pk", filter=Q(state__in=WITHDRAWN)),
        )
    )
    found = {month.date(): (given, withdrawn) for month, given, withdrawn in counted}
    return [Month(first, *found.get(first, (0, 0))) for first in firsts]


def _decisions(actor: Actor) -> QuerySet[Decision]:
    everybody = people.found(actor, Filter())
    return Decision.objects.visible_to(actor).filter(subject__in=everybody.values("pk"))


def _row(purpose: Purpose, numbers: Mapping[str, int], total: int) -> Row:
    columns = [sum(numbers.get(state.value, 0) for state in states) for _name, states in COLUMNS.values()]
    return Row(purpose, columns, total - sum(columns))


def _firsts(today: date) -> list[date]:
    """The first days of the last twelve months, this one included."""
    count = today.year * 12 + today.month - 1
    return [date((count - back) // 12, (count - back) % 12 + 1, 1) for back in reversed(range(MONTHS))]
