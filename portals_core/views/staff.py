"""Members of staff and their roles, as an administrator sees them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from portals_core.entry import STAFF, entry
from portals_core.forms.filling import show_refusal
from portals_core.forms.people import RolesForm, StaffForm
from portals_core.forms.projects import WorkForm
from portals_core.people import desk, factors, invitations, projects, roles
from portals_core.people.models import User
from portals_core.plumbing import clock
from portals_core.plumbing.errors import DsrError
from portals_core.views import entering
from portals_core.views.given import asking, number, posted


@entry(STAFF, "people.manage")
def staff(request: HttpRequest) -> HttpResponse:
    """Everybody who works here, newest first."""
    page = desk.page(desk.staff(asking(request)), after=number(request))
    return render(request, "portals_core/staff.html", {"page": page, "next_url": f"?after={page.after}"})


@entry(STAFF, "people.manage", methods=("GET", "POST"), fresh=("POST",))
def add_member(request: HttpRequest) -> HttpResponse:
    """Open an account for a colleague and invite them."""
    form = StaffForm(posted(request))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            user = invitations.invite_staff(
                actor=asking(request),
                at=clock.now(),
                **form.cleaned_data,
            )
        except DsrError as error:
            status = show_refusal(form, error)
        else:
            messages.success(request, _("The invitation is on its way."))
            return redirect("portals_core:staff-member", user.public_id)
    elif form.errors:
        status = 400
    return render(request, "portals_core/staff_add.html", {"form": form}, status=status)


@entry(STAFF, "people.manage", methods=("GET", "POST"), fresh=("POST",))
def member(request: HttpRequest, account: UUID) -> HttpResponse:
    """One colleague: roles, state, second factor."""
    user = _one(request, account)
    form = _roles_of(user, posted(request))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            roles.set_roles(
                actor=asking(request),
                user=user,
                at=clock.now(),
                **form.cleaned_data,
            )
        except DsrError as error:
            status = show_refusal(form, error)
        else:
            messages.success(request, _("The roles were changed."))
            return redirect("portals_core:staff-member", account)
    elif form.errors:
        status = 400
    return _page(request, user, form, _work_of(user), status)


@entry(STAFF, "people.manage", methods=("POST",), fresh=("POST",))
def change_projects(request: HttpRequest, account: UUID) -> HttpResponse:
    """The projects a colleague works in, from their next page on (F8)."""
    user = _one(request, account)
    form = _work_of(user, posted(request))
    _done, status = entering.attempt(
        form,
        lambda: projects.set_projects(
            actor=asking(request), user=user, projects_=form.cleaned_data["projects"], at=clock.now()
        ),
    )
    if status == 200:
        messages.success(request, _("The projects were changed."))
        return redirect("portals_core:staff-member", account)
    return _page(request, user, _roles_of(user), form, status)


def _roles_of(user: User, data: QueryDict | None = None) -> RolesForm:
    return RolesForm(data, initial={"roles": [holding.role.key for holding in user.holdings.all()]})


def _work_of(user: User, data: QueryDict | None = None) -> WorkForm:
    return WorkForm(data, initial={"projects": user.projects})


def _page(request: HttpRequest, user: User, form: RolesForm, work: WorkForm, status: int) -> HttpResponse:
    context = {"account": user, "form": form, "work": work, "device": factors.device_of(user)}
    return render(request, "portals_core/staff_member.html", context, status=status)


@entry(STAFF, "people.manage", methods=("POST",))
def reinvite(request: HttpRequest, account: UUID) -> HttpResponse:
    """Send the link once more; the earlier one ends."""
    invitations.invite(actor=asking(request), user=_one(request, account), at=clock.now())
    messages.success(request, _("The invitation is on its way."))
    return redirect("portals_core:staff-member", account)


@entry(STAFF, "people.manage", methods=("POST",), fresh=("POST",))
def activate(request: HttpRequest, account: UUID) -> HttpResponse:
    """Open a closed account again."""
    desk.activate(actor=asking(request), user=_one(request, account), at=clock.now())
    messages.success(request, _("The account is open again."))
    return redirect("portals_core:staff-member", account)


@entry(STAFF, "people.manage", methods=("POST",), fresh=("POST",))
def deactivate(request: HttpRequest, account: UUID) -> HttpResponse:
    """Close a colleague's account at once."""
    desk.deactivate(
        actor=asking(request),
        user=_one(request, account),
        at=clock.now(),
        reason="deactivated at the desk",
    )
    messages.success(request, _("The account is closed. Its sessions have ended."))
    return redirect("portals_core:staff-member", account)


@entry(STAFF, "people.manage", methods=("POST",), fresh=("POST",))
def reset_factor(request: HttpRequest, account: UUID) -> HttpResponse:
    """Remove the second factor of a colleague who lost it; they set up a new one at their next sign-in."""
    factors.remove_factor(actor=asking(request), user=_one(request, account), at=clock.now())
    messages.success(request, _("The second factor was removed."))
    return redirect("portals_core:staff-member", account)


def _one(request: HttpRequest, account: UUID) -> User:
    return desk.account(desk.staff(asking(request)), account)
