"""What a portal user reaches follows their own record; a change that moves it is recorded (C3, M2)."""

from __future__ import annotations

from collections.abc import Iterable

from portals_core.access import criteria
from portals_core.access.actor import system
from portals_core.ledger import append
from portals_core.people.models import ModuleAccess, User

_FOLLOW = system("follow a person's own record")


def follow(*, about: str, fields: Iterable[str]) -> None:
    """Subscriber to "record.changed", inside the change: a leaf about the user whose own record it is, if
    the fields decide what that user reaches. The scope itself is computed anew with every request."""
    rows = User.objects.visible_to(_FOLLOW).filter(identity=about.removeprefix("record:"))
    user = rows.select_related("user_type").first()
    if user is None:
        return
    moved = sorted(deciding(user).intersection(fields))
    if moved:
        append.record(
            "scope.changed",
            actor=_FOLLOW,
            about=user.ref,
            subject=user.identity_id,
            detail={"record": about, "fields": moved},
        )


def deciding(user: User) -> set[str]:
    """Keys of the fields of their own record on which it depends what a portal user reaches."""
    accesses = ModuleAccess.objects.visible_to(_FOLLOW).filter(
        user_type=user.user_type_id, criteria__isnull=False
    )
    keys = {key for stored in accesses.values_list("criteria", flat=True) for key in _own(stored)}
    if user.main_user and user.user_type and user.user_type.company_key:
        keys.add(user.user_type.company_key)
    return keys


def _own(stored: object) -> set[str]:
    try:
        tree = criteria.load(stored)
    except criteria.Malformed:
        return set()  # It shares nothing, whatever the record says.
    return {leaf.own for leaf in criteria.leaves(tree) if isinstance(leaf, criteria.Own)}
