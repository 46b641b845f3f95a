"""What the project itself adds to the navigation: the pages it composes."""

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Kind
from portals_core.panels import NAV, NavItem


def register() -> None:
    """Called once by `apps.py`."""
    NAV.register("home", NavItem(_("Home"), "home", "house", Kind.PORTAL, 0))
    NAV.register("privacy", NavItem(_("Privacy"), "privacy", "shield-check", Kind.PORTAL, 10))
