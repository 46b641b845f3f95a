"""The set-up of who gets new cases."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict
from requests.desk import assignment, rules
from requests.forms.queue import RuleForm, told
from requests.models import AssignmentRule, Channel, Kind
from requests.views.composed import rooms

ASSIGN = "cases.assign"


@entry(STAFF, ASSIGN)
def listed(request: Asked) -> HttpResponse:
    """Every rule, in the order in which they are asked."""
    names = {str(one.public_id): one.name or one.email for one in assignment.officers()}
    rows = [
        {
            "rule": one,
            "officers": [names[key] for key in one.officers if key in names],
            "kinds": [Kind(value).label for value in one.kinds],
            "channels": [Channel(value).label for value in one.channels],
        }
        for one in rules.rules(request.actor)
    ]
    return render(request, "dsr_requests/rules.html", {"rows": rows, **rooms(request.actor)})


@entry(STAFF, ASSIGN, methods=("GET", "POST"))
def edit(request: Asked, rule: UUID | None = None) -> HttpResponse:
    """Set up a rule, or change one."""
    found = rules.rule(request.actor, rule) if rule else None
    data = request.POST if request.method == "POST" else None
    form = RuleForm(data, officers=assignment.officers(), initial=told(found))
    status = 200
    if data is not None:
        status = 400
        if form.is_valid():
            try:
                rules.define(actor=request.actor, wanted=form.wanted(), rule=rule, at=clock.now())
            except (BadInput, Conflict) as error:
                status = form.blame(error)
            else:
                messages.success(request, _("Saved. It counts for requests that come from now on."))
                return redirect("dsr_requests:rules")
    return _form(request, form, found, status)


@entry(STAFF, ASSIGN, methods=("POST",))
def remove(request: Asked, rule: UUID) -> HttpResponse:
    """Take a rule away; what it gave out stays given."""
    rules.remove(actor=request.actor, rule=rule, at=clock.now())
    messages.success(request, _("The rule is deleted."))
    return redirect("dsr_requests:rules")


def _form(request: Asked, form: RuleForm, found: AssignmentRule | None, status: int) -> HttpResponse:
    return render(request, "dsr_requests/rule.html", {"form": form, "found": found}, status=status)
