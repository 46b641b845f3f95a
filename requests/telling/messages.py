"""What the person and the officers say to each other in a case, and what officers note for themselves.

The thread is between the person a case is about and the officers; who asked for somebody else has no part in
it (decision 14). A note never leaves the desk (C10).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.people.models import User
from portals_core.plumbing import keyring, links
from portals_core.plumbing.errors import Absent, BadInput, Conflict, TooMany
from requests.casebook import attempts, barriers, names
from requests.holding import planning
from requests.models import Case, Direction, Message
from requests.telling import reached, reading, unread
from requests.telling.notices import talk

LONGEST = 5_000
#: Messages one person may write in one case within a day.
A_DAY = 20
#: Messages shown, the newest; nobody reads more on one page.
SHOWN = 200
_WRITE = system("keep what is said in a case")


@dataclass(frozen=True, slots=True)
class Said:
    """One message or note as its reader sees it."""

    direction: str
    by: str
    text: str
    at: datetime
    unread: bool


def say(*, actor: Actor, case: Case | UUID | str, text: str, at: datetime) -> Message:
    """Write to the other side: an officer to the person, who is told by mail that there is something to read,
    or the person to the officers. Call it outside of a transaction or in one.

    Raises `Absent` for anybody who has no part in the thread, `Forbidden` for staff who do not decide,
    `BadInput` for a text that is empty or too long, `Conflict` once the words of the case are deleted and
    `TooMany` for a person who writes without end.
    """
    key, staff = _key(case), actor.kind is Kind.STAFF
    with attempts.watched(actor=actor, act="say", at=at, on=key), transaction.atomic():
        if staff:
            barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, key, "decide" if staff else "view")
        if not staff and (actor.identity is None or actor.identity != found.subject):
            raise Absent(_("There is nothing here, or it is not shared with you."))
        direction = Direction.OUT if staff else Direction.IN
        row = _store(found, direction, actor, text, at=at)
        if staff:
            _tell(found, row.text, at)
    return row


def answer_by_link(token: str, *, text: str, at: datetime) -> Message:
    """A person without an account answers by the link in their mail, which is used up by it (W16)."""
    with transaction.atomic():
        # Looked at first, used second: the locks are taken in the order that holds everywhere.
        case = reading.door(token, at=at).case
        planning.lock_subject(case.subject)
        found = Case.objects.fetch(_WRITE, case.pk, lock=True)
        links.redeem(token, reading.PURPOSE, at=at)
        return _store(found, Direction.IN, reading.person(found), text, at=at)


def note(*, actor: Actor, case: Case | UUID | str, text: str, at: datetime) -> Message:
    """An internal note of an officer: no page of the portal, no copy of the person's data and no evidence
    ever shows it (C10)."""
    key = _key(case)
    with attempts.watched(actor=actor, act="note", at=at, on=key), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, key, "decide")
        return _store(found, Direction.NOTE, actor, text, at=at)


def thread(actor: Actor, case: Case) -> list[Said]:
    """The messages in reach, oldest first, at most the last 200: staff also read the notes."""
    rows = list(_reached(actor, case).select_related("author").order_by("-at", "-id")[:SHOWN])
    waiting = _theirs(actor)
    return [
        Said(row.direction, _by(actor, row), row.text, row.at, row.direction == waiting and not row.seen_at)
        for row in reversed(rows)
    ]


def waiting(actor: Actor, case: Case) -> int:
    """How many messages of the other side were not marked as read."""
    return _reached(actor, case).filter(direction=_theirs(actor), seen_at=None).count()


def seen(*, actor: Actor, case: Case, at: datetime) -> int:
    """Mark what the other side wrote as read; returns how many there were."""
    if actor.kind is Kind.STAFF:
        barriers.needs(actor, "cases.decide")
    keys = list(_reached(actor, case).values_list("pk", flat=True))
    return _mark(case, _theirs(actor), keys, at)


def seen_by_link(case: Case, *, at: datetime) -> int:
    """The person opened the page behind the link."""
    return _mark(case, Direction.OUT, [one.pk for one in reading.messages(case)], at)


def by_link(case: Case) -> list[Said]:
    """The thread for who came by the link; no note, no names of officers."""
    return [Said(row.direction, "", row.text, row.at, False) for row in reading.messages(case)]


def _key(case: Case | UUID | str) -> UUID | str:
    return case.pk if isinstance(case, Case) else case


def _theirs(actor: Actor) -> Direction:
    return Direction.IN if actor.kind is Kind.STAFF else Direction.OUT


def _reached(actor: Actor, case: Case) -> QuerySet[Message]:
    return Message.objects.visible_to(actor).filter(case=case)


def _mark(case: Case, direction: Direction, keys: Iterable[UUID], at: datetime) -> int:
    rows = Message.objects.visible_to(_WRITE).filter(case=case, direction=direction, seen_at=None)
    return int(rows.filter(pk__in=list(keys)).update(seen_at=at))


def _by(actor: Actor, row: Message) -> str:
    """Officers have names at the desk; to the person the organisation speaks."""
    if actor.kind is not Kind.STAFF or row.direction == Direction.IN:
        return ""
    return names.called(actor, row.author)


def _store(found: Case, direction: Direction, actor: Actor, text: str, *, at: datetime) -> Message:
    words = _checked(text)
    if reached.detail_of(found) is None:
        raise Conflict(
            _("The words of this request are deleted. Ask anew if there is something to say."),
            code="message.forgotten",
        )
    if direction == Direction.IN:
        _refuse_flood(found, at)
    row = Message(case=found, direction=direction, author=_author(actor), text=words, at=at)
    row.save(force_insert=True)
    if direction != Direction.NOTE:
        _mark_before(found, direction, row, at)
    if direction == Direction.IN:
        unread.announce(found, row, at=at)
    _leaf(found, row, actor, at)
    return row


def _checked(text: str) -> str:
    words = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not words or len(words) > LONGEST or "\x00" in words:
        fault = _("too long") if words else _("this field is required")
        raise BadInput(
            _("Write something, at most %(longest)s characters.") % {"longest": LONGEST},
            code="message.text",
            fields={"text": fault},
        )
    return words


def _refuse_flood(found: Case, at: datetime) -> None:
    rows = Message.objects.visible_to(_WRITE).filter(case=found, direction=Direction.IN)
    if rows.filter(at__gt=at - timedelta(days=1)).count() >= A_DAY:
        raise TooMany(
            _("You wrote %(limit)s messages today. Write again tomorrow.") % {"limit": A_DAY},
            code="message.flood",
        )


def _author(actor: Actor) -> User | None:
    return User.objects.fetch(_WRITE, actor.user_id) if actor.user_id is not None else None


def _mark_before(found: Case, direction: Direction, row: Message, at: datetime) -> None:
    """Who answers has read what came before."""
    other = Direction.IN if direction == Direction.OUT else Direction.OUT
    rows = Message.objects.visible_to(_WRITE).filter(case=found, direction=other, seen_at=None)
    rows.exclude(pk=row.pk).update(seen_at=at)


def _leaf(found: Case, row: Message, actor: Actor, at: datetime) -> None:
    subject = found.subject
    append.record(
        "case.note" if row.direction == Direction.NOTE else "case.message",
        actor=actor,
        about=found.ref,
        subject=subject if subject and not keyring.is_destroyed(subject) else None,
        at=at,
        detail={"message": str(row.pk), "direction": row.direction},
    )


def _tell(found: Case, said: str, at: datetime) -> None:
    """By mail; a person without an address is written a letter."""
    detail = reached.detail_of(found)
    if detail is not None:
        talk.message(found, detail, said=said, link=reading.way(found, detail, at=at), at=at)
