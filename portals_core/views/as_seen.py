"""The portal as one portal user sees it, and why a record is seen by whom (P12, C9).

Looking leaves a leaf, so it is a POST: a GET only says what will happen.
"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.entry import STAFF, entry
from portals_core.forms.sharing_rules import EyesForm
from portals_core.people import previews, sight
from portals_core.people.models import User
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent
from portals_core.records import reads
from portals_core.views.given import asking, posted

BOTH = ("GET", "POST")


@entry(STAFF, "setup.manage", methods=BOTH)
def portal(request: HttpRequest, account: UUID) -> HttpResponse:
    """The modules this person has, with their counts."""
    actor, user = asking(request), _user(asking(request), account)
    if request.method != "POST":
        return _ask(request, user)
    modules = previews.overview(actor=actor, user=user, at=clock.now())
    return render(
        request,
        "portals_core/as_seen/portal.html",
        {"account": user, "modules": modules, "cap": reads.CAP},
    )


@entry(STAFF, "setup.manage", methods=BOTH)
def module(request: HttpRequest, account: UUID, module: str) -> HttpResponse:
    """One module's list, page by page."""
    actor, user = asking(request), _user(asking(request), account)
    if request.method != "POST":
        return _ask(request, user)
    of, page = previews.page(actor=actor, user=user, module=module, after=_after(request), at=clock.now())
    context = {"account": user, "module": of, "page": page, "first": _after(request) is None}
    return render(request, "portals_core/as_seen/list.html", context)


@entry(STAFF, "setup.manage", methods=BOTH)
def record(request: HttpRequest, account: UUID, module: str, record: UUID) -> HttpResponse:
    """One record with the fields this person reads."""
    actor, user = asking(request), _user(asking(request), account)
    if request.method != "POST":
        return _ask(request, user)
    seen = previews.record(actor=actor, user=user, module=module, key=record, at=clock.now())
    return render(request, "portals_core/as_seen/record.html", {"account": user, "seen": seen})


@entry(STAFF, "records.view", methods=BOTH)
def who(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """Who of the portal sees a record, and for one chosen person every way in and what it depends on."""
    actor = asking(request)
    of = reads.module_in_reach(actor, module)
    found = reads.record(actor, of, record)
    form = EyesForm(posted(request), actor=actor)
    chosen = form.user() if request.method == "POST" and form.is_valid() else None
    context = {
        "module": of,
        "record": found,
        "title": reads.title(actor, of, found),
        "form": form,
        "chosen": chosen,
        "sight": sight.why(actor, chosen, found) if chosen else None,
        "nearest": sight.nearest(actor, found),
        "shared": sight.shared_with(of),
    }
    status = 400 if form.errors else 200
    return render(request, "portals_core/as_seen/who.html", context, status=status)


def _user(actor: Actor, account: UUID) -> User:
    found = sight.portal_users(actor).filter(public_id=account).first()
    if found is None:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return found


def _after(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("after", ""))
    except ValueError:
        return None


def _ask(request: HttpRequest, user: User) -> HttpResponse:
    return render(request, "portals_core/as_seen/ask.html", {"account": user})
