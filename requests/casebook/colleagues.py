"""Which members of staff may do what with cases, for messages to all of them."""

from __future__ import annotations

from portals_core.access.actor import system
from portals_core.people.models import Holding, User, UserKind

_READ = system("find who answers requests")


def holders(*permissions: str) -> dict[str, dict[int, User]]:
    """Active staff by permission and id."""
    rows = Holding.objects.visible_to(_READ).filter(user__kind=UserKind.STAFF, user__is_active=True)
    found: dict[str, dict[int, User]] = {name: {} for name in permissions}
    for holding in rows.select_related("user", "role"):
        for name in set(permissions) & set(holding.role.permissions):
            found[name][holding.user_id] = holding.user
    return found
