"""Staff: campaigns that ask many people, and people who did not answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from consent import panels
from consent.catalogue import purposes
from consent.contact import questions
from consent.desk import campaign_reads
from consent.forms.campaigns import CampaignForm
from consent.jobs import campaigns
from consent.models import Campaign
from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict, DsrError, Locked, TooMany

KEEP = "consent.manage"


@entry(STAFF, KEEP)
def listed(request: Asked) -> HttpResponse:
    """Every campaign, newest first."""
    found = campaign_reads.page(request.actor, after=_uuid(request.GET.get("after", "")))
    return render(request, "consent/campaigns.html", {"page": found})


@entry(STAFF, KEEP, methods=("GET", "POST"))
def new(request: Asked) -> HttpResponse:
    """Choose the question and who is asked, see the message and how many people that are, start."""
    form = CampaignForm(request.POST or None, purposes=campaign_reads.askable_purposes(panels.language()))
    context: dict[str, Any] = {"form": form, "preview": None}
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                if request.POST.get("step") == "start":
                    return _started(request, form)
                text = campaigns.current(purposes.purpose(form.cleaned_data["purpose"]))
                context["preview"] = campaign_reads.preview(text, at=clock.now()) if text else None
                context["chosen"] = form.cleaned_data["audience"]
                status = 200
            except (BadInput, Conflict) as error:
                form.add_error(None, str(error.public))
                status = error.http_status
    return render(request, "consent/campaign_form.html", context, status=status)


def _started(request: Asked, form: CampaignForm) -> HttpResponse:
    campaign = campaigns.start(actor=request.actor, at=clock.now(), **form.cleaned_data)
    messages.success(request, _("Started. People are asked one batch after the other."))
    return redirect("consent:campaign", campaign.pk)


@entry(STAFF, KEEP)
def one(request: Asked, campaign: UUID) -> HttpResponse:
    """How far one campaign is."""
    return _one(request, campaign_reads.campaign(request.actor, campaign))


@entry(STAFF, KEEP)
def progress(request: Asked, campaign: UUID) -> HttpResponse:
    """The moving part of that page."""
    found = campaign_reads.campaign(request.actor, campaign)
    return render(request, "consent/campaign_progress.html", _context(found))


@entry(STAFF, KEEP, methods=("POST",))
def stop(request: Asked, campaign: UUID) -> HttpResponse:
    """Ask nobody else."""
    found = campaign_reads.campaign(request.actor, campaign)
    try:
        campaigns.stop(actor=request.actor, campaign=found.pk, at=clock.now())
    except Conflict as error:
        return _one(request, campaign_reads.campaign(request.actor, campaign), error)
    messages.success(request, _("Stopped. Nobody else is asked."))
    return redirect("consent:campaign", campaign)


def _one(request: Asked, found: Campaign, error: DsrError | None = None) -> HttpResponse:
    status = error.http_status if error else 200
    return render(request, "consent/campaign.html", {**_context(found), "error": error}, status=status)


def _context(found: Campaign) -> dict[str, Any]:
    return {"campaign": found, "progress": campaign_reads.progress(found, at=clock.now())}


@entry(STAFF, KEEP)
def unanswered(request: Asked) -> HttpResponse:
    """People who were asked and did not answer."""
    return _unanswered(request)


@entry(STAFF, KEEP, methods=("POST",))
def ask_person(request: Asked, purpose: str, subject: UUID) -> HttpResponse:
    """Ask one person, again or for the first time."""
    try:
        questions.ask_person(actor=request.actor, subject=subject, purpose=purpose, at=clock.now())
    except (BadInput, Conflict, Locked, TooMany) as error:
        return _unanswered(request, error)
    messages.success(request, _("The person was asked by e-mail."))
    return redirect("consent:desk-subject", subject)


def _unanswered(request: Asked, error: DsrError | None = None) -> HttpResponse:
    found = campaign_reads.unanswered(request.actor, after=_uuid(request.GET.get("after", "")))
    status = error.http_status if error else 200
    return render(request, "consent/unanswered.html", {"page": found, "error": error}, status=status)


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
