"""The administrator's room for projects: which there are, which fields are whose, who works in them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portals_core.entry import STAFF, entry
from portals_core.forms.projects import DivideForm, ProjectFieldsForm, ProjectForm
from portals_core.people import projects as work
from portals_core.plumbing import clock
from portals_core.records import catalogue, projects
from portals_core.views import entering
from portals_core.views.given import asking, posted

BOTH = ("GET", "POST")


@entry(STAFF, "setup.manage", methods=BOTH)
def every(request: HttpRequest) -> HttpResponse:
    """Every project with the number of its fields and people, and the form for one more."""
    form = ProjectForm(posted(request))
    status = 200
    if request.method == "POST":
        made, status = entering.attempt(
            form, lambda: projects.define(actor=asking(request), at=clock.now(), **form.cleaned_data)
        )
        if made:
            messages.success(request, _("The project was set up. Choose its fields now."))
            return redirect("portals_core:project", made.key)
    fields, people = projects.fields_per_project(), work.people_per_project()
    listed = [(one, fields[one.key], people[one.key]) for one in projects.projects()]
    context = {"projects": listed, "form": form}
    return render(request, "portals_core/setup/projects.html", context, status=status)


@entry(STAFF, "setup.manage", methods=BOTH)
def project(request: HttpRequest, project: str) -> HttpResponse:
    """One project: its fields, its people."""
    found = projects.project(project)
    form = ProjectFieldsForm(posted(request), project=found.key)
    status = 200
    if request.method == "POST":
        _done, status = entering.attempt(
            form,
            lambda: projects.assign(
                actor=asking(request), key=found.key, fields=form.fields_given(), at=clock.now()
            ),
        )
        if status == 200:
            messages.success(request, _("The fields of the project were changed."))
            return redirect("portals_core:project", found.key)
    context = {
        "project": found,
        "form": form,
        "people": work.working_in(found.key) if asking(request).may("people.manage") else None,
    }
    return render(request, "portals_core/setup/project.html", context, status=status)


@entry(STAFF, "setup.manage", methods=BOTH)
def rename(request: HttpRequest, project: str) -> HttpResponse:
    """Call a project something else; its key stays."""
    found = projects.project(project)
    form = ProjectForm(posted(request), initial={"name": found.name})
    status = 200
    if request.method == "POST":
        _done, status = entering.attempt(
            form,
            lambda: projects.rename(
                actor=asking(request), key=found.key, at=clock.now(), **form.cleaned_data
            ),
        )
        if status == 200:
            messages.success(request, _("The project was renamed."))
            return redirect("portals_core:project", found.key)
    context = {"project": found, "form": form}
    return render(request, "portals_core/setup/project_rename.html", context, status=status)


@entry(STAFF, "setup.manage", methods=BOTH)
def delete(request: HttpRequest, project: str) -> HttpResponse:
    """Say what goes with a project, then delete it."""
    found = projects.project(project)
    used, people = projects.fields_of(found.key), work.people_per_project()[found.key]
    if request.method == "POST":
        projects.delete(actor=asking(request), key=found.key, at=clock.now())
        messages.success(request, _("The project was deleted."))
        return redirect("portals_core:projects")
    context = {"project": found, "used": used, "people": people}
    return render(request, "portals_core/setup/project_delete.html", context)


@entry(STAFF, "setup.manage", methods=BOTH)
def divide(request: HttpRequest, module: str) -> HttpResponse:
    """Whether a module's fields are divided among projects, and where each of them would be seen."""
    of = catalogue.module(module)
    form = DivideForm(posted(request), initial={"by_project": of.by_project})
    status = 200
    if request.method == "POST":
        _done, status = entering.attempt(
            form,
            lambda: projects.divide(actor=asking(request), of=of, on=form.cleaned_data["by_project"]),
        )
        if status == 200:
            messages.success(request, _("Saved. It counts from everybody's next page on."))
            return redirect("portals_core:setup-divide", of.key)
    fields = catalogue.fields(of)
    context = {
        "module": of,
        "form": form,
        "fields": projects.placed(of, fields),
        "unplaced": projects.unplaced(of, fields),
        "any": projects.projects().exists(),
    }
    return render(request, "portals_core/setup/divide.html", context, status=status)
