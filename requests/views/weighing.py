"""Deciding on what a request touches, group by group and item by item."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict, DsrError, Locked
from requests import sheet
from requests.casebook import names, reads
from requests.deciding import drafting, verdicts
from requests.deciding.board import Page
from requests.desk import next_steps
from requests.forms.board import BoardForm, board_form, group_form
from requests.law.states import State
from requests.models import Case
from requests.views import officer
from requests.views.officer import DECIDE


@entry(STAFF, DECIDE, methods=("POST",))
def decide_items(request: Asked, case: UUID) -> HttpResponse:
    """Save what is to be done about each group and item, or submit it: a deletion goes to a second officer,
    everything else is carried out."""
    found, board = _weighed(request, case)
    if board is None:
        return officer.refused(request, found, officer.gone())
    form = board_form(request.actor, found, board.groups, request.POST)
    if not form.is_valid():
        return officer.page(request, found, status=400, items=form)
    try:
        moved = _saved(request, found, form)
    except (BadInput, Conflict, Locked) as error:
        return _kept(request, error, case)
    if moved is None:
        messages.success(request, _("Saved. Nothing is decided yet."))
    else:
        messages.success(request, next_steps.decided(moved))
    return redirect("dsr_requests:case", case)


def _weighed(request: Asked, case: UUID) -> tuple[Case, verdicts.Board | None]:
    """The case, and its board while there is something to decide."""
    found = reads.case_for(request.actor, case)
    if found.state != State.IN_REVIEW:
        return found, None
    return found, sheet.board(request.actor, found, at=clock.now())


def _saved(request: Asked, found: Case, form: BoardForm) -> Case | None:
    """Save, and submit unless only the draft was to be saved; returns the case where it was decided."""
    given: dict[str, Any] = {
        "actor": request.actor,
        "case": found.pk,
        "entered": form.entered(),
        "seen": form.cleaned_data["seen"],
        "at": clock.now(),
    }
    if request.POST.get("then") == "save":
        drafting.save(**given)
        return None
    return drafting.submit(**given, ground=form.reason())


def _kept(request: Asked, error: DsrError, case: UUID) -> HttpResponse:
    """The page as it stands now, with everything that was entered and what stands against it."""
    now, board = _weighed(request, case)
    if board is None:
        return officer.refused(request, now, error)
    form = board_form(request.actor, now, board.groups, request.POST)
    status = _blamed(form, error)
    return officer.page(request, now, status=status, items=form)


def _blamed(form: BoardForm, error: DsrError) -> int:
    form.is_valid()
    form.renew()
    return form.blame(error)


@entry(STAFF, DECIDE, methods=("GET", "POST"))
def group(request: Asked, case: UUID, source: str, kind: str) -> HttpResponse:
    """Every item of one group, a page at a time; saving them decides nothing yet."""
    found, board = _weighed(request, case)
    if board is None:
        return redirect("dsr_requests:case", case)
    here = next((row for row in board.groups if (row.source, row.kind) == (source, kind)), None)
    if here is None:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    after = request.GET.get("after", "")
    page = verdicts.page(request.actor, found, source, kind, after=after)
    listed = replace(here, items=page.items)
    if request.method == "GET":
        return _listed(request, found, group_form(request.actor, found, listed), page)
    form = group_form(request.actor, found, listed, request.POST)
    if not form.is_valid():
        return _listed(request, found, form, page, status=400)
    try:
        drafting.save(
            actor=request.actor,
            case=found.pk,
            entered=form.entered(),
            seen=form.cleaned_data["seen"],
            at=clock.now(),
        )
    except (BadInput, Conflict, Locked) as error:
        now = reads.case_for(request.actor, case)
        form = group_form(request.actor, now, listed, request.POST)
        return _listed(request, now, form, page, status=_blamed(form, error))
    messages.success(request, _("Saved. Nothing is decided yet."))
    query = {"after": after} if after else {}
    address = reverse("dsr_requests:group", args=[case, source, kind])
    return redirect(f"{address}?{urlencode(query)}" if query else address)


def _listed(request: Asked, found: Case, form: BoardForm, page: Page, *, status: int = 200) -> HttpResponse:
    (line,) = form.lines()
    context = {
        "case": found,
        "person": names.persons(request.actor, [found.subject])[found.subject],
        "items": form,
        "line": line,
        "named": request.actor.may("records.view"),
        "after": request.GET.get("after", ""),
        "next": f"?{urlencode({'after': page.after})}" if page.after else "",
    }
    return render(request, "dsr_requests/group.html", context, status=status)
