"""The end of a restriction: the person is told first, and some days later the locks end (Art. 18(3)).

A restriction ends through the case that placed it and in no other way (decision 9). Locks of others on the
same records stay.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.locks import place
from portals_core.locks.models import Lock
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import BadInput, Conflict
from portals_core.plumbing.models import Mail, MailState
from requests.carrying_out import recipients
from requests.casebook import barriers
from requests.models import Case, Kind, Letter, LetterKind, Notice
from requests.telling import reached
from requests.telling.notices import restricting

JOB = "requests.lift"
LONGEST_REASON = 1_000
#: When the day has come: after how long to look again whether a message has left, or a letter was posted.
WAIT, WAIT_FOR_POST = timedelta(hours=1), timedelta(days=1)
_LIFT = system("lift a restriction whose person was told")


def in_force(case: Case) -> int:
    """How many locks of this case stand."""
    return _locks(case).count()


def announce(*, actor: Actor, case: UUID | str, reason: str, at: datetime, told: str = "") -> Case:
    """Tell the person that the restriction ends, and why; it ends `LIFT_AFTER_DAYS` later.

    Who is reached by post only gets a letter, and it ends that long and `POST_DAYS` after an officer posted
    it. A person without any address is told otherwise before: `told` says how. Raises `Absent`, `Forbidden`,
    `BadInput`, and `Conflict` where no restriction of this case stands or its end was announced before.
    """
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON:
        raise BadInput(
            _("Tell the person in at most %(longest)s characters why the restriction ends.")
            % {"longest": LONGEST_REASON},
            fields={"reason": _("write why")},
        )
    with transaction.atomic():
        found = _taken(actor, case)
        if found.lifts_at is not None:
            raise Conflict(_("The person was told already that this restriction ends."), code="lift.twice")
        ends = at + _notice(posted=_reachable(found, told))
        Case.objects.visible_to(_LIFT).filter(pk=found.pk).update(lifts_at=ends)
        found.lifts_at = ends
        restricting.lifting(found, reason=words, at=at)
        detail = {"reason": words, "ends": ends.isoformat(), "told": told.strip()}
        recipients.leaf("case.lift_announced", found, actor=actor, at=at, detail=detail)
        _promise(found, ends)
    return found


def cancel(*, actor: Actor, case: UUID | str, at: datetime) -> Case:
    """The restriction does not end after all; the person is told that, too."""
    with transaction.atomic():
        found = _taken(actor, case)
        if found.lifts_at is None:
            raise Conflict(_("Nobody announced that this restriction ends."), code="lift.none")
        Case.objects.visible_to(_LIFT).filter(pk=found.pk).update(lifts_at=None)
        found.lifts_at = None
        restricting.not_lifting(found, at=at)
        recipients.leaf("case.lift_cancelled", found, actor=actor, at=at, detail={})
    return found


def lift(held: outbox.Claim) -> None:
    """Job handler: end the locks, unless it was cancelled, or announced anew for a later day. While the
    message has not left, or the letter cannot have arrived, they stay."""
    with transaction.atomic():
        held.hold()
        at = clock.now()
        found = barriers.taken(_LIFT, str(held.payload["case"]), "view")
        if found.lifts_at is None or found.lifts_at > at:
            return
        if (later := _later(found, at)) is not None:
            _promise(found, later)
            return
        ended = place.lift(
            actor=_LIFT,
            placed_by=found.ref,
            at=at,
            reason=str(_("the restriction ended; the person was told before")),
        )
        if ended:
            recipients.leaf("case.lifted", found, actor=_LIFT, at=at, detail={"locks": ended})
            recipients.tell(found, recipients.LIFT, at=at)


def _taken(actor: Actor, case: UUID | str) -> Case:
    barriers.needs(actor, "cases.decide")
    found = barriers.taken(actor, case, "decide")
    barriers.not_about_oneself(actor, found)
    if found.kind != Kind.STOP or found.is_open or not in_force(found):
        raise Conflict(_("No restriction of this request is in force."), code="lift.nothing")
    return found


def _reachable(case: Case, told: str) -> bool:
    """Whether the person is told by a letter to a known address. Raises `BadInput` where there is no address
    of either kind and nobody told them."""
    detail = reached.detail_of(case)
    if detail is not None and detail.reply_to:
        return False
    if detail is not None and detail.postal:
        return True
    if not told.strip():
        raise BadInput(
            _("There is no mail address and no postal address. Tell the person first, and write down how and "
              "when."),
            code="lift.unreached",
            fields={"told": _("write how")},
        )  # fmt: skip
    return False


def _notice(*, posted: bool) -> timedelta:
    """The time between telling and the end; a letter is read some days after it was posted."""
    return timedelta(days=settings.LIFT_AFTER_DAYS + (settings.POST_DAYS if posted else 0))


def ends(case: Case) -> datetime | None:
    """When an announced restriction ends: the day announced, or later where the letter was posted later.
    None where none was announced, and while its letter waits to be posted."""
    letter = _letter(case)
    if case.lifts_at is None or letter is None or not _counts(letter):
        return case.lifts_at
    return max(case.lifts_at, letter.posted_at + _notice(posted=True)) if letter.posted_at else None


def _later(case: Case, at: datetime) -> datetime | None:
    """When to look again; None where the person was told and their days are over."""
    letter = _letter(case)
    if letter is not None and _counts(letter):
        day = ends(case)
        return at + WAIT_FOR_POST if day is None else day if day > at else None
    notice = _message(case)
    waiting = (MailState.WAITING, MailState.SENDING)
    left = notice is None or not Mail.objects.filter(pk=notice.mail, state__in=waiting).exists()
    return None if left else at + WAIT


def _letter(case: Case) -> Letter | None:
    """The letter by which the person was told last; None where that was a message."""
    rows = Letter.objects.visible_to(_LIFT).filter(case=case, kind=LetterKind.LIFTING, mail=None)
    letter, notice = rows.defer("pdf").order_by("at", "id").last(), _message(case)
    return letter if letter and (notice is None or letter.at >= notice.at) else None


def _counts(letter: Letter) -> bool:
    """Whether the person is told by it: without an address, and never posted, they were told otherwise."""
    return bool(letter.address) or letter.posted_at is not None


def _message(case: Case) -> Notice | None:
    return Notice.objects.visible_to(_LIFT).filter(case=case, kind="lifting").last()


def _locks(case: Case) -> QuerySet[Lock]:
    return Lock.objects.visible_to(_LIFT).filter(placed_by=case.ref, ended_at=None)


def _promise(case: Case, when: datetime) -> None:
    outbox.enqueue(JOB, about=case.ref, payload={"case": str(case.pk)}, not_before=when)
