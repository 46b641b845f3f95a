"""Locks at the desk: the register of those in force; placing one by hand, ending it, changing its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portals_core.entry import STAFF, entry
from portals_core.forms.locks import EndForm, PlaceForm, ReasonForm, RegisterForm
from portals_core.locks import manual, place
from portals_core.plumbing import clock
from portals_core.records import reads
from portals_core.views import entering, standing
from portals_core.views.given import asking, posted

BOTH = ("GET", "POST")
#: Either opens the pages; which ground each places, the writer asks.
BY_HAND = ("records.lock", "records.hold")


@entry(STAFF, "records.view")
def register(request: HttpRequest) -> HttpResponse:
    """The register of locks in force, newest first, as far as this member of staff sees the records."""
    modules = {one.key: one for one in reads.modules_in_reach(asking(request))}
    form = RegisterForm(request.GET, modules=[(key, one.label_plural) for key, one in modules.items()])
    asked = {name: value for name, value in form.cleaned_data.items() if value} if form.is_valid() else {}
    context: dict[str, Any] = {"form": form, "narrowed": bool(asked or form.errors), "cap": reads.CAP}
    if form.errors:
        return render(request, "portals_core/locks/register.html", context, status=400)
    since, after = entering.moment_of(request)
    if "module" in asked:
        asked["module"] = modules[asked["module"]].pk
    found, following = place.register_page(asking(request), since=since, after=after, **asked)
    context |= {
        "locks": standing.listed(asking(request), found),
        "count": reads.capped(place.narrowed(asking(request), **asked)),
        "following": f"{following.placed_at.isoformat()},{following.pk}" if following else "",
        "first": after is None,
        "may_see_case": asking(request).may("cases.view"),
    }
    return render(request, "portals_core/locks/register.html", context)


@entry(STAFF, *BY_HAND, methods=BOTH)
def lock_by_hand(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """Lock a record by hand, for a legal hold with all that belongs to it: their number is said before."""
    of = reads.module_in_reach(asking(request), module)
    found = reads.record(asking(request), of, record)
    grounds = manual.grounds(asking(request), found)
    form = PlaceForm(posted(request), grounds=grounds, belonging=manual.belonging(asking(request), found))
    status = 200
    if request.method == "POST":
        done, status = entering.attempt(
            form,
            lambda: manual.lock_record(
                actor=asking(request), record=found.pk, at=clock.now(), **form.cleaned_data
            ),
        )
        if done:
            number = len(done)
            said = ngettext("%(count)s record was locked.", "%(count)s records were locked.", number)
            messages.success(request, said % {"count": number})
            return redirect("portals_core:desk-record", of.key, found.pk)
    title = reads.title(asking(request), of, found)
    context = {"module": of, "record": found, "title": title, "form": form}
    return render(request, "portals_core/locks/place.html", context, status=status)


@entry(STAFF, *BY_HAND, methods=BOTH)
def end(request: HttpRequest, lock: UUID) -> HttpResponse:
    """End a lock that was placed by hand, with a reason."""
    return _with_reason(request, lock, EndForm, manual.unlock, _("The lock has ended."))


@entry(STAFF, *BY_HAND, methods=BOTH)
def change_reason(request: HttpRequest, lock: UUID) -> HttpResponse:
    """Write another reason for a lock placed by hand (L18)."""
    return _with_reason(request, lock, ReasonForm, manual.change_reason, _("The reason was changed."))


def _with_reason(
    request: HttpRequest,
    lock: UUID,
    asks: type[EndForm] | type[ReasonForm],
    write: Callable[..., None],
    said: str,
) -> HttpResponse:
    found = manual.in_hand(asking(request), lock)
    form, status = asks(posted(request), initial={"reason": "" if asks is EndForm else found.reason}), 200
    of = found.record.module
    back = reverse("portals_core:desk-record", args=[of.key, found.record_id])
    if request.method == "POST":
        given = {"actor": asking(request), "lock": found.pk, "at": clock.now()}
        _none, status = entering.attempt(form, lambda: write(**given, **form.cleaned_data))
        if not form.errors:
            messages.success(request, said)
            return redirect(back)
    title = reads.title(asking(request), of, found.record)
    context = {"lock": found, "form": form, "title": title, "back": back, "ends": asks is EndForm}
    return render(request, "portals_core/locks/reason.html", context, status=status)
