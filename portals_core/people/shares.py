"""What was described in `people.sharing` and checked: stored, and told again as it was described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portals_core.access import criteria
from portals_core.access.actor import system
from portals_core.people.models import (
    AWAITED,
    FieldAccess,
    LayoutAccess,
    ModuleAccess,
    Role,
    UserType,
    View,
)
from portals_core.people.opened import ACTS, EDITABLE, OF_PORTAL, REQUIRED, VISIBLE, Fields, Share
from portals_core.records.models import Layout, Module

_SHARES = system("keep what is shared")


def replace(holder: UserType | Role, shares: Sequence[Share]) -> None:
    """Store exactly these shares for a user type or role, inside the caller's transaction."""
    held = {"user_type": holder} if isinstance(holder, UserType) else {"role": holder}
    ModuleAccess.objects.visible_to(_SHARES).filter(**held).delete()
    for position, share in enumerate(shares):
        access = ModuleAccess(
            **held,
            module=share.module,
            sharing=share.sharing,
            via=list(share.via),
            match=share.match,
            criteria=_kept(share),
            view=share.view,
            position=position,
            **{f"can_{act}": act in share.acts for act in ACTS},
        )
        access.save(force_insert=True)
        for layout in share.layouts:
            LayoutAccess(access=access, layout=layout).save(force_insert=True)
        _store_fields(access, share)


def _kept(share: Share) -> object:
    if share.awaited:
        return AWAITED
    return criteria.dump(share.conditions) if share.conditions else None


def awaited() -> dict[int, list[Module]]:
    """User type -> the modules whose conditions are still to be written. One query."""
    rows = ModuleAccess.objects.visible_to(_SHARES).filter(user_type__isnull=False, criteria=AWAITED)
    found: dict[int, list[Module]] = {}
    for access in rows.select_related("module"):
        found.setdefault(access.user_type_id or 0, []).append(access.module)
    return found


def _store_fields(access: ModuleAccess, share: Share) -> None:
    rows: list[tuple[Layout | None, Fields]] = [(None, share.fields), *share.layout_fields.items()]
    for layout, chosen in rows:
        for one, how in chosen.items():
            FieldAccess(
                access=access,
                field=one,
                layout=layout,
                editable=how != VISIBLE,
                required=how == REQUIRED,
                far=one.key in share.far,
            ).save(force_insert=True)


def described(holder: UserType | Role) -> list[dict[str, Any]]:
    """The rows that `sharing.checked` would have to be given for what is stored. Constant queries."""
    held = {"user_type": holder} if isinstance(holder, UserType) else {"role": holder}
    accesses = list(ModuleAccess.objects.visible_to(_SHARES).filter(**held).select_related("module"))
    fields = _fields_of(accesses)
    layouts: dict[int, list[str]] = {}
    named = LayoutAccess.objects.visible_to(_SHARES).filter(access__in=accesses).order_by("layout__position")
    for access, name in named.values_list("access", "layout__name"):
        layouts.setdefault(access, []).append(name)
    return [_row(one, fields.get(one.pk, []), layouts.get(one.pk, [])) for one in accesses]


def _fields_of(accesses: Sequence[ModuleAccess]) -> dict[int, list[FieldAccess]]:
    rows = FieldAccess.objects.visible_to(_SHARES).filter(access__in=accesses)
    found: dict[int, list[FieldAccess]] = {}
    for one in rows.select_related("field", "layout").order_by("field__position", "field"):
        found.setdefault(one.access_id, []).append(one)
    return found


def _row(access: ModuleAccess, fields: Sequence[FieldAccess], layouts: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "module": access.module.key,
        **{act: getattr(access, f"can_{act}") for act in ACTS if access.user_type_id or act not in OF_PORTAL},
        "fields": {one.field.key: _how(one) for one in fields if one.layout_id is None},
    }
    if access.user_type_id is None:
        return row
    by_layout: dict[str, dict[str, str]] = {}
    for one in fields:
        if one.layout is not None:
            by_layout.setdefault(one.layout.name, {})[one.field.key] = _how(one)
    return {
        **row,
        "sharing": access.sharing,
        "via": list(access.via),
        "match": access.match,
        "conditions": access.criteria,
        "layouts": list(layouts),
        "view": access.view,
        "layout_fields": by_layout,
        "far": sorted({one.field.key for one in fields if one.far}),
    }


def laid_out(user_type: int | None, module: Module) -> str:
    """How the module's records are laid out for users of this type: a value of `View` (T5)."""
    rows = ModuleAccess.objects.visible_to(_SHARES).filter(user_type=user_type, module=module)
    return str(rows.values_list("view", flat=True).first() or View.LIST)


def _how(one: FieldAccess) -> str:
    return REQUIRED if one.required else EDITABLE if one.editable else VISIBLE
