"""What is stored of a person's rights, as the grants their actor carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from uuid import UUID

from portals_core.access import criteria, policy
from portals_core.access import fields as access_fields
from portals_core.access.actor import FieldRights, ModuleGrant, Path, system
from portals_core.people.models import (
    FieldAccess,
    LayoutAccess,
    ModuleAccess,
    Profile,
    ProfileField,
    ProfileModule,
    Role,
    Sharing,
    User,
    UserType,
)
from portals_core.people.opened import ACTS
from portals_core.plumbing import clock
from portals_core.records.models import Field, Record

_LOAD = system("load the actor's own rights")
Rows = Mapping[int, list[FieldAccess]]


def of_portal_user(user: User) -> Mapping[int, ModuleGrant]:
    """The grants of a portal user: their type's, narrowed by their profile. Constant queries."""
    if user.user_type is None:
        return MappingProxyType({})
    grants = of_user_type(user.user_type, _own_forms(user.identity_id))
    company_key, identity = user.user_type.company_key, user.user_type.identity_module_id
    if user.main_user and company_key and identity in grants:
        grants[identity] = _company_fixed(grants[identity], company_key)
    return MappingProxyType(_narrowed(grants, user))


def of_user_type(user_type: UserType, own: Mapping[str, str]) -> dict[int, ModuleGrant]:
    """The grants of a type for a person whose own record has the forms `own`, before any profile."""
    accesses = list(ModuleAccess.objects.visible_to(_LOAD).filter(user_type=user_type))
    fields = _fields_of(accesses)
    paths = _targets(accesses)
    layouts = _layouts_of(accesses)
    company_key = user_type.company_key
    company = (company_key, own[company_key]) if own.get(company_key) else None
    return {
        one.module_id: ModuleGrant(
            module_id=one.module_id,
            own=one.module_id == user_type.identity_module_id,
            via=tuple(_path(path, one, paths) for path in one.via),
            public=one.sharing == Sharing.PUBLIC,
            conditions=_bound(one, own),
            match_all=one.match == "all",
            layouts=frozenset(layouts.get(one.pk, ())),
            company=company if one.module_id == user_type.identity_module_id else None,
            fields=_rights(fields.get(one.pk, ()), None),
            by_layout=_by_layout(fields.get(one.pk, ())),
            far=frozenset(row.field.key for row in fields.get(one.pk, ()) if row.far),
            **{act: getattr(one, f"can_{act}") for act in ACTS},
        )
        for one in accesses
    }


def _company_fixed(grant: ModuleGrant, key: str) -> ModuleGrant:
    """Who keeps the people of a company moves nobody into another one, themselves least of all: the link
    decides whom they reach (M2)."""

    def kept(rights: FieldRights) -> FieldRights:
        return FieldRights(rights.readable, rights.writable - {key}, rights.required - {key})

    layouts = {layout: kept(rights) for layout, rights in grant.by_layout.items()}
    return replace(grant, fields=kept(grant.fields), by_layout=MappingProxyType(layouts))


def of_roles(roles: Iterable[Role]) -> Mapping[int, ModuleGrant]:
    """The grants of limited roles together: whatever one of them opens and has the permission for."""
    held = {role.pk: frozenset(role.permissions) for role in roles}
    accesses = list(ModuleAccess.objects.visible_to(_LOAD).filter(role__in=list(held)))
    fields = _fields_of(accesses)
    grants: dict[int, ModuleGrant] = {}
    for one in accesses:
        grant = _of_role(one, fields.get(one.pk, ()), held.get(one.role_id or 0, frozenset()))
        before = grants.get(one.module_id)
        grants[one.module_id] = grant if before is None else _both(before, grant)
    return MappingProxyType(grants)


def _of_role(access: ModuleAccess, rows: Iterable[FieldAccess], held: frozenset[str]) -> ModuleGrant:
    rights = _rights(rows, None)
    sees, edits = access_fields.VIEW in held, access_fields.EDIT in held
    return ModuleGrant(
        module_id=access.module_id,
        view=sees,
        create=edits and access.can_create,
        edit=edits and access.can_edit,
        edit_shared=edits and access.can_edit_shared,
        delete=edits and access.can_delete,
        clone=edits and access.can_clone,
        export="records.export" in held and access.can_export,
        fields=FieldRights(
            rights.readable if sees else frozenset(),
            rights.writable if edits else frozenset(),
            rights.required if edits else frozenset(),
        ),
    )


def _both(one: ModuleGrant, other: ModuleGrant) -> ModuleGrant:
    return ModuleGrant(
        module_id=one.module_id,
        view=one.view or other.view,
        create=one.create or other.create,
        edit=one.edit or other.edit,
        edit_shared=one.edit_shared or other.edit_shared,
        delete=one.delete or other.delete,
        clone=one.clone or other.clone,
        export=one.export or other.export,
        fields=_together(one.fields, other.fields),
    )


def _together(one: FieldRights, other: FieldRights) -> FieldRights:
    """What either opens; a field that one leaves free to fill in is not demanded by the other."""
    free = (one.writable - one.required) | (other.writable - other.required)
    return FieldRights(
        one.readable | other.readable,
        one.writable | other.writable,
        (one.required | other.required) - free,
    )


def _bound(access: ModuleAccess, own: Mapping[str, str]) -> policy.Policy | None:
    if access.criteria is None:
        return None
    try:
        return policy.bind(criteria.load(access.criteria), own, today=clock.now().date())
    except criteria.Malformed:
        # What cannot be read shares nothing; public sharing narrowed by it shares nothing either.
        return policy.NOTHING


def _own_forms(identity: UUID | None) -> Mapping[str, str]:
    if identity is None:
        return {}
    found = Record.objects.visible_to(_LOAD).filter(pk=identity).values_list("folded", flat=True).first()
    return found or {}


def _targets(accesses: Iterable[ModuleAccess]) -> Mapping[tuple[int, str], int]:
    """(module, key of a link) -> module it leads to, for the first steps of longer ways."""
    first = {(one.module_id, path.split(".")[0]) for one in accesses for path in one.via if "." in path}
    if not first:
        return {}
    rows = Field.objects.visible_to(_LOAD).filter(module__in={module for module, _key in first})
    wanted = rows.filter(key__in={key for _module, key in first}, target__isnull=False)
    return {(module, key): target for module, key, target in wanted.values_list("module", "key", "target")}


def _path(path: str, access: ModuleAccess, targets: Mapping[tuple[int, str], int]) -> Path:
    keys = tuple(path.split("."))
    return Path(keys, (targets[(access.module_id, keys[0])],) if len(keys) > 1 else ())


def _fields_of(accesses: Iterable[ModuleAccess]) -> Rows:
    found: dict[int, list[FieldAccess]] = {}
    rows = FieldAccess.objects.visible_to(_LOAD).filter(access__in=list(accesses)).select_related("field")
    for one in rows:
        found.setdefault(one.access_id, []).append(one)
    return found


def _layouts_of(accesses: Iterable[ModuleAccess]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows = LayoutAccess.objects.visible_to(_LOAD).filter(access__in=list(accesses))
    for access, layout in rows.values_list("access", "layout"):
        found.setdefault(access, []).append(layout)
    return found


def _rights(rows: Iterable[FieldAccess], layout: int | None) -> FieldRights:
    kept = [row for row in rows if row.layout_id == layout]
    return FieldRights(
        readable=frozenset(row.field.key for row in kept),
        writable=frozenset(row.field.key for row in kept if row.editable),
        required=frozenset(row.field.key for row in kept if row.required),
    )


def _by_layout(rows: Iterable[FieldAccess]) -> Mapping[int, FieldRights]:
    kept = list(rows)
    own = {row.layout_id for row in kept if row.layout_id is not None}
    return MappingProxyType({layout: _rights(kept, layout) for layout in own})


# --- profiles: they only narrow ---------------------------------------------------------------------


def profile_of(user: User) -> Profile | None:
    """The profile that counts for a portal user: theirs, or the default of their type; of a type without
    one, they get all it shares."""
    profiles = Profile.objects.visible_to(_LOAD).filter(user_type=user.user_type_id)
    chosen = profiles.filter(pk=user.profile_id).first() if user.profile_id else None
    return chosen or profiles.filter(is_default=True).first()


def _narrowed(grants: dict[int, ModuleGrant], user: User) -> dict[int, ModuleGrant]:
    chosen = profile_of(user)
    if chosen is None:
        return grants
    seen = {one.module_id: one for one in ProfileModule.objects.visible_to(_LOAD).filter(profile=chosen)}
    fields: dict[int, dict[str, bool]] = {}
    rows = ProfileField.objects.visible_to(_LOAD).filter(within__profile=chosen)
    for module, key, editable in rows.values_list("within__module", "field__key", "editable"):
        fields.setdefault(module, {})[key] = editable
    return {
        module: _narrow(grant, seen[module], fields.get(module))
        for module, grant in grants.items()
        if module in seen
    }


def _narrow(grant: ModuleGrant, seen: ProfileModule, fields: Mapping[str, bool] | None) -> ModuleGrant:
    def fewer(rights: FieldRights) -> FieldRights:
        readable = rights.readable if fields is None else rights.readable & fields.keys()
        writable = rights.writable & readable if seen.edits else frozenset()
        if fields is not None:
            writable &= {key for key, editable in fields.items() if editable}
        return FieldRights(readable, writable, rights.required & writable)

    kept = replace(
        grant,
        fields=fewer(grant.fields),
        by_layout=MappingProxyType({key: fewer(rights) for key, rights in grant.by_layout.items()}),
    )
    if seen.edits:
        return kept
    kept = replace(kept, attach=False, detach=False, note=False, remove_notes=False)
    return replace(kept, create=False, edit=False, edit_shared=False, delete=False, clone=False)
