"""The auditor's room: cases whole, evidence to take away, the log and its signed heads."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from exports import audit, deliver, evidence
from exports.forms import CaseSearch, LogSearch
from exports.views.files import attachment
from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Conflict


@entry(STAFF, "evidence.view")
def case_list(request: Asked) -> HttpResponse:
    """Every case, newest first."""
    form = CaseSearch(request.GET)
    number = form.cleaned_data["number"].strip() if form.is_valid() else ""
    found, following = audit.case_list(request.actor, number=number, after=request.GET.get("after", ""))
    context = {"form": form, "cases": found, "next": _next(request, following), "searched": bool(number)}
    return render(request, "exports/audit_cases.html", context)


@entry(STAFF, "evidence.view")
def case_page(request: Asked, case: UUID) -> HttpResponse:
    """One case whole."""
    context = dict(audit.case_page(request.actor, case))
    context["bundles"] = [one for one in deliver.of_case(request.actor, case) if one.kind == "evidence"]
    return render(request, "exports/audit_case.html", context)


@entry(STAFF, "evidence.view", methods=("POST",), fresh=("POST",))
def ask_evidence(request: Asked, case: UUID) -> HttpResponse:
    """Have the evidence of a case made."""
    try:
        evidence.ask(actor=request.actor, case=case, at=clock.now())
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The evidence is being made. Reload this page in a moment."))
    return redirect("exports:audit-case", case=case)


@entry(STAFF, "evidence.view", methods=("POST",), fresh=("POST",))
def take_evidence(request: Asked, bundle: UUID) -> HttpResponse:
    """Hand evidence out."""
    return attachment(deliver.hand_out(actor=request.actor, bundle=bundle, at=clock.now()))


@entry(STAFF, "ledger.view")
def log_page(request: Asked) -> HttpResponse:
    """Search the log."""
    form = LogSearch(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    page = audit.log(request.actor, **_filters(asked), after=request.GET.get("after", ""))
    context = {
        "form": form,
        "page": page,
        "next": _next(request, page.following),
        "heads": audit.heads(request.actor, limit=5),
        "searched": any(asked.values()),
    }
    return render(request, "exports/audit_log.html", context, status=200 if form.is_valid() else 400)


@entry(STAFF, "ledger.view", "evidence.view")
def check_page(request: Asked) -> HttpResponse:
    """How to check everything without this product, and the signed heads to keep."""
    heads = audit.heads(request.actor) if request.actor.may("ledger.view") else []
    return render(request, "exports/audit_check.html", {"heads": heads})


def _filters(asked: dict[str, Any]) -> dict[str, Any]:
    since, until = asked.get("since"), asked.get("until")
    return {
        "code": asked.get("code", ""),
        "about": asked.get("about", "").strip(),
        "since": _begin(since) if since else None,
        "until": audit.day_after(_begin(until)) if until else None,
    }


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _next(request: Asked, following: str) -> str:
    if not following:
        return ""
    asked: QueryDict = request.GET.copy()
    asked["after"] = following
    return f"?{asked.urlencode()}"
