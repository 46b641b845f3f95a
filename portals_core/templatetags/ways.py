"""Links from pages of this app to pages of upper apps, which it does not know."""

from __future__ import annotations

from django import template

from portals_core import panels

register = template.Library()


@register.simple_tag
def way(wish: str, *given: object) -> str:
    """The address of what the person wants to do; the upper app that offers it registered it."""
    return panels.WAYS.get(wish)(*given)
