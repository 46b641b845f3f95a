"""Staff: what the organisation asks consent for, and every version of the texts it asks with."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from consent import panels
from consent.catalogue import purposes
from consent.desk import text_history
from consent.forms.purposes import PurposeForm
from consent.models import Purpose
from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict

KEEP, SET_UP = "consent.manage", "setup.manage"


@entry(STAFF, KEEP, SET_UP)
def desk(request: Asked) -> HttpResponse:
    """Purposes with the text people are shown now, and the languages it lacks."""
    found = list(purposes.all_of_them(request.actor))
    newest = text_history.newest_of(found, panels.language())
    rows = [(one, newest.get(one.pk)) for one in found]
    return render(request, "consent/desk.html", {"rows": rows, "may": may(request)})


@entry(STAFF, SET_UP, methods=("GET", "POST"))
def new_purpose(request: Asked) -> HttpResponse:
    """Set up a purpose."""
    return _purpose_form(request, _form(request))


@entry(STAFF, SET_UP, methods=("GET", "POST"))
def edit_purpose(request: Asked, purpose: str) -> HttpResponse:
    """Change a purpose; its key stays."""
    found = purposes.purpose(purpose)
    names = ("key", "name", "description", "channels", "active")
    initial = {name: getattr(found, name) for name in names} | dict(purposes.rules_of(found))
    form = _form(request, initial=initial)
    form.fields["key"].disabled = True
    return _purpose_form(request, form, found)


def _form(request: Asked, **given: Any) -> PurposeForm:
    return PurposeForm(request.POST or None, modules=purposes.form_modules(), **given)


def _purpose_form(request: Asked, form: PurposeForm, found: Purpose | None = None) -> HttpResponse:
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                stored = purposes.define(actor=request.actor, new=found is None, **form.cleaned_data)
                messages.success(request, _("Saved. It holds from now on."))
                if may(request)["keep"]:
                    return redirect("consent:purpose", stored.key)
                return redirect("consent:desk")
            except (BadInput, Conflict) as error:
                status = form.blame(error)
    affected = text_history.affected(found, at=clock.now()) if found else None
    context = {"form": form, "purpose": found, "affected": affected, "may": may(request)}
    return render(request, "consent/purpose_form.html", context, status=status)


@entry(STAFF, KEEP)
def purpose(request: Asked, purpose: str) -> HttpResponse:
    """One purpose: what is asked now, and every version of its text, page by page."""
    found = purposes.purpose(purpose)
    before = _number(request.GET.get("before", ""))
    context = {
        "purpose": found,
        "newest": text_history.newest_of([found], panels.language()).get(found.pk),
        "page": text_history.page(request.actor, found, before=before),
        "first": before is None,
        "affected": text_history.affected(found, at=clock.now()),
        "may": may(request),
    }
    return render(request, "consent/purpose.html", context)


def may(request: Asked) -> dict[str, bool]:
    """What the page may offer."""
    return {"set_up": request.actor.may(SET_UP), "keep": request.actor.may(KEEP)}


def _number(given: str) -> int | None:
    return int(given) if given.isdecimal() and len(given) < 10 else None
