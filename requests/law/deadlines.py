"""When an answer is due: Art. 12(3) GDPR counted as Regulation (EEC, Euratom) No 1182/71 counts.

Pure. The day of receipt is not counted (3(1)); a period in months ends on the same-numbered day or the
month's last day (3(2)(c)); an end on a Saturday, Sunday or public holiday of the place moves to the next
working day (3(4)). Pauses are a policy of this product: no source defines their arithmetic.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from portals_core.plumbing.errors import BadInput
from requests.law.calendars import LAST_YEAR, Place, place

ONE_MONTH = 1
EXTENDED = 3  # one month and "two further months" (Art. 12(3)), counted as one period from receipt
FIRST_YEAR = 2018  # the GDPR applies from 25 May 2018
SATURDAY = 5


def _(sentence: str) -> str:
    """Marks a sentence for translation; whoever shows it calls gettext."""
    return sentence


@dataclass(frozen=True, slots=True)
class Skipped:
    """A day on which the period could not end, and why; `name` is the holiday's, if it is one."""

    day: date
    why: Literal["weekend", "holiday"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """The end of a period, with everything needed to explain it to anybody."""

    received_on: date
    nominal: date
    due_on: date
    place: Place
    reasons: tuple[Skipped, ...] = ()
    extended: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return self.place.zone

    @property
    def ends_at(self) -> datetime:
        """The last second of the due day where the answer is owed."""
        return datetime.combine(self.due_on, time(23, 59, 59), tzinfo=self.zone)


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stands still from asking the subject until the answer; `answered` is None while open."""

    asked: datetime | date
    answered: datetime | date | None = None


@dataclass(frozen=True, slots=True)
class PausedDue:
    """A due date moved by pauses. `unpaused` stays visible and is what alerts watch (policy)."""

    unpaused: Due
    days: int
    nominal: date
    due_on: date
    reasons: tuple[Skipped, ...]
    running: bool

    @property
    def ends_at(self) -> datetime:
        return datetime.combine(self.due_on, time(23, 59, 59), tzinfo=self.unpaused.zone)


def due(received: datetime | date, country: str, subdivision: str = "", *, extended: bool = False) -> Due:
    """The day by whose end the request must be answered.

    `received` is an aware moment, read on the clock of the place, or a date that is already local there.
    An extension counts three months from receipt, not two from the first due date. Raises `BadInput` for
    an unknown place, a moment without a time zone, and years the calendars do not cover.
    """
    where = place(country, subdivision)
    received_on = _local_date(received, where.zone)
    if not FIRST_YEAR <= received_on.year <= LAST_YEAR:
        raise BadInput(
            _("Give a day of receipt between 2018 and 2099."),
            code="deadline.received",
            detail=f"received on {received_on}",
        )
    nominal = _months_later(received_on, EXTENDED if extended else ONE_MONTH)
    due_on, reasons = _rolled(nominal, where)
    return Due(received_on, nominal, due_on, where, reasons, extended)


def paused(period: Due, pauses: Iterable[Pause], *, as_of: datetime | date | None = None) -> PausedDue:
    """The due date after adding the whole local days between each asking and its answer.

    Days are differences of local dates, so an answer on the day of asking adds none. Overlapping pauses
    count once; what lies before receipt counts from receipt; asking after the period has ended moves
    nothing. An open pause counts up to `as_of`, or not yet when that is missing. The lengthened period
    rolls over weekends and holidays once, at its own end.
    """
    asked_pauses = list(pauses)
    nominal, due_on, reasons, days = period.nominal, period.due_on, period.reasons, 0
    for start, end in _merged(period, asked_pauses, as_of):
        if start > due_on:
            break
        # Asked between the nominal end and the next working day: the rolled end is what still runs.
        base = nominal if start <= nominal else due_on
        nominal = base + (end - start)
        days += (end - start).days
        due_on, reasons = _rolled(nominal, period.place)
    running = any(pause.answered is None for pause in asked_pauses)
    return PausedDue(period, days, nominal, due_on, reasons, running)


def parse_received(text: str) -> datetime | date:
    """An ISO 8601 date, or date and time with offset, as typed. Raises `BadInput` for anything else."""
    text = text.strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            _(
                "The day of receipt cannot be read. Write a date like 2026-03-05, or a date and time with "
                "its offset like 2026-03-05T09:30+01:00."
            ),
            code="deadline.received",
            detail=f"received {text!r}",
        ) from None


def _local_date(moment: datetime | date, zone: ZoneInfo) -> date:
    if not isinstance(moment, datetime):
        return moment
    if moment.utcoffset() is None:
        raise BadInput(
            _("This time has no time zone. Add its offset, for example 2026-03-05T09:30+01:00."),
            code="deadline.naive",
            detail=f"received {moment.isoformat()}",
        )
    if not FIRST_YEAR - 1 <= moment.year <= LAST_YEAR + 1:
        return moment.date()  # too far away to convert; refused by its year where it matters
    return moment.astimezone(zone).date()


def _months_later(day: date, months: int) -> date:
    years, month0 = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month0 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _rolled(day: date, where: Place) -> tuple[date, tuple[Skipped, ...]]:
    reasons: list[Skipped] = []
    while True:
        holiday = where.holiday(day)
        if holiday:
            reasons.append(Skipped(day, "holiday", holiday))
        elif day.weekday() >= SATURDAY:
            reasons.append(Skipped(day, "weekend"))
        else:
            return day, tuple(reasons)
        day += timedelta(days=1)


def _merged(period: Due, pauses: Iterable[Pause], as_of: datetime | date | None) -> list[tuple[date, date]]:
    """Pauses as local date spans since receipt, in order, none overlapping another."""
    spans: list[tuple[date, date]] = []
    for start, end in sorted(_span(period, pause, as_of) for pause in pauses):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans


def _span(period: Due, pause: Pause, as_of: datetime | date | None) -> tuple[date, date]:
    asked = _local_date(pause.asked, period.zone)
    until = pause.answered if pause.answered is not None else as_of
    answered = asked if until is None else _local_date(until, period.zone)
    if answered < asked and pause.answered is not None:
        raise BadInput(
            _("The answer is dated before the question. Correct one of the two dates."),
            code="deadline.pause",
            detail=f"asked {asked}, answered {answered}",
        )
    start = max(asked, period.received_on)
    return start, max(start, answered)
