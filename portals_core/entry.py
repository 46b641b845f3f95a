"""Who may call a view, and how: every view declares it, and a contract test walks the declarations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from portals_core import intrusions
from portals_core.access.actor import Actor, Kind
from portals_core.people import stepup
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Forbidden, SecondFactorNeeded

PUBLIC = "public"
SIGNED_IN = "signed in"
PORTAL = "portal"
STAFF = "staff"


@dataclass(frozen=True)
class Entry:
    """The declaration of one view: who, with which permissions (any of them), by which methods."""

    who: str
    permissions: tuple[str, ...]
    methods: tuple[str, ...]
    #: Methods that need a second factor given a short while ago.
    fresh: tuple[str, ...] = ()


View = Callable[..., HttpResponseBase]


class Asked(HttpRequest):
    """A request that passed the edge: it says who asks. For the type checker."""

    actor: Actor


def entry(
    who: str, *permissions: str, methods: tuple[str, ...] = ("GET",), fresh: tuple[str, ...] = ()
) -> Callable[[View], View]:
    """Declare and enforce who may call a view. Whoever is not signed in is led to the sign-in page; a
    sort of person the page is not for gets 403; staff without their second factor are led to give it."""
    declared = Entry(who, permissions, methods, fresh)

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in declared.methods and not (
                request.method == "HEAD" and "GET" in declared.methods
            ):
                return HttpResponseNotAllowed(declared.methods)
            return _let_in(request, declared) or _answered(request, view, args, kwargs)

        guarded.entry = declared  # type: ignore[attr-defined]
        return guarded

    return wrap


def _let_in(request: HttpRequest, declared: Entry) -> HttpResponse | None:
    """Where to go instead; a change that was refused is an attempt (attack 24)."""
    try:
        return _turned_away(request, declared)
    except Forbidden:
        if request.method == "POST":
            intrusions.keep_refused(request)
        raise


def _answered(
    request: HttpRequest, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponseBase:
    """The page; fields that it has not and somebody from outside sent are an attempt (attack 25)."""
    actor = request.actor  # type: ignore[attr-defined]
    if request.method != "POST" or actor.kind is Kind.STAFF:
        return view(request, *args, **kwargs)
    posted = intrusions.watch(request)
    try:
        return view(request, *args, **kwargs)
    finally:
        intrusions.keep_added(request, posted)


def _turned_away(request: HttpRequest, declared: Entry) -> HttpResponse | None:
    actor = request.actor  # type: ignore[attr-defined]
    if declared.who == PUBLIC:
        return None
    if actor.kind is Kind.ANONYMOUS:
        return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
    if declared.who in (PORTAL, STAFF) and actor.kind.value != declared.who:
        raise Forbidden(_("This page is not for your kind of account."))
    if actor.kind is Kind.STAFF and not actor.verified:
        return redirect(f"{reverse('portals_core:code')}?{urlencode({'next': request.get_full_path()})}")
    if declared.permissions and not any(actor.may(name) for name in declared.permissions):
        raise Forbidden(_("Your role does not include this. Ask an administrator if you need it."))
    if request.method in declared.fresh and not stepup.is_fresh(request.session, at=clock.now()):
        raise SecondFactorNeeded(_("Please confirm that it is you, then repeat what you were about to do."))
    return None
