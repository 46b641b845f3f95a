"""Receipts of consent, to download."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache

from consent.receipts import reading
from consent.receipts.files import File
from portals_core.entry import PUBLIC, SIGNED_IN, Asked, entry
from portals_core.plumbing import clock


@never_cache
@entry(SIGNED_IN)
def receipt(request: Asked, decision: UUID, form: str) -> HttpResponse:
    """The receipt of one decision, for whoever may have it."""
    return _attachment(reading.hand_out(actor=request.actor, decision=decision, form=form, at=clock.now()))


@never_cache
@entry(PUBLIC)
def by_link(request: Asked, token: str, form: str) -> HttpResponse:
    """The receipt of what the person agreed to, by the link they were sent."""
    return _attachment(reading.by_link(token=token, form=form, at=clock.now()))


def _attachment(file: File) -> HttpResponse:
    response = HttpResponse(file.content, content_type=file.content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
