"""The sign of a lock in a list, where the same few sentences stand behind very many names."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString

register = template.Library()
_DRAWN = "lock marks drawn on this page"


@register.simple_tag(takes_context=True)
def lock_mark(context: Context, why: str) -> SafeString:
    """The sign with the reason `why`, empty for none; each reason is drawn once for all rows of a page."""
    if not why:
        return SafeString()
    page: Any = context.render_context
    drawn: dict[str, SafeString] = page.setdefault(_DRAWN, {})
    if why not in drawn:
        mark = get_template("portals_core/locks/mark.html").template  # type: ignore[attr-defined]
        drawn[why] = mark.render(Context({"lock": why}, autoescape=context.autoescape))
    return drawn[why]
