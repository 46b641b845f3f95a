"""Carry out an approved deletion: the planned items, deepest first, their keys, the case's own words.

Drift, that is data that stands in no approved plan (promise 9):
- Nothing was erased yet: the case goes back to the second officer with a new plan.
- Some was erased: the run stops with an error that stays visible on the case. There is no way back to
  "nothing was done", and nothing unapproved is erased. Once the stray item is dealt with, `approvals.resume`
  goes on where it stopped.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import system
from portals_core.ledger import append
from portals_core.plumbing import clock, faults, keyring, outbox
from portals_core.plumbing.errors import Broken
from portals_core.plumbing.models import Mail, MailState
from portals_core.plumbing.sources import SOURCES, Authority
from requests import details, judging, kept, letter_paper, lifecycle, notices, plan, planning
from requests.effects import Run
from requests.models import Case, CaseDetail, LetterKind
from requests.plan import Entry
from requests.states import State, Who

ERASE, KEY = "erase", "key"
FORGET_NOTICE = "requests.forget_notice"
#: Where no mail server is set the kept message is the only copy the person can be handed.
KEPT_NOTICE = timedelta(days=7)
_CLOSE = system("close a deletion")


class _Drifted(Exception):
    pass


def carry_out(run: Run) -> None:
    """Erase what was approved and nothing else, then close the case. What the plan refuses stays with its
    key."""
    planned = planning.entries_stored(run.case)
    found = planning.entries_now(run.case, planned)
    if run.has(ERASE):
        _refuse_strangers(found, planned)
    elif plan.digest(ERASE, found) != run.case.plan_digest:
        _back_to_approval(run)
        return
    here = {entry.key for entry in found}
    going = [entry for entry in planned if entry.touched]
    scopes = _scopes(planned)
    total = len(going) + len(scopes)
    try:
        for entry in going:
            if entry.key in here:
                run.once(ERASE, entry.key, partial(_erase, run, entry, planned), total=total)
            else:
                run.once(ERASE, entry.key, _nothing, total=total, outcome="gone")
    except _Drifted:
        _back_to_approval(run)
        return
    for scope in scopes:
        run.once(KEY, scope, partial(_destroy, run, UUID(scope)), total=total)
    _close(run, planned)


def _scopes(planned: list[Entry]) -> list[str]:
    """The keys that go: of every record that goes, and of records that were gone before."""
    going = {entry.ref for entry in planned if entry.touched and entry.source == planning.RECORDS}
    named = dict.fromkeys(entry.key_scope for entry in planned if entry.touched and entry.key_scope)
    others = [UUID(scope) for scope in named if scope not in going]
    alive = {str(key) for key in planning.alive(others)}
    return [scope for scope in named if scope not in alive]


def _nothing() -> None:
    """Somebody else removed the item before its turn."""


def _erase(run: Run, entry: Entry, planned: list[Entry]) -> None:
    if not run.has(ERASE):
        # The last look before the first irreversible act, in its transaction and under the subject's lock.
        planning.lock_subject(run.case.subject)
        now = planning.entries_now(run.case, planned)
        if plan.digest(ERASE, now) != run.case.plan_digest:
            raise _Drifted
    if entry.ref == str(run.case.subject) and entry.source == planning.RECORDS:
        # Once this record is gone nothing can be found by it any more.
        planning.lock_subject(run.case.subject)
        _refuse_strangers(planning.entries_now(run.case, planned), planned)
    SOURCES.get(entry.source).erase(
        planning.as_item(entry), subject=run.case.person, actor=run.actor, under=_authority(run)
    )


def _refuse_strangers(found: list[Entry], planned: list[Entry]) -> None:
    strange = plan.strangers(found, planned)
    if strange:
        raise Broken(
            _("Something was added to this person's data while it was deleted. Remove it, then resume."),
            code="execute.drift",
            detail=f"{len(strange)} items, first {strange[0].key}",
        )


def _authority(run: Run) -> Authority:
    return Authority(run.case.pk, ERASE)


def _back_to_approval(run: Run) -> None:
    """Nothing was erased yet: store what is there now and ask the second officer again (N3)."""
    with transaction.atomic():
        run.held.hold()
        planning.lock_subject(run.case.subject)
        case = Case.objects.fetch(_CLOSE, run.case.pk, lock=True)
        at = clock.now()
        stored = planning.store(case, judging.entries_anew(case), at=at)
        lifecycle.move(
            case,
            "drift",
            actor=run.actor,
            who=Who.SYSTEM,
            at=at,
            reason=str(_("What is stored about the person changed after the approval.")),
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


def _close(run: Run, planned: list[Entry]) -> None:
    with transaction.atomic():
        run.held.hold()
        planning.lock_subject(run.case.subject)
        case = Case.objects.fetch(_CLOSE, run.case.pk, lock=True)
        at = clock.now()
        detail = CaseDetail.objects.visible_to(_CLOSE).filter(case=case).first()
        _sweep(run, planned)
        left = kept.of(case, planned)
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
    """The last message. Where the person goes, the address on it goes once it is out."""
    to, language = detail.reply_to, detail.language
    if whole and not left:
        last = notices.erased(case, to=to, language=language, at=at)
    else:
        mailbox = None if whole else case.subject
        last = notices.partly_erased(case, left, to=to, language=language, mailbox_of=mailbox, at=at)
        if not whole:
            letter_paper.kept_with(case, LetterKind.COMPLETION, mail=last, at=at)
    if whole and last is not None:
        outbox.enqueue(FORGET_NOTICE, about=case.ref, payload={"mail": str(last)})


def _sweep(run: Run, planned: list[Entry]) -> None:
    """What came in under a planned item while the run went on, such as a message, goes with it."""
    found = planning.entries_now(run.case, planned)
    _refuse_strangers(found, planned)
    for entry in found:
        if entry.touched:
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
        outbox.enqueue(FORGET_NOTICE, about=held.about, payload=held.payload, not_before=later)
