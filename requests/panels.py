"""What this app puts on the privacy tab, and its place in the desk's navigation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from consent import register as processing
from portals_core.access.actor import Actor, Kind
from portals_core.panels import NAV, PANELS, WAYS, NavItem, Panel
from portals_core.plumbing import clock
from requests import portal
from requests.casebook import words
from requests.holding import holdings
from requests.telling import unread


def choices(actor: Actor, **given: Any) -> Mapping[str, Any]:
    """The four rights, for oneself (R1); before them what is under way, which one comes back for (W20)."""
    return {"choices": list(words.KINDS.items()), "under_way": portal.under_way(actor, at=clock.now())}


def held(actor: Actor, **given: Any) -> Mapping[str, Any]:
    """What is held about oneself: kinds, counts, how much of it is personal, how it came here, and who else
    receives it (D6, Art. 15(1)(c), (g))."""
    if actor.identity is None:
        return {"held": None}
    return {"held": holdings.overview(actor.identity), "recipients": processing.recipients_now(actor)}


def mine(actor: Actor, **given: Any) -> Mapping[str, Any]:
    """One's own requests (W20)."""
    found = portal.lines(actor, at=clock.now())
    return {"lines": found[: portal.SHOWN], "more": len(found) > portal.SHOWN}


def register() -> None:
    """Called once at start-up, after the policies."""
    PANELS.register(
        "requests.choices",
        Panel("privacy", order=10, template="dsr_requests/panel_choices.html", context=choices),
    )
    PANELS.register(
        "requests.held", Panel("privacy", order=15, template="dsr_requests/panel_held.html", context=held)
    )
    PANELS.register(
        "requests.mine", Panel("privacy", order=50, template="dsr_requests/panel_mine.html", context=mine)
    )
    NAV.register(
        "requests.queue",
        NavItem(
            _("Queue"),
            "dsr_requests:queue",
            "inbox",
            Kind.STAFF,
            order=10,
            permissions=("cases.view",),
            waiting=unread.threads,
        ),
    )
    NAV.register(
        "requests.letters",
        NavItem(
            _("Letters"),
            "dsr_requests:letter-templates",
            "mail",
            Kind.STAFF,
            order=85,
            permissions=("cases.letters",),
        ),
    )
    WAYS.register("correct", lambda: f"{reverse('dsr_requests:new')}?kind=rectify")
    WAYS.register("case", lambda case: reverse("dsr_requests:case", args=[case]))
    WAYS.register("erase", lambda: f"{reverse('dsr_requests:new')}?kind=delete")
