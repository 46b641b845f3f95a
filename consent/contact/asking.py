"""Asking a person, within limits, and telling them what was done in their name (Art. 14, W17).

The links here change nothing when they are opened; they work once (W16).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.catalogue import texts
from consent.contact import askable, letters
from consent.models import Authority, Campaign, Decision, Method, Purpose, State, Text
from consent.models import Question as Asked
from consent.standing import history
from consent.standing.history import ASK, WITHDRAW, link_about
from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.plumbing import links
from portals_core.plumbing.errors import Absent, BadInput, Conflict, TooMany
from portals_core.records.models import Record

#: How often one person may be asked about one purpose within this time.
ASKS_ALLOWED, ASK_WINDOW = 3, timedelta(days=14)
#: Withdrawing must stay as easy as giving (Art. 7(3)): the way out outlives any mailbox clean-up.
WITHDRAW_TTL = timedelta(days=3650)
_READ = system("show a question to the person it is about")
_OPEN = system("open a question")


@dataclass(frozen=True)
class Question:
    """What the page behind a link to withdraw shows."""

    subject: UUID
    purpose: Purpose
    text: Text | None
    latest: Decision


def question(*, token: str, link: str, language: str, at: datetime) -> Question:
    """What a link is about. Changes nothing. Raises `Absent` for a used, expired or altered one."""
    subject, purpose = target(token, link, at=at)
    latest = (
        Decision.objects.visible_to(_READ)
        .filter(subject=subject, purpose=purpose)
        .select_related("decided_by", "text")
        .order_by("-number")
        .first()
    )
    if latest is None:
        raise Absent(gettext_lazy("There is nothing here, or it is not shared with you."))
    return Question(subject, purpose, texts.current(purpose, language), latest)


def target(token: str, link: str, *, at: datetime) -> tuple[UUID, Purpose]:
    """Whom and which purpose a link is about, without using it up."""
    _kind, subject, purpose = links.peek(token, link, at=at).about.split(":")
    return UUID(subject), Purpose.objects.visible_to(_READ).get(pk=int(purpose))


def require_address(record: Record) -> str:
    """The person's mail address. Raises `BadInput` where there is none: nobody agrees unasked."""
    found = letters.address_of(record)
    if not found:
        raise BadInput(
            gettext_lazy(
                "There is no e-mail address for this person, so they cannot be asked. Add the address first."
            ),
            code="consent.no_address",
        )
    return found


def refuse_asking_again(
    subject: UUID, purpose: Purpose, latest: Decision | None, *, at: datetime, renew: bool = False
) -> None:
    """Raise `Conflict` where there is nothing to ask, `TooMany` where somebody asks too often (W18).

    With `renew` a consent that holds is no obstacle: the person may be asked to give it again.
    """
    if askable.holds(latest, at, askable.floor(purpose, at)) and not renew:
        raise Conflict(
            gettext_lazy("This person has given their consent already."), code="consent.given_already"
        )
    if askable.said_no(latest):
        raise Conflict(
            gettext_lazy("This person said no. Only they themselves can change that."),
            code="consent.said_no",
        )
    askable.refuse_if_objected(subject, purpose)
    rows = Asked.objects.visible_to(_READ).filter(subject=subject, purpose=purpose)
    still_open = rows.filter(closed_at=None, due_at__gt=at).first()
    if still_open is not None:
        raise Conflict(
            gettext_lazy("This person was asked and has not answered yet. They have until %(day)s.")
            % {"day": letters.day(still_open.due_at)},
            code="consent.asked_already",
        )
    if rows.filter(asked_at__gt=at - ASK_WINDOW).count() >= ASKS_ALLOWED:
        raise TooMany(
            gettext_lazy("This person was asked several times already. Give them time to answer."),
            code="consent.asked_often",
        )


def ask(*, actor: Actor, record: Record, purpose: Purpose, at: datetime) -> None:
    """Send the person the question that waits for their answer, with who asks and where their data came
    from (Art. 14(1), (2)(f)). Raises `Locked` while a lock forbids mail to them (L16)."""
    askable.refuse_if_locked(record.pk, actor=actor)
    waiting = history.latest(record.pk, purpose)
    if waiting is None or waiting.state != State.WAITING:
        raise Conflict(gettext_lazy("There is nothing to ask this person."), code="consent.nothing_to_ask")
    language = language_of(record)
    text = texts.current(purpose, language) or waiting.text
    open_question(record=record, text=text, decision=waiting, actor=actor, at=at, language=language)


def put(
    *,
    actor: Actor,
    record: Record,
    text: Text,
    before: Decision | None,
    holding: bool,
    authority: Authority,
    method: Method,
    at: datetime,
    language: str,
    campaign: Campaign | None = None,
    asked_by: int | None = None,
) -> Asked:
    """Ask the person on this text, in the caller's transaction with the person's row locked.

    Where no consent holds the decision "waiting" comes with the question; a consent that holds goes on
    holding, and only the question is entered in the ledger.
    """
    decision = None
    if not holding:
        decision = history.add(
            State.WAITING,
            actor=actor,
            subject=record.pk,
            purpose=text.purpose,
            text=text,
            before=before,
            authority=authority,
            method=method,
            channels=text.channels,
            at=at,
        )
    else:
        append.record(
            "consent.asked_again",
            actor=actor,
            about=f"record:{record.pk}",
            subject=record.pk,
            at=at,
            detail={"purpose": text.purpose.key, "text": text.digest},
        )
    return open_question(
        record=record,
        text=text,
        decision=decision,
        actor=actor,
        at=at,
        language=language,
        campaign=campaign,
        asked_by=asked_by,
    )


def open_question(
    *,
    record: Record,
    text: Text,
    decision: Decision | None,
    actor: Actor,
    at: datetime,
    language: str,
    campaign: Campaign | None = None,
    asked_by: int | None = None,
) -> Asked:
    """Open the question on this one version and promise its message; an older question and its link end."""
    purpose = text.purpose
    rows = Asked.objects.visible_to(_OPEN).filter(subject=record.pk, purpose=purpose, closed_at=None)
    rows.update(closed_at=at)
    due = at + timedelta(days=purpose.wait_days)
    remind = at + timedelta(days=purpose.remind_days) if purpose.remind_days is not None else None
    asked = Asked(
        subject=record.pk,
        purpose=purpose,
        text=text,
        decision=decision,
        campaign=campaign,
        asked_by_id=asked_by or actor.user_id,
        asked_at=at,
        remind_at=remind if remind is not None and remind < due else None,
        due_at=due,
    )
    asked.save(force_insert=True)
    who = actor.name if actor.kind is Kind.PORTAL else ""
    letters.question(record, asked, link_to(asked, at=at), who=who, language=language, at=at)
    return asked


def link_to(asked: Asked, *, at: datetime) -> str:
    """A fresh token that answers this question until it is due; the one before ends."""
    about = link_about(asked.subject, asked.purpose)
    return links.issue(ASK, about=about, at=at, ttl=asked.due_at - at)


def confirm_receipt(*, record: Record, purpose: Purpose, text: Text, at: datetime) -> None:
    """Send the person what they agreed to, with a link to withdraw as easily (Art. 7(3))."""
    if not letters.address_of(record):
        return
    token = links.issue(WITHDRAW, about=link_about(record.pk, purpose), at=at, ttl=WITHDRAW_TTL)
    with translation.override(language_of(record)):
        letters.send(
            record,
            kind="consent.confirmed",
            title=_("%(organisation)s: you agreed"),
            body="\n\n".join(
                [
                    _("You agreed to this:"),
                    "%(text)s",
                    _("You can withdraw at any time, without a reason. Keep this message; the link does it:"),
                    "%(link)s",
                    _("The same page has a receipt of your consent to keep."),
                ]
            ),
            text=f"{text.title}\n\n{text.body}",
            link=links.address(reverse("consent:withdraw-by-link", args=[token])),
            at=at,
        )


def language_of(record: Record) -> str:
    """The language of the person's account; the site's where there is none."""
    return askable.languages([record.pk]).get(record.pk, settings.LANGUAGE_CODE)
