"""An officer settles who asks: another code, a check in person, the person picked, or nobody found."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict, DsrError, Locked, TooMany
from requests.arriving import codes, matching, proofs
from requests.casebook import reads
from requests.parts import proofs as shown

DECIDE = "cases.decide"
REFUSED = (BadInput, Conflict, Locked, TooMany)


@entry(STAFF, DECIDE)
def page(request: Asked, case: UUID) -> HttpResponse:
    """Who asks, on a page of its own."""
    return _page(request, case)


@entry(STAFF, DECIDE, methods=("POST",))
def again(request: Asked, case: UUID) -> HttpResponse:
    """Another code to the address."""
    proof = request.POST.get("proof", "")
    try:
        codes.send_for(actor=request.actor, case=case, proof=proof, at=clock.now())
    except REFUSED as error:
        return _refused(request, case, error)
    return _back(request, case, _("A new code is on its way. The old one no longer works."))


@entry(STAFF, DECIDE, methods=("POST",))
def checked(request: Asked, case: UUID) -> HttpResponse:
    """The officer checked in person, and says what they saw."""
    form = shown.form(request.actor, reads.case_for(request.actor, case), request.POST)
    if not form.is_valid():
        return _page(request, case, status=400, proof_form=form)
    try:
        proofs.vouch(actor=request.actor, case=case, seen=form.seen(), at=clock.now())
    except REFUSED as error:
        return _page(request, case, status=form.blame(error), proof_form=form)
    return _back(request, case, _("It is kept that you checked who asks."))


@entry(STAFF, DECIDE, methods=("POST",))
def bind(request: Asked, case: UUID) -> HttpResponse:
    """Pick the person among those found."""
    record = request.POST.get("record", "")
    try:
        matching.bind(actor=request.actor, case=case, record=record, at=clock.now())
    except REFUSED as error:
        return _refused(request, case, error)
    return _back(request, case, _("The request is about this person now."))


@entry(STAFF, DECIDE, methods=("POST",))
def nothing_held(request: Asked, case: UUID) -> HttpResponse:
    """Answer that nothing is held."""
    try:
        matching.answer_none(actor=request.actor, case=case, at=clock.now())
    except REFUSED as error:
        return _refused(request, case, error)
    return _back(request, case, _("Answered: nothing is held. The person is told."))


def _back(request: Asked, case: UUID, sentence: object) -> HttpResponse:
    messages.success(request, str(sentence))
    return redirect("dsr_requests:case", case)


def _refused(request: Asked, case: UUID, error: DsrError) -> HttpResponse:
    return _page(request, case, status=error.http_status, trouble=str(error.public))


def _page(request: Asked, case: UUID, *, status: int = 200, **bound: Any) -> HttpResponse:
    found = reads.case_for(request.actor, case)
    context = {"case": found, **shown.part(request.actor, found, clock.now()), **bound}
    return render(request, "dsr_requests/proofs.html", context, status=status)
