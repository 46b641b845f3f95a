"""The officer and the clock of a case: ask, write down the answer, take more time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock as now
from portals_core.plumbing.errors import BadInput, Conflict
from requests.casebook import reads
from requests.forms.clock import AskForm, ExtendForm, RecordAnswerForm
from requests.forms.common import Errand
from requests.models import Case
from requests.parts import clock as part
from requests.timing import clock

DECIDE = "cases.decide"
Writer = Callable[..., Case]


@entry(STAFF, DECIDE, methods=("POST",))
def ask(request: Asked, case: UUID) -> HttpResponse:
    """Put a question to the person; the case waits for the answer."""
    found = reads.case_for(request.actor, case)
    form = AskForm(request.POST, signed_in=clock.signed_in(found))
    return _done(request, found, "clock_ask", form, clock.ask, _("The person was asked."))


@entry(STAFF, DECIDE, methods=("POST",))
def record_answer(request: Asked, case: UUID) -> HttpResponse:
    """Write down an answer that came another way than through the portal."""
    found = reads.case_for(request.actor, case)
    form = RecordAnswerForm(request.POST)
    return _done(request, found, "clock_answer", form, _answer, _("The answer is recorded. The clock runs."))


def _answer(*, received_on: Any, **given: Any) -> Case:
    return clock.answer(received=received_on, **given)


@entry(STAFF, DECIDE, methods=("POST",))
def extend(request: Asked, case: UUID) -> HttpResponse:
    """Take two further months and tell the person why."""
    found = reads.case_for(request.actor, case)
    form = ExtendForm(request.POST)
    told = _("More time is taken. The person is told the new day and why.")
    return _done(request, found, "clock_extend", form, clock.extend, told)


def _done(
    request: Asked, found: Case, name: str, form: Errand, writer: Writer, told: Promise
) -> HttpResponse:
    """Act and go to the case; what was refused is shown again with its sentence."""
    status = 400
    if form.is_valid():
        try:
            writer(actor=request.actor, case=found.pk, at=now.now(), **form.cleaned_data)
        except (BadInput, Conflict) as error:
            status = form.blame(error)
        else:
            messages.success(request, str(told))
            return redirect("dsr_requests:case", found.pk)
    fresh = reads.case_for(request.actor, found.pk)
    context = {"case": fresh, "refused": form, **part.part(request.actor, fresh, now.now(), **{name: form})}
    return render(request, "dsr_requests/clock.html", context, status=status)
