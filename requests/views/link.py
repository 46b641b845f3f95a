"""Pages behind links by which a person answers: what somebody asked in their name, and what we ask
(W16, W17)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from portals_core.entry import PUBLIC, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict
from requests.arriving import mandates
from requests.casebook import words
from requests.forms.clock import AnswerForm
from requests.models import Kind
from requests.telling import questions, reading
from requests.timing import clock as case_clock
from requests.views.spoken import language_of, spoken

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
    "written": (
        _("Thank you, we have your answer"),
        _("A privacy officer reads it. You need do nothing more now."),
    ),
}


@entry(PUBLIC, methods=("GET", "POST"))
@never_cache
def confirm(request: Asked, token: str) -> HttpResponse:
    """Who asked for what and what would happen; only pressing a button answers."""
    question = mandates.asked(token, at=clock.now())
    language = language_of(request, question.language)
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
    status = 400 if request.method == "POST" else 200
    return spoken(request, language, "dsr_requests/confirm.html", context, status=status)


@entry(PUBLIC, methods=("GET", "POST"))
@never_cache
def question(request: Asked, token: str) -> HttpResponse:
    """Our question, which stands in the mail with the link as well; only sending the answer changes
    anything."""
    at = clock.now()
    asked = questions.linked(token, at=at)
    language = language_of(request, reading.language_of(asked.case))
    form, status = AnswerForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                case_clock.answer_by_link(token, text=form.cleaned_data["text"], at=at)
            except (BadInput, Conflict) as error:
                status = form.blame(error)
            else:
                return redirect(_after("written", language))
    until = case_clock.last_day(asked.case, asked.asked_at)
    context = {"question": asked, "case": asked.case, "form": form, "until": until}
    return spoken(request, language, "dsr_requests/question.html", context, status=status)


@entry(PUBLIC)
def answered(request: Asked, answer: str) -> HttpResponse:
    """What happened; says nothing of whom."""
    if answer not in ANSWERS:
        raise Absent(_("There is no such page."))
    title, text = ANSWERS[answer]
    language = language_of(request, request.GET.get("language", ""))
    return spoken(request, language, "dsr_requests/answered.html", {"title": title, "text": text})


def _after(answer: str, language: str) -> str:
    return f"{reverse('dsr_requests:answered', args=[answer])}?{urlencode({'language': language})}"
