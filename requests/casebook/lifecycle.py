"""The only writer of a case's state.

Every change of state is one conditional update on id, state and version, with its transition row, its ledger
entry and its event in the same transaction: of two who race one wins and the other gets `Conflict`
(promise 8). What the table in `requests.law.states` does not list does not happen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.plumbing import keyring, links, outbox
from portals_core.plumbing.errors import Absent, Conflict, Forbidden
from requests.law import states
from requests.law.states import State, Who
from requests.models import Case, Transition

_WRITE = system("keep the state of a case")
#: Purpose of the link by which a represented person answers.
MANDATE_LINK = "mandate"
#: Purpose of the link by which a person ends a request without an account, until it is carried out.
WAY_OUT_LINK = "way_out"


def begin(case: Case, *, actor: Actor, at: datetime) -> Case:
    """Store a new case in its first state with its first entry, inside the caller's transaction."""
    case.state = states.start(case.kind)
    case.save(force_insert=True)
    _told(case, "file", "", actor=actor, at=at, reason="", detail={"kind": case.kind, "number": case.number})
    return case


def move(
    case: Case,
    transition: str,
    *,
    actor: Actor,
    who: Who,
    at: datetime,
    reason: str = "",
    **changes: Any,
) -> Case:
    """Take one step of the table and return the case as it is then. The caller MUST be in a transaction.

    `changes` are columns that change with the state. Raises `Conflict` where the table does not lead on
    from here, and where the case changed since it was read; `Forbidden` where `who` never takes this step.
    """
    if not states.may(who, transition):
        raise Forbidden(_("This step is not yours to take."), code=f"request.{transition}", detail=str(who))
    target = states.next_state(case.state, transition, kind=case.kind)
    if target in states.CLOSED:
        changes["closed_at"] = at
    rows = Case.objects.visible_to(_WRITE).filter(pk=case.pk, state=case.state, version=case.version)
    if rows.update(state=target, version=F("version") + 1, **changes) != 1:
        raise Conflict(
            _("Somebody else worked on this request meanwhile. Reload the page to see where it stands."),
            code="request.changed",
        )
    if target in states.CLOSED or transition == "prove":
        links.revoke(MANDATE_LINK, about=case.ref, at=at)
    if target in states.CLOSED:
        links.revoke(WAY_OUT_LINK, about=case.ref, at=at)
    before, fresh = case.state, Case.objects.visible_to(_WRITE).get(pk=case.pk)
    detail = {"from": str(before), "to": str(target), "reason": reason, "plan": fresh.plan_digest}
    _told(fresh, transition, before, actor=actor, at=at, reason=reason, detail=detail)
    return fresh


def _told(
    case: Case, name: str, before: str, *, actor: Actor, at: datetime, reason: str, detail: dict[str, object]
) -> None:
    Transition(
        case=case, name=name, source=before, target=case.state, actor=actor.ref, at=at, reason=reason
    ).save(force_insert=True)
    append.record(
        f"case.{name}",
        actor=actor,
        about=case.ref,
        # The reason is written by people about a person: it goes when that person's key goes.
        subject=case.subject if case.subject and not keyring.is_destroyed(case.subject) else None,
        at=at,
        detail=detail,
    )
    outbox.announce(f"case.{name}", about=case.ref, case=str(case.pk), subject=str(case.subject or ""))


def withdraw(*, actor: Actor, case: UUID | str, at: datetime, reason: str = "") -> Case:
    """Whoever asked, or the person it is about, takes the request back; possible until it is carried out.

    Raises `Absent` for a case out of reach and `Conflict` once it is too late.
    """
    with transaction.atomic():
        found = Case.objects.fetch(actor, case, "withdraw", lock=True)
        return move(found, "withdraw", actor=actor, who=role_of(actor, found), at=at, reason=reason)


def role_of(actor: Actor, case: Case) -> Who:
    """In which part a portal user stands to a case. Raises `Absent` for somebody who has none."""
    if actor.kind is Kind.SYSTEM:
        return Who.SYSTEM
    if actor.identity is not None and actor.identity == case.subject:
        return Who.PERSON if case.on_behalf else Who.SUBJECT
    if actor.kind is Kind.PORTAL and actor.user_id is not None and actor.user_id == case.requester_id:
        return Who.REPRESENTATIVE
    raise Absent(_("There is nothing here, or it is not shared with you."))


def finish(case: Case, *, actor: Actor, at: datetime, partly: bool = False, reason: str = "") -> Case:
    """Everything was done. Called by what carried it out, inside the transaction of its last effect."""
    name = "finish_partly" if partly else "finish"
    return move(case, name, actor=actor, who=Who.SYSTEM, at=at, reason=reason)


def report_export(*, case: UUID | str, at: datetime, held: outbox.Claim, partly: bool = False) -> Case:
    """The bundle of an approved export is there: the case is fulfilled, in part where some was left out.

    Called by `exports` inside or outside its own transaction, with the claim of the job that built the
    bundle. Telling the person is left to `exports`, which knows the way to the bundle. Calling it again
    changes nothing. Raises `Stale` for a worker that lost its lease.
    """
    actor = system("report a finished export")
    with transaction.atomic():
        held.hold()
        found = Case.objects.fetch(actor, case, lock=True)
        if found.kind == states.Kind.EXPORT and found.state in (State.FULFILLED, State.PARTLY_FULFILLED):
            return found
        if found.kind != states.Kind.EXPORT:
            raise Conflict(_("Only an export request is closed by a bundle."), code="request.kind")
        return finish(found, actor=actor, at=at, partly=partly)
