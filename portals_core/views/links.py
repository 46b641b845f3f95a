"""Pages behind links from mail: GET shows, POST acts (W16)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from portals_core.entry import PUBLIC, entry
from portals_core.forms.filling import show_refusal
from portals_core.forms.people import WelcomeForm
from portals_core.forms.sign_in import AskResetForm, NewPasswordForm
from portals_core.people import invitations, resets
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput
from portals_core.views import sessions
from portals_core.views.given import HOME, posted


@entry(PUBLIC, methods=("GET", "POST"))
@never_cache
def reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link to choose a new password. The same answer whether the address is known or not."""
    form = AskResetForm(posted(request))
    if request.method == "POST" and form.is_valid():
        resets.ask(email=form.cleaned_data["email"])
        return redirect("portals_core:reset-sent")
    return _page(request, "reset", form)


@entry(PUBLIC)
def reset_sent(request: HttpRequest) -> HttpResponse:
    """What happens now, in words that fit a known and an unknown address."""
    return render(request, "portals_core/reset_sent.html")


@entry(PUBLIC, methods=("GET", "POST"))
@never_cache
def reset_link(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a new password. Opening the page uses nothing up."""
    user = resets.resettable(token, at=clock.now())
    form = NewPasswordForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            resets.reset(token=token, password=form.cleaned_data["password"], at=clock.now())
        except BadInput as error:
            return _page(request, "reset_link", form, status=show_refusal(form, error))
        messages.success(request, _("Your new password is set. Sign in with it."))
        return redirect("portals_core:sign-in")
    return _page(request, "reset_link", form, email=user.email)


@entry(PUBLIC, methods=("GET", "POST"))
@never_cache
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: password, then preferences, then signed in (U3)."""
    user = invitations.invited(token, at=clock.now())
    chosen = {name: getattr(user, name) for name in ("language", "time_zone", "time_format", "country")}
    form = WelcomeForm(posted(request), initial=chosen)
    if request.method == "POST" and form.is_valid():
        try:
            accepted = invitations.accept(token=token, at=clock.now(), **form.cleaned_data)
        except BadInput as error:
            return _page(request, "welcome", form, status=show_refusal(form, error), account=user)
        return sessions.password_given(request, accepted, HOME)
    with translation.override(user.language):
        return _page(request, "welcome", form, account=user)


def _page(
    request: HttpRequest,
    name: str,
    form: AskResetForm | NewPasswordForm | WelcomeForm,
    *,
    status: int | None = None,
    **more: object,
) -> HttpResponse:
    return render(
        request,
        f"portals_core/{name}.html",
        {"form": form, **more},
        status=status or (400 if form.errors else 200),
    )
