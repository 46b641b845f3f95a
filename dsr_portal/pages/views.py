"""Pages that are composed of what the apps bring, and pages of no app."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.i18n import set_language

from dsr_portal import health
from dsr_portal.demo import mailbox
from portals_core import panels
from portals_core.access.actor import Actor, Kind
from portals_core.entry import PORTAL, PUBLIC, entry
from portals_core.plumbing.errors import Absent


@entry(PUBLIC)
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Everybody's first page: a portal user's own, the first room of a member of staff, or who we are."""
    actor = _actor(request)
    if actor.kind is Kind.ANONYMOUS:
        return render(request, "pages/front.html")
    if actor.kind is Kind.PORTAL:
        return render(request, "pages/home.html", {"panels": _drawn("home", request), "rooms": _rooms(actor)})
    if not actor.verified:
        return redirect("portals_core:code")
    rooms = panels.navigation(actor)
    return redirect(_address(rooms[0])) if rooms else render(request, "pages/no_rooms.html")


@entry(PORTAL)
@never_cache
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy tab: what every app puts there, in its order."""
    return render(request, "pages/privacy.html", {"panels": _drawn("privacy", request)})


@entry(PUBLIC, methods=("POST",))
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language the visitor chose and return to the page they were on."""
    return set_language(request)


@entry(PUBLIC)
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """For machines: 200 while both databases answer, 503 otherwise, with nothing that helps a stranger."""
    well = health.databases_answer()
    return HttpResponse(
        "ok\n" if well else "unwell\n", content_type="text/plain", status=200 if well else 503
    )


@entry(PUBLIC)
@never_cache
def demo_mail(request: HttpRequest) -> HttpResponse:
    """Every mail of the demo, newest first, so that an invitation can be followed."""
    _only_in_the_demo()
    to = request.GET.get("to", "")
    page = mailbox.page(to=to, after=request.GET.get("after", ""))
    return render(request, "pages/demo_mail.html", {"page": page, "to": to})


@entry(PUBLIC)
@never_cache
def demo_message(request: HttpRequest, mail: UUID) -> HttpResponse:
    """One mail as it was written."""
    _only_in_the_demo()
    return render(request, "pages/demo_message.html", {"mail": mailbox.message(mail)})


def _only_in_the_demo() -> None:
    if not settings.DEMO:
        raise Absent(_("There is nothing here, or it is not shared with you."))


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _drawn(page: str, request: HttpRequest) -> list[str]:
    """The panels of a page as HTML, each drawn with what its app hands it and what every page knows."""
    chosen = panels.panels(page, _actor(request))
    return [render_to_string(template, dict(context), request) for template, context in chosen]


def _rooms(actor: Actor) -> list[tuple[str, object]]:
    """What the person can open besides this page and the privacy tab, which has its button."""
    items = panels.navigation(actor)
    return [(_address(item), item.label) for item in items if item.url_name not in ("home", "privacy")]


def _address(item: panels.NavItem) -> str:
    return reverse(item.url_name, args=item.url_args)
