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
from requests.models import Case, CaseDetail, Kind, Notice
from requests.telling.notices import restricting

JOB = "requests.lift"
LONGEST_REASON = 1_000
#: How long a message may still be on its way when the day has come.
WAIT = timedelta(hours=1)
_LIFT = system("lift a restriction whose person was told")


def in_force(case: Case) -> int:
    """How many locks of this case stand."""
    return _locks(case).count()


def announce(*, actor: Actor, case: UUID | str, reason: str, at: datetime, told: str = "") -> Case:
    """Tell the person that the restriction ends, and why; it ends `LIFT_AFTER_DAYS` later.

    A person without a mail address is told otherwise before: `told` says how. Raises `Absent`, `Forbidden`,
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
        _reachable(found, told)
        ends = at + timedelta(days=settings.LIFT_AFTER_DAYS)
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
    message has not left, they stay."""
    with transaction.atomic():
        held.hold()
        at = clock.now()
        found = barriers.taken(_LIFT, str(held.payload["case"]), "view")
        if found.lifts_at is None or found.lifts_at > at:
            return
        if _on_its_way(found):
            _promise(found, at + WAIT)
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


def _reachable(case: Case, told: str) -> None:
    detail = CaseDetail.objects.visible_to(_LIFT).filter(case=case).first()
    if not told.strip() and (detail is None or not detail.reply_to):
        raise BadInput(
            _("There is no mail address. Tell the person first, and write down how and when."),
            code="lift.unreached",
            fields={"told": _("write how")},
        )


def _on_its_way(case: Case) -> bool:
    notice = Notice.objects.visible_to(_LIFT).filter(case=case, kind="lifting").last()
    waiting = (MailState.WAITING, MailState.SENDING)
    return notice is not None and Mail.objects.filter(pk=notice.mail, state__in=waiting).exists()


def _locks(case: Case) -> QuerySet[Lock]:
    return Lock.objects.visible_to(_LIFT).filter(placed_by=case.ref, ended_at=None)


def _promise(case: Case, when: datetime) -> None:
    outbox.enqueue(JOB, about=case.ref, payload={"case": str(case.pk)}, not_before=when)
