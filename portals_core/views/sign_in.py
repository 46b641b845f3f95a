"""Signing in and out, the second factor, and confirming again before a dangerous act."""

from __future__ import annotations

import django_otp
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from portals_core.access.actor import Kind
from portals_core.entry import PUBLIC, SIGNED_IN, entry
from portals_core.forms.filling import show_refusal
from portals_core.forms.sign_in import CodeForm, PasswordAgainForm, SignInForm
from portals_core.people import factors, stepup
from portals_core.plumbing import clock
from portals_core.plumbing.errors import DsrError, SecondFactorNeeded
from portals_core.views import sessions
from portals_core.views.given import asking, owner, posted, wanted

_WRONG = _("Address or password is not right. Check both, or ask for a new password.")
_KEY = "enrol_key"


@entry(PUBLIC, methods=("GET", "POST"))
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Address and password. One sentence for everything that can be wrong (attack 13)."""
    target = wanted(request)
    if asking(request).kind is not Kind.ANONYMOUS:
        return redirect(target)
    form = SignInForm(posted(request), initial={"next": target})
    if request.method == "POST" and form.is_valid():
        user = authenticate(
            request, username=form.cleaned_data["username"], password=form.cleaned_data["password"]
        )
        if user is not None:
            return sessions.password_given(request, user, target)
        form.add_error(None, str(_WRONG))
    return _page(request, "sign_in", form)


@entry(PUBLIC, methods=("GET", "POST"))
@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """The second factor after the password."""
    target, user = wanted(request), sessions.awaiting_code(request)
    if user is None or (asking(request).kind is Kind.STAFF and asking(request).verified):
        return redirect(target if request.user.is_authenticated else "portals_core:sign-in")
    if factors.device_of(user) is None:
        return redirect("portals_core:enrol")
    form = CodeForm(posted(request), initial={"next": target})
    if request.method == "POST" and form.is_valid():
        try:
            sessions.code_given(request, user, factors.verify(user=user, code=form.cleaned_data["code"]))
        except DsrError as error:
            return _page(request, "code", form, status=show_refusal(form, error))
        return redirect(target)
    return _page(request, "code", form)


@entry(PUBLIC, methods=("GET", "POST"))
@never_cache
def enrol(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: staff must before anything else, portal users may."""
    if not request.user.is_authenticated:
        return redirect("portals_core:sign-in")
    target, user, actor = wanted(request), owner(request), asking(request)
    if factors.device_of(user) is not None:
        return redirect("portals_core:account" if actor.verified else "portals_core:code")
    if actor.kind is Kind.PORTAL and not stepup.is_fresh(request.session, at=clock.now()):
        raise SecondFactorNeeded(_("Please confirm that it is you, then go on."))
    # The key waits in the session, so that a page which is only looked at stores nothing about the account.
    key = request.session.setdefault(_KEY, factors.new_key())
    form = CodeForm(posted(request), initial={"next": target})
    status = None
    if request.method == "POST" and form.is_valid():
        try:
            device = factors.enrol(
                user=user, key=key, code=form.cleaned_data["code"], at=clock.now(), actor=actor
            )
        except DsrError as error:
            status = show_refusal(form, error)
        else:
            del request.session[_KEY]
            sessions.code_given(request, user, device)
            return redirect(target)
    secret, drawing = factors.offer(user, key)
    picture = mark_safe(drawing)  # noqa: S308  drawn by us from digits, no words of anybody in it
    return _page(request, "enrol", form, status=status, secret=secret, picture=picture)


@entry(PUBLIC, methods=("POST",))
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session."""
    logout(request)
    return redirect("portals_core:sign-in")


@entry(SIGNED_IN, methods=("GET", "POST"))
@never_cache
def confirm(request: HttpRequest) -> HttpResponse:
    """Prove again who sits here: with a code where there is a device, with the password otherwise."""
    target, user = wanted(request), owner(request)
    by_code = factors.device_of(user) is not None
    form = (CodeForm if by_code else PasswordAgainForm)(posted(request), initial={"next": target})
    if request.method == "POST" and form.is_valid():
        if by_code:
            try:
                device = factors.verify(user=user, code=form.cleaned_data["code"])
            except DsrError as error:
                return _page(request, "confirm", form, status=show_refusal(form, error))
            django_otp.login(request, device)
        elif not user.check_password(form.cleaned_data["password"]):
            form.add_error("password", str(_("This is not your password.")))
            return _page(request, "confirm", form)
        request.session.cycle_key()
        stepup.mark(request.session, at=clock.now())
        return redirect(target)
    return _page(request, "confirm", form)


def _page(
    request: HttpRequest,
    name: str,
    form: SignInForm | CodeForm | PasswordAgainForm,
    *,
    status: int | None = None,
    **more: object,
) -> HttpResponse:
    return render(
        request,
        f"portals_core/{name}.html",
        {"form": form, "target": wanted(request), **more},
        status=status or (400 if form.errors else 200),
    )
