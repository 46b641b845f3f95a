"""The desk's figures: the work of each officer, plots of the cases, the register as a file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import formats
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from consent.desk import plots as bars
from portals_core.access.actor import Actor
from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput
from requests.desk import case_register, queue
from requests.desk import figures as counted
from requests.desk import workload as loads
from requests.forms.queue import PeriodForm
from requests.models import Kind
from requests.views.composed import rooms

VIEW = "cases.view"
MONTH = _("Month")


@entry(STAFF, VIEW)
def workload(request: Asked) -> HttpResponse:
    """How much lies with whom."""
    found = loads.workload(request.actor, at=clock.now())
    return render(
        request, "dsr_requests/workload.html", {"loads": found, "days": loads.LATELY, **rooms(request.actor)}
    )


@entry(STAFF, VIEW)
def plots(request: Asked) -> HttpResponse:
    """Cases by month, time to the answer, what is due, refusals by ground."""
    actor, at = request.actor, clock.now()
    context = {
        "plots": [*_by_month(actor, at), _due(actor, at)],
        "refusals": counted.refusals(actor, at=at),
        "months": counted.MONTHS,
        **rooms(actor),
    }
    return render(request, "dsr_requests/figures.html", context)


@entry(STAFF, *case_register.PERMISSIONS, methods=("GET", "POST"))
def register(request: Asked) -> HttpResponseBase:
    """The register of requests for a period, as a table."""
    today = queue.today(clock.now())
    first = {"since": today - timedelta(days=365), "until": today}
    form = PeriodForm(request.POST if request.method == "POST" else None, initial=first)
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            lines = case_register.export(actor=request.actor, at=clock.now(), **form.cleaned_data)
        except BadInput as error:
            status = form.blame(error)
        else:
            response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
            name = f"requests-{form.cleaned_data['since']}-{form.cleaned_data['until']}.csv"
            response.headers["Content-Disposition"] = str(content_disposition_header(True, name))
            response.headers["Cache-Control"] = "no-store"
            return response
    context = {"form": form, **rooms(request.actor)}
    return render(request, "dsr_requests/register.html", context, status=status)


def _by_month(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    found = counted.months(actor, at=at)
    names = [formats.date_format(month.first, "M y") for month in found]

    def plot(title: object, value: object, numbers: list[int | None], tone: str = "") -> dict[str, Any]:
        return bars.bars(title, MONTH, value, list(zip(names, numbers, strict=True)), tone=tone)

    came = [
        plot(
            _("Received by month: %(kind)s") % {"kind": kind.label},
            _("Received"),
            [one.received[kind] for one in found],
        )
        for kind in Kind
    ]
    return [
        *came,
        plot(_("Answered by month"), _("Answered"), [one.answered for one in found]),
        plot(_("Days to the answer, half of the requests"), _("Days"), [one.median for one in found]),
        plot(_("Days to the answer, nine in ten requests"), _("Days"), [one.ninetieth for one in found]),
    ]


def _due(actor: Actor, at: datetime) -> dict[str, Any]:
    found = counted.waiting(actor, at=at)
    values = [
        (str(_("over 30 days late")), found.long_overdue),
        (str(_("late")), found.overdue),
        (str(_("due in 7 days")), found.soon),
        (str(_("due in 30 days")), found.this_month),
        (str(_("later")), found.later),
    ]
    plot = bars.bars(_("Open requests by due day"), _("Due"), _("Requests"), values)
    for bar, tone in zip(plot["bars"], ("bad", "bad", "warn", "", ""), strict=True):
        bar["tone"] = tone
    return plot
