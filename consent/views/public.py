"""Public forms: signing up without an account, and confirming by the link in a message (D16)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from consent import panels
from consent.deciding import signups
from consent.forms.public import SignUpForm
from portals_core.entry import PUBLIC, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden, Locked, TooMany


@never_cache
@entry(PUBLIC, methods=("GET", "POST"))
def sign_up(request: Asked, purpose: str) -> HttpResponse:
    """The form of one purpose, with the exact text."""
    wanted, text = signups.form(purpose, language=panels.language())
    form = SignUpForm(request.POST or None, text=text)
    error, status = None, 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                signups.sign_up(purpose=wanted.key, at=clock.now(), **form.answer())
                return redirect("consent:signed-up")
            except (BadInput, Conflict, TooMany) as refusal:
                error, status = refusal, refusal.http_status
                form.blame(refusal)
                # What was typed stays; it stands beside the text as it is now.
                form.data = request.POST.copy() | {"text": str(text.pk)}
    context = {"form": form, "text": text, "purpose": wanted, "error": error}
    return render(request, "consent/sign_up.html", context, status=status)


@entry(PUBLIC)
def signed_up(request: Asked) -> HttpResponse:
    """What to do next; says nothing of whom."""
    words = _(
        "We wrote to the address you entered. It counts only once you confirm it there. If nothing arrives, "
        "look among unwanted mail."
    )
    return render(request, "consent/answered.html", {"title": _("Look into your mailbox"), "text": words})


@never_cache
@entry(PUBLIC, methods=("GET", "POST"))
def confirm(request: Asked, token: str) -> HttpResponse:
    """Yes, or that it was somebody else: opening the page changes nothing (W16)."""
    error, status = None, 200
    if request.method == "POST":
        try:
            if request.POST.get("answer") == "no":
                signups.deny(token=token, at=clock.now())
                return redirect("consent:answered", "forgotten")
            if request.POST.get("answer") != "yes":
                raise BadInput(_("Please read the text and press one of the buttons below it."))
            signups.confirm(token=token, at=clock.now())
            return redirect("consent:answered", "given")
        except (BadInput, Conflict, Forbidden, Locked) as refusal:
            error, status = refusal, refusal.http_status
    found = signups.waiting(token, at=clock.now())
    context = {"waiting": found, "error": error}
    return render(request, "consent/confirm_sign_up.html", context, status=status)
