"""Carry out an approved deletion: the planned items, deepest first, their keys, the case's own words.

Two jobs of one case may run beside each other. Whether it is still to be carried out, and whether something
was erased already, each of them asks under the subject's and the case's lock before it acts on the answer.

Drift, that is data that stands in no approved plan (promise 9):
- Nothing was erased yet: the case goes back to the second officer with a new plan. So it does where a duty to
  keep, or the restriction of somebody else, came meanwhile.
- Some was erased: the run stops with an error that stays visible on the case. There is no way back to
  "nothing was done", and nothing unapproved is erased. Once the stray item is dealt with, `approvals.resume`
  goes on where it stopped.
- The stored plan itself is not the one that was approved, because a part of it is gone or changed: nothing is
  done, neither at first nor later, until it is restored.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import system
from portals_core.ledger import append
from portals_core.plumbing import clock, faults, keyring, outbox
from portals_core.plumbing.errors import Broken, Locked
from portals_core.plumbing.models import Mail, MailState
from portals_core.plumbing.sources import SOURCES, Authority
from requests.casebook import details, effects, lifecycle
from requests.casebook.effects import Run
from requests.holding import duties, judging, kept, planning
from requests.holding.book import Book, batches
from requests.law.plan import Entry
from requests.law.states import State, Who
from requests.models import Case, CaseDetail
from requests.telling.notices import deletion

log = logging.getLogger(__name__)
ERASE, KEY = "erase", "key"
#: Where no mail server is set the kept message is the only copy the person can be handed.
KEPT_NOTICE = timedelta(days=7)
_CLOSE = system("close a deletion")


class _Drifted(Exception):
    """What was approved cannot be carried out any more; the reason is for the officers."""


class _Overtaken(Exception):
    """Another worker began to erase since this one looked at what was done."""


class _MovedOn(Exception):
    """The case is not to be carried out any more, or by another plan."""


def carry_out(run: Run) -> None:
    """Erase what was approved and nothing else, then close the case. What the plan refuses stays with its
    key. Nothing is erased of a case that went back, or was withdrawn, since the job was taken."""
    try:
        try:
            _carry_out(run)
        except _Overtaken:
            # What looked like drift is the work of another job: it is gone on with.
            _carry_out(effects.begin(run.case, run.held))
    except _MovedOn:
        log.info("job %s: %s is not waiting to be carried out any more", run.held.id, run.held.about)


def _carry_out(run: Run) -> None:
    planned = planning.entries_approved(run.case)
    found = planning.entries_now(run.case, planned)
    if run.has(ERASE):
        _refuse_strangers(found, planned)
    elif found.digest(ERASE) != run.case.plan_digest:
        _back_to_approval(run, _changed())
        return
    total = sum(planned.counts().values()) + sum(1 for _scope in planned.scopes())
    try:
        for entry in planned.touched():
            if found.like(entry) is not None:
                run.once(ERASE, entry.key, partial(_erase, run, entry, planned), total=total)
            else:
                run.once(ERASE, entry.key, _nothing, total=total, outcome="gone")
    except _Drifted as drift:
        _back_to_approval(run, str(drift))
        return
    for scope in _scopes(planned):
        run.once(KEY, scope, partial(_destroy, run, UUID(scope)), total=total)
    _close(run, planned)


def _scopes(planned: Book) -> Iterator[str]:
    """The keys that go, asked when everything else is gone. A record that stands keeps its key, whatever the
    plan said: it may have come to belong to somebody else meanwhile."""
    for several in batches(planned.scopes()):
        alive = {str(key) for key in planning.alive(map(UUID, several))}
        yield from (scope for scope in several if scope not in alive)


def _changed() -> str:
    return str(_("What is stored about the person changed after the approval."))


def _nothing() -> None:
    """Somebody else removed the item before its turn."""


def _erase(run: Run, entry: Entry, planned: Book) -> None:
    if not run.has(ERASE):
        # The last look before the first irreversible act, in its transaction and under the subject's lock.
        _taken(run)
        now = planning.entries_now(run.case, planned)
        if now.digest(ERASE) != run.case.plan_digest:
            raise _Drifted(_changed())
        try:
            duties.refuse_if_kept(run.case.person, now)
        except Locked as refused:
            raise _Drifted(str(refused.public)) from None
    if entry.ref == str(run.case.subject) and entry.source == planning.RECORDS:
        # Once this record is gone nothing can be found by it any more.
        planning.lock_subject(run.case.subject)
        _refuse_strangers(planning.entries_now(run.case, planned), planned)
    SOURCES.get(entry.source).erase(
        planning.as_item(entry), subject=run.case.person, actor=run.actor, under=_authority(run)
    )


def _taken(run: Run) -> Case:
    """The case, after the subject's lock and its own. Raises `_MovedOn` where it is not to be carried out any
    more as it was when the run began."""
    planning.lock_subject(run.case.subject)
    case: Case = Case.objects.fetch(_CLOSE, run.case.pk, lock=True)
    if (case.state, case.plan_digest) != (State.CARRYING_OUT, run.case.plan_digest):
        raise _MovedOn
    return case


def _refuse_strangers(found: Book, planned: Book) -> None:
    strange = found.strangers(planned)
    if strange:
        raise Broken(
            _("Something was added to this person's data while it was deleted. Remove it, then resume."),
            code="execute.drift",
            detail=f"{len(strange)} items, first {next(iter(strange)).key}",
        )


def _authority(run: Run) -> Authority:
    return Authority(run.case.pk, ERASE, run.case.person)


def _back_to_approval(run: Run, reason: str) -> None:
    """Nothing was erased yet: store what is there now and ask the second officer again (N3). Raises
    `_Overtaken` where something was erased meanwhile: then there is no way back."""
    with transaction.atomic():
        run.held.hold()
        case = _taken(run)
        if effects.begin(case, run.held).has(ERASE):
            raise _Overtaken
        at = clock.now()
        stored = planning.store(case, judging.entries_anew(case), at=at)
        lifecycle.move(
            case,
            "drift",
            actor=run.actor,
            who=Who.SYSTEM,
            at=at,
            reason=reason,
            plan_digest=stored.digest,
            approved_by=None,
            approved_at=None,
        )


def _destroy(run: Run, scope: UUID) -> None:
    """The second layer: what the ledger sealed for this record, and the key itself (RD3).

    The key store commits on its own, so this stands last in its effect; done twice it is done once.
    """
    append.redact_subject(scope, actor=run.actor)
    keyring.destroy(scope)
    faults.reach("execute.key_destroyed")


def _close(run: Run, planned: Book) -> None:
    with transaction.atomic():
        run.held.hold()
        planning.lock_subject(run.case.subject)
        case = Case.objects.fetch(_CLOSE, run.case.pk, lock=True)
        at = clock.now()
        detail = CaseDetail.objects.visible_to(_CLOSE).filter(case=case).first()
        _sweep(run, planned)
        left = kept.settle(case, planned)
        whole = planning.takes_person(case, planned)
        if whole:
            _lapse_unproven(run, at=at)
        finished = lifecycle.finish(case, actor=run.actor, at=at, partly=bool(left))
        if whole:
            details.purge(details.about(case.person))
        if detail is not None:
            _tell(finished, detail, left, whole=whole, at=at)
        faults.reach("execute.last_commit")


def _tell(case: Case, detail: CaseDetail, left: list[kept.Kept], *, whole: bool, at: datetime) -> None:
    """The last message. Where the person goes, the address on it goes once it is out: with the message, or
    with the letter when it is posted."""
    if not whole:
        deletion.partly_erased(case, left, at=at)
        return
    last = deletion.gone(case, left, detail, at=at)
    if last is not None:
        outbox.enqueue(details.FORGET_NOTICE, about=case.ref, payload={"mail": str(last)})


def _sweep(run: Run, planned: Book) -> None:
    """What came in under a planned item while the run went on, such as a message, goes with it."""
    found = planning.entries_now(run.case, planned)
    _refuse_strangers(found, planned)
    for entry in found.touched():
        SOURCES.get(entry.source).erase(
            planning.as_item(entry), subject=run.case.person, actor=run.actor, under=_authority(run)
        )


def _lapse_unproven(run: Run, *, at: datetime) -> None:
    """Requests nobody confirmed end with the person they are about; proven ones were answered before."""
    rows = Case.objects.visible_to(_CLOSE).filter(subject=run.case.person)
    for case in rows.filter(state__in=[State.PROVING, State.WAITING]).order_by("id"):
        lifecycle.move(case, "lapse", actor=run.actor, who=Who.SYSTEM, at=at)


def forget_notice(held: outbox.Claim) -> None:
    """Job: delete the last message to an erased person once it is out, with the address on it."""
    with transaction.atomic():
        held.hold()
        mail = Mail.objects.filter(pk=str(held.payload["mail"])).first()
        if mail is None:
            return
        now = clock.now()
        kept_until = (mail.sent_at or now) + KEPT_NOTICE
        if mail.state == MailState.SENT or (mail.state == MailState.KEPT and kept_until <= now):
            mail.delete()
            return
        later = kept_until if mail.state == MailState.KEPT else now + timedelta(minutes=5)
        outbox.enqueue(details.FORGET_NOTICE, about=held.about, payload=held.payload, not_before=later)
