"""Every recipient is told of a rectification, erasure or restriction, and what came back is kept (Art. 19).

Who is told by mail is told in the transaction in which the request is fulfilled; the others, and those who no
longer receive anything, wait for an officer. By what a recipient finds the person is taken before an erasure
begins and forgotten as soon as they were told: until then Art. 17(3)(b) keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from consent import register
from consent.models import Recipient, Told
from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import keyring, outbox
from portals_core.plumbing.errors import BadInput, Conflict
from portals_core.records import sealed
from portals_core.records.models import Record
from requests.carrying_out import recipient_letters, recipient_mail
from requests.casebook import barriers
from requests.casebook.details import FORGET_NOTICE
from requests.holding.asked import is_marketing
from requests.law.states import State
from requests.models import Case, CaseDetail, Kind, RecipientNotice, Standing

ACTS = {Kind.DELETE: "erase", Kind.RECTIFY: "rectify", Kind.STOP: "restrict"}
#: The end of a restriction: whoever was told to keep still is told that they need not any longer.
LIFT = "lift"
LONGEST_NOTE = 500
DONE = {State.FULFILLED, State.PARTLY_FULFILLED}
#: What names the person to a recipient, once they were told or never will be.
_FORGOTTEN: Mapping[str, Any] = {"whom": "", "letter": "", "pdf": None}
_TELL = system("tell recipients what was done")


def due(case: Case) -> list[tuple[Recipient, bool]]:
    """Who must be told once this case is fulfilled, and whether they still receive data. An export or an
    objection to advertising changes nothing of what others hold."""
    if Kind(case.kind) not in ACTS or is_marketing(case.kind, case.asked):
        return []
    return register.recipients_ever()


def on_start(*, about: str, case: str, **ids: object) -> None:
    """Inline subscriber: a deletion begins. Keep by what recipients find the person while it is known."""
    found = _case(case)
    if found.kind == Kind.DELETE:
        _store(found, ACTS[Kind.DELETE], due(found), whom=_whom(found))


def on_drift(*, about: str, case: str, **ids: object) -> None:
    """Inline subscriber: nothing was erased after all, so nobody is told and nothing is kept for it."""
    _rows(_case(case)).filter(standing=Standing.OPEN).delete()


def on_finish(*, about: str, case: str, **ids: object) -> None:
    """Inline subscriber: what was asked is done. Tell everybody, in the transaction that closes the case."""
    found = _case(case)
    if Kind(found.kind) in ACTS and found.closed_at is not None:
        tell(found, ACTS[Kind(found.kind)], at=found.closed_at)


def tell(case: Case, act: str, *, at: datetime) -> None:
    """Promise the mails, leave the rest to officers, and record it; inside the caller's transaction."""
    everybody = _told_before(case) if act == LIFT else due(case)
    rows = _store(case, act, everybody, whom=_whom(case))
    current = {one.pk: one for one, now in everybody if now and one.told == Told.EMAIL and one.email}
    told, left = [], []
    for row in rows:
        to = current.get(row.recipient)
        if to is None or not row.whom:
            left.append(row)
            continue
        row.mail = recipient_mail.promise(case, act, to=to.email, whom=row.whom, at=at)
        if act == ACTS[Kind.DELETE]:
            outbox.enqueue(FORGET_NOTICE, about=case.ref, payload={"mail": str(row.mail)})
        _rows(case).filter(pk=row.pk).update(mail=row.mail, standing=Standing.TOLD, told_at=at, whom="")
        told.append(row)
    recipient_letters.write(case, left, at=at)
    if rows:
        detail = {"act": act, "told": [one.name for one in told], "left": [one.name for one in left]}
        leaf("case.recipients", case, actor=_TELL, at=at, detail=detail)


def _told_before(case: Case) -> list[tuple[Recipient, bool]]:
    """Of those who receive data, the ones who know of the restriction."""
    knowing = _rows(case).filter(act=ACTS[Kind.STOP], standing__in=[Standing.TOLD, Standing.ANSWERED])
    ids = set(knowing.values_list("recipient", flat=True))
    return [(one, now) for one, now in due(case) if one.pk in ids]


def _store(
    case: Case, act: str, everybody: Iterable[tuple[Recipient, bool]], *, whom: str
) -> list[RecipientNotice]:
    """One row for everybody who must be told, beside those that stand already; returns the open ones."""
    RecipientNotice.objects.visible_to(_TELL).bulk_create(
        [
            RecipientNotice(case=case, recipient=one.pk, name=one.name, act=act, way=one.told, whom=whom)
            for one, _now in everybody
        ],
        ignore_conflicts=True,
    )
    return list(_rows(case).filter(act=act, standing=Standing.OPEN))


def _whom(case: Case) -> str:
    """Name and address on the record; once that is gone, what was kept of them when the erasure began."""
    record = Record.objects.visible_to(_TELL).select_related("module").filter(pk=case.subject).first()
    if record is not None:
        values = sealed.opened(record)
        keys = (record.module.title_key, record.module.email_key)
        return "\n".join(dict.fromkeys(str(values[key]) for key in keys if values.get(key)))
    kept = _rows(case).exclude(whom="").values_list("whom", flat=True).first()
    detail = CaseDetail.objects.visible_to(_TELL).filter(case=case).first()
    return kept or (detail.reply_to if detail is not None else "")


def _case(key: str) -> Case:
    return Case.objects.visible_to(_TELL).get(pk=key)


def _rows(case: Case) -> QuerySet[RecipientNotice]:
    return RecipientNotice.objects.visible_to(_TELL).filter(case=case)


# --- what officers record --------------------------------------------------------------------------------


def told(*, actor: Actor, notice: UUID | str, at: datetime, note: str = "") -> RecipientNotice:
    """An officer told a recipient otherwise than by our mail. `note` says how, and nothing of the person."""
    changes = {"standing": Standing.TOLD, "told_at": at, **_FORGOTTEN}
    return _record("told", actor, notice, {Standing.OPEN}, changes, note=note, at=at)


def answered(*, actor: Actor, notice: UUID | str, at: datetime, note: str) -> RecipientNotice:
    """What a recipient who was told has answered."""
    changes = {"standing": Standing.ANSWERED, "answered_at": at}
    allowed = {Standing.TOLD, Standing.ANSWERED}
    return _record("answered", actor, notice, allowed, changes, note=_needed(note), at=at)


def impossible(*, actor: Actor, notice: UUID | str, at: datetime, why: str) -> RecipientNotice:
    """Telling this recipient is impossible or out of proportion, and why (Art. 19)."""
    changes = {"standing": Standing.IMPOSSIBLE, **_FORGOTTEN}
    allowed = {Standing.OPEN, Standing.TOLD}
    return _record("impossible", actor, notice, allowed, changes, note=_needed(why), at=at)


def _needed(note: str) -> str:
    if not note.strip():
        raise BadInput(
            _("Write one sentence about it, and nothing about the person."), fields={"note": _("write it")}
        )
    return note


def _record(
    what: str,
    actor: Actor,
    notice: UUID | str,
    allowed: Iterable[Standing],
    changes: dict[str, Any],
    *,
    note: str,
    at: datetime,
) -> RecipientNotice:
    if len(note.strip()) > LONGEST_NOTE:
        raise BadInput(
            _("Write at most %(longest)s characters.") % {"longest": LONGEST_NOTE},
            fields={"note": _("too long")},
        )
    with transaction.atomic():
        barriers.needs(actor, "cases.decide")
        row = RecipientNotice.objects.fetch(actor, notice, "decide")
        case = barriers.taken(actor, row.case_id, "decide")
        if case.state not in DONE:
            raise Conflict(_("Nothing is done yet. Recipients are told once the request is fulfilled."))
        rows = _rows(case).filter(pk=row.pk, standing__in=list(allowed))
        if not rows.update(**changes, note=note.strip(), by=barriers.user_of(actor)):
            raise Conflict(_("Somebody recorded this meanwhile. Reload the page to see what."))
        detail = {"recipient": row.name, "act": row.act, "note": note.strip()}
        leaf(f"case.recipient_{what}", case, actor=actor, at=at, detail=detail)
        return _rows(case).get(pk=row.pk)


def leaf(code: str, case: Case, *, actor: Actor, at: datetime, detail: Mapping[str, object]) -> None:
    """An entry about a case beside its steps, also where the person was erased since."""
    subject = case.subject if case.subject and not keyring.is_destroyed(case.subject) else None
    append.record(code, actor=actor, about=case.ref, subject=subject, at=at, detail=dict(detail))


# --- who was told ----------------------------------------------------------------------------------------


def listed(actor: Actor, case: Case) -> list[RecipientNotice]:
    """For staff: every recipient of this case with what is known of telling them."""
    rows = RecipientNotice.objects.visible_to(actor).filter(case=case).defer("pdf")
    return list(rows.annotate(printable=Q(pdf__isnull=False)).select_related("by"))


def named_to(actor: Actor, case: Case) -> list[tuple[str, str]]:
    """For the person the case is about, and nobody else: every recipient by name and where telling them
    stands, in words (Art. 19, second sentence)."""
    if actor.identity is None or actor.identity != case.subject or case.state not in DONE:
        return []
    return [(one.name, str(Standing(one.standing).label)) for one in _rows(case)]
