"""Panels of other apps on the pages of this one."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from portals_core import panels
from portals_core.entry import Asked


def drawn(request: Asked, page: str, **given: Any) -> list[str]:
    """Every panel of a page, drawn, in order."""
    actor = request.actor
    return [
        render_to_string(template, dict(context), request=request)
        for template, context in panels.panels(page, actor, **given)
    ]
