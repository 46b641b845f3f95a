"""Files on records, in the portal and at the desk: listed, added, downloaded, removed (P1, T14, L4)."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portals_core.access.actor import Actor, Kind
from portals_core.entry import PORTAL, STAFF, entry
from portals_core.forms.attachments import FileForm, StaffFileForm
from portals_core.plumbing import clock
from portals_core.records import beside
from portals_core.records.beside import FILES
from portals_core.views import beside as pages
from portals_core.views import entering
from portals_core.views.given import asking
from portals_core.writing import attachments as writing
from portals_core.writing import door
from portals_core.writing.beside import refuse_unless_theirs

BOTH = ("GET", "POST")


def _form(actor: Actor, *given: Any) -> FileForm:
    return (StaffFileForm if actor.kind is Kind.STAFF else FileForm)(*given)


@entry(PORTAL, methods=BOTH)
def add(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """Add a file to a record in sight."""
    return _add(request, module, record)


@entry(STAFF, "records.edit", methods=BOTH)
def desk_add(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """Add a file, for staff only or for the person as well."""
    return _add(request, module, record)


@entry(PORTAL)
def download(request: HttpRequest, module: str, record: UUID, file: UUID) -> HttpResponseBase:
    """One file, to keep; the log says who took it."""
    return _download(request, module, record, file)


@entry(STAFF, "records.view")
def desk_download(request: HttpRequest, module: str, record: UUID, file: UUID) -> HttpResponseBase:
    """The same for staff."""
    return _download(request, module, record, file)


@entry(PORTAL, methods=BOTH)
def remove(request: HttpRequest, module: str, record: UUID, file: UUID) -> HttpResponse:
    """Say what is removed, then do it."""
    return _remove(request, module, record, file)


@entry(STAFF, "records.edit", methods=BOTH)
def desk_remove(request: HttpRequest, module: str, record: UUID, file: UUID) -> HttpResponse:
    """The same for staff."""
    return _remove(request, module, record, file)


def _add(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    actor, (found, page) = asking(request), pages.page(asking(request), module, record, FILES)
    door.refuse_unless(actor, found, "attach")
    form, status = _form(actor), 200
    if request.method == "POST":
        form = _form(actor, request.POST, request.FILES)
        done, status = entering.attempt(
            form,
            lambda: writing.attach(actor=actor, record=found.pk, at=clock.now(), **form.given()),
        )
        if done:
            messages.success(request, _("The file was added."))
            return redirect(page["room"], module, record)
    return render(request, "portals_core/records/file_add.html", {**page, "form": form}, status=status)


def _download(request: HttpRequest, module: str, record: UUID, file: UUID) -> HttpResponseBase:
    found, _shown = pages.page(asking(request), module, record, FILES)
    wanted = beside.one(asking(request), file, FILES, record=found.pk)
    kept, content = writing.hand_out(actor=asking(request), attachment=wanted.pk, at=clock.now())
    response = FileResponse(
        BytesIO(content), as_attachment=True, filename=kept.name, content_type=kept.media_type
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _remove(request: HttpRequest, module: str, record: UUID, file: UUID) -> HttpResponse:
    actor, (found, page) = asking(request), pages.page(asking(request), module, record, FILES)
    wanted = beside.one(actor, file, FILES, record=found.pk)
    refuse_unless_theirs(actor, found, wanted, FILES)
    if request.method == "POST":
        writing.remove(actor=actor, attachment=wanted.pk, at=clock.now())
        messages.success(request, _("The file was removed."))
        return redirect(page["room"], module, record)
    return render(request, "portals_core/records/file_remove.html", {**page, "file": wanted})
