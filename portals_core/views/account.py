"""One's own account: preferences, password, second factor."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from portals_core.access.actor import Kind
from portals_core.entry import SIGNED_IN, entry
from portals_core.forms.filling import show_refusal
from portals_core.forms.people import PreferencesForm
from portals_core.forms.sign_in import ChangePasswordForm
from portals_core.people import accounts, factors, preferences
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput
from portals_core.views.given import asking, owner, posted


@entry(SIGNED_IN, methods=("GET", "POST"))
def account(request: HttpRequest) -> HttpResponse:
    """Language, time zone, time format, country; the ways to password and second factor."""
    user = owner(request)
    chosen = {name: getattr(user, name) for name in ("language", "time_zone", "time_format", "country")}
    form = PreferencesForm(posted(request), initial=chosen)
    if request.method == "POST" and form.is_valid():
        preferences.set_preferences(
            actor=asking(request),
            user=user,
            at=clock.now(),
            **form.cleaned_data,
        )
        messages.success(request, _("Saved."))
        return redirect("portals_core:account")
    return render(
        request,
        "portals_core/account.html",
        {
            "form": form,
            "account": user,
            "device": factors.device_of(user),
            "on": _("Active"),
            "off": _("Not set up"),
            "page_base": _base(request),
        },
        status=400 if form.errors else 200,
    )


@entry(SIGNED_IN, methods=("GET", "POST"))
@never_cache
def password(request: HttpRequest) -> HttpResponse:
    """Change the password. Every session ends, this one too."""
    form = ChangePasswordForm(posted(request))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            accounts.change_password(
                user=owner(request),
                at=clock.now(),
                actor=asking(request),
                **form.cleaned_data,
            )
        except BadInput as error:
            status = show_refusal(form, error)
        else:
            logout(request)
            messages.success(request, _("Your new password is set. Sign in with it."))
            return redirect("portals_core:sign-in")
    elif form.errors:
        status = 400
    return render(
        request,
        "portals_core/account_password.html",
        {"form": form, "page_base": _base(request)},
        status=status,
    )


@entry(SIGNED_IN, methods=("GET", "POST"), fresh=("GET", "POST"))
def remove_factor(request: HttpRequest) -> HttpResponse:
    """Take one's own second factor away, after giving a code of it."""
    if request.method == "POST":
        factors.remove_factor(actor=asking(request), user=owner(request), at=clock.now())
        messages.success(request, _("The second factor was removed."))
        return redirect("portals_core:account")
    return render(request, "portals_core/account_factor.html", {"page_base": _base(request)})


def _base(request: HttpRequest) -> str:
    """The page around one's account is that of the room one works in."""
    return "desk_base.html" if asking(request).kind is Kind.STAFF else "portal_base.html"
