"""Imports: a file, its mapping, a check, the import itself, and what became of each row."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from portals_core.entry import STAFF, entry
from portals_core.forms.imports import MappingForm, UploadForm
from portals_core.imports import drafts, reports
from portals_core.imports import runs as store
from portals_core.imports.models import ImportState
from portals_core.plumbing import clock
from portals_core.records import catalogue
from portals_core.views import entering
from portals_core.views.given import asking, posted

BOTH = ("GET", "POST")
BUSY = (ImportState.WAITING, ImportState.RUNNING)


@entry(STAFF, "imports.run")
def runs(request: HttpRequest) -> HttpResponse:
    """The imports, newest first."""
    since, after = entering.moment_of(request)
    listed, following = reports.page_of_runs(asking(request), since=since, after=after)
    context = {"runs": listed, "following": following, "first": after is None}
    return render(request, "portals_core/imports/list.html", context)


@entry(STAFF, "imports.run", methods=BOTH)
def upload(request: HttpRequest) -> HttpResponse:
    """Step one: the file."""
    form = UploadForm(posted(request), request.FILES or None)
    status = 200
    if request.method == "POST":
        draft, status = entering.attempt(
            form,
            lambda: drafts.upload(
                actor=asking(request),
                module=catalogue.module(form.cleaned_data["module"]),
                file=form.cleaned_data["file"],
                file_name=form.cleaned_data["file"].name,
                at=clock.now(),
            ),
        )
        if draft:
            return redirect("portals_core:import-mapping", draft.pk)
    return render(request, "portals_core/imports/upload.html", {"form": form}, status=status)


@entry(STAFF, "imports.run", methods=BOTH)
def mapping(request: HttpRequest, run: UUID) -> HttpResponse:
    """Step two: which column goes where."""
    found, _rows = store.report(asking(request), run)
    if found.state != ImportState.DRAFT:
        return redirect("portals_core:import-run", found.pk)
    columns, sample = drafts.header(asking(request), run)
    form = MappingForm(asking(request), found.module, columns, found.mapping, posted(request))
    status = 200
    if request.method == "POST":
        done, status = entering.attempt(
            form,
            lambda: drafts.begin(
                actor=asking(request),
                run=run,
                mapping=form.mapping(),
                dry_run=form.cleaned_data["dry_run"],
                at=clock.now(),
            ),
        )
        if done:
            return redirect("portals_core:import-run", run)
    pairs = [(name, sample[place] if place < len(sample) else "") for place, name in enumerate(columns)]
    context = {"run": found, "form": form, "columns": pairs}
    return render(request, "portals_core/imports/mapping.html", context, status=status)


@entry(STAFF, "imports.run")
def run(request: HttpRequest, run: UUID) -> HttpResponse:
    """How far a run is, and what became of the rows that need a word."""
    found, _rows = store.report(asking(request), run)
    if found.state == ImportState.DRAFT:
        return redirect("portals_core:import-mapping", found.pk)
    rows, following = reports.page_of_rows(asking(request), run, after=request.GET.get("after", ""))
    return render(
        request,
        "portals_core/imports/run.html",
        {
            "run": found,
            "rows": rows,
            "following": following,
            "first": "after" not in request.GET,
            "busy": found.state in BUSY,
            "stopped": drafts.stopped(asking(request), run),
            "may_follow": found.dry_run and found.state == ImportState.DONE and bool(found.stored),
        },
    )


@entry(STAFF, "imports.run")
def progress(request: HttpRequest, run: UUID) -> HttpResponse:
    """The part of the page that tells how far a run is; when it is over, the page is to be loaded anew."""
    found, _rows = store.report(asking(request), run)
    stopped = drafts.stopped(asking(request), run)
    if found.state not in BUSY or stopped:
        return HttpResponseClientRefresh()
    return render(request, "portals_core/imports/progress.html", {"run": found, "busy": True})


@entry(STAFF, "imports.run", methods=("POST",))
def for_real(request: HttpRequest, run: UUID) -> HttpResponse:
    """Import what was checked."""
    real = drafts.for_real(actor=asking(request), run=run, at=clock.now())
    return redirect("portals_core:import-run", real.pk)


@entry(STAFF, "imports.run", methods=("POST",))
def reopen(request: HttpRequest, run: UUID) -> HttpResponse:
    """Back to the mapping of a check."""
    drafts.reopen(actor=asking(request), run=run, at=clock.now())
    return redirect("portals_core:import-mapping", run)


@entry(STAFF, "imports.run", methods=("POST",))
def discard(request: HttpRequest, run: UUID) -> HttpResponse:
    """Remove a draft and its file."""
    drafts.discard(actor=asking(request), run=run, at=clock.now())
    messages.success(request, _("The file was removed. Nothing was imported."))
    return redirect("portals_core:imports")
