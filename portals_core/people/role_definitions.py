"""What a role is: its permissions, and the modules and fields it reaches (F9, F10). The only writer of both.

A role reaches every module, or only those described for it: rows as `sharing.checked_role` takes them. An act
in a row counts together with its permission, so a row may name only acts whose permission the role holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.people import opened, shares, sharing
from portals_core.people.models import Holding, ModuleAccess, Role
from portals_core.people.roles import PERMISSIONS, refuse_without_administrator, roles
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records import catalogue

#: Act on the records of a module -> the permission without which it does not count.
NEEDS = {
    "create": "records.edit",
    "edit": "records.edit",
    "delete": "records.edit",
    "clone": "records.edit",
    "export": "records.export",
}
_KEY = re.compile(r"[^\W_]\w{0,39}")
_ROLES = system("keep roles")


def role(key: str) -> Role:
    """The role with this key. Raises `Absent`."""
    found = roles().filter(key=key).first()
    if found is None:
        raise Absent(_("There is no such role."), code="role.absent")
    return found


def held_by(key: str) -> int:
    """How many members of staff hold the role."""
    return Holding.objects.visible_to(_ROLES).filter(role__key=key).count()


def holders_per_role() -> dict[int, int]:
    """How many members of staff hold each role, under its id; a role that nobody holds is missing."""
    rows = Holding.objects.visible_to(_ROLES).order_by()
    return dict(rows.values_list("role").annotate(Count("pk")))


def modules_per_role() -> dict[int, list[str]]:
    """The names of the modules each limited role reaches, under its id. One query."""
    found: dict[int, list[str]] = {}
    rows = ModuleAccess.objects.visible_to(_ROLES).filter(role__isnull=False).order_by("module__position")
    for role, label in rows.values_list("role", "module__label_plural"):
        found.setdefault(role, []).append(label)
    return found


def description_of(role: Role) -> dict[str, Any]:
    """The role as `define_role` takes it. Constant queries."""
    return {
        "key": role.key,
        "name": role.name,
        "permissions": [name for name in PERMISSIONS if name in role.permissions],
        "limited": role.limited,
        "modules": shares.described(role),
    }


def define_role(
    *,
    actor: Actor,
    key: str,
    name: str,
    permissions: Collection[str],
    limited: bool = False,
    modules: Sequence[Mapping[str, Any]] = (),
    new: bool = False,
    at: datetime | None = None,
) -> Role:
    """Store a role exactly as described, effective with everybody's next request; one with this key is
    changed, or refused where a `new` one is meant. The leaf keeps the whole description. Needs
    "people.manage", as giving roles does.

    Raises `BadInput` naming the first thing wrong, `Conflict` when nobody would be left who manages people.
    """
    _may_define(actor)
    held = _permissions(permissions)
    opened = sharing.checked_role(modules)
    _refuse_unlike(held, limited, opened)
    with transaction.atomic():
        stored = _stored(key, name, held, limited, new=new)
        shares.replace(stored, opened)
        if "people.manage" not in held:
            refuse_without_administrator()
        append.record(
            "role.defined", actor=actor, about=f"role:{stored.key}", at=at, detail=description_of(stored)
        )
    return stored


def delete_role(*, actor: Actor, key: str, at: datetime | None = None) -> None:
    """Remove a role that nobody holds. Raises `Absent`, or `Conflict` while somebody does."""
    _may_define(actor)
    with transaction.atomic():
        gone = role(key)
        holders = held_by(key)
        if holders:
            raise Conflict(
                _("%(count)s members of staff hold this role. Give them other roles first.")
                % {"count": holders},
                code="role.held",
            )
        detail = description_of(gone)
        roles().filter(pk=gone.pk).delete()
        append.record("role.deleted", actor=actor, about=f"role:{key}", at=at, detail=detail)


def _may_define(actor: Actor) -> None:
    if not actor.may("people.manage"):
        raise Forbidden(_("Only an administrator may set up roles."))


def _stored(key: str, name: str, held: list[str], limited: bool, *, new: bool) -> Role:
    stored = roles().filter(key=key).first() or Role(key=_key(key))
    if new and stored.pk:
        raise _bad(_("Another role has a name like this. Choose another name."), "name")
    stored.name, stored.permissions, stored.limited = _name(name, besides=key), held, limited
    try:
        with transaction.atomic():
            stored.save()
    except IntegrityError:
        raise Conflict(
            _("Somebody else has just set up this role. Open it again."), code="role.exists"
        ) from None
    return stored


def _permissions(given: Collection[str]) -> list[str]:
    unknown = sorted(set(given) - set(PERMISSIONS))
    if unknown:
        raise _bad(
            _("There is no permission “%(name)s”. There are: %(known)s.")
            % {"name": unknown[0], "known": ", ".join(PERMISSIONS)},
            "permissions",
        )
    return [name for name in PERMISSIONS if name in given]


def _refuse_unlike(held: list[str], limited: bool, opened: Sequence[opened.Share]) -> None:
    """Raise `BadInput` for a description whose parts contradict each other."""
    if opened and not limited:
        raise _bad(_("A role that reaches every module lists none."), "limited")
    if limited and not opened:
        raise _bad(_("Choose the modules this role reaches."), "modules")
    for share in opened:
        for act in sorted(share.acts):
            if NEEDS[act] not in held:
                raise _bad(
                    _(
                        "What the role does in “%(module)s” needs the permission “%(permission)s”. "
                        "Give it that too."
                    )
                    % {"module": share.module.label_plural, "permission": PERMISSIONS[NEEDS[act]]},
                    "permissions",
                )
        _refuse_unfillable(share)


def _refuse_unfillable(share: opened.Share) -> None:
    if "create" not in share.acts:
        return
    for one in catalogue.fields(share.module):
        if one.required and share.fields.get(one, opened.VISIBLE) == opened.VISIBLE:
            raise _bad(
                _("Who adds to “%(module)s” must be able to fill in “%(field)s”, which is required.")
                % {"module": share.module.label_plural, "field": one.label},
                "modules",
            )


def _key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise _bad(_("A key has letters, digits and underscores, at most 40."), "key")
    return key


def _name(name: str, *, besides: str) -> str:
    wanted = " ".join(str(name).split())
    if not wanted or len(wanted) > 80 or not wanted.isprintable():
        raise _bad(_("Name the role in at most 80 characters."), "name")
    if any(one.name.casefold() == wanted.casefold() for one in roles().exclude(key=besides)):
        raise _bad(_("Another role has this name. Choose another name."), "name")
    return wanted


def _bad(sentence: object, field: str) -> BadInput:
    return BadInput(sentence, code="role.definition", fields={field: sentence})
