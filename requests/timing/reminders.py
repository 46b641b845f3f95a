"""No statutory deadline passes silently (Art. 12(3), promise 15): officers are told before and after. Daily.

Alarms follow the day counted without pauses, which is also the last day on which more time can be taken,
and the day with pauses where that is another. What was given is stored in the transaction of its message,
so a reminder is given once, however often the job runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from portals_core.access.actor import system
from portals_core.plumbing import clock, keyset, links, mail, outbox
from requests.casebook import colleagues, counting
from requests.law.states import State
from requests.models import Alarm, Case, Kind

JOB = "requests.remind"
BATCH = 500
#: Alarms told of in one message and stored in one transaction.
TOGETHER = 5_000
#: Numbers named under one heading of a message; the queue has all.
NAMED = 50
#: How near a day is: the order is that of the message.
LATE, TODAY, URGENT, SOON = "late", "today", "urgent", "soon"
STAGES = (LATE, TODAY, URGENT, SOON)
_ORDER = ("unpaused_on", "id")
_COLUMNS = (
    *("number", "kind", "state", "assignee", "country", "subdivision"),
    *("due_on", "unpaused_on", "extended_at"),
)
_READ = system("remind officers of what is due")


@dataclass(frozen=True, slots=True)
class Line:
    """One alarm about one case."""

    case: UUID
    number: str
    right: str
    state: str
    assignee: int | None
    stage: str
    day: date
    #: What is stored of it, so that it is given once.
    kind: str
    due_on: date
    #: The time ends with this day unless more is taken by then.
    extendable: bool

    @property
    def loud(self) -> bool:
        """Whether the officers who approve are told as well."""
        return self.stage in (TODAY, URGENT) or (self.stage == LATE and self.day == self.due_on)


def remind(held: outbox.Claim) -> None:
    """Job handler: tell officers of every open case that is due soon, today, or late.

    The assignee is told, or everybody who decides where there is none; from `ESCALATE_DAYS` before on also
    everybody who approves; the contact address where there is nobody at all. Each is sent one message for
    about `TOGETHER` alarms, so one a day where fewer are due; what was sent before a crash is not sent again.
    """
    at = clock.now()
    for lines in _stretches(at):
        _give(held, lines, at)


def _stretches(at: datetime) -> Iterator[list[Line]]:
    """What is to be told, in lists that memory and one transaction can hold; none is empty."""
    lines: list[Line] = []
    for batch in _batches(at):
        lines += _new(batch, at)
        if len(lines) >= TOGETHER:
            yield lines
            lines = []
    if lines:
        yield lines


def _give(held: outbox.Claim, lines: Sequence[Line], at: datetime) -> None:
    """Store that these alarms are given and promise their messages: both or neither."""
    with transaction.atomic():
        # Of two who run at once the second fails here on the unique alarm, and finds nothing new later.
        Alarm.objects.visible_to(_READ).bulk_create(
            [Alarm(case_id=line.case, kind=line.kind, at=at) for line in lines], batch_size=BATCH
        )
        for to, language, told in _addressed(lines):
            _write(to, language, told, at)
        held.hold()


def alarms(case: Case, today: date) -> list[Line]:
    """Every alarm that a case gives on a day, whether it was given before or not."""
    found = []
    for day in dict.fromkeys((case.unpaused_on, case.due_on)):
        left = (day - today).days
        if left > settings.REMIND_DAYS:
            continue
        stage = LATE if left < 0 else _near(left)
        kind = f"{stage}:{day}:{today}" if stage == LATE else f"{stage}:{day}"
        extendable = case.extended_at is None and day == case.unpaused_on and left >= 0
        found.append(
            Line(
                case.pk,
                case.number,
                case.kind,
                case.state,
                case.assignee_id,
                stage,
                day,
                kind,
                case.due_on,
                extendable,
            )
        )
    return found


def _near(left: int) -> str:
    if left == 0:
        return TODAY
    return URGENT if left <= settings.ESCALATE_DAYS else SOON


def _batches(at: datetime) -> Iterator[list[Case]]:
    """Open cases that may give an alarm, page by page; a day more, because zones differ."""
    until = at.date() + timedelta(days=settings.REMIND_DAYS + 1)
    rows = Case.objects.visible_to(_READ).filter(closed_at=None, unpaused_on__lte=until)
    return keyset.pages(rows.only(*_COLUMNS), _ORDER, BATCH)


def _new(cases: Sequence[Case], at: datetime) -> list[Line]:
    """The alarms of these cases that nobody was given yet."""
    lines = [line for case in cases for line in alarms(case, counting.local_day(case, at))]
    given = Alarm.objects.visible_to(_READ).filter(
        case__in=[case.pk for case in cases], kind__in={line.kind for line in lines}
    )
    before = set(given.values_list("case_id", "kind"))
    return [line for line in lines if (line.case, line.kind) not in before]


def _addressed(lines: Iterable[Line]) -> Iterator[tuple[str, str, list[Line]]]:
    """Address, language and what to tell, one for each who is told."""
    known = colleagues.holders("cases.decide", "cases.approve")
    deciding, approving = known["cases.decide"], known["cases.approve"]
    told: dict[int | None, dict[str, Line]] = defaultdict(dict)
    for line in lines:
        people: set[int | None] = {line.assignee} if line.assignee in deciding else set(deciding)
        if line.loud:
            people |= set(approving)
        for person in people or {None}:
            told[person].setdefault(line.kind + line.number, line)
    for key, own in told.items():
        user = (deciding | approving)[key] if key is not None else None
        address = user.email if user else settings.CONTACT_EMAIL
        yield address, user.language if user else settings.LANGUAGE_CODE, list(own.values())


def _write(to: str, language: str, lines: Sequence[Line], at: datetime) -> None:
    with translation.override(language):
        by_stage = {stage: [line for line in lines if line.stage == stage] for stage in STAGES}
        body = [part for stage in STAGES for part in _section(stage, by_stage[stage])]
        body.append(_("The queue: %(link)s") % {"link": links.address("/desk/cases/")})
        title = _title(by_stage)
    mail.send(to=to, title=title, body="\n".join(body), kind="desk.deadlines", language=language, at=at)


def _title(by_stage: Mapping[str, Sequence[Line]]) -> str:
    if by_stage[LATE]:
        return _("Requests are past their day: act now")
    if by_stage[TODAY] or by_stage[URGENT]:
        return _("Requests are due within days")
    return _("Requests are due soon")


def _section(stage: str, lines: Sequence[Line]) -> list[str]:
    if not lines:
        return []
    headings = {
        LATE: _("Past their day:"),
        TODAY: _("Due today:"),
        URGENT: _("Due within %(days)s days:") % {"days": settings.ESCALATE_DAYS},
        SOON: _("Due within %(days)s days:") % {"days": settings.REMIND_DAYS},
    }
    ordered = sorted(lines, key=lambda line: (line.day, line.number))
    more = len(ordered) - NAMED
    rest = [_("and %(count)s more") % {"count": more}] if more > 0 else []
    return [headings[stage], *map(_in_words, ordered[:NAMED]), *rest, ""]


def _in_words(line: Line) -> str:
    day = counting.in_words(line.day)
    words = [f"{line.number}, {Kind(line.right).label}: {day}"]
    if line.due_on != line.day:
        words.append(_("with pauses %(day)s") % {"day": counting.in_words(line.due_on)})
    if line.extendable:
        words.append(_("last day to take more time and tell the person"))
    if line.state in (State.WAITING, State.PROVING):
        words.append(_("waiting for the person"))
    return "; ".join(words)
