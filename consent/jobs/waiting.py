"""What time does to questions: one reminder, and an end without an answer (D13, D14). Daily, in batches.

Everything here looks again under the person's row lock and stores its own mark, so doing it twice, or after a
crash, does it once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from consent.contact import askable, asking, letters
from consent.law.bases import Basis as LawfulBasis
from consent.models import (
    NOT_APPLICABLE,
    PERMITTING,
    Authority,
    Basis,
    Decision,
    Method,
    NoAnswer,
    Purpose,
    Question,
    State,
)
from consent.standing import history
from consent.standing.history import ASK, link_about
from portals_core.access.actor import system
from portals_core.ledger import append
from portals_core.ledger import reads as ledger
from portals_core.locks import place
from portals_core.locks.models import Ground, Lock, Source
from portals_core.plumbing import clock, links, outbox
from portals_core.records.models import Record

REMIND_JOB, CLOSE_JOB, ERASE_JOB = "consent.remind", "consent.close_overdue", "consent.announce_erasures"
#: Announced about "record:<id>", with `purpose`: nobody answered, and the time to keep the data is over.
ERASE_DUE = "consent.erase_due"
BATCH = 100
_RULE = system("follow what time does to questions")
_READ = system("find questions whose time has come")


def remind(held: outbox.Claim) -> None:
    """Job handler: remind everybody whose day has come, once."""
    at = clock.now()
    due = _open().filter(remind_at__lte=at, reminded_at=None, due_at__gt=at)
    for ids in _batches(due):
        with transaction.atomic():
            _remind_all(_taken(due, ids), at)
            held.hold()


def _remind_all(found: Sequence[Question], at: datetime) -> None:
    people, locked = _people(found), askable.locked([one.subject for one in found])
    spoken = askable.languages([one.subject for one in found])
    for asked in found:
        record = people.get(asked.subject)
        if record is None or record.pk in locked or not letters.address_of(record):
            continue
        Question.objects.visible_to(_RULE).filter(pk=asked.pk).update(reminded_at=at)
        append.record(
            "consent.reminded",
            actor=_RULE,
            about=f"record:{asked.subject}",
            subject=asked.subject,
            at=at,
            detail={"purpose": asked.purpose.key, "text": asked.text.digest},
        )
        language = spoken.get(asked.subject, settings.LANGUAGE_CODE)
        letters.reminder(record, asked, asking.link_to(asked, at=at), language=language, at=at)


def close_overdue(held: outbox.Claim) -> None:
    """Job handler: end every question whose time is over, with what follows from no answer."""
    at = clock.now()
    overdue = _open().filter(due_at__lte=at)
    for ids in _batches(overdue):
        with transaction.atomic():
            _close_all(_taken(overdue, ids), at)
            held.hold()


def _close_all(found: Sequence[Question], at: datetime) -> None:
    people, subjects = _people(found), [one.subject for one in found]
    permitted = _otherwise_permitted(subjects, at)
    standing = _waiting(found)
    for asked in found:
        decision = standing.get(asked.pk)
        if decision is None or asked.subject not in people:
            _close(asked, at)
            continue
        history.add(
            State.NOT_RESPONDED,
            actor=_RULE,
            subject=asked.subject,
            purpose=asked.purpose,
            text=decision.text,
            before=decision,
            authority=Authority.RULE,
            method=Method.RULE,
            at=asked.due_at,
            recorded_at=at,
        )
        if asked.subject not in permitted:
            _lock(asked, at)


def _close(asked: Question, at: datetime) -> None:
    """An older consent goes on, or the record is gone: only the question is over."""
    Question.objects.visible_to(_RULE).filter(pk=asked.pk).update(closed_at=at)
    links.revoke(ASK, about=link_about(asked.subject, asked.purpose), at=at)
    append.record(
        "consent.question_closed",
        actor=_RULE,
        about=f"record:{asked.subject}",
        at=at,
        detail={"purpose": asked.purpose.key},
    )


def _lock(asked: Question, at: datetime) -> None:
    placed_by = placed_by_of(asked.purpose)
    if any(lock.placed_by == placed_by for lock in place.in_force([asked.subject]).get(asked.subject, ())):
        return
    place.place(
        actor=_RULE,
        record=asked.subject,
        ground=Ground.RESTRICTION,
        reason=_("No consent was given"),
        placed_by=placed_by,
        at=at,
        source=Source.CONSENT,
    )


def placed_by_of(purpose: Purpose) -> str:
    """How a lock for want of consent names its cause."""
    return f"consent:{purpose.key}"


def _otherwise_permitted(subjects: Collection[UUID], at: datetime) -> set[UUID]:
    """Those whose data may be held without this consent: on another basis in general, or another consent."""
    bases = Basis.objects.visible_to(_READ).filter(subject__in=subjects, purpose=None, valid_to=None)
    other = bases.exclude(basis__in=[LawfulBasis.CONSENT.value, NOT_APPLICABLE])
    given = Decision.objects.visible_to(_READ).filter(
        subject__in=subjects, superseded_at=None, state__in=PERMITTING, purpose__active=True
    )
    given = given.select_related("text", "purpose")
    floors = {purpose: askable.floor(purpose, at) for purpose in {one.purpose for one in given}}
    holding = {one.subject for one in given if askable.holds(one, at, floors[one.purpose])}
    return set(other.values_list("subject", flat=True)) | holding


def _waiting(found: Iterable[Question]) -> Mapping[UUID, Decision]:
    """By question: the decision "waiting" that came with it and still counts."""
    keys = {one.decision_id: one.pk for one in found if one.decision_id}
    rows = Decision.objects.visible_to(_READ).filter(pk__in=keys, superseded_at=None, state=State.WAITING)
    return {keys[one.pk]: one for one in rows.select_related("text__purpose")}


def announce_erasures(held: outbox.Claim) -> None:
    """Job handler: say of whom a deletion is due: they did not answer, and the days since are over (D14)."""
    at = clock.now()
    rows = Purpose.objects.visible_to(_READ).filter(no_answer=NoAnswer.ERASE, erase_days__isnull=False)
    for purpose in rows:
        locks = Lock.objects.visible_to(_READ).filter(
            record=OuterRef("subject"), placed_by=placed_by_of(purpose), ended_at=None
        )
        silent = Decision.objects.visible_to(_READ).filter(
            Exists(locks),
            purpose=purpose,
            superseded_at=None,
            state=State.NOT_RESPONDED,
            recorded_at__lte=at - timedelta(days=purpose.erase_days or 0),
        )
        for ids in _batches(silent):
            with transaction.atomic():
                _announce_all(_taken(silent, ids), purpose, at)
                held.hold()


def _announce_all(found: Sequence[Decision], purpose: Purpose, at: datetime) -> None:
    said = dict(
        ledger.entries(_READ, code=ERASE_DUE)
        .filter(about__in=[f"record:{one.subject}" for one in found])
        .order_by("at")
        .values_list("about", "at")
    )
    for decision in found:
        about = f"record:{decision.subject}"
        if about in said and said[about] >= decision.recorded_at:
            continue
        append.record(
            ERASE_DUE,
            actor=_RULE,
            about=about,
            subject=decision.subject,
            at=at,
            detail={"purpose": purpose.key, "number": decision.number},
        )
        outbox.announce(ERASE_DUE, about=about, purpose=purpose.key)


def _batches(rows: QuerySet) -> Iterator[list[UUID]]:
    """Ids in order, page by page; each page is read after the one before was dealt with."""
    after: UUID | None = None
    while True:
        page = rows.filter(pk__gt=after) if after else rows
        ids = list(page.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            return
        yield ids
        after = ids[-1]


def _taken(rows: QuerySet, ids: Sequence[UUID]) -> list:
    """The rows of one batch as they are once the people they are about are ours."""
    lock_people(list(rows.filter(pk__in=ids).values_list("subject", flat=True)))
    return list(rows.filter(pk__in=ids).order_by("pk"))


def lock_people(subjects: Collection[UUID]) -> list[Record]:
    """The records of these people, row-locked in the order of their ids, with their modules."""
    rows = Record.objects.visible_to(_RULE).filter(pk__in=subjects).select_related("module").order_by("pk")
    return list(rows.select_for_update(of=("self",)))


def _people(found: Iterable[Question]) -> dict[UUID, Record]:
    rows = Record.objects.visible_to(_RULE).filter(pk__in=[one.subject for one in found])
    return rows.select_related("module").in_bulk()


def _open() -> QuerySet[Question]:
    rows = Question.objects.visible_to(_READ).filter(closed_at=None)
    return rows.select_related("purpose", "text__purpose")
