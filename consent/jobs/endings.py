"""Consents that have ended get their decision, and locks for want of consent end when there is a basis again.

The gate does not wait for this: what has ended permits nothing from its moment on (D17).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from consent.catalogue import texts
from consent.contact import askable, letters
from consent.jobs import waiting
from consent.law.bases import Basis as LawfulBasis
from consent.models import (
    NOT_APPLICABLE,
    PERMITTING,
    Authority,
    Basis,
    Decision,
    Method,
    Question,
    State,
    Text,
)
from consent.standing import history
from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.locks.models import Source
from portals_core.plumbing import clock, outbox
from portals_core.records.models import Record

JOB = "consent.end"
BATCH = 100
_RULE = system("end consents whose time is over")
_UNLOCK = system("open data again that has a basis")
#: Purpose -> versions that ask everybody again, with the moment from which older consents do not hold.
Renewals = Mapping[int, Sequence[tuple[int, datetime]]]


def end_all(held: outbox.Claim) -> None:
    """Job handler: every consent that ended, by its end date or by a newer version, gets the decision that
    says so, and its person is told once. Whoever has an open question about it is left until it is over."""
    at = clock.now()
    renewals = _renewals(at)
    rows = _ended(at, renewals)
    after: UUID | None = None
    done = 0
    while True:
        page = rows.filter(subject__gt=after) if after else rows
        subjects = list(page.order_by("subject").values_list("subject", flat=True).distinct()[:BATCH])
        if not subjects:
            return
        with transaction.atomic():
            people = {one.pk: one for one in waiting.lock_people(subjects)}
            _end_batch(
                list(rows.filter(subject__in=subjects).order_by("subject", "pk")), people, renewals, at
            )
            done += len(subjects)
            held.hold(done=done)
        after = subjects[-1]


def _end_batch(
    found: Sequence[Decision], people: Mapping[UUID, Record], renewals: Renewals, at: datetime
) -> None:
    spoken = askable.languages(list(people))
    told: dict[UUID, list[Text]] = {}
    for decision in found:
        history.add(
            State.EXPIRED,
            actor=_RULE,
            subject=decision.subject,
            purpose=decision.purpose,
            text=decision.text,
            before=decision,
            authority=Authority.RULE,
            method=Method.RULE,
            at=ended_at(decision, renewals),
            recorded_at=at,
        )
        if decision.purpose.active:
            told.setdefault(decision.subject, []).append(decision.text)
    for subject, over in told.items():
        record = people.get(subject)
        if record is not None and letters.address_of(record):
            language = spoken.get(subject, settings.LANGUAGE_CODE)
            letters.ended(record, over, language=language, at=at)


def ended_at(decision: Decision, renewals: Renewals) -> datetime:
    """The first moment at which a consent that has ended no longer held."""
    moments = [by for version, by in renewals.get(decision.purpose_id, ()) if version > decision.text.version]
    return min([*moments, *([decision.ends_at] if decision.ends_at else [])])


def _renewals(at: datetime) -> Renewals:
    found: dict[int, list[tuple[int, datetime]]] = {}
    rows = texts.renewals().filter(renew_by__lte=at)
    for purpose, version, by in rows.values_list("purpose", "version", "renew_by").order_by("purpose"):
        if by is not None:
            found.setdefault(purpose, []).append((version, by))
    return found


def _ended(at: datetime, renewals: Renewals) -> QuerySet[Decision]:
    over = Q(ends_at__lte=at)
    for purpose, versions in renewals.items():
        newest = max(version for version, _by in versions)
        over |= Q(purpose=purpose, text__version__lt=newest)
    rows = Decision.objects.visible_to(_RULE).filter(over, superseded_at=None, state__in=PERMITTING)
    asked = Question.objects.visible_to(_RULE).filter(
        subject=OuterRef("subject"), purpose=OuterRef("purpose"), closed_at=None
    )
    return rows.filter(~Exists(asked)).select_related("purpose", "text__purpose")


# --- locks for want of consent ---------------------------------------------------------------------------


def on_decision(*, about: str, state: str, **ids: object) -> None:
    """Inline subscriber of every decision: a consent opens what was locked for want of one."""
    if state in PERMITTING:
        _unlock(about, reason=_("the person gave their consent"))


def on_basis(*, about: str, purpose: str = "", **ids: object) -> None:
    """Inline subscriber of every basis recorded: another basis in general opens it as well."""
    if purpose:
        return
    rows = Basis.objects.visible_to(_UNLOCK).filter(
        subject=UUID(about.removeprefix("record:")), purpose=None, valid_to=None
    )
    if rows.exclude(basis__in=[LawfulBasis.CONSENT.value, NOT_APPLICABLE]).exists():
        _unlock(about, reason=_("another basis was recorded"))


def _unlock(about: str, *, reason: str) -> None:
    """End the person's locks for want of consent, after the person was told (Art. 18(3), decision 9)."""
    subject, at = UUID(about.removeprefix("record:")), clock.now()
    locks = list(place.of_record(_UNLOCK, subject).filter(source=Source.CONSENT, ended_at=None))
    if not locks:
        return
    record = Record.objects.visible_to(_UNLOCK).select_related("module").get(pk=subject)
    if letters.address_of(record):
        language = askable.languages([subject]).get(subject, settings.LANGUAGE_CODE)
        letters.unlocked(record, language=language, at=at)
    for lock in locks:
        place.end(lock, actor=_UNLOCK, at=at, reason=reason)
