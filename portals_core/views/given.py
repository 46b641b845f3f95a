"""What a request gives, read carefully: who asks, what was sent, where to go next (attack 33)."""

from __future__ import annotations

from urllib.parse import unquote

from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

from portals_core.access.actor import Actor
from portals_core.people.models import User

HOME = "/"


def own_path(given: str) -> str:
    """`given` when it is a plain path on this site, else the start page. Never raises.

    Read once as it stands and once decoded, because browsers and proxies do either.
    """
    for text in (given, unquote(given)):
        plain = text.startswith("/") and not text.startswith("//") and text.isprintable()
        if not plain or "\\" in text or not url_has_allowed_host_and_scheme(text, allowed_hosts=None):
            return HOME
    return given


def wanted(request: HttpRequest) -> str:
    """The page that a sign-in or confirmation leads back to."""
    return own_path(request.POST.get("next") or request.GET.get("next") or HOME)


def asking(request: HttpRequest) -> Actor:
    """The actor of this request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def owner(request: HttpRequest) -> User:
    """The account of this session, on pages that only somebody signed in reaches."""
    assert isinstance(request.user, User)
    return request.user


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with; `None` when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def number(request: HttpRequest) -> int | None:
    """Where a keyset page starts; what is no number starts at the beginning."""
    given = request.GET.get("after", "")
    return int(given) if given.isdecimal() and len(given) < 19 else None
