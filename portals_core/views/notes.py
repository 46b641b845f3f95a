"""Notes on records, in the portal and at the desk: added and removed (P1, T14, C10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portals_core.access.actor import Actor, Kind
from portals_core.entry import PORTAL, STAFF, entry
from portals_core.forms.records import NoteForm, StaffNoteForm
from portals_core.plumbing import clock
from portals_core.records import beside
from portals_core.views import beside as pages
from portals_core.views import desk_records, entering, records
from portals_core.views.given import asking
from portals_core.writing import door, notes
from portals_core.writing.beside import refuse_unless_theirs

BOTH = ("GET", "POST")


@entry(PORTAL, methods=("POST",))
def add(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """Add a note to a record in sight."""
    return _add(request, module, record, NoteForm(request.POST), records.show)


@entry(STAFF, "records.view", methods=("POST",))
def desk_add(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """Add a note, for staff only or for the person as well."""
    return _add(request, module, record, StaffNoteForm(request.POST), desk_records.show)


@entry(PORTAL, methods=BOTH)
def remove(request: HttpRequest, module: str, record: UUID, note: UUID) -> HttpResponse:
    """Say what is removed, then do it."""
    return _remove(request, module, record, note)


@entry(STAFF, "records.view", methods=BOTH)
def desk_remove(request: HttpRequest, module: str, record: UUID, note: UUID) -> HttpResponse:
    """The same for staff: their own notes, others with the right to edit the record."""
    return _remove(request, module, record, note)


def _add(
    request: HttpRequest,
    module: str,
    record: UUID,
    form: NoteForm,
    show: Callable[..., HttpResponse],
) -> HttpResponse:
    actor = asking(request)
    found, page = pages.page(actor, module, record, beside.NOTES)
    door.refuse_unless(actor, found, "note")
    given: dict[str, Any] = {"actor": actor, "record": found.pk, "at": clock.now()}
    done, status = entering.attempt(form, lambda: notes.add_note(**given, **form.given()))
    if done:
        messages.success(request, _added(actor))
        return redirect(page["room"], module, record)
    return show(request, page["module"], found, note=form, status=status)


def _added(actor: Actor) -> str:
    return _("Your note was added.") if actor.kind is Kind.PORTAL else _("The note was added.")


def _remove(request: HttpRequest, module: str, record: UUID, note: UUID) -> HttpResponse:
    actor = asking(request)
    found, page = pages.page(actor, module, record, beside.NOTES)
    wanted = beside.one(actor, note, beside.NOTES, record=found.pk)
    refuse_unless_theirs(actor, found, wanted, beside.NOTES)
    if request.method == "POST":
        notes.remove_note(actor=actor, note=wanted.pk, at=clock.now())
        messages.success(request, _("The note was removed."))
        return redirect(page["room"], module, record)
    return render(request, "portals_core/records/note_remove.html", {**page, "note": wanted})
