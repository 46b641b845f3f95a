"""One case whole, as the officer's page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import codes
from portals_core.ledger import reads as ledger
from portals_core.people import preferences
from portals_core.people.models import User
from portals_core.plumbing.models import JobState, Mail, MailState
from requests.casebook import acts, counting, names, reads, words
from requests.deciding import verdicts
from requests.holding import holdings, planning
from requests.holding.holdings import Holdings
from requests.law import grounds
from requests.law.states import State
from requests.models import Case, Kind, Notice

#: Ledger entries shown on a case page; the log itself has all.
ENTRIES = 30
_NAMES = system("name who acted on a case")
#: Where what is held is shown item by item, with what is done about each; a correction has no such items.
WEIGHED = frozenset({State.IN_REVIEW, State.AWAITING_APPROVAL, State.COOLING_OFF})


@dataclass(frozen=True)
class Happening:
    """One line of the history: what, by whom, when, and what was said."""

    what: object
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Weighed:
    """One group as it stands, for whoever only reads it."""

    row: verdicts.GroupRow
    act: str
    ground: object

    @property
    def names(self) -> list[str]:
        """What its items are called; nothing where the only name is that of the group."""
        return [] if self.row.names == [str(self.row.label)] else self.row.names

    @property
    def unnamed(self) -> int:
        """How many there are besides those named."""
        return self.row.count - len(self.names) if self.names else 0


@dataclass(frozen=True)
class Section:
    """One part of the page, as the navigation inside it names it."""

    id: str
    label: object


@dataclass(frozen=True)
class Told:
    """One notice: what it was, and whether it went out."""

    what: object
    at: datetime
    sent: object


def sheet(actor: Actor, case: Case, *, at: datetime) -> dict[str, Any]:
    """Everything the page of one case shows beside the forms."""
    return {
        "case": case,
        "person": names.persons(actor, [case.subject])[case.subject],
        "asked_by": names.asked_by(actor, case),
        "words": words.KINDS[case.kind],
        "badge": words.badge(case.state),
        "due": words.due(case, at=at),
        "country": preferences.COUNTRIES.get(case.country, case.country),
        "received": counting.in_words(case.received_on),
        **_officers(actor, case),
        "named": actor.may("records.view"),
        "asked": reads.words(actor, case),
        "mandate": reads.mandate(actor, case),
        "answer": reads.answer(actor, case),
        "held": held(actor, case),
        "history": history(actor, case),
        "told": told(actor, case),
        "log": log(actor, case),
        **running(actor, case),
    }


def _officers(actor: Actor, case: Case) -> dict[str, Any]:
    """Who had which part."""
    parts = {
        "assignee": case.assignee_id,
        "decided_by": case.decided_by_id,
        "approved_by": case.approved_by_id,
    }
    users = names.users_by_id({key for key in parts.values() if key})
    return {part: names.called(actor, users.get(key or 0)) for part, key in parts.items()}


def running(actor: Actor, case: Case) -> dict[str, Any]:
    """The job that carries the case out, while it does (W21)."""
    if case.state != State.CARRYING_OUT:
        return {"case": case, "working": None}
    working = reads.working(actor, case)
    return {
        "case": case,
        "working": working,
        "parked": working is not None and working.state == JobState.PARKED,
    }


def held(actor: Actor, case: Case) -> Holdings | None:
    """What the case is about: the stored plan while it is carried out, otherwise what
    the sources hold now. None before the proof, while nobody is found, for a correction, and when nothing is
    touched any more."""
    if not case.is_open or not case.proved_at or case.subject is None or case.kind == Kind.RECTIFY:
        return None
    plan = reads.plan_of(actor, case)
    if plan is not None and case.state == State.CARRYING_OUT:
        return holdings.planned(planning.rows_stored(plan))
    if case.state in WEIGHED:
        return None  # the board shows it, with what is done about each
    act = planning.ACTS.get(Kind(case.kind), planning.ACTS[Kind.DELETE])
    return holdings.held(case.person, act, named=actor.may("records.view"))


def board(actor: Actor, case: Case, *, at: datetime) -> verdicts.Board | None:
    """What is held, group by group, with what is to be done about it; None where nothing is weighed."""
    if case.state not in WEIGHED or not case.proved_at or case.subject is None or case.kind == Kind.RECTIFY:
        return None
    return verdicts.board(actor, case, at)


def weighed(found: verdicts.Board, kind: str) -> list[Weighed]:
    """The groups of a board in words; an act is empty where the items of a group differ."""
    sentences = {one.code: one.sentence for one in grounds.REFUSALS}
    return [
        Weighed(
            row,
            acts.act_in_words(kind, row.verdict),
            sentences.get(row.ground, "") if row.verdict == acts.REFUSE else "",
        )
        for row in found.groups
    ]


#: Ids of the page's parts with their names, in their order; each is on the page where its fact is true.
_SECTIONS = (
    ("who", _("Who")),
    ("dates", _("Dates")),
    ("asked", _("What is asked")),
    ("held", _("What is held")),
    ("decide", _("Decide")),
    ("refuse", _("Refuse")),
    ("corrections", _("Before and after")),
    ("approval", _("Approval")),
    ("progress", _("Carrying out")),
    ("answer", _("Decision")),
    ("left", _("What was kept")),
    ("messages", _("Messages and letters")),
    ("recipients", _("Recipients")),
    ("history", _("What happened")),
    ("log", _("Audit log")),
)


def sections(shown: Mapping[str, object]) -> list[Section]:
    """The navigation inside the page: the parts of which `shown` says that they are there."""
    return [Section(f"part-{key}", name) for key, name in _SECTIONS if shown.get(key)]


def history(actor: Actor, case: Case) -> list[Happening]:
    """Every step, first to last, with who took it."""
    steps = list(reads.history(actor, case))
    names = _actors(actor, {step.actor for step in steps})
    return [
        Happening(codes.CODES.get(f"case.{step.name}"), names[step.actor], step.at, step.reason)
        for step in steps
    ]


def _actors(actor: Actor, refs: Iterable[str]) -> dict[str, str]:
    """Names for the opaque refs of the ledger."""
    ids = {ref.partition(":")[2] for ref in refs if ref.startswith("user:")}
    users = {user.ref: user for user in User.objects.visible_to(_NAMES).filter(public_id__in=ids)}
    return {ref: names.called(actor, users.get(ref)) or _sort_of(ref) for ref in refs}


def _sort_of(ref: str) -> str:
    sort = ref.partition(":")[0]
    return {
        "user": gettext("a portal user"),
        "person": gettext("the person"),
        "system": gettext("automatic"),
    }.get(sort, ref)


def told(actor: Actor, case: Case) -> list[Told]:
    """The notices about the case and whether they went out; texts are not shown here."""
    notices = list(Notice.objects.visible_to(actor).filter(case=case))
    mails = Mail.objects.in_bulk([notice.mail for notice in notices])
    return [
        Told(words.NOTICES.get(one.kind, one.kind), one.at, _sent(mails.get(one.mail))) for one in notices
    ]


def _sent(mail: Mail | None) -> object:
    return MailState(mail.state).label if mail is not None else _("sent and forgotten")


def log(actor: Actor, case: Case) -> list[Happening] | None:
    """The newest ledger entries of the case; None for a role that does not read the log."""
    if not actor.may("ledger.view"):
        return None
    entries = list(ledger.entries(actor, about=case.ref)[:ENTRIES])
    names = _actors(actor, {entry.actor for entry in entries})
    return [Happening(codes.CODES.get(entry.code), names[entry.actor], entry.at) for entry in entries]
