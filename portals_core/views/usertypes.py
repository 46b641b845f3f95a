"""User types: their list, the grid of one, and its deletion."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from portals_core.entry import STAFF, entry
from portals_core.forms.filling import show_refusal
from portals_core.forms.sharing import UserTypeForm
from portals_core.forms.usertypes import DeleteUserTypeForm, NewUserTypeForm
from portals_core.people import desk, profiles, shares, usertypes
from portals_core.plumbing import clock
from portals_core.plumbing.errors import DsrError
from portals_core.records import catalogue
from portals_core.views.given import asking, posted


@entry(STAFF, "setup.manage")
def user_types(request: HttpRequest) -> HttpResponse:
    """Every user type with the number of its users, and whether it is finished."""
    counts = desk.users_per_type()
    awaited = shares.awaited()
    rows = [(one, counts.get(one.pk, 0), one.pk in awaited) for one in usertypes.user_types()]
    return render(request, "portals_core/user_types.html", {"rows": rows, "form": NewUserTypeForm()})


@entry(STAFF, "setup.manage", methods=("GET", "POST"))
def new_type(request: HttpRequest) -> HttpResponse:
    """The grid of a type to be made, for the people of one module (T1)."""
    identity = catalogue.module(request.GET.get("identity_module", ""))
    form = UserTypeForm(posted(request), identity=identity)
    return _grid(request, form, None)


@entry(STAFF, "setup.manage", methods=("GET", "POST"))
def user_type(request: HttpRequest, key: int) -> HttpResponse:
    """The grid of one type: what its users see and may do, from their next request on."""
    stored = usertypes.user_type(key)
    form = UserTypeForm(
        posted(request),
        identity=stored.identity_module,
        before=usertypes.description_of(stored),
    )
    return _grid(request, form, key)


@entry(STAFF, "setup.manage", methods=("GET", "POST"), fresh=("POST",))
def delete_type(request: HttpRequest, key: int) -> HttpResponse:
    """Delete a type; its users move to another one first (P11)."""
    stored, users = usertypes.user_type(key), desk.users_per_type().get(key, 0)
    form = DeleteUserTypeForm(posted(request), gone=key, users=users)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            usertypes.delete_user_type(
                actor=asking(request),
                user_type=key,
                at=clock.now(),
                **form.cleaned_data,
            )
        except DsrError as error:
            status = show_refusal(form, error)
        else:
            messages.success(request, _("The user type was deleted."))
            return redirect("portals_core:user-types")
    elif form.errors:
        status = 400
    return render(
        request,
        "portals_core/user_type_delete.html",
        {"form": form, "user_type": stored, "users": users},
        status=status,
    )


def onward(key: int) -> HttpResponse:
    """To the first conditions of a type that are still to be written; to its grid when there are none."""
    missing = shares.awaited().get(key)
    if missing:
        return redirect("portals_core:user-type-conditions", key, missing[0].key)
    return redirect("portals_core:user-type", key)


def _grid(request: HttpRequest, form: UserTypeForm, key: int | None) -> HttpResponse:
    status = 400 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            stored = usertypes.define_user_type(
                actor=asking(request),
                at=clock.now(),
                user_type=key,
                **form.description(),
            )
        except DsrError as error:
            status = show_refusal(form, error)
        else:
            messages.success(request, _("Saved. It counts from everybody's next page on."))
            return onward(stored.pk)
    sheets = list(form.sheets())
    context = {
        "form": form,
        "sheets": sheets,
        "missing": [one for one in sheets if one.missing],
        "key": key,
        "profiles": profiles.profiles_of(key) if key else (),
    }
    return render(request, "portals_core/user_type.html", context, status=status)
