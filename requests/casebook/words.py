"""How cases are spoken of on pages: one place for the words, icons and tones of kinds, states and dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from requests.casebook.lines import Shown
from requests.casebook.reads import Correction, Stop
from requests.law import progress
from requests.law.calendars import place
from requests.law.states import State, Who
from requests.models import Kind

#: Days before the due day from which a case asks for attention.
SOON = 7


@dataclass(frozen=True, slots=True)
class KindWords:
    """One right as a person meets it: the choice, what will happen, the one question, the button."""

    icon: str
    verb: Promise
    choice: Promise
    outcome: Promise
    outcome_for: Promise
    heading: Promise
    heading_for: Promise
    question: Promise
    button: Promise


@dataclass(frozen=True, slots=True)
class Badge:
    """What `ui/state.html` shows; the tone never stands without icon and word."""

    tone: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Due:
    """The due day, what is left of it in words, and how loudly to say so."""

    day: str
    left: str
    tone: str
    icon: str
    late: bool


KINDS: dict[str, KindWords] = {
    Kind.DELETE: KindWords(
        "trash-2",
        Kind.DELETE.label,
        _("Delete my data"),
        _("Everything we hold about you is erased for good, your account with it."),
        _("Everything we hold about this person is erased for good, once they agree."),
        _("Delete my data"),
        _("Delete the data of %(name)s"),
        _("Is there anything we should know?"),
        _("Ask for deletion"),
    ),
    Kind.STOP: KindWords(
        "circle-pause",
        Kind.STOP.label,
        _("Stop processing"),
        _("Your data stays stored, but nobody may use, change or pass it on."),
        _("Their data stays stored, but nobody may use, change or pass it on, once they agree."),
        _("Stop processing my data"),
        _("Stop processing the data of %(name)s"),
        _("What should stop, and why?"),
        _("Ask to stop processing"),
    ),
    Kind.EXPORT: KindWords(
        "download",
        Kind.EXPORT.label,
        _("Export my data"),
        _("You get a copy of everything we hold about you, to read and to take elsewhere."),
        _("This person, and nobody else, gets a copy of everything we hold about them."),
        _("Export my data"),
        _("Export the data of %(name)s"),
        _("Is there something you look for in particular?"),
        _("Ask for an export"),
    ),
    Kind.RECTIFY: KindWords(
        "pencil-line",
        Kind.RECTIFY.label,
        _("Rectify my data"),
        _("You say what is wrong and what is right; we correct it."),
        _("You say what is wrong and what is right; we correct it once they agree."),
        _("Rectify my data"),
        _("Rectify the data of %(name)s"),
        _("Is anything else wrong, or is there something we should know?"),
        _("Ask for correction"),
    ),
}

#: What a person is told before they answer somebody who asked in their name.
IF_YOU_AGREE: dict[str, Promise] = {
    Kind.DELETE: _(
        "A privacy officer checks the request. Then everything we hold about you is erased for good."
    ),
    Kind.STOP: _("A privacy officer checks the request. Then your data is only stored: nobody may use it."),
    Kind.EXPORT: _(
        "A privacy officer checks the request. Then you, and nobody else, get a copy of your data."
    ),
    Kind.RECTIFY: _("A privacy officer checks the proposed corrections. Then your data is corrected."),
}

_BADGES: dict[State, tuple[str, str]] = {
    State.RECEIVED: ("info", "inbox"),
    State.PROVING: ("warn", "mail-question-mark"),
    State.IN_REVIEW: ("info", "search"),
    State.WAITING: ("warn", "message-circle-question-mark"),
    State.AWAITING_APPROVAL: ("warn", "user-check"),
    State.COOLING_OFF: ("info", "hourglass"),
    State.CARRYING_OUT: ("info", "loader"),
    State.FULFILLED: ("good", "circle-check"),
    State.PARTLY_FULFILLED: ("good", "circle-dot"),
    State.REFUSED: ("bad", "circle-x"),
    State.WITHDRAWN: ("quiet", "undo-2"),
    State.LAPSED: ("quiet", "circle-slash"),
}

NEXT: dict[Who | None, Promise] = {
    Who.OFFICER: _("A privacy officer acts next."),
    Who.SECOND_OFFICER: _("A second officer acts next."),
    Who.SUBJECT: _("You act next."),
    Who.PERSON: _("The person it is about acts next."),
    Who.SYSTEM: _("It is being carried out. You need do nothing."),
    None: _("Nothing more happens: the request is closed."),
}

#: What the notices of a case are called where they are listed.
NOTICES: dict[str, Promise] = {
    "acknowledged": _("Receipt with number and due date"),
    "mandate": _("Question to the person whether they agree"),
    "proof": _("Receipt with a code to prove the address"),
    "none_held": _("Message that nothing is held"),
    "refused": _("Refusal with reasons and how to complain"),
    "stopped": _("Message that processing has stopped"),
    "lifting": _("Message that the restriction is about to end"),
    "not_lifting": _("Message that the restriction goes on"),
    "advertising": _("Message that advertising has stopped"),
    "corrected": _("Message about the corrections"),
    "erased": _("Message that the data was deleted"),
    "partly_erased": _("Message that part of the data was deleted, and what was kept"),
    "left_out": _("Message what was left out of the copy"),
    "proved": _("Message that a request in the person's name is looked at"),
    "cooling": _("Message until when the deletion can be taken back"),
    "settled": _("Answer: the same as to the first request"),
    "question": _("Question about the request"),
    "extended": _("Message that more time is needed"),
    "lapsed": _("Message that the request ended without an answer"),
    "letter": _("Word that there is a letter"),
    "message": _("Word that there is a message"),
}


def badge(state: str) -> Badge:
    """The state as icon, word and tone."""
    tone, icon = _BADGES[State(state)]
    return Badge(tone, icon, gettext(progress.NAMES[State(state)]))


def due(case: Shown, *, at: datetime) -> Due:
    """The due day and what is left of it, counted where the answer is owed; words say what colour says."""
    on = formats.date_format(case.due_on, "DATE_FORMAT")
    left = (case.due_on - at.astimezone(place(case.country, case.subdivision).zone).date()).days
    if not case.is_open:
        return Due(on, gettext("closed"), "quiet", "circle-check", late=False)
    if left < 0:
        late = ngettext("%(days)s day late", "%(days)s days late", -left) % {"days": -left}
        return Due(on, late, "bad", "triangle-alert", late=True)
    return Due(on, in_days(left), "warn" if left <= SOON else "quiet", "calendar-clock", late=False)


def in_days(left: int) -> str:
    """Days from today in words."""
    if left == 0:
        return gettext("today")
    if left == 1:
        return gettext("tomorrow")
    return ngettext("in %(days)s day", "in %(days)s days", left) % {"days": left}


def day(at: datetime | None) -> str:
    """A moment as a day, in the language and zone of whoever reads."""
    return formats.date_format(timezone.localtime(at), "DATE_FORMAT") if at else ""


def explained(state: str) -> str:
    """What is happening, in one sentence."""
    return gettext(progress.EXPLAINED[State(state)])


def steps(line: Iterable[Stop], *, ended: bool) -> list[dict[str, str]]:
    """The timeline as `ui/timeline.html` takes it; a step that was left out is not shown."""
    standing = {"done": "done", "now": "done" if ended else "current", "ahead": "coming"}
    return [
        {"label": gettext(stop.title), "state": standing[stop.standing], "when": day(stop.at), "note": ""}
        for stop in line
        if stop.standing != "left_out"
    ]


def shown(value: object) -> str:
    """A stored value in words; empty for nothing."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def compared(corrections: Iterable[Correction], *, ended: bool = False) -> list[dict[str, object]]:
    """Corrections as pages show them, before and after in words; none is open once the request has ended."""
    return [
        {
            "id": one.id,
            "label": one.label,
            "hidden": one.covered,
            "uncoverable": one.uncoverable,
            "before": shown(one.before),
            "after": shown(one.proposed),
            "approved": False if ended and one.approved is None else one.approved,
            "applied_at": one.applied_at,
        }
        for one in corrections
    ]
