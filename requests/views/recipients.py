"""The officer's pages for telling recipients, and for ending a restriction."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict
from requests.carrying_out import lifting, recipient_letters, recipients
from requests.casebook import reads
from requests.forms.recipients import LiftForm, RecipientForm
from requests.parts import lifting as lifting_part
from requests.parts import recipients as recipients_part
from requests.telling import reached
from requests.views.letters import handed_out

DECIDE = "cases.decide"


@entry(STAFF, DECIDE, methods=("GET", "POST"))
def recipient(request: Asked, case: UUID, notice: UUID) -> HttpResponse:
    """One recipient: whom it is about, how they are reached, and what happened."""
    found = reads.case_for(request.actor, case)
    line = recipients_part.line(request.actor, found, notice)
    form = RecipientForm(request.POST if request.method == "POST" else None, row=line.row)
    status = 400 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            _recorded(request, notice, form.cleaned_data)
        except (BadInput, Conflict) as error:
            status = form.blame(error)
        else:
            messages.success(request, _("Recorded."))
            return redirect("dsr_requests:case", found.pk)
    context = {"case": found, "line": line, "form": form}
    return render(request, "dsr_requests/recipient.html", context, status=status)


def _recorded(request: Asked, notice: UUID, said: dict[str, str]) -> None:
    actor, at, note = request.actor, clock.now(), said["note"]
    if said["step"] == "told":
        recipients.told(actor=actor, notice=notice, note=note, at=at)
    elif said["step"] == "answered":
        recipients.answered(actor=actor, notice=notice, note=note, at=at)
    else:
        recipients.impossible(actor=actor, notice=notice, why=note, at=at)


@never_cache
@entry(STAFF, DECIDE)
def letter(request: Asked, case: UUID, notice: UUID) -> HttpResponse:
    """The letter to a recipient who is told by post, to print."""
    return handed_out(recipient_letters.file(request.actor, case, notice))


@entry(STAFF, DECIDE, methods=("GET", "POST"))
def lift(request: Asked, case: UUID) -> HttpResponse:
    """Tell the person that the restriction ends; some days later it does."""
    found = reads.case_for(request.actor, case)
    form = LiftForm(request.POST if request.method == "POST" else None)
    status = 400 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            lifting.announce(actor=request.actor, case=case, at=clock.now(), **form.cleaned_data)
        except (BadInput, Conflict) as error:
            status = form.blame(error)
        else:
            told = (
                _("The letter waits to be posted. The restriction ends some days after that.")
                if reached.by_post(found)
                else _("The person is told now. The restriction ends some days later.")
            )
            messages.success(request, told)
            return redirect("dsr_requests:case", found.pk)
    context = {"case": found, "form": form, **lifting_part.part(request.actor, found, at=clock.now())}
    return render(request, "dsr_requests/lift.html", context, status=status)


@entry(STAFF, DECIDE, methods=("POST",))
def keep(request: Asked, case: UUID) -> HttpResponse:
    """The restriction goes on after all."""
    lifting.cancel(actor=request.actor, case=case, at=clock.now())
    messages.success(request, _("The restriction goes on, and the person is told."))
    return redirect("dsr_requests:case", case)
