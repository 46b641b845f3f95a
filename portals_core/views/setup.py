"""The administrator's room for modules: which there are, and their fields."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portals_core.entry import STAFF, entry
from portals_core.forms.setup import (
    DescriptionForm,
    FieldForm,
    ModuleForm,
    NewFieldForm,
    initial_of,
)
from portals_core.plumbing.errors import Absent
from portals_core.records import catalogue, descriptions, projects, reads
from portals_core.records.models import Field, Module
from portals_core.views import entering
from portals_core.views.given import asking, posted

BOTH = ("GET", "POST")


@entry(STAFF, "setup.manage")
def modules(request: HttpRequest) -> HttpResponse:
    """Every module with its number of fields, personal and sensitive ones apart."""
    fields = catalogue.by_module()
    listed = [
        (of, len(fields.get(of.pk, ())), *reads.personal_counts(fields.get(of.pk, ())))
        for of in catalogue.modules()
    ]
    return render(request, "portals_core/setup/modules.html", {"modules": listed})


@entry(STAFF, "setup.manage", methods=BOTH)
def create(request: HttpRequest) -> HttpResponse:
    """A new module with its first field."""
    form = ModuleForm(posted(request))
    status = 200
    if request.method == "POST":
        made, status = entering.attempt(
            form,
            lambda: descriptions.create_module(
                actor=asking(request), given=form.given(), first=form.cleaned_data["first"]
            ),
        )
        if made:
            messages.success(request, _("The module was set up. Add its fields now."))
            return redirect("portals_core:setup-module", made.key)
    return render(request, "portals_core/setup/module_form.html", {"form": form}, status=status)


@entry(STAFF, "setup.manage", methods=BOTH)
def upload(request: HttpRequest) -> HttpResponse:
    """Set up what a file describes: all of it or nothing."""
    form = DescriptionForm(posted(request), request.FILES or None)
    status = 200
    if request.method == "POST":
        made, status = entering.attempt(
            form,
            lambda: descriptions.define_all(
                actor=asking(request),
                name=form.cleaned_data["file"].name,
                content=form.cleaned_data["file"].read(),
            ),
        )
        if made:
            names = ", ".join(one.label_plural for one in made)
            messages.success(request, _("Set up: %(names)s.") % {"names": names})
            return redirect("portals_core:setup")
    return render(request, "portals_core/setup/upload.html", {"form": form}, status=status)


@entry(STAFF, "setup.manage")
def module(request: HttpRequest, module: str) -> HttpResponse:
    """One module: its fields with their marks, its layouts."""
    of = catalogue.module(module)
    fields = catalogue.fields(of)
    normal, sensitive = reads.personal_counts(fields)
    context = {
        "module": of,
        "fields": projects.placed(of, fields),
        "layouts": catalogue.layouts(of),
        "personal": normal,
        "sensitive": sensitive,
    }
    return render(request, "portals_core/setup/module.html", context)


@entry(STAFF, "setup.manage", methods=("POST",))
def keep_bases(request: HttpRequest, module: str) -> HttpResponse:
    """Keep bases and consent for the module's people, or no longer."""
    kept = request.POST.get("kept") == "on"
    of = descriptions.keep_bases(actor=asking(request), of=catalogue.module(module), kept=kept)
    said = _("Bases and consent are kept from now on.") if kept else _("Bases and consent are not kept now.")
    messages.success(request, said)
    return redirect("portals_core:setup-module", of.key)


@entry(STAFF, "setup.manage", methods=BOTH)
def add_field(request: HttpRequest, module: str) -> HttpResponse:
    """One more field, and after it another if that is wished."""
    of = catalogue.module(module)
    form = NewFieldForm(posted(request), of=of)
    status = 200
    if request.method == "POST":
        done, status = entering.attempt(
            form, lambda: descriptions.add_field(actor=asking(request), of=of, row=form.row())
        )
        if done:
            messages.success(request, _("The field was added."))
            another = request.POST.get("then") == "another"
            return redirect(f"portals_core:{'setup-field-new' if another else 'setup-module'}", of.key)
    return render(request, "portals_core/setup/field.html", {"module": of, "form": form}, status=status)


@entry(STAFF, "setup.manage", methods=BOTH)
def change_field(request: HttpRequest, module: str, field: str) -> HttpResponse:
    """Name, marks and choices of a field."""
    of = catalogue.module(module)
    found = _field(of, field)
    form = FieldForm(posted(request), of=of, initial=initial_of(found))
    status = 200
    if request.method == "POST":
        done, status = entering.attempt(
            form,
            lambda: descriptions.change_field(
                actor=asking(request), of=of, key=found.key, change=form.change(found.type)
            ),
        )
        if done:
            messages.success(request, _("The field was changed."))
            return redirect("portals_core:setup-module", of.key)
    context = {"module": of, "field": found, "form": form}
    return render(request, "portals_core/setup/field.html", context, status=status)


def _field(of: Module, key: str) -> Field:
    found = next((field for field in catalogue.fields(of) if field.key == key), None)
    if found is None:
        raise Absent(_("There is no such field."), code="field.absent")
    return found
