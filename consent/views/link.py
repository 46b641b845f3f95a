"""Pages behind links in mail: opening them changes nothing (W16)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from consent import panels
from consent.contact import asking, questions
from consent.deciding import agreeing, answers
from consent.forms.campaigns import Answer
from consent.models import Channel
from portals_core.entry import PUBLIC, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict, DsrError, Forbidden, Locked

ANSWERS = {
    "given": (
        _("Thank you"),
        _("Your answer counts from this moment. We sent you the text with a link to withdraw."),
    ),
    "refused": (_("You said no"), _("Nothing will be done for this purpose. You need do nothing more.")),
    "forgotten": (
        _("Nothing was kept"),
        _("What was entered on the form is deleted. You need do nothing more."),
    ),
    "sent": (
        _("A new message is on its way"),
        _("It comes to the same address and leads to the new text. Nothing is done until you answer."),
    ),
    "withdrawn": (_("Withdrawn"), _("It holds from this moment. You need do nothing more.")),
}


@never_cache
@entry(PUBLIC, methods=("GET", "POST"))
def confirm(request: Asked, token: str) -> HttpResponse:
    """The person's own yes or no, with the exact text before them; or the wish for the new question."""
    if request.method != "POST":
        return _asked(request, token)
    try:
        return redirect("consent:answered", _answer(request, token))
    except (BadInput, Conflict, Forbidden, Locked) as error:
        return _asked(request, token, error)
    except Absent:
        return _gone(request)


def _answer(request: Asked, token: str) -> str:
    """Carry out what was pressed, and name it."""
    pressed, given, now = request.POST.get("answer"), Answer(request.POST), clock.now()
    if pressed == "new":
        questions.ask_anew(token=token, at=now)
        return "sent"
    if pressed not in ("yes", "no") or not given.is_valid():
        raise BadInput(_("Please read the text and press one of the buttons below it."))
    text, remarks = given.cleaned_data["text"], given.cleaned_data["remarks"]
    if pressed == "no":
        answers.decline(token=token, text=text, remarks=remarks, at=now)
        return "refused"
    if text is None:
        raise BadInput(_("Please read the text and press one of the buttons below it."))
    channels = request.POST.getlist("channels")
    answers.confirm(token=token, text=text, channels=channels, remarks=remarks, at=now)
    return "given"


def _asked(request: Asked, token: str, error: DsrError | None = None) -> HttpResponse:
    """The question as it stands now; what was entered is kept."""
    try:
        found = questions.shown(token=token, language=panels.language(), at=clock.now())
        if error is None:
            questions.refuse_unless_asked(found)
    except Absent:
        return _gone(request)
    except Conflict as changed:
        error = changed
    context = {
        "question": found,
        "channels": [(one, Channel(one).label) for one in found.text.channels],
        "chosen": request.POST.getlist("channels"),
        "remarks": request.POST.get("remarks", ""),
        "longest": agreeing.LONGEST_REMARKS,
        "error": error,
    }
    status = error.http_status if error else 200
    return render(request, "consent/confirm.html", context, status=status)


def _gone(request: Asked) -> HttpResponse:
    """Used, expired, ended or altered: which of them is nobody's business but the person's."""
    context = {
        "title": _("This link does not work any longer"),
        "text": _(
            "It works once and for a limited time. If you answered already, your answer counts. If we wrote "
            "to you again since, use the link in the newest message."
        ),
        "gone": True,
    }
    return render(request, "consent/answered.html", context, status=404)


@never_cache
@entry(PUBLIC, methods=("GET", "POST"))
def withdraw(request: Asked, token: str) -> HttpResponse:
    """What the person agreed to, with its receipt; and withdrawal in one step."""
    if request.method != "POST":
        response = _question(request, token, asking.WITHDRAW, "consent/withdraw.html")
        # The address is the secret, and this page leads on: the downloads are told the origin only.
        response.headers["Referrer-Policy"] = "strict-origin"
        return response
    answers.withdraw_by_link(token=token, at=clock.now())
    return redirect("consent:answered", "withdrawn")


@entry(PUBLIC)
def answered(request: Asked, answer: str) -> HttpResponse:
    """What happened; says nothing of whom."""
    if answer not in ANSWERS:
        raise Absent(_("There is no such page."))
    title, text = ANSWERS[answer]
    return render(request, "consent/answered.html", {"title": title, "text": text})


def _question(
    request: Asked, token: str, link: str, template: str, error: DsrError | None = None
) -> HttpResponse:
    found = asking.question(token=token, link=link, language=panels.language(), at=clock.now())
    status = error.http_status if error else 200
    return render(request, template, {"question": found, "token": token, "error": error}, status=status)
