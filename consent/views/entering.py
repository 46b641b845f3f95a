"""The desk: entering what a person said, and finding a consent invalid."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from consent.deciding import decisions, entering
from consent.desk import sheets
from consent.forms.entering import EntryForm, InvalidForm
from consent.models import State
from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.views.entering import attempt

KEEP = "consent.manage"
_SAID = {
    State.REFUSED: _("Entered: the person does not agree."),
    State.WITHDRAWN: _("Entered: withdrawn. It holds from the moment it was said."),
    State.REVOKED: _("Entered: withdrawn. It holds from the moment it was said."),
}
_AGREED = _("Entered: the person agrees. It holds from the moment it was said.")


@entry(STAFF, KEEP, methods=("GET", "POST"))
def enter(request: Asked, subject: UUID, purpose: str) -> HttpResponse:
    """What somebody said by phone, on paper or face to face."""
    sheet = sheets.sheet(request.actor, subject, purpose, at=clock.now())
    form, status = EntryForm(sheet=sheet, now=clock.now()), 200
    if request.method == "POST":
        form = EntryForm(request.POST, request.FILES, sheet=sheet, now=clock.now())
        stored, status = attempt(
            form,
            lambda: entering.enter(actor=request.actor, subject=subject, purpose=purpose, **form.given()),
        )
        if stored:
            messages.success(request, _SAID.get(State(stored.state), _AGREED))
            return redirect("consent:desk-subject", subject)
    return render(request, "consent/enter.html", {"form": form, "sheet": sheet}, status=status)


@entry(STAFF, KEEP, methods=("GET", "POST"))
def invalidate(request: Asked, subject: UUID, purpose: str) -> HttpResponse:
    """Say why a consent is no consent; it ends at once."""
    sheet = sheets.sheet(request.actor, subject, purpose, at=clock.now())
    form, status = InvalidForm(), 200
    if request.method == "POST":
        form = InvalidForm(request.POST)
        stored, status = attempt(
            form,
            lambda: decisions.invalidate(
                actor=request.actor,
                subject=subject,
                purpose=purpose,
                reason=form.cleaned_data["reason"],
                at=clock.now(),
            ),
        )
        if stored:
            messages.success(request, _("Declared invalid. It no longer holds."))
            return redirect("consent:desk-subject", subject)
    return render(request, "consent/enter_invalid.html", {"form": form, "sheet": sheet}, status=status)
