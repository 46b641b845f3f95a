"""Files on records, in the portal and at the desk: listed, added, downloaded, removed (P1, T14, L4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from portals_core.locks import decide, place, words
from portals_core.locks.decide import InForce
from portals_core.plumbing import clock
from portals_core.records import attachments, reads
from portals_core.records.models import Attachment, Record
from portals_core.views import entering
from portals_core.views.given import asking
from portals_core.writing import attachments as writing
from portals_core.writing import door

BOTH = ("GET", "POST")
#: The address of a record; those of its files begin with it.
_ROOMS = {Kind.PORTAL: "portals_core:record", Kind.STAFF: "portals_core:desk-record"}


@dataclass(frozen=True)
class Files:
    """The files on a record as a page lists them, each with whether this person may remove it."""

    #: Names of the addresses to add, download and remove.
    add: str
    download: str
    remove: str
    rows: Sequence[tuple[Attachment, bool]]
    #: To add one with; nothing where the person may not.
    form: FileForm | None
    #: Why nothing can be added or removed at the moment, although the person may.
    locked: object


def listed(actor: Actor, found: Record, locks: Sequence[InForce]) -> Files:
    """The files of a record in sight. Constant queries."""
    rights = attachments.rights(actor, found)
    shut = _shut(actor, locks)
    rows = [(file, not shut and rights.removes(file)) for file in attachments.attachments_of(actor, found.pk)]
    form = _form(actor) if rights.adds and not shut else None
    room = _ROOMS[actor.kind]
    return Files(
        add=f"{room}-files",
        download=f"{room}-file",
        remove=f"{room}-file-remove",
        rows=rows,
        form=form,
        locked=shut if rights.adds or rights.removes_any else "",
    )


def _shut(actor: Actor, locks: Sequence[InForce]) -> object:
    by = decide.decide("attach", locks, actor=actor).by
    if by is None:
        return ""
    return words.for_staff(by, "attach") if actor.kind is Kind.STAFF else words.for_subject(by)


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
    actor, (found, page) = asking(request), _page(asking(request), module, record)
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
    found, _shown = _page(asking(request), module, record)
    wanted = attachments.attachment(asking(request), file, record=found.pk)
    kept, content = writing.hand_out(actor=asking(request), attachment=wanted.pk, at=clock.now())
    response = FileResponse(
        BytesIO(content), as_attachment=True, filename=kept.name, content_type=kept.media_type
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _remove(request: HttpRequest, module: str, record: UUID, file: UUID) -> HttpResponse:
    actor, (found, page) = asking(request), _page(asking(request), module, record)
    wanted = attachments.attachment(actor, file, record=found.pk)
    writing.refuse_unless_theirs(actor, found, wanted)
    if request.method == "POST":
        writing.remove(actor=actor, attachment=wanted.pk, at=clock.now())
        messages.success(request, _("The file was removed."))
        return redirect(page["room"], module, record)
    return render(request, "portals_core/records/file_remove.html", {**page, "file": wanted})


def _page(actor: Actor, module: str, record: UUID) -> tuple[Record, dict[str, Any]]:
    """The record in sight, and what every page about one of its files shows."""
    of = reads.module_in_reach(actor, module)
    found = reads.record(actor, of, record)
    locks = place.in_force([found.pk]).get(found.pk, [])
    base = "portal_base.html" if actor.kind is Kind.PORTAL else "desk_base.html"
    return found, {
        "page_base": base,
        "room": _ROOMS[actor.kind],
        "module": of,
        "record": found,
        "title": reads.title(actor, of, found),
        "locked": _shut(actor, locks),
    }
