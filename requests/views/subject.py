"""A person's own requests: ask, follow, take back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from portals_core.entry import PORTAL, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Locked, TooMany
from requests import portal
from requests.arriving import intake
from requests.carrying_out import recipients
from requests.casebook import lifecycle, reads, words
from requests.forms.common import RectifyForm, RequestForm, WithdrawForm
from requests.holding import holdings, offers, planning
from requests.models import Case, Kind
from requests.parts import clock as clock_part
from requests.parts import letters as letters_part
from requests.parts import thread as thread_part
from requests.views.composed import drawn

REFUSED = (BadInput, Conflict, Locked, TooMany)
_LISTS = {"kinds", "records"}


@entry(PORTAL, methods=("GET", "POST"))
def new(request: Asked) -> HttpResponse:
    """Choose what to ask and for whom; then one page per kind, with what will happen and one button."""
    kind, about = request.GET.get("kind", ""), request.GET.get("for", "")
    try:
        person = portal.person(request.actor, about)
    except Absent:
        if request.method == "POST" and kind in Kind.values:
            # The writer refuses it as well, and keeps the attempt.
            intake.file_case(actor=request.actor, kind=kind, subject=about, at=clock.now())
        raise
    if kind not in Kind.values:
        status = 400 if request.method == "POST" else 200
        return render(request, "dsr_requests/choose.html", _who(request, person), status=status)
    form, following = _form(request, kind, person)
    status = 200
    if request.method == "POST" and "more" not in request.POST:
        status = 400
        if form.is_valid():
            try:
                case = _file(request, kind, person, form)
            except REFUSED as error:
                status = form.blame(error)
            else:
                messages.success(request, _filed(case))
                return redirect("dsr_requests:status", case.pk)
    context = {**_who(request, person), **_about(request, kind, person), "form": form, "following": following}
    return render(request, "dsr_requests/new.html", context, status=status)


def _form(request: Asked, kind: str, person: portal.Person) -> tuple[RequestForm, UUID | None]:
    """The form, and after which record further ones follow. Asking for those is no answer yet: what was
    entered so far stands in the form that is shown next."""
    sent = request.POST if request.method == "POST" else None
    given: dict[str, Any] = {"question": words.KINDS[kind].question}
    if kind == Kind.RECTIFY:
        return RectifyForm(sent, values=portal.correctable(request.actor, person.record), **given), None
    turned = sent is not None and "more" in sent
    after = portal.cursor(sent["more"]) if sent is not None and turned else None
    kept = sent.getlist("records") if sent is not None else []
    offered = offers.offer(request.actor, kind, person.id, after=after, kept=kept)
    form = RequestForm(None if turned else sent, kind=kind, offer=offered, **given)
    if sent is not None and turned:
        form.initial = {one: sent.getlist(one) if one in _LISTS else sent.get(one) for one in form.fields}
    return form, offered.after


def _file(request: Asked, kind: str, person: portal.Person, form: RequestForm) -> Case:
    return intake.file_case(
        actor=request.actor,
        kind=kind,
        subject=person.id,
        text=form.words(),
        proposals=form.proposals(),
        asked=form.asked(),
        at=clock.now(),
    )


def _filed(case: Case) -> str:
    if case.on_behalf:
        sentence = _("Your request has the number %(number)s. We have asked the person to confirm it.")
    else:
        sentence = _("Your request has the number %(number)s. You need do nothing more now.")
    return str(sentence % {"number": case.number})


def _who(request: Asked, person: portal.Person) -> dict[str, Any]:
    others = portal.others(request.actor)
    shown = others[: portal.SHOWN]
    if not person.oneself and person.id not in {other.id for other in shown}:
        shown.append(person)
    return {
        "person": person,
        "others": shown,
        "more_people": len(others) > portal.SHOWN,
        "kind": request.GET.get("kind", ""),
        "kinds": list(words.KINDS.items()),
    }


def _about(request: Asked, kind: str, person: portal.Person) -> dict[str, Any]:
    """What will happen, with counts; none for somebody else, of whom nothing is shown before they agree."""
    counted = person.oneself and kind != Kind.RECTIFY
    act = planning.ACTS.get(Kind(kind), planning.ACTS[Kind.DELETE])
    return {
        "words": words.KINDS[kind],
        "heading": words.KINDS[kind].heading_for % {"name": person.name},
        "held": holdings.held(person.id, act, named=False) if counted else None,
        "open_case": portal.open_one(request.actor, kind, person.id),
    }


@entry(PORTAL)
def status(request: Asked, case: UUID) -> HttpResponse:
    """Where a request stands, who acts next, what was answered (W20)."""
    found = reads.case_for(request.actor, case)
    actor = request.actor
    context = {
        **_seen(request, found),
        "steps": words.steps(reads.timeline(actor, found), ended=not found.is_open),
        "asked": reads.words(actor, found),
        "recipients": recipients.named_to(actor, found),
        "particulars": portal.particulars(actor, found),
        "corrections": words.compared(reads.corrections(actor, found), ended=not found.is_open),
        "answer": reads.answer(actor, found),
        "left": portal.left(actor, found),
        "mandate": reads.mandate(actor, found),
        "may_withdraw": portal.may_withdraw(actor, found),
        "panels": drawn(request, "case_subject", case=found.pk),
        "copied": portal.copied(actor, found),
        **clock_part.own(actor, found),
        **thread_part.part(actor, found, clock.now()),
        **letters_part.part(actor, found, clock.now()),
    }
    return render(request, "dsr_requests/status.html", context)


def _seen(request: Asked, found: Case) -> dict[str, Any]:
    return {
        "case": found,
        "words": words.KINDS[found.kind],
        "badge": words.badge(found.state),
        "explained": words.explained(found.state),
        "due": words.due(found, at=clock.now()),
        "next": portal.next_step(request.actor, found),
        "whom": portal.whom(request.actor, found),
        "own": found.subject == request.actor.identity,
    }


@entry(PORTAL, methods=("GET", "POST"))
def withdraw(request: Asked, case: UUID) -> HttpResponse:
    """Take a request back, after one more look."""
    found = reads.case_for(request.actor, case)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    status = 400 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        lifecycle.withdraw(actor=request.actor, case=case, at=clock.now(), reason=reason)
        messages.success(request, _("Your request was withdrawn. Nothing was changed because of it."))
        return redirect("dsr_requests:status", case)
    context = {
        **_seen(request, found),
        "form": form,
        "may_withdraw": portal.may_withdraw(request.actor, found),
    }
    return render(request, "dsr_requests/withdraw.html", context, status=status)
