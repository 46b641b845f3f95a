"""Profiles of a user type: the grid of one, its deletion, and who gets it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from portals_core.entry import STAFF, entry
from portals_core.forms.profiles import PartOfTypeForm, ProfileForm
from portals_core.people import desk, profiles, usertypes
from portals_core.people.models import UserType
from portals_core.plumbing import clock
from portals_core.views import entering
from portals_core.views.given import asking, posted
from portals_core.views.people import show_person

BOTH = ("GET", "POST")


@entry(STAFF, "setup.manage", methods=BOTH)
def new_profile(request: HttpRequest, key: int) -> HttpResponse:
    """The grid of a profile to be made (M5)."""
    holder = usertypes.user_type(key)
    return _grid(request, holder, ProfileForm(posted(request), user_type=holder), None)


@entry(STAFF, "setup.manage", methods=BOTH)
def profile(request: HttpRequest, key: int, profile: int) -> HttpResponse:
    """The grid of one profile: what its users see and change, from their next request on (M3, M4)."""
    stored = profiles.profile(profile, of=key)
    before = profiles.description_of(stored)
    form = ProfileForm(posted(request), user_type=stored.user_type, before=before)
    return _grid(request, stored.user_type, form, profile)


@entry(STAFF, "setup.manage", methods=("POST",), fresh=("POST",))
def delete_profile(request: HttpRequest, key: int, profile: int) -> HttpResponse:
    """Delete a profile that nobody has."""
    profiles.delete_profile(
        actor=asking(request), profile=profiles.profile(profile, of=key).pk, at=clock.now()
    )
    messages.success(request, _("The profile was deleted."))
    return redirect("portals_core:user-type", key)


def _grid(request: HttpRequest, holder: UserType, form: ProfileForm, key: int | None) -> HttpResponse:
    status = 200
    if request.method == "POST":
        stored, status = entering.attempt(
            form,
            lambda: profiles.define_profile(
                actor=asking(request),
                user_type=holder.pk,
                profile=key,
                at=clock.now(),
                **form.description(),
            ),
        )
        if stored:
            messages.success(request, _("Saved. It counts from everybody's next page on."))
            return redirect("portals_core:profile", holder.pk, stored.pk)
    context = {"form": form, "user_type": holder, "key": key}
    return render(request, "portals_core/profile.html", context, status=status)


@entry(STAFF, "people.manage", methods=("POST",))
def change_part(request: HttpRequest, account: UUID) -> HttpResponse:
    """Another profile for one person, and whether they are a main user (M1)."""
    user = desk.account(desk.portal_users(asking(request)), account)
    form = PartOfTypeForm(request.POST, user=user)
    done, status = entering.attempt(
        form,
        lambda: profiles.set_part(actor=asking(request), user=user, at=clock.now(), **form.cleaned_data),
    )
    if done is None:
        return show_person(request, user, part=form, status=status)
    messages.success(request, _("Saved. It counts from this person's next page on."))
    return redirect("portals_core:person", account)
