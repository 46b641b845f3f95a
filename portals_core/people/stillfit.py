"""Whether what is shared still may be, after a module changed (T12, T13, decision 10, F14)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import system
from portals_core.people import shares, sharing
from portals_core.people.models import ModuleAccess, UserType
from portals_core.plumbing.errors import BadInput, Conflict

_LOOK = system("see whether user types still fit their modules")


def refuse_misfits(*, about: str, **_ids: object) -> None:
    """Subscriber of "module.defined", inside its transaction: raise `Conflict` with the user type that could
    not be set up any more as it is, and why. The module then stays as it was."""
    key = about.partition(":")[2]
    sharing_it = ModuleAccess.objects.visible_to(_LOOK).filter(module__key=key, user_type__isnull=False)
    types = UserType.objects.visible_to(_LOOK).filter(pk__in=sharing_it.values("user_type"))
    for user_type in types.select_related("identity_module").order_by("pk"):
        try:
            sharing.checked(user_type.identity_module, shares.described(user_type))
        except BadInput as error:
            raise Conflict(
                _("The user type “%(name)s” stands against it: %(why)s Change the user type first.")
                % {"name": user_type.name, "why": error.public},
                code="user_type.misfit",
            ) from None
