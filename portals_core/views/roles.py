"""The administrator's room for roles: what each may do, and which modules and fields it reaches (F9, F10)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portals_core.entry import STAFF, entry
from portals_core.forms.roles import RoleForm, RoleModuleForm
from portals_core.people import role_definitions
from portals_core.people import roles as readers
from portals_core.people.models import Role
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, Conflict
from portals_core.records import catalogue
from portals_core.views import entering
from portals_core.views.given import asking, posted

BOTH = ("GET", "POST")


@entry(STAFF, "people.manage")
def roles(request: HttpRequest) -> HttpResponse:
    """Every role with what it reaches and how many hold it."""
    reached, held = role_definitions.modules_per_role(), role_definitions.holders_per_role()
    listed = [
        (one, reached.get(one.pk, []), held.get(one.pk, 0), len(one.permissions)) for one in readers.roles()
    ]
    return render(request, "portals_core/roles.html", {"roles": listed})


@entry(STAFF, "people.manage", methods=BOTH, fresh=("POST",))
def new_role(request: HttpRequest) -> HttpResponse:
    """One more role."""
    form = RoleForm(posted(request))
    return _whole(request, form, None)


@entry(STAFF, "people.manage", methods=BOTH, fresh=("POST",))
def role(request: HttpRequest, role: str) -> HttpResponse:
    """What one role may do and which modules it reaches."""
    found = role_definitions.role(role)
    form = RoleForm(posted(request), before=role_definitions.description_of(found))
    return _whole(request, form, found)


def _whole(request: HttpRequest, form: RoleForm, found: Role | None) -> HttpResponse:
    status = 200
    if request.method == "POST":
        stored, status = entering.attempt(form, lambda: _store(request, form.described(), new=found is None))
        if stored:
            messages.success(request, _("Saved. It counts from everybody's next page on."))
            return redirect("portals_core:role", stored.key)
    context: dict[str, Any] = {"form": form, "role": found}
    if found:
        labels = {one.key: one for one in catalogue.modules()}
        rows = role_definitions.description_of(found)["modules"]
        context["modules"] = [(labels[row["module"]], *_told(row)) for row in rows]
        context["holders"] = role_definitions.held_by(found.key)
    return render(request, "portals_core/role.html", context, status=status)


def _store(request: HttpRequest, described: dict[str, Any], *, new: bool) -> Role:
    return role_definitions.define_role(actor=asking(request), at=clock.now(), new=new, **described)


def _told(row: dict[str, Any]) -> tuple[int, int]:
    """How many fields of a module the role sees, and how many of them it changes."""
    return len(row["fields"]), sum(how != "visible" for how in row["fields"].values())


@entry(STAFF, "people.manage", methods=BOTH)
def role_module(request: HttpRequest, role: str, module: str) -> HttpResponse:
    """What a role does in one module, field by field."""
    found, of = role_definitions.role(role), catalogue.module(module)
    described = role_definitions.description_of(found)
    before = next((row for row in described["modules"] if row["module"] == of.key), None)
    if before is None:
        raise Absent(_("This role does not reach that module."), code="role.other_module")
    form = RoleModuleForm(posted(request), fields=catalogue.fields(of), before=before)
    status = 200
    if request.method == "POST":
        stored, status = entering.attempt(
            form, lambda: _store(request, _with(described, form.row()), new=False)
        )
        if stored:
            messages.success(request, _("Saved. It counts from everybody's next page on."))
            return redirect("portals_core:role", found.key)
    context = {"form": form, "role": found, "module": of}
    return render(request, "portals_core/role_module.html", context, status=status)


def _with(described: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    rows = [row if one["module"] == row["module"] else one for one in described["modules"]]
    return {**described, "modules": rows}


@entry(STAFF, "people.manage", methods=BOTH, fresh=("POST",))
def delete_role(request: HttpRequest, role: str) -> HttpResponse:
    """Say what goes with a role, then delete it."""
    found = role_definitions.role(role)
    status, refusal = 200, None
    if request.method == "POST":
        try:
            role_definitions.delete_role(actor=asking(request), key=found.key, at=clock.now())
        except Conflict as error:
            status, refusal = error.http_status, error.public
        else:
            messages.success(request, _("The role was deleted."))
            return redirect("portals_core:roles")
    context = {"role": found, "holders": role_definitions.held_by(found.key), "refusal": refusal}
    return render(request, "portals_core/role_delete.html", context, status=status)
