"""What a profile may say of its user type: modules and fields the type shares, and no more (M3, M4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from portals_core.people import opened, shares
from portals_core.people.models import UserType
from portals_core.plumbing.errors import BadInput
from portals_core.records import catalogue
from portals_core.records.models import Module

#: Module -> whether it may do there what the type may do, and its fields (`None`: the type's).
Parts = Mapping[Module, tuple[bool, Mapping[str, str] | None]]


def checked(holder: UserType, modules: Mapping[str, Mapping[str, Any]]) -> Parts:
    """The modules of a profile. Raises `BadInput` naming the first thing its type does not share."""
    shared = {row["module"]: row for row in shares.described(holder)}
    strange = next((key for key in modules if key not in shared), None)
    if strange is not None:
        raise bad(
            _("The user type “%(type)s” does not share the module “%(name)s”.")
            % {"type": holder.name, "name": strange}
        )
    if holder.identity_module.key not in modules:
        raise bad(
            _("A profile always shows the person's own record: describe the module “%(name)s”.")
            % {"name": holder.identity_module.key}
        )
    return {catalogue.module(key): _part(key, row, shared[key]) for key, row in modules.items()}


def _part(
    key: str, row: Mapping[str, Any], shared: Mapping[str, Any]
) -> tuple[bool, Mapping[str, str] | None]:
    unknown = sorted(set(row) - {"edits", "fields"})
    if unknown:
        raise bad(_("Unknown setting “%(name)s” of a module.") % {"name": unknown[0]})
    edits, fields = bool(row.get("edits")), row.get("fields")
    if fields is None:
        return edits, None
    if not fields:
        raise bad(
            _("Choose at least one field of “%(name)s”, or leave the module out altogether.") % {"name": key}
        )
    for name, how in fields.items():
        _refuse_field(key, name, how, edits, shared)
    return edits, fields


def _refuse_field(key: str, name: str, how: str, edits: bool, shared: Mapping[str, Any]) -> None:
    places = [shared["fields"], *shared["layout_fields"].values()]
    levels = {place[name] for place in places if name in place}
    if not levels:
        raise bad(
            _("The user type does not show the field “%(field)s” of “%(module)s”.")
            % {"field": name, "module": key}
        )
    if how not in (opened.VISIBLE, opened.EDITABLE):
        raise bad(_("A field of a profile is “visible” or “editable”; leave it out to keep it hidden."))
    if how == opened.EDITABLE and (not edits or levels == {opened.VISIBLE}):
        raise bad(
            _("“%(field)s” of “%(module)s” cannot be editable: the profile or its user type only sees it.")
            % {"field": name, "module": key}
        )


def bad(sentence: object, field: str = "") -> BadInput:
    """The refusal of a description, with what is wrong in it."""
    return BadInput(sentence, code="profile.definition", fields={field: sentence} if field else None)
