"""Panels of other apps on the pages of this one."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from portals_core import panels
from portals_core.access.actor import Actor
from portals_core.entry import Asked
from requests.desk import case_register


def drawn(request: Asked, page: str, **given: Any) -> list[str]:
    """Every panel of a page, drawn, in order."""
    actor = request.actor
    return [
        render_to_string(template, dict(context), request=request)
        for template, context in panels.panels(page, actor, **given)
    ]


def rooms(actor: Actor) -> dict[str, bool]:
    """Which rooms of the desk the tabs above its pages lead to."""
    return {
        "may_assign": actor.may("cases.assign"),
        "may_register": any(actor.may(name) for name in case_register.PERMISSIONS),
    }
