"""What the desk shows of campaigns, and of people who did not answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from consent.catalogue import purposes, texts
from consent.contact import letters
from consent.jobs import audiences, campaigns
from consent.models import Audience, Campaign, CampaignState, Decision, NoAnswer, Purpose, State, Text
from consent.standing import reads
from portals_core.access.actor import Actor, system
from portals_core.locks import place
from portals_core.locks.models import Source
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent
from portals_core.records.models import Record

PAGE = 50
_READ = system("show a message before it is sent")
#: Where a deletion is begun; that page belongs to an app above this one.
DELETE_ADDRESS = "/desk/cases/new/"


@dataclass(frozen=True)
class Page:
    """One page of a list; `next` leads to the one after it."""

    rows: Sequence[Any]
    next: UUID | None
    delete_address: str = DELETE_ADDRESS


@dataclass(frozen=True)
class Progress:
    """How far a campaign is."""

    done: int
    total: int
    running: bool
    #: Put aside after too many failures: nobody works on it.
    stuck: bool
    #: In words: how many a minute.
    rate: str
    #: (in words, how many) of those left out.
    skipped: Sequence[tuple[object, int]]


@dataclass(frozen=True)
class Preview:
    """What would be sent, and to how many."""

    text: Text
    messages: Sequence[tuple[str, str, str]]
    #: (in words, how many, whether there are more than were counted)
    audiences: Sequence[tuple[object, int, bool]]


@dataclass(frozen=True)
class Silent:
    """One person who did not answer."""

    subject: UUID
    name: str
    decision: Decision
    locked: bool
    erased_from: datetime | None

    @property
    def for_an_officer(self) -> bool:
        """Whether the purpose leaves it to an officer what happens."""
        return self.decision.purpose.no_answer == NoAnswer.OFFICER


def page(actor: Actor, *, after: UUID | None = None) -> Page:
    """Campaigns, newest first, from the one `after` on."""
    rows = campaigns.all_of_them(actor).order_by("-started_at", "id")
    last = campaigns.all_of_them(actor).filter(pk=after).first() if after else None
    if last is not None:
        rows = rows.filter(Q(started_at__lt=last.started_at) | Q(started_at=last.started_at, pk__gt=last.pk))
    return _paged(list(rows[: PAGE + 1]))


def campaign(actor: Actor, key: UUID) -> Campaign:
    """One campaign in sight. Raises `Absent`."""
    found = campaigns.all_of_them(actor).filter(pk=key).first()
    if found is None:
        raise Absent(_("There is no such campaign."))
    return found


def progress(found: Campaign, *, at: datetime) -> Progress:
    """How far it is now."""
    done = campaigns.done(found)
    minutes = max(((found.ended_at or at) - found.started_at).total_seconds() / 60, 1 / 60)
    speed = round(done / minutes)
    rate = ngettext("%(speed)s person a minute", "%(speed)s people a minute", speed) % {"speed": speed}
    running = found.state == CampaignState.RUNNING
    left_out = [(word, found.skipped.get(code, 0)) for code, word in campaigns.SKIPPED.items()]
    return Progress(
        done=done,
        total=max(found.total, done),
        running=running,
        stuck=running and outbox.parked(about=campaigns.about(found), handler=campaigns.JOB),
        rate=rate if done else "",
        skipped=[(word, number) for word, number in left_out if number],
    )


def askable_purposes(language: str) -> list[Purpose]:
    """Purposes that are pursued and have a text."""
    found = list(purposes.active())
    shown = texts.current_of(found, language)
    return [one for one in found if one.pk in shown]


def preview(text: Text, *, at: datetime) -> Preview:
    """The message in every language of the text, and how many people each audience has."""
    counts = [(one.label, audiences.count(text, one, at)) for one in Audience]
    return Preview(
        text=text,
        messages=_messages(text, at),
        audiences=[(word, min(n, audiences.CAP), n > audiences.CAP) for word, n in counts],
    )


def _messages(text: Text, at: datetime) -> list[tuple[str, str, str]]:
    """Language, title and body of the message as people get it, for every language of the version."""
    found = []
    for one in texts.spoken(text.purpose, text.version).values():
        with translation.override(one.language):
            title, body = letters.question_words(who="")
            due = at + timedelta(days=text.purpose.wait_days)
            known = {
                "organisation": settings.ORGANISATION,
                "contact": settings.CONTACT_EMAIL,
                "text": one.title,
                "day": letters.day(due),
                "link": settings.BASE_URL.rstrip("/") + "/…",
            }
            found.append((one.language, title % known, body % known))
    return found


def unanswered(actor: Actor, *, after: UUID | None = None) -> Page:
    """People who were asked and did not answer, with what becomes of their data; constantly many queries."""
    rows = Decision.objects.visible_to(actor).filter(state=State.NOT_RESPONDED, superseded_at=None)
    rows = rows.filter(purpose__active=True).select_related("purpose", "text").order_by("id")
    found = _paged(list((rows.filter(pk__gt=after) if after else rows)[: PAGE + 1]))
    subjects = {one.subject for one in found.rows}
    records = Record.objects.visible_to(actor).select_related("module").in_bulk(subjects)
    locks = place.in_force(subjects)
    return Page([_silent(actor, one, records.get(one.subject), locks) for one in found.rows], found.next)


def _silent(actor: Actor, decision: Decision, record: Record | None, locks: Any) -> Silent:
    of = decision.purpose
    erases = of.no_answer == NoAnswer.ERASE and of.erase_days is not None
    held = [lock for lock in locks.get(decision.subject, ()) if lock.source == Source.CONSENT]
    return Silent(
        subject=decision.subject,
        name=reads.name_of(actor, record) if record is not None else "",
        decision=decision,
        locked=bool(held),
        erased_from=decision.recorded_at + timedelta(days=of.erase_days or 0) if erases and held else None,
    )


def _paged(rows: list[Any]) -> Page:
    return Page(rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None)
