"""Staff: the register of processing activities, its recipients and parties, and files of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purposes
from consent.forms.register import ActivityForm, PartyForm, RecipientForm
from consent.models import Activity, PartyKind
from consent.register import activities, countries, export, parties, recipients, standing, table
from consent.register.listing import page_of
from portals_core.entry import STAFF, Asked, entry
from portals_core.forms.filling import show_refusal
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict
from portals_core.views import entering

READ = ("consent.manage", "setup.manage", "ledger.view")
SET_UP = "setup.manage"
BOTH = ("GET", "POST")
#: What the list of activities shows, by the word in the address, and what it is called.
LISTS: dict[str, dict[str, bool]] = {
    "": {"active": True},
    "incomplete": {"active": True, "incomplete": True},
    "ended": {"active": False},
}
LABELS = (("", _("In use")), ("incomplete", _("With points missing")), ("ended", _("Ended")))
FILES = ((export.PDF, _("Download as PDF")), (export.CSV, _("Download as table")))


@entry(STAFF, *READ)
def overview(request: Asked) -> HttpResponse:
    """How complete the register is, and its activities."""
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in LISTS else ""
    page = _page(request, activities.activities(request.actor, **LISTS[chosen]), show=chosen)
    rows = [(one, len(activities.missing(one))) for one in page["page"].rows]
    known = standing.standing(request.actor)
    context = {"rows": rows, "standing": known, "show": chosen, "lists": LABELS, "files": FILES}
    return _shown(request, "overview", {**page, **context, "list": "activities"})


@entry(STAFF, *READ)
def activity(request: Asked, activity: UUID) -> HttpResponse:
    """One activity with every point of Art. 30."""
    found = activities.activity(request.actor, activity)
    context = {"activity": found, "points": table.points(found), "missing": activities.missing(found)}
    return _shown(request, "activity", context)


@entry(STAFF, *READ)
def recipient_list(request: Asked) -> HttpResponse:
    """Everybody data is disclosed to."""
    page = _page(request, recipients.recipients(request.actor))
    rows = [(one, countries.name(one.country), countries.outside(one.country)) for one in page["page"].rows]
    return _shown(request, "recipients", {**page, "rows": rows, "list": "recipients"})


@entry(STAFF, *READ)
def party_list(request: Asked) -> HttpResponse:
    """Everybody who answers for the processing, and for whom it is done."""
    page = _page(request, parties.parties(request.actor))
    rows = [(one, countries.name(one.country)) for one in page["page"].rows]
    return _shown(request, "parties", {**page, "rows": rows, "list": "parties"})


def _page(request: Asked, rows: QuerySet, **asked: str) -> dict[str, Any]:
    """One page of a list, with the address of the next."""
    after = entering.start_of(request)
    page = page_of(rows, after=after)
    following = {**{name: word for name, word in asked.items() if word}, "after": str(page.following)}
    return {
        "page": page,
        "first": after is None,
        "next": f"?{urlencode(following)}" if page.following else "",
    }


@entry(STAFF, SET_UP, methods=BOTH)
def edit_activity(request: Asked, activity: UUID | None = None) -> HttpResponse:
    """Enter an activity, or change one."""
    found = activities.activity(request.actor, activity) if activity else None
    form = ActivityForm(
        request.POST or None,
        initial=_told(found) if found else None,
        purposes=purposes.all_of_them(request.actor),
        recipients=recipients.offered(request.actor, found),
        clients=parties.parties(request.actor, PartyKind.CLIENT),
    )
    writer = activities.define_activity
    return _edited(request, form, found, "activity_form", lambda **given: writer(activity=activity, **given))


@entry(STAFF, SET_UP, methods=BOTH)
def edit_recipient(request: Asked, recipient: UUID | None = None) -> HttpResponse:
    """Enter a recipient, or change one."""
    found = recipients.recipient(request.actor, recipient) if recipient else None
    form = RecipientForm(request.POST or None, initial=vars(found) if found else None)
    writer = recipients.define_recipient
    return _edited(
        request, form, found, "recipient_form", lambda **given: writer(recipient=recipient, **given)
    )


@entry(STAFF, SET_UP, methods=BOTH)
def edit_party(request: Asked, party: UUID | None = None) -> HttpResponse:
    """Enter a party, or change one."""
    found = parties.party(request.actor, party) if party else None
    form = PartyForm(
        request.POST or None, initial=vars(found) if found else {"kind": request.GET.get("kind")}
    )
    writer = parties.define_party
    return _edited(request, form, found, "party_form", lambda **given: writer(party=party, **given))


@entry(STAFF, SET_UP, methods=("POST",))
def remove_party(request: Asked, party: UUID) -> HttpResponse:
    """Take a party out that nothing names; otherwise say what names it, on the page of the party."""
    found = parties.party(request.actor, party)
    try:
        parties.remove_party(actor=request.actor, party=party, at=clock.now())
    except Conflict as error:
        context = {"form": PartyForm(initial=vars(found)), "found": found, "error": error}
        return _shown(request, "party_form", context, status=error.http_status)
    messages.success(request, _("Taken out of the register. The audit log keeps that it was there."))
    return redirect("consent:register-parties")


@entry(STAFF, *READ, methods=("POST",))
def download(request: Asked, kind: str) -> HttpResponse:
    """The whole register as a file."""
    made = export.export(actor=request.actor, kind=kind, at=clock.now())
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = content_disposition_header(True, made.name)
    response["Cache-Control"] = "no-store"
    return response


_LIST_OF = {
    "activity_form": "consent:register",
    "recipient_form": "consent:register-recipients",
    "party_form": "consent:register-parties",
}


def _edited(
    request: Asked, form: forms.Form, found: Model | None, template: str, write: Callable[..., Model]
) -> HttpResponse:
    """The page of a form; what was entered is stored, or stays there beside the sentences of the refusal."""
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                stored = write(actor=request.actor, at=clock.now(), **form.cleaned_data)
                messages.success(request, _("Saved."))
                if isinstance(stored, Activity):
                    return redirect("consent:activity", stored.pk)
                return redirect(_LIST_OF[template])
            except (BadInput, Conflict) as error:
                status = show_refusal(form, error)
    return _shown(request, template, {"form": form, "found": found}, status=status)


def _shown(request: Asked, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    may = {"may_set_up": request.actor.may(SET_UP)}
    return render(request, f"consent/register/{template}.html", {**context, **may}, status=status)


def _told(found: Activity) -> dict[str, Any]:
    """What the form of a stored activity begins with."""
    return {
        **vars(found),
        "subjects": "\n".join(found.subjects),
        "categories": "\n".join(found.data),
        "purposes": [one.key for one in found.purposes.all()],
        "recipients": [str(one.pk) for one in found.recipients.all()],
        "clients": [str(one.pk) for one in found.clients.all()],
    }
