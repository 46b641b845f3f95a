"""What a user type or a limited role opens of each module: described and checked (T1–T7, T12–T15).

A description is a list of rows, one per module: `module`; `sharing` ("private" | "public"); `via`, links to
the person's own record, over a second record as "order.customer"; `match` ("all" | "any") for links and
conditions; `conditions` as `records.conditions` reads them, or "awaited" while they are still to be written
and share nothing; `layouts`, names of those whose records are
shared; `view` ("list" | "cards"); the acts; `fields` ({key: "visible" | "editable" | "required"});
`layout_fields` ({layout: the same}) for layouts with fields of their own; `far`, the fields that also show
on records a condition alone brings into reach. What is not described is not granted. `people.shares` keeps
what was checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portals_core.access import criteria
from portals_core.people import opened
from portals_core.people.models import AWAITED, Match, Sharing, View
from portals_core.people.opened import (
    ACTS,
    EDITABLE,
    NOTES,
    OF_PORTAL,
    REQUIRED,
    VISIBLE,
    Fields,
    Share,
    bad,
)
from portals_core.records import catalogue, conditions
from portals_core.records.models import Field, Layout, Module, Personal

_KEYS = {
    *("module", "sharing", "via", "match", "conditions", "layouts", "view"),
    *("fields", "layout_fields", "far"),
    *ACTS,
}
_ROLE_KEYS = {"module", "fields", *ACTS} - OF_PORTAL
#: Links between a record and the person's own one, at most.
LONGEST_PATH = 2


def checked(identity: Module, rows: Sequence[Mapping[str, Any]]) -> list[Share]:
    """The rows of a user type. Raises `BadInput` naming the first thing wrong."""
    shares = [_share(identity, row) for row in rows]
    _each_once(shares)
    if identity not in [share.module for share in shares]:
        raise bad(
            _("A user type always opens the person's own record: describe the module “%(name)s”.")
            % {"name": identity.key}
        )
    return shares


def checked_role(rows: Sequence[Mapping[str, Any]]) -> list[Share]:
    """The rows of a limited role: modules, acts and fields, without links and conditions (F9)."""
    shares = []
    for row in rows:
        _known_keys(row, _ROLE_KEYS)
        module = catalogue.module(str(row.get("module", "")))
        known = {one.key: one for one in catalogue.fields(module)}
        shares.append(Share(module, _acts(row), _fields(module, known, row.get("fields") or {}, masked=True)))
    _each_once(shares)
    return shares


def _each_once(shares: Sequence[Share]) -> None:
    modules = [share.module for share in shares]
    double = next((one for one in modules if modules.count(one) > 1), None)
    if double:
        raise bad(_("The module “%(name)s” is described twice.") % {"name": double.key})


def _known_keys(row: Mapping[str, Any], known: Iterable[str]) -> None:
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise bad(_("Unknown setting “%(name)s” of a module.") % {"name": unknown[0]})


def _acts(row: Mapping[str, Any]) -> frozenset[str]:
    acts = frozenset(act for act in ACTS if row.get(act))
    if "clone" in acts and "create" not in acts:
        raise bad(_("Who clones records must be allowed to add records."))
    if acts & set(NOTES) and "read_notes" not in acts:
        raise bad(_("Who does more with notes must be allowed to read them."))
    return acts


def _share(identity: Module, row: Mapping[str, Any]) -> Share:
    _known_keys(row, _KEYS)
    module = catalogue.module(str(row.get("module", "")))
    known = {one.key: one for one in catalogue.fields(module)}
    fields = _fields(module, known, row.get("fields") or {})
    layouts = _layouts(module, row.get("layouts") or [])
    own = {key: _fields(module, known, rows) for key, rows in (row.get("layout_fields") or {}).items()}
    _refuse_empty_layout(own)
    share = Share(
        module=module,
        acts=_acts(row),
        fields=fields,
        sharing=_choice(row, "sharing", Sharing.values, Sharing.PRIVATE),
        via=_via(identity, module, known, row),
        match=_choice(row, "match", Match.values, Match.ALL),
        conditions=_conditions(identity, known, row.get("conditions")),
        awaited=row.get("conditions") == AWAITED,
        layouts=layouts,
        view=_choice(row, "view", View.values, View.LIST),
        layout_fields={_layouts(module, [key])[0]: chosen for key, chosen in own.items()},
        far=_far(known, fields, row),
    )
    opened.fits(identity, share, known)
    return share


def _choice(row: Mapping[str, Any], name: str, allowed: Sequence[str], default: str) -> str:
    value = str(row.get(name) or default)
    if value not in allowed:
        raise bad(
            _("“%(value)s” is no value of “%(name)s”. Choose one of: %(allowed)s.")
            % {"value": value, "name": name, "allowed": ", ".join(allowed)}
        )
    return value


def _via(
    identity: Module, module: Module, known: Mapping[str, Field], row: Mapping[str, Any]
) -> tuple[str, ...]:
    via = tuple(dict.fromkeys(row.get("via") or ()))
    for path in via:
        _refuse_path(identity, module, known, str(path))
    return via


def _refuse_path(identity: Module, module: Module, known: Mapping[str, Field], path: str) -> None:
    keys = path.split(".")
    if len(keys) > LONGEST_PATH:
        raise bad(
            _("“%(path)s” is too long: a way to the person has at most %(limit)s links.")
            % {"path": path, "limit": LONGEST_PATH}
        )
    at, fields, passed = module, dict(known), set()
    for number, key in enumerate(keys):
        link = fields.get(key)
        last = number == len(keys) - 1
        if link is None or link.target is None or (last and link.target != identity):
            raise bad(
                _("“%(field)s” of “%(module)s” is no link to “%(identity)s”.")
                % {"field": path, "module": module.label_plural, "identity": identity.label_plural}
            )
        if link.masked or link.encrypted:
            raise bad(_("“%(field)s” is masked and cannot decide who sees a record.") % {"field": link.label})
        if link.pk in passed or (not last and link.target == module):
            raise bad(_("“%(path)s” goes in a circle.") % {"path": path})
        passed.add(link.pk)
        at = link.target
        fields = {one.key: one for one in catalogue.fields(at)}


def _conditions(identity: Module, known: Mapping[str, Field], described: object) -> criteria.Tree | None:
    if not described or described == AWAITED:
        return None
    return conditions.Reader(list(known.values()), catalogue.fields(identity)).read(described)


def _layouts(module: Module, names: Sequence[str]) -> tuple[Layout, ...]:
    there = {one.name: one for one in catalogue.layouts(module)}
    strange = [str(name) for name in names if name not in there]
    if strange:
        raise bad(
            _("“%(module)s” have no layout “%(name)s”. There are: %(known)s.")
            % {"module": module.label_plural, "name": strange[0], "known": ", ".join(there) or "–"}
        )
    if len(names) > settings.LIMIT_LAYOUTS:
        raise bad(
            _("At most %(limit)s layouts of a module can be shared (DSR_LIMIT_LAYOUTS).")
            % {"limit": settings.LIMIT_LAYOUTS}
        )
    return tuple(there[name] for name in dict.fromkeys(names))


def _fields(
    module: Module, known: Mapping[str, Field], given: Mapping[str, Any], *, masked: bool = False
) -> dict[Field, str]:
    if len(given) > settings.LIMIT_FIELDS:
        raise bad(
            _("At most %(limit)s fields of a module can be shared (DSR_LIMIT_FIELDS).")
            % {"limit": settings.LIMIT_FIELDS}
        )
    chosen: dict[Field, str] = {}
    for key, how in given.items():
        if key not in known:
            raise bad(
                _("“%(module)s” have no field “%(field)s”.") % {"module": module.label_plural, "field": key}
            )
        if how not in (VISIBLE, EDITABLE, REQUIRED):
            raise bad(_("A field is “visible”, “editable” or “required”; leave it out to keep it hidden."))
        if known[key].masked and not masked:
            raise bad(_("“%(field)s” is masked and never shows in the portal.") % {"field": known[key].label})
        chosen[known[key]] = how
    return chosen


def _refuse_empty_layout(own: Mapping[str, Fields]) -> None:
    # Stored as no rows, it would follow the module's fields: more than was described.
    empty = next((name for name, chosen in own.items() if not chosen), None)
    if empty is not None:
        raise bad(
            _("The layout “%(name)s” has fields of its own, and none is chosen. Choose one.")
            % {"name": empty}
        )


def _far(known: Mapping[str, Field], fields: Fields, row: Mapping[str, Any]) -> frozenset[str]:
    listed = {one.key for one in fields}
    for rows in (row.get("layout_fields") or {}).values():
        listed |= set(rows)
    if row.get("far") is None:
        return frozenset(key for key in listed if known[key].personal == Personal.NONE)
    strange = sorted(set(map(str, row["far"])) - listed)
    if strange:
        raise bad(
            _("“%(field)s” cannot show on records shared by a condition: it is hidden altogether.")
            % {"field": strange[0]}
        )
    return frozenset(row["far"])
