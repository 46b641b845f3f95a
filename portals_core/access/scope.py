"""Which records an actor reaches, by which way, for which act (C1, T4, T7, T12–T14, M2). Pure.

A portal user reaches their own record and those they created; what a link ties to them; what conditions
share with them; what is public; as a main user, the people of their company. Everything but what
conditions or public sharing bring is *near*: of the others fewer fields may be shown (C6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portals_core.access import policy
from portals_core.access.actor import Actor, Kind, ModuleGrant
from portals_core.access.policy import EVERYTHING, NOTHING, Policy, all_of, any_of

#: What can be done with the files and the notes on a record: read, add, remove those of others.
FILES = ("read_files", "attach", "detach")
NOTES = ("read_notes", "note", "remove_notes")
#: What can be done with a record; anything else is for nobody.
ACTIONS = ("view", "edit", "delete", "clone", "export", *FILES, *NOTES)
#: Of staff, files and notes go with the record: who sees it reads them and writes notes, who edits it does
#: the rest.
_AS_STAFF = {
    **{"read_files": "view", "attach": "edit", "detach": "edit"},
    **{"read_notes": "view", "note": "view", "remove_notes": "edit"},
}
_STAFF = {
    "view": "records.view",
    "edit": "records.edit",
    "delete": "records.edit",
    "clone": "records.edit",
    "export": "records.export",
}


@dataclass(frozen=True)
class Way:
    """One way in which a record comes into reach: "own", "created", "link", "conditions", "public",
    "company" or "role"; `detail` names the link."""

    name: str
    rule: Policy
    near: bool = True
    detail: str = ""


def ways(actor: Actor, grant: ModuleGrant) -> Iterator[Way]:
    """Every way by which a portal user sees records of a module, in the order in which they are told."""
    if actor.identity is None:
        return
    if grant.own:
        yield Way("own", policy.ColumnIs("id", actor.identity))
    if actor.user_id is not None:
        yield Way("created", policy.ColumnIs("creator_id", actor.user_id))
    if actor.main_user and grant.company:
        yield Way("company", policy.value_is(*grant.company), detail=grant.company[0])
    for name, rule, near, detail in _shared(actor, grant):
        yield Way(name, _in_layouts(grant, rule), near, detail)


def _shared(actor: Actor, grant: ModuleGrant) -> Iterator[tuple[str, Policy, bool, str]]:
    conditions = grant.conditions
    if grant.public:
        rule = EVERYTHING if conditions is None else conditions
        yield "public", rule, False, ""
    linked = [
        (".".join(path.keys), _linked(path.keys, path.modules, str(actor.identity))) for path in grant.via
    ]
    both = conditions is not None and grant.match_all and not grant.public
    for name, rule in linked:
        yield "link", all_of(rule, conditions) if both and conditions else rule, True, name
    if conditions is not None and not grant.public and not (both and linked):
        yield "conditions", conditions, False, ""


def _linked(keys: tuple[str, ...], modules: tuple[int, ...], identity: str) -> Policy:
    rule: Policy = policy.value_is(keys[-1], identity)
    for key, module in zip(reversed(keys[:-1]), reversed(modules), strict=True):
        rule = policy.Through(key, module, rule)
    return rule


def _in_layouts(grant: ModuleGrant, rule: Policy) -> Policy:
    if not grant.layouts:
        return rule
    return all_of(policy.ColumnIn("layout_id", tuple(sorted(grant.layouts))), rule)


def allowed(grant: ModuleGrant, action: str, way: Way) -> bool:
    """Whether a module's grant opens an act on what is reached by this way (T4, T14)."""
    if action == "view":
        return True
    if action == "edit":
        return grant.edit and (way.name in ("own", "created", "company") or grant.edit_shared)
    if action == "delete":
        return grant.delete and way.name == "created"
    if action == "clone":
        return grant.clone and grant.create
    if action in FILES:
        return (way.near or grant.far_files) and (action == "read_files" or bool(getattr(grant, action)))
    if action in NOTES:
        return _notes_read(grant, way) and (action == "read_notes" or bool(getattr(grant, action)))
    return action == "export" and grant.export


def _notes_read(grant: ModuleGrant, way: Way) -> bool:
    """Notes on a person's own record are read by them whatever is ticked: T14 calls notes mandatory."""
    return way.name == "own" or (grant.read_notes and (way.near or grant.far_notes))


def near(actor: Actor, grant: ModuleGrant) -> Policy:
    """The records of a module that concern the person themselves, not only by a condition."""
    return any_of(*(way.rule for way in ways(actor, grant) if way.near))


def records(actor: Actor, action: str, module: int | None = None) -> Policy:
    """Which records an actor may do `action` on. `module` narrows the answer to one module, so that the
    filter has the shape of that module's index."""
    if action not in ACTIONS:
        return NOTHING
    if actor.kind is Kind.STAFF:
        return _staff(actor, action, module)
    if actor.kind is not Kind.PORTAL or actor.identity is None:
        return NOTHING
    grants = [grant for key, grant in sorted(actor.grants.items()) if module in (None, key)]
    return any_of(*(_one_module(actor, action, grant, narrowed=module is not None) for grant in grants))


def _one_module(actor: Actor, action: str, grant: ModuleGrant, *, narrowed: bool) -> Policy:
    rows = any_of(*(way.rule for way in ways(actor, grant) if allowed(grant, action, way)))
    return rows if narrowed else all_of(policy.ColumnIs("module_id", grant.module_id), rows)


def may_create(actor: Actor, module: int) -> bool:
    """Whether an actor may add records to a module at all."""
    grant = actor.grants.get(module)
    if actor.kind is Kind.PORTAL:
        return grant is not None and grant.create
    if not actor.may(_STAFF["edit"]) or (
        actor.kind is Kind.STAFF and records(actor, "view", module) is NOTHING
    ):
        return False
    return _STAFF["edit"] not in actor.limited or (grant is not None and grant.create)


def _staff(actor: Actor, action: str, module: int | None) -> Policy:
    """Whoever acts must see: both permissions count, each as far as the roles that hold it reach."""
    action = _AS_STAFF.get(action, action)
    reached: set[int] | None = None
    for act in dict.fromkeys(("view", action)):
        if not actor.may(_STAFF[act]):
            return NOTHING
        if _STAFF[act] in actor.limited:
            opened = {key for key, grant in actor.grants.items() if _role_opens(grant, act)}
            reached = opened if reached is None else reached & opened
    if reached is None:
        return EVERYTHING
    if module is not None:
        return EVERYTHING if module in reached else NOTHING
    return policy.ColumnIn("module_id", tuple(sorted(reached))) if reached else NOTHING


def _role_opens(grant: ModuleGrant, action: str) -> bool:
    return bool(getattr(grant, action)) and (action != "clone" or grant.create)


# --- why ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reason:
    """A way, whether it brings the record into reach for the act, and which of its comparisons hold."""

    way: Way
    holds: bool
    comparisons: tuple[tuple[policy.Test, bool], ...] = ()


def explain(actor: Actor, row: policy.Row, action: str = "view") -> list[Reason]:
    """Every way that could bring a record into reach, and whether it does (C9). No reason at all: the
    module is not shared with this person, or the act is opened by none of its ways.

    The record is in `records(actor, action)` exactly where one of the reasons holds.
    """
    if action not in ACTIONS:
        return []
    module = row.columns.get("module_id")
    if actor.kind is not Kind.PORTAL:
        rule = records(actor, action, module if isinstance(module, int) else None)
        rule = EVERYTHING if actor.kind is Kind.SYSTEM else rule
        return [Reason(Way("role", rule), policy.holds(rule, row))]
    grant = actor.grants.get(module) if isinstance(module, int) else None
    if grant is None:
        return []
    opened = [way for way in ways(actor, grant) if allowed(grant, action, way)]
    return [Reason(way, policy.holds(way.rule, row), tuple(_comparisons(way.rule, row))) for way in opened]


def _comparisons(rule: Policy, row: policy.Row) -> Iterator[tuple[policy.Test, bool]]:
    match rule:
        case policy.AllOf(parts) | policy.AnyOf(parts):
            for part in parts:
                yield from _comparisons(part, row)
        case policy.Test():
            yield rule, policy.holds(rule, row)
