"""What people and staff decide: give, refuse, withdraw, find invalid. Answers that come by link stand in
`answers`, what staff enter on somebody's word in `entering`.

Each verb is one transaction with the row, its ledger leaf and its announcement, or nothing. Giving is bound
to the text that was shown; withdrawing is one step, at once, whatever else is the matter (Art. 7(3)).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purposes, texts
from consent.contact import askable, asking, telling
from consent.deciding import agreeing
from consent.models import PERMITTING, Authority, Decision, Method, Purpose, State, Text
from consent.standing import history, reach
from portals_core.access.actor import Actor
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from portals_core.records.models import Record


def give(
    *,
    actor: Actor,
    subject: UUID | None,
    purpose: str,
    text: int,
    at: datetime,
    seen: int | None = None,
    channels: Collection[str] | None = None,
    remarks: str = "",
    as_parent: bool = False,
    ends_at: datetime | None = None,
) -> Decision:
    """Give consent for oneself, or for a child as its parent, or ask somebody one added for theirs (D4, D5).

    `text` is the id of the text that was shown, `seen` the number of the decision shown with it. `channels`
    are the ways of contact chosen; `None` means all of the text's where it offers no choice (D10). It ends
    at `ends_at`, and no later than the purpose's months allow. For oneself, and for a child below the age of
    Art. 8, it holds at once; anybody else is asked and it waits until they confirm. Giving the same again
    stores nothing, unless the person was asked again. Raises `BadInput` for what cannot be agreed to,
    `Absent`, `Forbidden` for a child's own yes, `Locked` under a restriction or where the person may not be
    written to, and `Conflict` when the text or the decision changed since it was shown.
    """
    agreeing.refuse_future(at)
    by, person = reach.authority(actor, subject)
    wanted = _pursued(purpose)
    with transaction.atomic():
        record = reach.lock(person)
        reach.refuse_unless_kept(record)
        reach.refuse_if_restricted(record.pk)
        by = reach.right(by, record, wanted, at, as_parent=as_parent)
        shown = texts.shown(wanted, text)
        latest = history.latest(record.pk, wanted)
        if by is Authority.REPRESENTATIVE:
            return _ask(actor, record, wanted, shown, latest, at)
        agreed = agreeing.channels(shown, channels)
        given = latest if latest is not None and latest.permits(at) else None
        if given and _is_same(given, shown, agreed):
            return given
        _refuse_unless_seen(seen, latest)
        decision = history.add(
            State.RENEWED if given else State.OBTAINED,
            actor=actor,
            subject=record.pk,
            purpose=wanted,
            text=shown,
            before=latest,
            authority=by,
            method=Method.PORTAL,
            channels=agreed,
            remarks=agreeing.answered(shown, remarks),
            at=at,
            ends_at=agreeing.end(wanted, at, ends_at),
        )
        if by is Authority.PARENT:
            telling.agreed_by_parent(record=record, purpose=wanted, text=shown, at=at, parent=actor)
    return decision


def _is_same(given: Decision, shown: Text, agreed: list[str]) -> bool:
    """Whether agreeing again would say nothing new. It does once they were asked again, or objected since."""
    same = given.text.version == shown.version and given.channels == agreed
    asked = history.is_asked(given.subject, given.purpose)
    return same and not asked and not askable.objected([given.subject], given.purpose)


def _refuse_unless_seen(seen: int | None, latest: Decision | None) -> None:
    if seen is not None and seen != (latest.number if latest else 0):
        raise Conflict(
            _("This was decided in another window meanwhile. Look at it again before you decide."),
            code="consent.decided_meanwhile",
        )


def _ask(
    actor: Actor, record: Record, wanted: Purpose, shown: Text, latest: Decision | None, at: datetime
) -> Decision:
    asking.require_address(record)
    asking.refuse_asking_again(record.pk, wanted, latest, at=at)
    decision = history.add(
        State.WAITING,
        actor=actor,
        subject=record.pk,
        purpose=wanted,
        text=shown,
        before=latest,
        authority=Authority.REPRESENTATIVE,
        method=Method.PORTAL,
        channels=shown.channels,
        at=at,
    )
    asking.ask(actor=actor, record=record, purpose=wanted, at=at)
    return decision


def refuse(
    *, actor: Actor, subject: UUID | None, purpose: str, text: int, at: datetime, seen: int | None = None
) -> Decision:
    """Say no for oneself, where nothing was given; a child may.

    Refusing again stores nothing. Raises `Conflict` where there is something to withdraw, and where text or
    decision changed since they were shown.
    """
    agreeing.refuse_future(at)
    by, person = reach.authority(actor, subject)
    if by is not Authority.SELF:
        raise Forbidden(_("Only the person themself can refuse. You can withdraw what you asked for."))
    wanted = _pursued(purpose)
    with transaction.atomic():
        record = reach.lock(person)
        shown = texts.shown(wanted, text)
        latest = history.latest(record.pk, wanted)
        if latest is not None and latest.state == State.REFUSED:
            return latest
        if latest is not None and latest.permits(at):
            raise Conflict(
                _("You gave this consent meanwhile. To end it, withdraw it."), code="consent.given_meanwhile"
            )
        _refuse_unless_seen(seen, latest)
        return history.add(
            State.REFUSED,
            actor=actor,
            subject=record.pk,
            purpose=wanted,
            text=shown,
            before=latest,
            authority=Authority.SELF,
            method=Method.PORTAL,
            at=at,
        )


def withdraw(*, actor: Actor, subject: UUID | None, purpose: str, at: datetime) -> Decision:
    """End a consent, given or asked for: one step, in force when this returns, restricted or not (D4).

    For somebody one added it ends as well, because it only stops processing; that person is told.
    Withdrawing again stores nothing. Raises `Conflict` where nothing was ever decided.
    """
    agreeing.refuse_future(at)
    by, person = reach.authority(actor, subject)
    wanted = purposes.purpose(purpose)
    with transaction.atomic():
        record = reach.lock(person)
        latest = history.latest(record.pk, wanted)
        if latest is None:
            raise Conflict(_("There is nothing to withdraw."), code="consent.nothing")
        if latest.state not in PERMITTING | {State.WAITING}:
            return latest
        return _end(actor, record, by, [latest], at)[0]


def withdraw_all(*, actor: Actor, subject: UUID | None, at: datetime) -> list[Decision]:
    """End everything that was given or asked for, in one step: all of it, or nothing (Art. 7(3)).

    For oneself and for a person one added, who is told in one message. Stores nothing where there is
    nothing. Returns what was stored, in the order of the purposes.
    """
    agreeing.refuse_future(at)
    by, person = reach.authority(actor, subject)
    with transaction.atomic():
        record = reach.lock(person)
        return _end(actor, record, by, history.standing(record.pk), at)


def _end(
    actor: Actor, record: Record, by: Authority, standing: list[Decision], at: datetime
) -> list[Decision]:
    """Withdraw each of `standing`, and tell a person for whom somebody else did."""
    ended = [
        history.add(
            State.WITHDRAWN if by is Authority.SELF else State.REVOKED,
            actor=actor,
            subject=record.pk,
            purpose=one.purpose,
            text=one.text,
            before=one,
            authority=Authority.PARENT if _is_parent(actor, by, one) else by,
            method=Method.PORTAL,
            at=at,
        )
        for one in standing
    ]
    if ended and by is not Authority.SELF:
        telling.withdrawn_for(actor=actor, record=record, texts=[one.text for one in ended], at=at)
    return ended


def _is_parent(actor: Actor, by: Authority, given: Decision) -> bool:
    """Who agreed as a parent also withdraws as one."""
    as_parent = given.authority == Authority.PARENT and given.decided_by_id == actor.user_id
    return by is Authority.REPRESENTATIVE and as_parent


def invalidate(*, actor: Actor, subject: UUID, purpose: str, reason: str, at: datetime) -> Decision:
    """Staff find a consent invalid: it was not free, informed or given by the person (Art. 4(11), 7).

    It no longer holds when this returns; `reason` is kept with it and shown to the person in their history.
    Needs "consent.manage". Raises `BadInput` without a reason, `Conflict` where there is no consent.
    """
    if not actor.may("consent.manage"):
        raise Forbidden(_("Your role does not include deciding about consent."))
    agreeing.refuse_future(at)
    why = agreeing.remarks(reason)
    if not why:
        raise BadInput(
            _("Say why it is invalid. The person can read it."),
            code="consent.no_reason",
            fields={"reason": _("say why")},
        )
    wanted = purposes.purpose(purpose)
    Record.objects.fetch(actor, subject)
    with transaction.atomic():
        record = reach.lock(subject)
        latest = history.latest(record.pk, wanted)
        if latest is None or latest.state not in PERMITTING | {State.WAITING}:
            raise Conflict(_("There is no consent that could be invalid."), code="consent.nothing")
        return history.add(
            State.INVALIDATED,
            actor=actor,
            subject=record.pk,
            purpose=wanted,
            text=latest.text,
            before=latest,
            authority=Authority.STAFF,
            method=Method.RULE,
            remarks=why,
            at=at,
        )


def _pursued(key: str) -> Purpose:
    wanted = purposes.purpose(key)
    if not wanted.active:
        raise BadInput(_("This purpose is no longer pursued. There is nothing to agree to."))
    return wanted
