"""How the time of one case is counted, and the same count in words for whoever looks (Art. 12(3), W2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import formats
from django.utils.translation import gettext, ngettext

from portals_core.access.actor import system
from requests.law import deadlines, grounds
from requests.law.calendars import place
from requests.law.deadlines import Due, Pause, PausedDue, Skipped
from requests.models import Case, Clarification

_COUNT = system("count the time to answer a request")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the count: a day, what it is, and why."""

    day: str
    what: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Why a case is due when it is. `lines` are for officers, `short` is for the person."""

    lines: tuple[Line, ...]
    short: tuple[str, ...]
    due_on: date
    #: The same without pauses; alarms follow it.
    unpaused_on: date
    #: The last day on which more time can be taken, and the person told of it.
    extend_until: date
    days: int
    #: A question is open, and the clock stands still for it.
    running: bool

    @property
    def moved(self) -> bool:
        """Whether pauses moved the day."""
        return self.due_on != self.unpaused_on


def local_day(case: Case, at: datetime) -> date:
    """The day it is where the answer is owed."""
    return place(case.country, case.subdivision).day(at)


def questions(case: Case) -> list[Clarification]:
    """Every question to the person, first to last."""
    return list(Clarification.objects.visible_to(_COUNT).filter(case=case))


def period(case: Case, *, extended: bool) -> Due:
    """The time to answer without pauses."""
    return deadlines.due(case.received_at, case.country, case.subdivision, extended=extended)


def counted(
    case: Case, asked: Iterable[Clarification], *, extended: bool, as_of: datetime | None = None
) -> PausedDue:
    """The time to answer with the pauses that these questions make."""
    pauses = [Pause(one.asked_at, one.answered_at) for one in asked if one.pauses]
    return deadlines.paused(period(case, extended=extended), pauses, as_of=as_of)


def arithmetic(case: Case, *, at: datetime | None = None) -> Arithmetic:
    """The count of a case in words, in the language of whoever reads; one query.

    With `at`, an open question counts up to that day; the stored due day counts finished pauses only.
    """
    asked, extended = questions(case), case.extended_at is not None
    moved = counted(case, asked, extended=extended, as_of=at)
    first = period(case, extended=False)
    lines = (
        *_beginning(case, moved.unpaused),
        *_pauses(case, asked, extended=extended, as_of=at),
        *_end(moved),
    )
    return Arithmetic(
        lines,
        _short(case, moved),
        moved.due_on,
        moved.unpaused.due_on,
        first.due_on,
        moved.days,
        moved.running,
    )


def in_words(day: date) -> str:
    """A day as people read it."""
    return formats.date_format(day, "DATE_FORMAT")


def _beginning(case: Case, plain: Due) -> Iterator[Line]:
    where = f"{plain.place.country}-{plain.place.subdivision}".strip("-")
    yield Line(
        in_words(plain.received_on),
        gettext("Received"),
        gettext("The calendar and the clock of %(place)s count. The day of receipt itself does not.")
        % {"place": where},
    )
    if plain.extended and case.extended_at is not None:
        told = gettext("More time was taken, and the person was told")
        yield Line(in_words(local_day(case, case.extended_at)), told, _extension_ground(case))
        yield Line(in_words(plain.nominal), gettext("Three months from receipt end"))
    else:
        yield Line(in_words(plain.nominal), gettext("One month from receipt ends"))
    yield from _passed_over(plain.reasons)


def _extension_ground(case: Case) -> str:
    return next((str(one.sentence) for one in grounds.EXTENSIONS if one.code == case.extension_ground), "")


def _passed_over(reasons: Iterable[Skipped]) -> Iterator[Line]:
    for one in reasons:
        why = (
            gettext("a public holiday: %(name)s") % {"name": one.name}
            if one.why == "holiday"
            else gettext("a weekend")
        )
        yield Line(in_words(one.day), gettext("The time cannot end on this day"), why)


def _pauses(
    case: Case, asked: Sequence[Clarification], *, extended: bool, as_of: datetime | None
) -> Iterator[Line]:
    before = 0
    for number, one in enumerate(asked, start=1):
        after = counted(case, asked[:number], extended=extended, as_of=as_of).days
        yield _pause(case, one, after - before)
        before = after


def _pause(case: Case, one: Clarification, added: int) -> Line:
    day = in_words(local_day(case, one.asked_at))
    if one.answered_at is not None:
        what = gettext("The person was asked; the answer came on %(day)s") % {
            "day": in_words(local_day(case, one.answered_at))
        }
    else:
        what = gettext("The person was asked; there is no answer yet")
    if not one.pauses:
        why = gettext("The clock goes on: the question was not put without delay.")
    else:
        why = ngettext("The clock stood still for %(days)s day.", "The clock stood still for %(days)s days.",
                       added) % {"days": added}  # fmt: skip
    return Line(day, what, why)


def _end(moved: PausedDue) -> Iterator[Line]:
    plain = moved.unpaused
    if moved.days:
        added = ngettext("%(days)s day of pause is added", "%(days)s days of pause are added", moved.days)
        yield Line(in_words(plain.due_on), gettext("Due without pauses"))
        yield Line(in_words(moved.nominal), added % {"days": moved.days})
        yield from _passed_over(moved.reasons)
    yield Line(in_words(moved.due_on), gettext("Due by the end of this day"))


def _short(case: Case, moved: PausedDue) -> tuple[str, ...]:
    lines = [gettext("You will have an answer by %(day)s at the latest.") % {"day": in_words(moved.due_on)}]
    if case.extended_at is not None:
        lines.append(
            gettext("We told you that we need more time. %(why)s") % {"why": _extension_ground(case)}
        )
    if moved.days:
        waited = ngettext(
            "We waited %(days)s day for your answer. Without that the day would be %(day)s.",
            "We waited %(days)s days for your answer. Without that the day would be %(day)s.",
            moved.days,
        )
        lines.append(waited % {"days": moved.days, "day": in_words(moved.unpaused.due_on)})
    if moved.running:
        lines.append(gettext("The days until you answer our question are added."))
    return tuple(lines)
