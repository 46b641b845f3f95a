"""The person takes their copy: signed in with a fresh proof, or by a link that works once."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from exports import deliver
from exports.views.files import attachment
from portals_core.entry import PORTAL, PUBLIC, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Conflict


@entry(PORTAL, methods=("GET", "POST"), fresh=("POST",))
def download(request: Asked, bundle: UUID) -> HttpResponse:
    """GET says what it is and how long it stays; POST hands it out."""
    if request.method == "POST":
        try:
            return attachment(deliver.hand_out(actor=request.actor, bundle=bundle, at=clock.now()))
        except Conflict as refusal:
            return _download_page(request, bundle, refusal)
    return _download_page(request, bundle)


def _download_page(request: Asked, bundle: UUID, refusal: Conflict | None = None) -> HttpResponse:
    found = deliver.bundle_for(request.actor, bundle)
    context = {"bundle": found, "now": clock.now(), "refusal": refusal}
    return render(request, "exports/download.html", context, status=refusal.http_status if refusal else 200)


@entry(PUBLIC, methods=("GET", "POST"))
def redeem(request: Asked, token: str) -> HttpResponse:
    """GET shows and changes nothing (a mail scanner follows links); POST uses the link up (W16)."""
    if request.method == "POST":
        return attachment(deliver.redeem(token, at=clock.now()))
    response = render(request, "exports/redeem.html", {"bundle": deliver.shown(token, at=clock.now())})
    # The address is the secret: it goes to no other page and into no cache. "no-referrer" would take the
    # origin from the form, too, and a form without an origin is refused as foreign.
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers["Cache-Control"] = "no-store"
    return response
