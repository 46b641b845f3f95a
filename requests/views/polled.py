"""What the page of a case asks for by itself: who else has it open, and how far carrying out has come."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from requests import sheet
from requests.casebook import reads
from requests.desk import presence
from requests.law.states import State

VIEW = "cases.view"


@entry(STAFF, VIEW)
def present(request: Asked, case: UUID) -> HttpResponse:
    """Who else has the case open now, and whether it changed since the page was drawn; asked by the page."""
    found, at = reads.case_for(request.actor, case), clock.now()
    context = {
        "case": found,
        "others": presence.here(request.actor, found, at),
        "changed": request.GET.get("seen") != str(found.version),
    }
    return render(request, "dsr_requests/present.html", context)


@entry(STAFF, VIEW)
def progress(request: Asked, case: UUID) -> HttpResponse:
    """How far carrying out has come; asked every two seconds while it runs, then the whole page anew."""
    found = reads.case_for(request.actor, case)
    response = render(request, "dsr_requests/progress.html", sheet.running(request.actor, found))
    if found.state != State.CARRYING_OUT:
        response["HX-Refresh"] = "true"
    return response
