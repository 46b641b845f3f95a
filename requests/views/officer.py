"""The officer's desk: one case whole, and what is decided there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portals_core.access import fields as access_fields
from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict, DsrError, Locked
from requests import parts, sheet
from requests.casebook import reads, rectify, words
from requests.deciding import approvals, verdicts
from requests.desk import assignment, next_steps, presence
from requests.forms.board import board_form
from requests.forms.desk import RefuseForm, SeenForm, SendBackForm, approving
from requests.law.states import State
from requests.models import Case, Kind
from requests.views.composed import drawn

VIEW, DECIDE, APPROVE = "cases.view", "cases.decide", "cases.approve"


@entry(STAFF, VIEW)
def case(request: Asked, case: UUID) -> HttpResponse:
    """One case whole: who, what is held, what was decided, what happened."""
    return page(request, reads.case_for(request.actor, case))


def page(
    request: Asked,
    found: Case,
    *,
    status: int = 200,
    **bound: Any,
) -> HttpResponse:
    """The page of a case. A view that refuses what was entered draws it with its form in place of the empty
    one: `yes`, `no`, `items` or `back`."""
    actor, at = request.actor, clock.now()
    corrections = reads.corrections(actor, found, uncovered=bound.get("uncovered"))
    board = sheet.board(actor, found, at=at)
    facts = sheet.sheet(actor, found, at=at)
    context = {
        **facts,
        **_forms(request, found, board, corrections, bound),
        "next": next_steps.for_staff(found, corrections=bool(corrections), parked=facts.get("parked", False)),
        "board": board,
        "weighed": sheet.weighed(board, found.kind) if board else [],
        "corrections": words.compared(corrections, ended=not found.is_open),
        "shared": rectify.shared(actor, found) if corrections else [],
        "trouble": bound.get("trouble", ""),
        "may_take": found.is_open and actor.may(DECIDE) and found.assignee_id != actor.user_id,
        "may_resume": found.state == State.CARRYING_OUT and actor.may(DECIDE),
        "others": presence.here(actor, found, at),
        "panels": drawn(request, "case", case=found.pk),
    }
    context["parts"] = parts.drawn(request, actor, found, at=at, page=context)
    context["sections"] = sheet.sections(_shown(found, context))
    return render(request, "dsr_requests/case.html", context, status=status)


def _forms(
    request: Asked,
    found: Case,
    board: verdicts.Board | None,
    corrections: list[reads.Correction],
    bound: Mapping[str, Any],
) -> dict[str, Any]:
    """The forms this reader may use now, filled as they were sent where they were refused."""
    actor, forms = request.actor, {}
    if found.state == State.IN_REVIEW and found.subject is not None and actor.may(DECIDE):
        forms["no"] = bound.get("no") or RefuseForm(kind=found.kind)
        if found.kind == Kind.RECTIFY and not corrections:
            forms["may_enter"] = True
        elif board is None:
            forms["yes"] = bound.get("yes") or approving(found, corrections)
        elif not board.nothing:
            forms["items"] = bound.get("items") or board_form(actor, found, board.groups)
    if found.state == State.AWAITING_APPROVAL and actor.may(APPROVE):
        forms["back"] = bound.get("back") or SendBackForm()
    return forms


def _shown(found: Case, context: Mapping[str, Any]) -> dict[str, object]:
    """Which parts the page has; the template asks the same facts."""
    own = context["parts"]
    return {
        "who": True,
        "dates": True,
        "asked": True,
        "held": context["board"] or context["held"],
        "decide": "yes" in context,
        "refuse": "no" in context and "yes" not in context,
        "corrections": context["corrections"] and "yes" not in context,
        "approval": found.plan_digest != "" and found.state in (State.AWAITING_APPROVAL, State.COOLING_OFF),
        "progress": found.state == State.CARRYING_OUT,
        "answer": context["answer"],
        "left": "left" in own,
        "messages": True,
        "recipients": "recipients" in own or "lifting" in own,
        "history": True,
        "log": context["log"] is not None,
    }


@entry(STAFF, access_fields.UNMASK, methods=("POST",))
def uncover(request: Asked, case: UUID) -> HttpResponse:
    """The page of the case once more, with one masked correction in clear; the log keeps who looked."""
    found = reads.case_for(request.actor, case)
    named = request.POST.get("correction", "")
    chosen = rectify.uncover(found, named, actor=request.actor, at=clock.now())
    return page(request, found, uncovered=chosen)


@entry(STAFF, DECIDE, methods=("POST",))
def take(request: Asked, case: UUID) -> HttpResponse:
    """Work on it oneself."""
    assignment.take(actor=request.actor, case=case, at=clock.now())
    messages.success(request, _("This request is yours now."))
    return redirect("dsr_requests:case", case)


@entry(STAFF, DECIDE, methods=("POST",))
def decide_yes(request: Asked, case: UUID) -> HttpResponse:
    """Approve as a whole: a deletion goes to a second officer, everything else is carried out."""
    found = reads.case_for(request.actor, case)
    form = approving(found, reads.corrections(request.actor, found), request.POST)
    return _decided(request, found, "yes", form)


@entry(STAFF, DECIDE, methods=("POST",))
def decide_no(request: Asked, case: UUID) -> HttpResponse:
    """Refuse the whole request, with ground and words."""
    found = reads.case_for(request.actor, case)
    return _decided(request, found, "no", RefuseForm(request.POST, kind=found.kind))


def _decided(request: Asked, found: Case, name: str, form: Any) -> HttpResponse:
    if found.state != State.IN_REVIEW:
        return refused(request, found, gone())
    if not form.is_valid():
        return page(request, found, status=400, **{name: form})
    try:
        moved = _decide(request, found, form.decision())
    except (BadInput, Conflict, Locked) as error:
        now = reads.case_for(request.actor, found.pk)
        if name == "yes" and now.kind != Kind.RECTIFY:
            return refused(request, now, error)
        status = form.blame(error)
        return page(request, now, status=status, **{name: form})
    messages.success(request, next_steps.decided(moved))
    return redirect("dsr_requests:case", found.pk)


def gone() -> Conflict:
    """That the request left review, for a form that was drawn before."""
    return Conflict(_("This request is not in review any more. Below you see where it stands."))


def _decide(request: Asked, found: Case, decision: dict[str, Any]) -> Case:
    return approvals.decide(actor=request.actor, case=found.pk, at=clock.now(), **decision)


@entry(STAFF, APPROVE, methods=("POST",), fresh=("POST",))
def approve(request: Asked, case: UUID) -> HttpResponse:
    """The second officer's yes, to exactly the plan on the page."""
    seen = SeenForm(request.POST)
    if not seen.is_valid():
        raise BadInput(_("Open the request, look at what will be erased, and press the button there."))
    digest = seen.cleaned_data["digest"]

    def act() -> Case:
        return approvals.approve(actor=request.actor, case=case, at=clock.now(), seen=digest)

    return _done(request, reads.case_for(request.actor, case), act, next_steps.approved)


@entry(STAFF, APPROVE, methods=("POST",))
def send_back(request: Asked, case: UUID) -> HttpResponse:
    """The second officer's no, with a reason for the colleague."""
    found = reads.case_for(request.actor, case)
    form = SendBackForm(request.POST)
    if not form.is_valid() and found.state == State.AWAITING_APPROVAL:
        return page(request, found, status=400, back=form)
    reason = form.cleaned_data.get("reason", "-")

    def act() -> Case:
        return approvals.send_back(actor=request.actor, case=case, at=clock.now(), reason=reason)

    return _done(request, found, act)


@entry(STAFF, DECIDE, methods=("POST",))
def resume(request: Asked, case: UUID) -> HttpResponse:
    """Try again where carrying out stopped."""
    found = reads.case_for(request.actor, case)

    def act() -> Case:
        return approvals.resume(actor=request.actor, case=case, at=clock.now())

    return _done(request, found, act, next_steps.resumed)


def _done(
    request: Asked,
    found: Case,
    act: Callable[[], Case],
    said: Callable[[Case], str] = next_steps.decided,
) -> HttpResponse:
    """Act, say what was done and go to the case; what stands against it is said there, beside where the case
    stands."""
    try:
        moved = act()
    except (BadInput, Conflict, Locked) as error:
        return refused(request, found, error)
    messages.success(request, said(moved))
    return redirect(reverse("dsr_requests:case", args=[found.pk]))


def refused(request: Asked, found: Case, error: DsrError) -> HttpResponse:
    """The page as it stands now, with what stands against the act."""
    now = reads.case_for(request.actor, found.pk)
    return page(request, now, status=error.http_status, trouble=str(error.public))
