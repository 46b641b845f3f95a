"""Staff: one basis for many people. What it would do is shown first, how far it is while it runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRefresh

from consent.catalogue import purposes
from consent.forms.basis import BasisForm, Whom
from consent.grounds import bulk, changes
from consent.models import ChangeState
from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput
from portals_core.records.reads import CAP
from portals_core.views import entering

KEEP = "consent.manage"


@entry(STAFF, KEEP, methods=("POST",))
def change(request: Asked) -> HttpResponse:
    """Say which basis, see for how many people, then begin. Nothing is stored before the last step."""
    whom = Whom(request.POST)
    try:
        chosen = whom.chosen() if whom.is_valid() else {}
        number = bulk.number(request.actor, **chosen)
        bulk.refuse_if_other(number, None)
    except BadInput as error:
        messages.error(request, str(error.public))
        return redirect("consent:desk-people")
    step = request.POST.get("step")
    form = BasisForm(request.POST if step else None, purposes=purposes.active())
    status, ready = 200, None
    if step == "start":
        given = {**chosen, "seen": whom.cleaned_data["seen"]}
        begun, status = entering.attempt(
            form, lambda: bulk.start(actor=request.actor, at=clock.now(), **given, **form.cleaned_data)
        )
        if begun:
            return redirect("consent:basis-change", begun.pk)
    elif step == "preview":
        ready, status = entering.attempt(form, lambda: bulk.preview(at=clock.now(), **form.cleaned_data))
    context: dict[str, Any] = {"form": form, "whom": whom, "number": number, "cap": CAP, "ready": ready}
    return render(request, "consent/bulk.html", context, status=status)


@entry(STAFF, KEEP)
def progress(request: Asked, change: UUID) -> HttpResponse:
    """How far it is, and in the end for how many it was recorded and who was left out."""
    found = changes.change_of(request.actor, change)
    parked = changes.parked(found)
    busy = found.state == ChangeState.RUNNING and not parked
    if request.headers.get("HX-Request"):
        if not busy:
            return HttpResponseClientRefresh()
        return render(request, "consent/bulk_progress.html", {"change": found, "busy": busy})
    context = {
        "change": found,
        "busy": busy,
        "parked": parked,
        "left_out": changes.left_out(request.actor, found),
    }
    return render(request, "consent/bulk_change.html", context)
