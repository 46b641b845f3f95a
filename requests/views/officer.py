"""The officer's desk: one case whole, and what is decided there."""

from __future__ import annotations

from collections.abc import Callable
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
from requests import approvals, assignment, reads, rectify, sheet, words
from requests.desk_forms import RefuseForm, SeenForm, SendBackForm, approving
from requests.models import Case
from requests.states import State
from requests.views.composed import drawn

VIEW, DECIDE, APPROVE = "cases.view", "cases.decide", "cases.approve"


@entry(STAFF, VIEW)
def case(request: Asked, case: UUID) -> HttpResponse:
    """One case whole: who, what is held, what was decided, what happened."""
    return _page(request, reads.case_for(request.actor, case))


def _page(request: Asked, found: Case, *, status: int = 200, **bound: Any) -> HttpResponse:
    actor = request.actor
    corrections = reads.corrections(actor, found, uncovered=bound.get("uncovered"))
    forms = {}
    if found.state == State.IN_REVIEW and actor.may(DECIDE):
        forms["yes"] = bound.get("yes") or approving(found, corrections)
        forms["no"] = bound.get("no") or RefuseForm(kind=found.kind)
    if found.state == State.AWAITING_APPROVAL and actor.may(APPROVE):
        forms["back"] = bound.get("back") or SendBackForm()
    context = {
        **sheet.sheet(actor, found, at=clock.now()),
        **forms,
        "corrections": words.compared(corrections, ended=not found.is_open),
        "shared": rectify.shared(actor, found) if corrections else [],
        "trouble": bound.get("trouble", ""),
        "may_take": found.is_open and actor.may(DECIDE) and found.assignee_id != actor.user_id,
        "may_resume": found.state == State.CARRYING_OUT and actor.may(DECIDE),
        "panels": drawn(request, "case", case=found.pk),
    }
    return render(request, "dsr_requests/case.html", context, status=status)


@entry(STAFF, access_fields.UNMASK, methods=("POST",))
def uncover(request: Asked, case: UUID) -> HttpResponse:
    """The page of the case once more, with one masked correction in clear; the log keeps who looked."""
    found = reads.case_for(request.actor, case)
    named = request.POST.get("correction", "")
    chosen = rectify.uncover(found, named, actor=request.actor, at=clock.now())
    return _page(request, found, uncovered=chosen)


@entry(STAFF, VIEW)
def progress(request: Asked, case: UUID) -> HttpResponse:
    """How far carrying out has come; asked every two seconds while it runs, then the whole page anew."""
    found = reads.case_for(request.actor, case)
    response = render(request, "dsr_requests/progress.html", sheet.running(request.actor, found))
    if found.state != State.CARRYING_OUT:
        response["HX-Refresh"] = "true"
    return response


@entry(STAFF, DECIDE, methods=("POST",))
def take(request: Asked, case: UUID) -> HttpResponse:
    """Work on it oneself."""
    assignment.take(actor=request.actor, case=case, at=clock.now())
    messages.success(request, _("This request is yours now."))
    return redirect("dsr_requests:case", case)


@entry(STAFF, DECIDE, methods=("POST",))
def decide_yes(request: Asked, case: UUID) -> HttpResponse:
    """Approve: a deletion goes to a second officer, everything else is carried out."""
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
        gone = Conflict(_("This request is not in review any more. Below you see where it stands."))
        return _refused(request, found, gone)
    if not form.is_valid():
        return _page(request, found, status=400, **{name: form})
    try:
        moved = _decide(request, found, form.decision())
    except (BadInput, Conflict, Locked) as error:
        status = form.blame(error)
        return _page(request, reads.case_for(request.actor, found.pk), status=status, **{name: form})
    messages.success(request, sheet.decided(moved))
    return redirect("dsr_requests:case", found.pk)


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

    return _done(request, reads.case_for(request.actor, case), act)


@entry(STAFF, APPROVE, methods=("POST",))
def send_back(request: Asked, case: UUID) -> HttpResponse:
    """The second officer's no, with a reason for the colleague."""
    found = reads.case_for(request.actor, case)
    form = SendBackForm(request.POST)
    if not form.is_valid() and found.state == State.AWAITING_APPROVAL:
        return _page(request, found, status=400, back=form)
    reason = form.cleaned_data.get("reason", "-")

    def act() -> Case:
        return approvals.send_back(actor=request.actor, case=case, at=clock.now(), reason=reason)

    return _done(request, found, act)


@entry(STAFF, DECIDE, methods=("POST",))
def resume(request: Asked, case: UUID) -> HttpResponse:
    """Try again where carrying out stopped."""
    found = reads.case_for(request.actor, case)
    return _done(request, found, lambda: approvals.resume(actor=request.actor, case=case, at=clock.now()))


def _done(request: Asked, found: Case, act: Callable[[], Case]) -> HttpResponse:
    """Act and go to the case; what stands against it is said there, beside where the case stands."""
    try:
        moved = act()
    except (BadInput, Conflict, Locked) as error:
        return _refused(request, found, error)
    messages.success(request, sheet.decided(moved))
    return redirect(reverse("dsr_requests:case", args=[found.pk]))


def _refused(request: Asked, found: Case, error: DsrError) -> HttpResponse:
    now = reads.case_for(request.actor, found.pk)
    return _page(request, now, status=error.http_status, trouble=str(error.public))
