"""The desk's pages of records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portals_core.access import fields as access_fields
from portals_core.access.actor import Actor
from portals_core.entry import STAFF, entry
from portals_core.forms.attachments import StaffFileForm
from portals_core.forms.records import NoteForm, StaffNoteForm
from portals_core.plumbing import clock
from portals_core.records import listing, masking, placed, reads
from portals_core.records.beside import FILES, NOTES
from portals_core.records.models import Module, Record
from portals_core.views import beside, entering, lists, standing
from portals_core.views.given import asking, posted

BOTH = ("GET", "POST")


@entry(STAFF, "records.view")
def modules(request: HttpRequest) -> HttpResponse:
    """Every module with the number of its records, counted as far as is quick."""
    counted = listing.counted(asking(request))
    return render(request, "portals_core/desk/modules.html", {"modules": counted, "cap": reads.CAP})


@entry(STAFF, "records.view")
def module(request: HttpRequest, module: str) -> HttpResponse:
    """The module's records."""
    of = reads.module_in_reach(asking(request), module)
    return lists.show(request, asking(request), of, "portals_core/desk/list.html")


@entry(STAFF, "records.export", methods=("POST",))
def export(request: HttpRequest, module: str) -> HttpResponseBase:
    """The module's list as a CSV file, as far as this member of staff may take it away."""
    of = reads.module_in_reach(asking(request), module)
    return lists.download(request, asking(request), of)


@entry(STAFF, "records.view")
def record(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """One record whole: fields with their marks, locks with their reasons, notes, where it came from."""
    of = reads.module_in_reach(asking(request), module)
    found = reads.record(asking(request), of, record)
    return show(request, of, found)


def show(
    request: HttpRequest,
    of: Module,
    found: Record,
    *,
    note: NoteForm | None = None,
    uncovered: Mapping[str, object] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a record in sight; `note` is one that was refused, with what was typed."""
    page = _page(asking(request), of, found, note, uncovered)
    return render(request, "portals_core/desk/record.html", page, status=status)


@entry(STAFF, access_fields.UNMASK, methods=("POST",))
def uncover(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """The record's page once more, with one masked value in clear; the log keeps who looked (F7)."""
    of = reads.module_in_reach(asking(request), module)
    found = reads.record(asking(request), of, record)
    key = request.POST.get("field", "")
    value = masking.uncover(actor=asking(request), record=found.pk, key=key, at=clock.now())
    response = show(request, of, found, uncovered={key: value})
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(
    actor: Actor,
    of: Module,
    found: Record,
    note: NoteForm | None,
    uncovered: Mapping[str, object] | None,
) -> dict[str, Any]:
    sections = reads.sections(actor, of, found, uncovered=uncovered)
    locks = standing.locks_of(found)
    normal, sensitive = reads.personal_counts(cell.shown.field for part in sections for cell in part.cells)
    return {
        "module": of,
        "record": found,
        "title": reads.title(actor, of, found),
        "sections": sections,
        "layout": found.layout if placed.choices(actor, of, found) else None,
        "personal": normal,
        "sensitive": sensitive,
        "acts": standing.offered(actor, of, found, locks),
        "uncovered": list(uncovered or ()),
        "may_uncover": actor.may(access_fields.UNMASK),
        "may_invite": actor.may("people.manage"),
        "may_consent": actor.may("consent.manage"),
        "notes": beside.listed(actor, found, locks, NOTES, note or StaffNoteForm()),
        "files": beside.listed(actor, found, locks, FILES, StaffFileForm()),
        "form": note,
        **standing.on_record(actor, of, found),
    }


@entry(STAFF, "records.edit", methods=BOTH)
def edit(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """Change a record's values."""
    of = reads.module_in_reach(asking(request), module)
    found = reads.record(asking(request), of, record)
    form = entering.opened(request, of, found)
    status = 200
    if request.method == "POST":
        done, status = entering.change(asking(request), found, form)
        if done is not None:
            messages.success(request, _("The changes were saved.") if done else _("Nothing was changed."))
            return redirect("portals_core:desk-record", of.key, found.pk)
    title = reads.title(asking(request), of, found)
    context = {"module": of, "record": found, "form": form, "title": title}
    return render(request, "portals_core/desk/form.html", context, status=status)


@entry(STAFF, "records.edit", methods=BOTH)
def create(request: HttpRequest, module: str) -> HttpResponse:
    """Add a record by hand."""
    of = reads.module_in_reach(asking(request), module)
    form = entering.new_form(asking(request), of, posted(request))
    status = 200
    if request.method == "POST":
        done, status = entering.add(asking(request), of, form, source="staff")
        if done:
            messages.success(request, _("The record was added."))
            return redirect("portals_core:desk-record", of.key, done.pk)
    return render(request, "portals_core/desk/form.html", {"module": of, "form": form}, status=status)
