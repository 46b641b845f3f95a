"""The person answers a question about their request."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from portals_core.entry import PORTAL, Asked, entry
from portals_core.plumbing import clock as now
from portals_core.plumbing.errors import BadInput, Conflict
from requests.casebook import reads
from requests.forms.clock import AnswerForm
from requests.parts import clock as part
from requests.timing import clock


@entry(PORTAL, methods=("GET", "POST"))
def answer(request: Asked, case: UUID) -> HttpResponse:
    """The question with a field for the answer; nobody but the person it is about answers."""
    found = reads.case_for(request.actor, case)
    bound: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        form = AnswerForm(request.POST)
        bound, status = {"answer_form": form}, 400
        if form.is_valid():
            try:
                clock.answer(actor=request.actor, case=case, at=now.now(), **form.cleaned_data)
            except (BadInput, Conflict) as error:
                status = form.blame(error)
                found = reads.case_for(request.actor, case)
            else:
                messages.success(request, _("Thank you. We go on with your request."))
                return redirect("dsr_requests:status", case)
    context = {"case": found, **part.own(request.actor, found), **bound}
    if bound and context["question"]:
        form.put_below(context["question"].pk)
    return render(request, "dsr_requests/answer.html", context, status=status)
