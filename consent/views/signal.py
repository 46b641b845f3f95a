"""Objecting with a button, and what this site says of the browser's signal."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control

from consent.deciding import gpc, objections
from consent.models import Signal
from portals_core.entry import PORTAL, PUBLIC, STAFF, Asked, entry
from portals_core.plumbing import clock

_DAY = 24 * 60 * 60


@entry(PORTAL, methods=("POST",))
def object_to(request: Asked) -> HttpResponse:
    """Stop advertising, or sharing where "sharing" was pressed; for oneself only (decision 14)."""
    sharing = request.POST.get("about") == "sharing"
    objections.object_to(
        actor=request.actor,
        subject=request.actor.identity,
        marketing=not sharing,
        sharing=sharing,
        signal=Signal.PORTAL,
        at=clock.now(),
    )
    said = _("Recorded. From now on we do not pass your data on to others.")
    messages.success(
        request, said if sharing else _("Recorded. From now on your data is not used for advertising.")
    )
    return redirect("consent:mine")


@entry(STAFF, "consent.manage", methods=("POST",))
def enter(request: Asked, subject: UUID) -> HttpResponse:
    """Record what a person told staff: that they object to advertising, or to sharing."""
    sharing = request.POST.get("about") == "sharing"
    objections.object_to(
        actor=request.actor,
        subject=subject,
        marketing=not sharing,
        sharing=sharing,
        signal=Signal.STAFF,
        at=clock.now(),
    )
    messages.success(request, _("Recorded. It holds from this moment."))
    return redirect("consent:desk-subject", subject)


@entry(PUBLIC)
@cache_control(public=True, max_age=_DAY)
def well_known(request: Asked) -> HttpResponse:
    """Says that the signal is heeded here."""
    return JsonResponse(gpc.statement())
