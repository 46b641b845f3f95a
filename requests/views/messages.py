"""What is said in a case: at the desk, in the portal, and behind a link in mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from portals_core.entry import PORTAL, PUBLIC, STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict, TooMany
from requests.casebook import reads
from requests.forms.letters import MessageForm, NoteForm
from requests.models import Case
from requests.parts import letters as letters_part
from requests.parts import thread as thread_part
from requests.telling import messages, reading
from requests.views import letters as letter_views
from requests.views.spoken import language_of, spoken

VIEW, DECIDE = "cases.view", "cases.decide"
REFUSED = (BadInput, Conflict, TooMany)


@entry(STAFF, VIEW)
def desk(request: Asked, case: UUID) -> HttpResponse:
    """The whole thread with its notes."""
    return _desk(request, reads.case_for(request.actor, case))


def _desk(request: Asked, found: Case, *, status: int = 200, **bound: Any) -> HttpResponse:
    context = thread_part.part(request.actor, found, clock.now())
    if context["thread"]["say"] is not None:
        context["thread"].update(bound)
    context["error"] = any(form.errors for form in bound.values())
    return render(request, "dsr_requests/desk_talk.html", {**context, "case": found}, status=status)


@entry(STAFF, DECIDE, methods=("POST",))
def say(request: Asked, case: UUID) -> HttpResponse:
    """Write to the person."""
    form = MessageForm(request.POST, auto_id="say_%s")
    return _written(request, case, "say", form, messages.say, _("Sent. The person is told by mail."))


@entry(STAFF, DECIDE, methods=("POST",))
def note(request: Asked, case: UUID) -> HttpResponse:
    """Write down something for colleagues."""
    form = NoteForm(request.POST, auto_id="note_%s")
    return _written(request, case, "note", form, messages.note, _("The note is kept with the request."))


def _written(
    request: Asked,
    case: UUID,
    name: str,
    form: MessageForm | NoteForm,
    write: Callable[..., object],
    done: Any,
) -> HttpResponse:
    found = reads.case_for(request.actor, case)
    status = 400
    if form.is_valid():
        try:
            write(actor=request.actor, case=case, text=form.cleaned_data["text"], at=clock.now())
        except REFUSED as error:
            status = form.blame(error)
        else:
            flash.success(request, done)
            return redirect("dsr_requests:case", case)
    return _desk(request, found, status=status, **{name: form})


@entry(STAFF, DECIDE, methods=("POST",))
def seen(request: Asked, case: UUID) -> HttpResponse:
    """Mark what the person wrote as read."""
    messages.seen(actor=request.actor, case=reads.case_for(request.actor, case), at=clock.now())
    return redirect("dsr_requests:case", case)


@entry(PORTAL, methods=("GET", "POST"))
def talk(request: Asked, case: UUID) -> HttpResponse:
    """The person reads what was said and writes to the officers."""
    found = reads.case_for(request.actor, case)
    context = thread_part.part(request.actor, found, clock.now())
    if context["thread"] is None:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    status = 200
    if request.method == "POST":
        status, form = 400, MessageForm(request.POST, auto_id="say_%s")
        if form.is_valid():
            try:
                messages.say(actor=request.actor, case=case, text=form.cleaned_data["text"], at=clock.now())
            except REFUSED as error:
                status = form.blame(error)
            else:
                flash.success(request, _("Sent. A privacy officer reads it."))
                return redirect("dsr_requests:status", case)
        context["thread"]["say"] = form
    return render(request, "dsr_requests/talk.html", {**context, "case": found}, status=status)


@never_cache
@entry(PUBLIC, methods=("GET", "POST"))
def read(request: Asked, token: str) -> HttpResponse:
    """For people without an account: nothing is shown before a button is pressed (W16)."""
    at = clock.now()
    door = reading.door(token, at=at)
    language = language_of(request, door.language)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act == "letter":
        return letter_views.handed_out(reading.file(token, request.POST.get("letter", ""), at=at))
    if act not in ("open", "answer"):
        status = 400 if request.method == "POST" else 200
        return spoken(request, language, "dsr_requests/read_door.html", {"door": door}, status=status)
    form, status = MessageForm(request.POST if act == "answer" else None, auto_id="say_%s"), 200
    if act == "answer":
        status = 400
        if form.is_valid():
            try:
                messages.answer_by_link(token, text=form.cleaned_data["text"], at=at)
            except REFUSED as error:
                status = form.blame(error)
            else:
                after = reverse("dsr_requests:answered", args=["written"])
                return redirect(f"{after}?{urlencode({'language': language})}")
    messages.seen_by_link(door.case, at=at)
    context = {
        "door": door,
        "said": messages.by_link(door.case),
        "rows": letters_part.lines(reading.letters(door.case)),
        "form": form,
    }
    return spoken(request, language, "dsr_requests/read.html", context, status=status)
