"""The page behind the link by which a person answers what somebody asked in their name (W16, W17)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from portals_core.entry import PUBLIC, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent
from requests import mandates, words
from requests.models import Kind

ANSWERS = {
    "confirmed": (
        _("Thank you, your answer was recorded"),
        _("A privacy officer looks at the request now. The answer goes to you and to nobody else."),
    ),
    "objected": (
        _("You did not agree"),
        _("The request has ended. Nothing was shown, changed or deleted because of it."),
    ),
    "ended": (
        _("The request has ended"),
        _("You ended it. Nothing was shown, changed or deleted because of it."),
    ),
}


@entry(PUBLIC, methods=("GET", "POST"))
@never_cache
def confirm(request: Asked, token: str) -> HttpResponse:
    """Who asked for what and what would happen; only pressing a button answers."""
    question = mandates.asked(token, at=clock.now())
    language = _language(request, question.language)
    answer = request.POST.get("answer", "") if request.method == "POST" else ""
    if answer == "confirm":
        mandates.confirm(token, at=clock.now())
        return redirect(_after("confirmed", language))
    if answer == "object":
        mandates.object_to(token, at=clock.now())
        return redirect(_after("objected" if question.may_agree else "ended", language))
    context = {
        "question": question,
        "kind": Kind(question.kind),
        "outcome": words.IF_YOU_AGREE[question.kind],
    }
    return _spoken(request, language, "dsr_requests/confirm.html", context, again=request.method == "POST")


@entry(PUBLIC)
def answered(request: Asked, answer: str) -> HttpResponse:
    """What happened; says nothing of whom."""
    if answer not in ANSWERS:
        raise Absent(_("There is no such page."))
    title, text = ANSWERS[answer]
    language = _language(request, request.GET.get("language", ""))
    return _spoken(request, language, "dsr_requests/answered.html", {"title": title, "text": text})


def _after(answer: str, language: str) -> str:
    return f"{reverse('dsr_requests:answered', args=[answer])}?{urlencode({'language': language})}"


def _language(request: Asked, asked_in: str) -> str:
    """The language of the mail, unless the person chose another one on this machine."""
    known = dict(settings.LANGUAGES)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return next((one for one in (chosen, asked_in) if one in known), request.LANGUAGE_CODE)


def _spoken(
    request: Asked, language: str, template: str, context: dict[str, Any], *, again: bool = False
) -> HttpResponse:
    with translation.override(language):
        request.LANGUAGE_CODE = language
        return render(request, template, context, status=400 if again else 200)
