"""Portal users, as an administrator sees them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from portals_core.entry import STAFF, entry
from portals_core.forms.filling import show_refusal
from portals_core.forms.people import InviteForm, UserTypeChoiceForm
from portals_core.forms.profiles import PartOfTypeForm
from portals_core.people import desk, invitations, previews, usertypes
from portals_core.people.models import User
from portals_core.plumbing import clock
from portals_core.plumbing.errors import DsrError
from portals_core.views.given import asking, number, posted

_STATES = {
    "": _("All"),
    "active": _("Active"),
    "confirmed": _("Confirmed"),
    "unconfirmed": _("Not confirmed"),
    "deactivated": _("Deactivated"),
}


@entry(STAFF, "people.manage")
def people(request: HttpRequest) -> HttpResponse:
    """Portal users by state, newest first (U11)."""
    state = request.GET.get("state", "")
    state = state if state in _STATES else ""
    page = desk.page(desk.portal_users(asking(request)), state=state, after=number(request))
    following = "?" + urlencode({"state": state, "after": page.after or ""})
    shown = {"page": page, "state": state, "states": _STATES.items(), "next_url": following}
    return render(request, "portals_core/people.html", shown)


@entry(STAFF, "people.manage")
def uninvited(request: HttpRequest) -> HttpResponse:
    """People who are kept here and have no account yet: from here one is invited (U1)."""
    rows, after = desk.uninvited(asking(request), after=request.GET.get("after", ""))
    return render(
        request, "portals_core/uninvited.html", {"rows": rows, "after": after, "next_url": f"?after={after}"}
    )


@entry(STAFF, "people.manage", methods=("GET", "POST"))
def invite(request: HttpRequest, record: UUID) -> HttpResponse:
    """Open the portal for the person of one record."""
    person = desk.person(asking(request), record)
    form = InviteForm(posted(request), module=person.module_id)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            user = invitations.invite_person(
                actor=asking(request),
                record=record,
                at=clock.now(),
                **form.cleaned_data,
            )
        except DsrError as error:
            status = show_refusal(form, error)
        else:
            messages.success(request, _("The invitation is on its way."))
            return redirect("portals_core:person", user.public_id)
    elif form.errors:
        status = 400
    context = {
        "form": form,
        "person": person,
        "unfinished": usertypes.unfinished(person.module_id),
        "may_finish": asking(request).may("setup.manage"),
    }
    return render(request, "portals_core/person_invite.html", context, status=status)


@entry(STAFF, "people.manage")
def person(request: HttpRequest, account: UUID) -> HttpResponse:
    """One portal user: state, type, and what can be done."""
    return show_person(request, _one(request, account))


@entry(STAFF, "people.manage", methods=("POST",))
def change_type(request: HttpRequest, account: UUID) -> HttpResponse:
    """Another user type for one person (U5)."""
    user = _one(request, account)
    form = UserTypeChoiceForm(request.POST, module=user.identity.module_id if user.identity else None)
    if not form.is_valid():
        return show_person(request, user, form=form, status=400)
    usertypes.change_user_type(
        actor=asking(request),
        user=user,
        at=clock.now(),
        **form.cleaned_data,
    )
    messages.success(request, _("The user type was changed."))
    return redirect("portals_core:person", account)


@entry(STAFF, "people.manage", methods=("POST",))
def reinvite(request: HttpRequest, account: UUID) -> HttpResponse:
    """Send the link once more; the earlier one ends."""
    invitations.invite(actor=asking(request), user=_one(request, account), at=clock.now())
    messages.success(request, _("The invitation is on its way."))
    return redirect("portals_core:person", account)


@entry(STAFF, "people.manage", methods=("POST",))
def activate(request: HttpRequest, account: UUID) -> HttpResponse:
    """Open a closed account again."""
    desk.activate(actor=asking(request), user=_one(request, account), at=clock.now())
    messages.success(request, _("The account is open again."))
    return redirect("portals_core:person", account)


@entry(STAFF, "people.manage", methods=("POST",))
def deactivate(request: HttpRequest, account: UUID) -> HttpResponse:
    """Close an account by the switch (U8)."""
    desk.deactivate(
        actor=asking(request),
        user=_one(request, account),
        at=clock.now(),
        reason="deactivated at the desk",
    )
    messages.success(request, _("The account is closed. Its sessions have ended."))
    return redirect("portals_core:person", account)


@entry(STAFF, "people.manage", methods=("GET", "POST"), fresh=("POST",))
def remove_person(request: HttpRequest, account: UUID) -> HttpResponse:
    """Take a person out of the portal (U7); says first what that means."""
    user = _one(request, account)
    if request.method == "POST":
        desk.remove_user(actor=asking(request), user=user, at=clock.now())
        messages.success(request, _("The portal user was removed."))
        return redirect("portals_core:people")
    return render(request, "portals_core/person_remove.html", {"account": user})


def _one(request: HttpRequest, account: UUID) -> User:
    rows = desk.portal_users(asking(request)).select_related("user_type", "identity")
    return desk.account(rows, account)


def show_person(
    request: HttpRequest,
    user: User,
    *,
    form: UserTypeChoiceForm | None = None,
    part: PartOfTypeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of one portal user, with the form that was not accepted, if there is one."""
    module = user.identity.module_id if user.identity else None
    context = {
        "account": user,
        "form": form or UserTypeChoiceForm(initial={"user_type": user.user_type_id}, module=module),
        "may_look": previews.may_look(asking(request)),
        "part": part or PartOfTypeForm(None, user=user),
    }
    return render(request, "portals_core/person.html", context, status=status)
