"""The portal's pages of records: list, record, edit, create, delete, notes (T4, T7, F1–F3)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portals_core.access.actor import Actor, Kind
from portals_core.entry import PORTAL, entry
from portals_core.forms.attachments import FileForm
from portals_core.forms.records import NoteForm
from portals_core.locks import decide, words
from portals_core.panels import NavItem
from portals_core.people import shares
from portals_core.people.models import View
from portals_core.plumbing import clock
from portals_core.records import reads
from portals_core.records.beside import FILES, NOTES, readable
from portals_core.records.models import Module, Record
from portals_core.views import beside, entering, lists, standing
from portals_core.views.given import asking, owner, posted
from portals_core.writing import door
from portals_core.writing.records import delete_record

BOTH = ("GET", "POST")


def navigation(actor: Actor) -> list[NavItem]:
    """One entry per module the actor's user type opens, in the order of the grants."""
    if actor.kind is not Kind.PORTAL:
        return []
    return [
        NavItem(of.label_plural, "portals_core:module", _icon(of), Kind.PORTAL, 20, url_args=(of.key,))
        for of in reads.modules_in_reach(actor)
    ]


def _icon(of: Module) -> str:
    return "contact" if of.identity else "folder"


@entry(PORTAL)
def module(request: HttpRequest, module: str) -> HttpResponse:
    """The module's records shared with this person."""
    of = reads.module_in_reach(asking(request), module)
    cards = shares.laid_out(owner(request).user_type_id, of) == View.CARDS
    return lists.show(request, asking(request), of, "portals_core/records/list.html", cards=cards)


@entry(PORTAL, methods=("POST",))
def export(request: HttpRequest, module: str) -> HttpResponseBase:
    """The list as a CSV file, as far as this person may take it away."""
    of = reads.module_in_reach(asking(request), module)
    return lists.download(request, asking(request), of)


@entry(PORTAL)
def record(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """One record: its readable fields, its locks in plain words, its notes."""
    of = reads.module_in_reach(asking(request), module)
    found = reads.record(asking(request), of, record)
    return show(request, of, found)


def show(
    request: HttpRequest, of: Module, found: Record, *, note: NoteForm | None = None, status: int = 200
) -> HttpResponse:
    """The page of a record in sight; `note` is one that was refused, with what was typed."""
    actor, locks = asking(request), standing.locks_of(found)
    page = {
        "module": of,
        "record": found,
        "title": reads.title(actor, of, found),
        "sections": reads.sections(actor, of, found),
        "grounds": words.plain(locks, actor),
        "acts": standing.offered(actor, of, found, locks),
        "kept": decide.locked_fields(
            locks, [one.key for one in reads.writable(actor, of, found)], actor=actor
        ),
        "notes": beside.listed(actor, found, locks, NOTES, note or NoteForm()),
        "files": beside.listed(actor, found, locks, FILES, FileForm()),
        "form": note,
    }
    return render(request, "portals_core/records/record.html", page, status=status)


@entry(PORTAL, methods=BOTH)
def edit(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """Change the fields this person may change."""
    of = reads.module_in_reach(asking(request), module)
    found = reads.record(asking(request), of, record)
    door.refuse_unless(asking(request), found, "edit")
    form = entering.opened(request, of, found)
    status = 200
    if request.method == "POST":
        done, status = entering.change(asking(request), found, form)
        if done is not None:
            messages.success(request, _("Your changes were saved.") if done else _("Nothing was changed."))
            return redirect("portals_core:record", of.key, found.pk)
    title = reads.title(asking(request), of, found)
    context = {"module": of, "record": found, "form": form, "title": title}
    return render(request, "portals_core/records/form.html", context, status=status)


@entry(PORTAL, methods=BOTH)
def create(request: HttpRequest, module: str) -> HttpResponse:
    """Add a record of one's own."""
    of = reads.module_in_reach(asking(request), module)
    door.refuse_unless_may_create(asking(request), of)
    form = entering.new_form(asking(request), of, posted(request))
    status = 200
    if request.method == "POST":
        done, status = entering.add(asking(request), of, form, source="portal")
        if done:
            messages.success(request, _("It was added."))
            return redirect("portals_core:record", of.key, done.pk)
    context = {"module": of, "form": form, "company": door.company(asking(request), of)}
    return render(request, "portals_core/records/form.html", context, status=status)


@entry(PORTAL, methods=BOTH)
def clone(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """Add a record that begins as a copy of one in sight (T7); basis and consent are not copied (D19)."""
    of = reads.module_in_reach(asking(request), module)
    found = reads.record(asking(request), of, record)
    door.refuse_unless(asking(request), found, "clone")
    if request.method == "GET":
        # What was typed before a lock came is not thrown away with it: the writer asks again.
        door.refuse_if_locked(found.pk, "clone", actor=asking(request))
    form = entering.clone_form(asking(request), of, found, posted(request))
    status = 200
    if request.method == "POST":
        done, status = entering.add(asking(request), of, form, source="portal", original=found)
        if done:
            messages.success(request, _("It was added."))
            return redirect("portals_core:record", of.key, done.pk)
    context = {
        "module": of,
        "form": form,
        "original": found,
        "title": reads.title(asking(request), of, found),
        "company": door.company(asking(request), of),
    }
    return render(request, "portals_core/records/form.html", context, status=status)


@entry(PORTAL, methods=BOTH)
def delete(request: HttpRequest, module: str, record: UUID) -> HttpResponse:
    """Say what a deletion takes along, then do it. It is not an erasure, and says so (T4)."""
    of = reads.module_in_reach(asking(request), module)
    found = reads.record(asking(request), of, record)
    door.refuse_unless(asking(request), found, "delete")
    door.refuse_if_locked(found.pk, "delete", actor=asking(request))
    if request.method == "POST":
        delete_record(actor=asking(request), record=found.pk, at=clock.now())
        messages.success(request, _("It was deleted."))
        return redirect("portals_core:module", of.key)
    notes, files = (readable(asking(request), found, sort).count() for sort in (NOTES, FILES))
    context = {
        "module": of,
        "record": found,
        "title": reads.title(asking(request), of, found),
        "notes": notes,
        "files": files,
        "links": reads.losing_their_link(asking(request), found),
    }
    return render(request, "portals_core/records/delete.html", context)
