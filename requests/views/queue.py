"""The desk's queue: narrowed, page by page, with saved views and assignment of many at once."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portals_core.entry import STAFF, Asked, entry
from portals_core.people import usertypes
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict
from requests.desk import assignment, queue_rows, saved_views
from requests.desk import queue as listing
from requests.desk.queue import Cursor, Filters
from requests.forms.queue import QueueForm, ViewForm, query_of
from requests.views.composed import rooms

VIEW, ASSIGN = "cases.view", "cases.assign"


@entry(STAFF, VIEW)
def queue(request: Asked) -> HttpResponse:
    """Cases, due soonest first; without a question, the view the officer chose to begin with."""
    if not request.GET:
        chosen = saved_views.chosen(request.actor)
        if chosen is not None:
            return redirect(_address(urlencode(query_of(saved_views.filters_of(chosen)))))
    return _page(request, request.GET)


@entry(STAFF, ASSIGN, methods=("POST",))
def assign(request: Asked) -> HttpResponse:
    """Give the chosen cases to somebody, or back to nobody."""
    back, to = request.POST.get("back", ""), request.POST.get("to", "")
    try:
        if not to:
            raise BadInput(_("Choose to whom the requests go."))
        number = assignment.give(
            actor=request.actor,
            cases=request.POST.getlist("case"),
            to=None if to == listing.NOBODY else to,
            at=clock.now(),
        )
    except (BadInput, Conflict) as error:
        return _page(request, QueryDict(back), status=error.http_status, trouble=error.public)
    said = ngettext("%(number)s request changed hands.", "%(number)s requests changed hands.", number)
    messages.success(request, said % {"number": number})
    return redirect(_address(back))


@entry(STAFF, VIEW, methods=("POST",))
def save_view(request: Asked) -> HttpResponse:
    """Keep the filters in force under a name."""
    query = QueryDict(request.POST.get("back", ""))
    form, wanted = ViewForm(request.POST), _filters(query).wanted()
    status = 400
    if form.is_valid():
        try:
            saved_views.save(actor=request.actor, filters=vars(wanted), at=clock.now(), **form.cleaned_data)
        except (BadInput, Conflict) as error:
            status = form.blame(error)
        else:
            messages.success(request, _("The view is saved."))
            return redirect(_address(urlencode(query_of(wanted))))
    return _page(request, query, status=status, view_form=form)


@entry(STAFF, VIEW, methods=("POST",))
def choose_view(request: Asked) -> HttpResponse:
    """Begin with a view from now on, or with all open cases."""
    saved_views.choose(actor=request.actor, view=request.POST.get("view") or None, at=clock.now())
    messages.success(request, _("The queue opens like this from now on."))
    return redirect("dsr_requests:queue")


@entry(STAFF, VIEW, methods=("POST",))
def delete_view(request: Asked, view: UUID) -> HttpResponse:
    """Take one's own view away."""
    saved_views.delete(actor=request.actor, view=view, at=clock.now())
    messages.success(request, _("The view is deleted."))
    return redirect(_address(listing.OPEN))


def _page(request: Asked, query: QueryDict, *, status: int = 200, **more: Any) -> HttpResponse:
    actor, at = request.actor, clock.now()
    officers = assignment.officers()
    form = _filters(query, officers)
    wanted = form.wanted()
    after, before = _cursor(query.get("after", "")), _cursor(query.get("before", ""))
    page = listing.page(actor, wanted, at=at, after=after, before=before)
    asked, standing = query_of(wanted), listing.standing(actor, at=at)
    number = standing.open if wanted == Filters() else listing.count(actor, wanted, at=at)
    context = {
        "form": form,
        "filtered": bool(asked),
        "folded": not set(form.MORE) & set(asked),
        "rows": queue_rows.rows(actor, page.cases, at=at),
        "total": _total(number, wanted),
        "standing": {name: listing.in_words(number) for name, number in vars(standing).items()},
        "may_file": actor.may("cases.decide"),
        **rooms(actor),
        "officers": officers,
        "back": urlencode(asked),
        "views": _views(actor),
        "view_form": ViewForm(),
        "following": _beside(asked, page, first=bool(after or before)),
        **more,
    }
    return render(request, "dsr_requests/queue.html", context, status=status)


def _beside(asked: dict[str, str], page: listing.Page, *, first: bool) -> dict[str, str]:
    """Addresses of the pages beside this one, those that are there."""
    start = urlencode(asked) or listing.OPEN
    return {
        "first": f"?{start}" if first else "",
        "previous": f"?{urlencode({**asked, 'before': _as_text(page.before)})}" if page.before else "",
        "next": f"?{urlencode({**asked, 'after': _as_text(page.after)})}" if page.after else "",
    }


def _views(actor: Any) -> list[dict[str, Any]]:
    chosen = saved_views.chosen(actor)
    return [
        {
            "view": one,
            "query": urlencode(query_of(saved_views.filters_of(one))),
            "mine": one.owner_id == actor.user_id,
            "chosen": chosen is not None and one.pk == chosen.pk,
        }
        for one in saved_views.views(actor)
    ]


def _total(number: int, wanted: Filters) -> str:
    shown = {"shown": listing.in_words(number)}
    if wanted == Filters():
        return ngettext("%(shown)s open request", "%(shown)s open requests", number) % shown
    return ngettext("%(shown)s request", "%(shown)s requests", number) % shown


def _filters(query: QueryDict, officers: Any = None) -> QueueForm:
    types = [(str(one.pk), one.name) for one in usertypes.user_types()]
    return QueueForm(query, officers=officers or assignment.officers(), user_types=types)


def _address(query: str) -> str:
    return f"{reverse('dsr_requests:queue')}?{query or listing.OPEN}"


def _as_text(cursor: Cursor) -> str:
    return f"{cursor[0].isoformat()}~{cursor[1]}"


def _cursor(text: str) -> Cursor | None:
    day, _sign, key = text.partition("~")
    try:
        return date.fromisoformat(day), UUID(key)
    except ValueError:
        return None
