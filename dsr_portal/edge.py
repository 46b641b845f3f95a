"""The edge to HTTP: who asks, how an error becomes a page, what every page knows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode

from consent.deciding import gpc
from portals_core import panels
from portals_core.access.actor import ANONYMOUS, Actor, Kind
from portals_core.people import accounts
from portals_core.plumbing import clock
from portals_core.plumbing.errors import DsrError, Forbidden, SecondFactorNeeded

log = logging.getLogger(__name__)
Next = Callable[[HttpRequest], HttpResponse]
PAGES = {400, 403, 404, 409, 423, 429}


def _actor(request: HttpRequest) -> Actor:
    user = request.user
    if not user.is_authenticated:
        return ANONYMOUS
    try:
        return accounts.actor_of(user, verified=user.is_verified())  # type: ignore[attr-defined]
    except Forbidden:
        return ANONYMOUS


class ActorMiddleware:
    """Gives every request its `actor`, language and time zone. Rights are read anew each time."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = _actor(request)  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or request.user.language
            language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
            translation.activate(language)
            request.LANGUAGE_CODE = language
            timezone.activate(ZoneInfo(request.user.time_zone))
        try:
            response = self.get_response(request)
        finally:
            timezone.deactivate()
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class SignalMiddleware:
    """Hears the browser's privacy signal; costs nothing where there is none, or it was heard before."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if gpc.given(request.headers):
            gpc.heed(actor=request.actor, session=request.session, at=clock.now())  # type: ignore[attr-defined]
        return self.get_response(request)


class ErrorMiddleware:
    """Maps the error family to HTTP, in this one place."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for one of ours; `None` leaves anything else to Django."""
        if not isinstance(error, DsrError):
            return None
        if isinstance(error, SecondFactorNeeded):
            back = request.get_full_path() if request.method == "GET" else _same_page(request)
            return redirect(f"{reverse('portals_core:confirm')}?{urlencode({'next': back})}")
        status = error.http_status if error.http_status in PAGES else 500
        if status == 500:
            log.error("%s %s", error.code, error.detail)
        return render(request, f"{status}.html", {"error": error}, status=status)


def _same_page(request: HttpRequest) -> str:
    """The page a form was sent from, as a path of our own; home when that cannot be told."""
    from urllib.parse import urlsplit

    referer = urlsplit(request.headers.get("Referer", ""))
    return referer.path if referer.netloc == request.get_host() and referer.path.startswith("/") else "/"


def site(request: HttpRequest) -> Mapping[str, Any]:
    """What every template may use; see docs/reference/pages.md."""
    actor = getattr(request, "actor", ANONYMOUS)
    return {
        "actor": None if actor.kind is Kind.ANONYMOUS else actor,
        "site": {
            "organisation": settings.ORGANISATION,
            "contact_email": settings.CONTACT_EMAIL,
            "demo": settings.DEMO,
            "languages": settings.LANGUAGES,
            "nav": _nav_once(request, actor) if _seated(actor) else [],
        },
    }


def _seated(actor: Actor) -> bool:
    return actor.kind is not Kind.ANONYMOUS and actor.verified


def _nav_once(request: HttpRequest, actor: Actor) -> Any:
    """The navigation, worked out when a template first draws it: parts of a page are drawn by themselves."""
    return vars(request).setdefault("nav", SimpleLazyObject(lambda: _nav(request, actor)))


def _nav(request: HttpRequest, actor: Actor) -> list[Mapping[str, Any]]:
    """The navigation; where one address lies below another, the longer one is where the person is."""
    found = [(reverse(item.url_name, args=item.url_args), item) for item in panels.navigation(actor)]
    here = max((url for url, _item in found if _lies_in(request.path, url)), key=len, default=None)
    return [
        {
            "url": url,
            "label": item.label,
            "icon": item.icon,
            "current": url == here,
            "waiting": item.waiting(actor) if item.waiting else 0,
        }
        for url, item in found
    ]


def _lies_in(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
