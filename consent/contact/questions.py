"""One question to one person: what its link shows, whether it still stands, and asking from the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purposes, texts
from consent.contact import askable, asking
from consent.models import Authority, Decision, Method, Purpose, Question, Text
from consent.standing import history, reach
from consent.standing.history import ASK
from portals_core.access.actor import Actor, Kind, system
from portals_core.people.models import UserKind
from portals_core.plumbing import clock, links
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records.models import Record

_READ = system("show a question to the person it is about")


class Standing(StrEnum):
    """What became of the version a question was asked on."""

    ASKED = "asked"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Shown:
    """What the page behind a link shows."""

    question: Question
    #: The version that was asked, in the reader's language where it has that.
    text: Text
    standing: Standing

    @property
    def represented(self) -> bool:
        """Whether the question came with what somebody else said in the person's name."""
        decision = self.question.decision
        return decision is not None and decision.on_behalf

    @property
    def asked_by(self) -> str:
        """The name of whoever added the person; empty once they were erased."""
        by = self.question.asked_by
        return by.name if by is not None and by.kind == UserKind.PORTAL else ""


def shown(*, token: str, language: str, at: datetime) -> Shown:
    """What the link to a question shows. Changes nothing.

    Raises `Absent` for a link that was used, has expired, was ended or is not one.
    """
    return look(behind(token, at=at), language)


def look(asked: Question, language: str) -> Shown:
    """A question as a reader of this language sees it now."""
    now = newest(asked.purpose, language)
    if now is None or not asked.purpose.active:
        return Shown(asked, asked.text, Standing.WITHDRAWN)
    if now.version != asked.text.version:
        return Shown(asked, asked.text, Standing.REPLACED)
    return Shown(asked, now, Standing.ASKED)


def read_by(asked: Question, text: int | None) -> Text:
    """The text the person had before them: the version of the question, in one of its languages. Raises
    `BadInput` for any other."""
    rows = Text.objects.visible_to(_READ).filter(purpose=asked.purpose, version=asked.text.version)
    found = rows.select_related("purpose").filter(pk=asked.text_id if text is None else text).first()
    if found is None:
        raise BadInput(_("This is not the text you were asked about. Load the page again."))
    return found


def behind(token: str, *, at: datetime) -> Question:
    """The open question a link leads to. Raises `Absent`."""
    subject, purpose = asking.target(token, ASK, at=at)
    rows = Question.objects.visible_to(_READ).filter(subject=subject, purpose=purpose, closed_at=None)
    asked = rows.select_related("purpose", "text__purpose", "asked_by", "decision").first()
    if asked is None or asked.due_at <= at:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return asked


def newest(purpose: Purpose, language: str) -> Text | None:
    """The text people are asked on now; `None` where there is none, or nobody is asked on it any longer."""
    return texts.current(purpose, language)


def refuse_unless_asked(found: Shown) -> None:
    """Raise `Conflict` for a version on which nobody is asked any longer."""
    if found.standing is Standing.REPLACED:
        raise Conflict(
            _("The text has changed since we wrote to you. You can have the new question sent to you."),
            code="consent.text_changed",
        )
    if found.standing is Standing.WITHDRAWN:
        raise Conflict(
            _("We no longer ask this. You need do nothing, and nothing is done for it."),
            code="consent.not_asked",
        )


def wanted(reference: str) -> bool:
    """Whether a message that asks may leave now: the check "question" of the mail room.

    The question is open and not overdue, its version is still asked, no lock forbids mail to the person, and
    no objection of theirs stands against the purpose.
    """
    rows = Question.objects.visible_to(_READ).filter(pk=reference, closed_at=None, due_at__gt=clock.now())
    asked = rows.filter(purpose__active=True).select_related("purpose", "text").first()
    if asked is None or newest(asked.purpose, asked.text.language) is None:
        return False
    return not (askable.locked([asked.subject]) or askable.objected([asked.subject], asked.purpose))


def may_be_written_to(reference: str) -> bool:
    """Whether no lock forbids mail to this person now: the check "may_be_written_to" of the mail room."""
    return not askable.locked([UUID(reference)])


def ask_person(*, actor: Actor, subject: UUID, purpose: str, at: datetime) -> Question:
    """Ask one person from the desk, on the text of now and in their language. Needs "consent.manage".

    A consent that holds goes on holding while they are asked to renew it. Raises `Absent` for nobody in
    sight, `BadInput` without an address, `Locked`, `TooMany`, and `Conflict` where there is no text, they
    said no, objected, or have not answered yet.
    """
    if not actor.may("consent.manage") or actor.kind is not Kind.STAFF:
        raise Forbidden(_("Your role does not include asking people for consent."))
    Record.objects.fetch(actor, subject)
    wanted = purposes.purpose(purpose)
    with transaction.atomic():
        record = reach.lock(subject)
        asking.require_address(record)
        reach.refuse_to_ask_child(record, wanted, at)
        askable.refuse_if_locked(record.pk, actor=actor)
        latest = history.latest(record.pk, wanted)
        asking.refuse_asking_again(record.pk, wanted, latest, at=at, renew=True)
        return _put(actor, record, _text_for(wanted, record), latest, Authority.STAFF, Method.PORTAL, at)


def ask_anew(*, token: str, at: datetime) -> Question:
    """Send the person the question on the text of now, at their own wish; uses up the link to the old one.

    Raises `Absent` for a link that does not work, `Conflict` where the version of the link is still asked or
    nothing is asked any longer, `Locked`, `BadInput` without an address.
    """
    with transaction.atomic():
        asked = behind(token, at=at)
        record = reach.lock(asked.subject)
        asked = behind(token, at=at)
        text = _text_for(asked.purpose, record)
        if text.version == asked.text.version:
            raise Conflict(_("Your link leads to the newest text. Answer there."), code="consent.newest")
        asking.require_address(record)
        actor = redeemed(token, at=at)
        askable.refuse_if_locked(record.pk, actor=actor)
        latest = history.latest(record.pk, asked.purpose)
        by = asked.asked_by_id
        return _put(actor, record, text, latest, Authority.SELF, Method.LINK, at, asked_by=by)


def redeemed(token: str, *, at: datetime) -> Actor:
    """Use the link up; whoever held it acts as its holder, and the ledger names the link."""
    used = links.redeem(token, ASK, at=at)
    return Actor(kind=Kind.ANONYMOUS, ref=f"link:{used.pk}")


def _text_for(purpose: Purpose, record: Record) -> Text:
    text = newest(purpose, asking.language_of(record)) if purpose.active else None
    if text is None:
        raise Conflict(_("There is no text on which anybody is asked now."), code="consent.not_asked")
    return text


def _put(
    actor: Actor,
    record: Record,
    text: Text,
    latest: Decision | None,
    authority: Authority,
    method: Method,
    at: datetime,
    asked_by: int | None = None,
) -> Question:
    return asking.put(
        actor=actor,
        record=record,
        text=text,
        before=latest,
        holding=askable.holds(latest, at, askable.floor(text.purpose, at)),
        authority=authority,
        method=method,
        at=at,
        language=asking.language_of(record),
        asked_by=asked_by,
    )
