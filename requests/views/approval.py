"""What officers do beside a decision: take it back, link a duplicate and answer it, note an authority."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict
from requests.arriving import mandates
from requests.casebook import reads
from requests.deciding import cooling, duplicates
from requests.forms.approval import AuthorityForm, LinkForm, RecallForm
from requests.forms.common import Errand

DECIDE = "cases.decide"


class _Nothing(Errand):
    """A button and no field."""


@entry(STAFF, DECIDE, methods=("POST",))
def recall(request: Asked, case: UUID) -> HttpResponse:
    """Take an approved deletion back into review while it can still be withdrawn."""
    return _step(
        request, case, RecallForm(request.POST), cooling.recall,
        heading=_("Take the deletion back"),
        done=_("Taken back. The request is in review again, and nothing was erased."),
    )  # fmt: skip


@entry(STAFF, DECIDE, methods=("POST",))
def link(request: Asked, case: UUID) -> HttpResponse:
    """Note that the request asks the same as another."""
    return _step(
        request, case, LinkForm(request.POST), duplicates.link,
        heading=_("Link to the first request"),
        done=_("Linked. Each request keeps its number and its due date."),
    )  # fmt: skip


@entry(STAFF, DECIDE, methods=("POST",))
def unlink(request: Asked, case: UUID) -> HttpResponse:
    """The request is no duplicate after all."""
    return _step(
        request, case, _Nothing(request.POST), duplicates.unlink,
        heading=_("Remove the link"),
        done=_("The link is removed. Answer this request by itself."),
    )  # fmt: skip


@entry(STAFF, DECIDE, methods=("POST",))
def settle(request: Asked, case: UUID) -> HttpResponse:
    """Answer a duplicate as the first request was answered."""
    return _step(
        request, case, _Nothing(request.POST), duplicates.settle,
        heading=_("Answer as the first request"),
        done=_("Answered as the first request. The person is told."),
    )  # fmt: skip


@entry(STAFF, DECIDE, methods=("POST",))
def authority(request: Asked, case: UUID) -> HttpResponse:
    """Note what authority was seen on paper."""
    return _step(
        request, case, AuthorityForm(request.POST), mandates.shown,
        heading=_("Authority seen on paper"),
        done=_("Recorded. The person is told, and can end the request until it is carried out."),
    )  # fmt: skip


def _step(
    request: Asked, case: UUID, form: Errand, act: Callable[..., Any], *, heading: object, done: object
) -> HttpResponse:
    """Act and go to the case; what stands against it is said beside the form, which can be sent again."""
    found, status = reads.case_for(request.actor, case), 400
    if form.is_valid():
        try:
            act(actor=request.actor, case=found.pk, at=clock.now(), **form.cleaned_data)
        except (BadInput, Conflict) as error:
            status = form.blame(error)
        except Absent:
            # The case is there: what is not is what was named in the form.
            form.add_error(_first(form), _("There is no such request. Check the number."))
        else:
            messages.success(request, str(done))
            return redirect("dsr_requests:case", case)
    context = {"case": found, "form": form, "heading": heading}
    return render(request, "dsr_requests/case_step.html", context, status=status)


def _first(form: forms.Form) -> str | None:
    return next(iter(form.fields), None)
