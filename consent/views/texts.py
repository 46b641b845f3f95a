"""Staff: writing, comparing and withdrawing the texts people are asked with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from consent.catalogue import comparing, purposes, texts
from consent.desk import text_history
from consent.forms.texts import CompareForm, TextForm, WithdrawForm
from consent.models import Purpose, Text
from consent.views.purposes import KEEP
from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict

SITE = settings.LANGUAGE_CODE
#: How many earlier versions a translation can begin with.
EARLIER = 5


@entry(STAFF, KEEP, methods=("GET", "POST"))
def publish(request: Asked, purpose: str) -> HttpResponse:
    """Write a text, see it as people will, publish it; with `from`, begin with the words of a version."""
    found = purposes.purpose(purpose)
    newest = text_history.newest_of([found], SITE).get(found.pk)
    language = _language(request)
    original = newest.text if newest and language != SITE else None
    data = request.POST.copy() if request.method == "POST" else None
    form = TextForm(
        data,
        initial=_begun(request, found, language) | _seen(newest),
        original=original,
        first=newest is None,
        channels=bool(found.channels),
    )
    context: dict[str, Any] = {
        "purpose": found,
        "form": form,
        "language": language,
        "original": original,
        "earlier": text_history.numbers(request.actor, found, language)[:EARLIER] if original else [],
        "number": (newest.text.version if newest else 0) + (0 if original else 1),
        "preview": None,
    }
    status = 200
    if data is not None:
        status = 400
        if form.is_valid():
            try:
                given = {"actor": request.actor, "purpose": purpose, "at": clock.now(), **form.cleaned_data}
                context["preview"] = texts.preview(**given)
                if request.POST.get("step") == "publish":
                    texts.publish(**given)
                    messages.success(request, _("Published. People are shown this text from now on."))
                    return redirect("consent:purpose", purpose)
                status = 200
            except (BadInput, Conflict) as error:
                status = form.blame(error)
                # Whoever was told that a version came meanwhile has now seen it.
                data["after"] = str(_seen(newest)["after"])
    return render(request, "consent/publish.html", context, status=status)


def _language(request: Asked) -> str:
    """The language that is written: fixed when the form is opened."""
    given = request.POST if request.method == "POST" else request.GET
    return given.get("language", SITE) if given.get("language") in dict(settings.LANGUAGES) else SITE


def _seen(newest: text_history.Newest | None) -> dict[str, Any]:
    return {"after": newest.text.version if newest else 0}


def _begun(request: Asked, found: Purpose, language: str) -> dict[str, Any]:
    """The words the form begins with: those of an earlier version, where one is named."""
    begun: dict[str, Any] = {"language": language}
    number = request.GET.get("from", "")
    if number.isdecimal() and len(number) < 10:
        older = text_history.text(request.actor, found, int(number), language)
        names = ("title", "body", "statement", "before_submit", "remarks_label", "show_channels")
        begun |= {name: getattr(older, name) for name in names}
    return begun


@entry(STAFF, KEEP)
def compare(request: Asked, purpose: str) -> HttpResponse:
    """What two versions of one language say differently."""
    found = purposes.purpose(purpose)
    language = _language(request)
    numbers = text_history.numbers(request.actor, found, language)
    chosen = {"after": numbers[0], "before": numbers[1]} if len(numbers) > 1 else {}
    asked = {name: request.GET[name] for name in ("before", "after") if name in request.GET}
    form = CompareForm(chosen | asked, numbers=numbers)
    context: dict[str, Any] = {
        "purpose": found,
        "form": form,
        "language": language,
        "languages": text_history.languages(request.actor, found),
        "enough": len(numbers) > 1,
    }
    if not chosen or not form.is_valid():
        return render(request, "consent/compare.html", context, status=400 if chosen else 200)
    old, new = (_one(request, found, form, name, language) for name in ("before", "after"))
    fields = comparing.fields(old, new)
    context |= {
        "old": old,
        "new": new,
        "differing": [one for one in fields if one.differs],
        "alike": [one for one in fields if not one.differs],
    }
    return render(request, "consent/compare.html", context)


def _one(request: Asked, found: Purpose, form: CompareForm, name: str, language: str) -> Text:
    return text_history.text(request.actor, found, form.cleaned_data[name], language)


@entry(STAFF, KEEP, methods=("GET", "POST"))
def withdraw(request: Asked, purpose: str, version: int) -> HttpResponse:
    """Ask nobody on this version any longer; whom that concerns is said before."""
    found = purposes.purpose(purpose)
    shown = text_history.version(request.actor, found, version)
    form = WithdrawForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                texts.withdraw_version(
                    actor=request.actor, purpose=purpose, version=version, at=clock.now(), **form.cleaned_data
                )
                messages.success(request, _("Withdrawn. Nobody is asked on this version any longer."))
                return redirect("consent:purpose", purpose)
            except (BadInput, Conflict) as error:
                status = form.blame(error)
    newest = text_history.newest_of([found], SITE)[found.pk]
    context = {
        "purpose": found,
        "version": shown,
        "is_newest": newest.text.version == version,
        "affected": text_history.affected(found, at=clock.now(), number=version),
        "form": form,
    }
    return render(request, "consent/withdraw_version.html", context, status=status)
