"""Requests without an account: the form, the code, and the link in the message (W16, W23)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from portals_core.entry import PUBLIC, Asked, entry
from portals_core.plumbing import clock, network
from portals_core.plumbing.errors import BadInput, Conflict, TooMany
from requests.arriving import codes, public
from requests.forms.public import AskForm, CodeForm
from requests.models import Kind
from requests.views.spoken import language_of, spoken

REFUSED = (BadInput, Conflict, TooMany)


@never_cache
@entry(PUBLIC, methods=("GET", "POST"))
def ask(request: Asked) -> HttpResponse:
    """What is asked and where the answer goes; the next page is the same for everybody."""
    form = AskForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                proof = public.ask(
                    at=clock.now(),
                    network=network.network_of(request.META),
                    language=translation.get_language() or "",
                    **form.answered(),
                )
            except REFUSED as error:
                status = form.blame(error)
            else:
                return redirect("dsr_requests:code", proof)
    return render(request, "dsr_requests/ask.html", {"form": form}, status=status)


@never_cache
@entry(PUBLIC, methods=("GET", "POST"))
def code(request: Asked, proof: UUID) -> HttpResponse:
    """Enter the code. Nothing is looked up to show this page."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                codes.try_code(proof, form.cleaned_data["code"], at=clock.now())
            except REFUSED as error:
                status = form.blame(error)
            else:
                return redirect("dsr_requests:proved")
    return render(request, "dsr_requests/code.html", {"form": form, "proof": proof}, status=status)


@never_cache
@entry(PUBLIC, methods=("POST",))
def code_again(request: Asked, proof: UUID) -> HttpResponse:
    """Send another code to the same address."""
    try:
        codes.send_again(proof, at=clock.now())
    except REFUSED as error:
        form = CodeForm()
        context = {"form": form, "proof": proof, "trouble": error.public}
        return render(request, "dsr_requests/code.html", context, status=error.http_status)
    messages.success(request, _("A new code is on its way. The old one no longer works."))
    return redirect("dsr_requests:code", proof)


@never_cache
@entry(PUBLIC, methods=("GET", "POST"))
def prove(request: Asked, token: str) -> HttpResponse:
    """What was asked; only pressing the button proves the address."""
    question = codes.asked(token, at=clock.now())
    tongue = language_of(request, question.language)
    trouble, status = None, 200
    if request.method == "POST":
        try:
            codes.follow(token, at=clock.now())
        except Conflict as error:
            trouble, status = error.public, error.http_status
        else:
            return redirect(f"{reverse('dsr_requests:proved')}?{urlencode({'language': tongue})}")
    context = {"question": question, "kind": Kind(question.kind), "trouble": trouble}
    return spoken(request, tongue, "dsr_requests/prove.html", context, status=status)


@entry(PUBLIC)
def proved(request: Asked) -> HttpResponse:
    """What comes next; the same whoever was found, and whether anybody was."""
    tongue = language_of(request, request.GET.get("language", ""))
    return spoken(request, tongue, "dsr_requests/proved.html", {})
