"""Who sees and changes what, in the plainest words: no database, no filters, one record at a time.

The product must give the same answers for every world that can be thought up (N7, promise 4). Nothing here
comes from the product, and nothing here is clever.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.oracles import conditions
from tests.oracles.conditions import Tree

#: Stands for a link to a record out of sight.
ELSEWHERE = "elsewhere"
NOTES = ("read_notes", "note", "remove_notes")
FILES = ("read_files", "attach", "detach")
ACTIONS = ("view", "edit", "delete", "clone", "export", *FILES, *NOTES)
VISIBLE, EDITABLE, REQUIRED = "visible", "editable", "required"
CHANGES = {"create", "edit", "edit_shared", "delete", "clone", "attach", "detach", "note", "remove_notes"}
#: Of staff, files and notes go with the record.
AS_STAFF = {
    **{"read_files": "view", "attach": "edit", "detach": "edit"},
    **{"read_notes": "view", "note": "view", "remove_notes": "edit"},
}


@dataclass(frozen=True)
class Field:
    key: str
    type: str = "text"
    target: str = ""
    choices: tuple[str, ...] = ()
    unique: bool = False
    masked: bool = False
    encrypted: bool = False
    system: bool = False
    projects: tuple[str, ...] = ()
    #: Ways on which its values must not leave.
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True)
class Module:
    """A kind of record; the first field is its title. `label` stands for a title that is not shown."""

    key: str
    label: str
    fields: tuple[Field, ...]
    by_project: bool = False

    @property
    def title(self) -> Field:
        return self.fields[0]

    def named(self, key: str) -> Field:
        return next(one for one in self.fields if one.key == key)


@dataclass(frozen=True)
class Extra:
    """A note or a file on a record: which user of the portal added it, or nobody of them."""

    id: UUID
    author: int | None
    internal: bool


@dataclass(frozen=True)
class Thing:
    """A record: its layout (or none), who made it, what was written into its fields, its notes and files,
    and whether it is locked: by a "restriction", by a "rule", or not."""

    id: UUID
    module: str
    creator: int | None
    layout: int | None
    written: Mapping[str, str] = field(hash=False)
    values: Mapping[str, Any] = field(hash=False)
    notes: tuple[Extra, ...] = ()
    files: tuple[Extra, ...] = ()
    lock: str = ""


@dataclass(frozen=True)
class Right:
    """What a user type or a limited role opens of one module."""

    acts: frozenset[str] = frozenset()
    public: bool = False
    via: tuple[tuple[str, ...], ...] = ()
    criteria: Tree | None = None
    match_all: bool = True
    #: Layouts whose records are shared; none: all.
    layouts: frozenset[int] = frozenset()
    #: Field -> "visible", "editable" or "required".
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)
    #: Layouts with fields of their own.
    layout_fields: Mapping[int, Mapping[str, str]] = field(default_factory=dict, hash=False)
    far: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Seen:
    """What a profile leaves of one module; `fields` -> whether it may change them, `None`: all."""

    edits: bool = False
    fields: Mapping[str, bool] | None = field(default=None, hash=False)


@dataclass(frozen=True)
class Role:
    permissions: frozenset[str] = frozenset()
    limited: bool = False
    rights: Mapping[str, Right] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Person:
    """Somebody who asks: a portal user, a member of staff, or nobody known."""

    kind: str
    user: int | None = None
    record: UUID | None = None
    main_user: bool = False
    company_key: str = ""
    rights: Mapping[str, Right] = field(default_factory=dict, hash=False)
    profile: Mapping[str, Seen] | None = field(default=None, hash=False)
    roles: tuple[Role, ...] = ()
    projects: frozenset[str] = frozenset()
    second_factor: bool = True

    def may(self, permission: str) -> bool:
        return self.second_factor and any(permission in role.permissions for role in self.roles)

    def everywhere(self, permission: str) -> bool:
        """Staff with a role that holds this permission for every module."""
        return any(permission in role.permissions and not role.limited for role in self.roles)


@dataclass(frozen=True)
class World:
    modules: Mapping[str, Module] = field(hash=False)
    things: Mapping[UUID, Thing] = field(hash=False)

    def of(self, module: str) -> list[Thing]:
        return [thing for thing in self.things.values() if thing.module == module]


# --- rows -------------------------------------------------------------------------------------------


def right_of(person: Person, module: str) -> Right | None:
    """A portal user's right in a module; a profile that does not name the module takes it away."""
    if person.kind != "portal" or (person.profile is not None and module not in person.profile):
        return None
    return person.rights.get(module)


def _own_values(world: World, person: Person) -> Mapping[str, Any]:
    own = world.things.get(person.record) if person.record else None
    return own.values if own else {}


def _leads(world: World, person: Person, thing: Thing, path: tuple[str, ...]) -> bool:
    """Whether the links of a path lead from a record to the person's own one."""
    target = thing.values.get(path[0])
    if len(path) == 1:
        return target is not None and target == person.record
    there = world.things.get(target) if target else None
    wanted = world.modules[thing.module].named(path[0]).target
    return there is not None and there.module == wanted and _leads(world, person, there, path[1:])


def _colleague(world: World, person: Person, thing: Thing) -> bool:
    own = world.things.get(person.record) if person.record else None
    if not person.main_user or own is None or thing.module != own.module:
        return False
    company = own.values.get(person.company_key)
    return company is not None and thing.values.get(person.company_key) == company


def ways(world: World, person: Person, thing: Thing) -> set[str]:
    """The ways in which a record comes into a portal user's reach; none: it does not."""
    right = right_of(person, thing.module)
    if right is None or person.record is None:
        return set()
    found = set()
    if thing.id == person.record:
        found.add("own")
    if thing.creator is not None and thing.creator == person.user:
        found.add("created")
    if _colleague(world, person, thing):
        found.add("company")
    if right.layouts and thing.layout not in right.layouts:
        return found
    linked = any(_leads(world, person, thing, path) for path in right.via)
    kept = right.criteria is None or conditions.holds(
        right.criteria, thing.values, _own_values(world, person)
    )
    if right.public:
        found |= {"public"} if kept else set()
        found |= {"link"} if linked else set()
    elif right.criteria is None:
        found |= {"link"} if linked else set()
    elif right.via and right.match_all:
        found |= {"link"} if linked and kept else set()
    else:
        found |= {"link"} if linked else set()
        found |= {"conditions"} if kept else set()
    return found


def near(world: World, person: Person, thing: Thing) -> bool:
    """Whether a record concerns the person, and is not only shared by a condition or with everybody."""
    return person.kind != "portal" or bool(ways(world, person, thing) - {"public", "conditions"})


def may(world: World, person: Person, action: str, thing: Thing) -> bool:
    """Whether this person may do this to this record."""
    if action not in ACTIONS:
        return False
    if person.kind == "staff":
        return staff_may(person, action, thing.module)
    found = ways(world, person, thing)
    right = right_of(person, thing.module)
    if not found or right is None:
        return False
    acts = right.acts
    if person.profile is not None and not person.profile[thing.module].edits:
        acts = acts - CHANGES
    match action:
        case "view":
            return True
        case "edit":
            return "edit" in acts and (bool(found & {"own", "created", "company"}) or "edit_shared" in acts)
        case "delete":
            return "delete" in acts and "created" in found
        case "clone" | "export":
            return NEEDS[action] <= acts
    return _beside(acts, found, action)


#: Acts that are opened alike on everything in reach.
NEEDS = {"clone": {"clone", "create"}, "export": {"export"}}


def _beside(acts: frozenset[str], found: set[str], action: str) -> bool:
    """Whether these ways open the notes or the files of a record for an act."""
    close = bool(found - {"public", "conditions"})
    if action in FILES:
        return (close or "far_files" in acts) and (action == "read_files" or action in acts)
    shown = "own" in found or ("read_notes" in acts and (close or "far_notes" in acts))
    return shown and (action == "read_notes" or action in acts)


#: The module in which portal users have their own records.
IDENTITY = "people"
NEEDED = {"view": "records.view", "export": "records.export"}


def staff_may(person: Person, action: str, module: str) -> bool:
    """Whoever acts must see; each of the two as far as the roles that hold the permission for it reach."""
    return all(_role_opens(person, act, module) for act in {"view", AS_STAFF.get(action, action)})


def _role_opens(person: Person, action: str, module: str) -> bool:
    needed = NEEDED.get(action, "records.edit")
    if not person.may(needed):
        return False
    if person.everywhere(needed):
        return True
    opened = [
        role.rights[module]
        for role in person.roles
        if role.limited and needed in role.permissions and module in role.rights
    ]
    acts = {act for right in opened for act in right.acts}
    match action:
        case "view":
            return bool(opened)
        case "clone":
            return {"clone", "create"} <= acts
    return action in acts


# --- fields -----------------------------------------------------------------------------------------


def _how_by_roles(person: Person, module: str, key: str) -> set[str]:
    found = set()
    if person.everywhere("records.view"):
        found.add(VISIBLE)
    if person.everywhere("records.edit"):
        found.add(EDITABLE)
    edits = []
    for role in person.roles:
        how = role.rights[module].fields.get(key) if role.limited and module in role.rights else None
        if how and "records.view" in role.permissions:
            found.add(VISIBLE)
        if how and "records.edit" in role.permissions:
            edits.append(how)
    if {EDITABLE, REQUIRED} & set(edits):
        found.add(EDITABLE)
    # What one role leaves free, another one does not demand.
    free = person.everywhere("records.edit") or EDITABLE in edits or REQUIRED not in edits
    return found if free else {*found, REQUIRED}


def _how(person: Person, module: str, layout: int | None, key: str) -> set[str]:
    """What somebody may do with a field as far as their type, profile or roles say."""
    if person.kind == "staff":
        return _how_by_roles(person, module, key)
    right = right_of(person, module)
    if right is None:
        return set()
    how = right.layout_fields.get(layout, right.fields).get(key)
    found = {VISIBLE} if how else set()
    found |= {EDITABLE} if how in (EDITABLE, REQUIRED) else set()
    found |= {REQUIRED} if how == REQUIRED else set()
    seen = person.profile[module] if person.profile is not None else None
    if seen is not None and seen.fields is not None and key not in seen.fields:
        return set()
    if seen is not None and (not seen.edits or (seen.fields is not None and not seen.fields[key])):
        return found & {VISIBLE}
    return found


def _in_project(person: Person, module: Module, one: Field) -> bool:
    if not module.by_project or one.system:
        return True
    if not one.projects:
        return False
    if person.kind == "portal" or person.may("records.all_projects"):
        return True
    return bool(person.projects & set(one.projects))


def _shown(person: Person, module: Module, one: Field, layout: int | None, close: bool) -> bool:
    if not _in_project(person, module, one) or VISIBLE not in _how(person, module.key, layout, one.key):
        return False
    right = right_of(person, module.key)
    return close or right is None or one.key in right.far


def reads(person: Person, module: Module, layout: int | None, close: bool) -> list[str]:
    """The fields somebody sees in clear on a record in this layout, near or far."""
    return [one.key for one in module.fields if not one.masked and _shown(person, module, one, layout, close)]


def covered(person: Person, module: Module) -> list[str]:
    """The masked fields staff know to be there."""
    if person.kind != "staff":
        return []
    return [one.key for one in module.fields if one.masked and _shown(person, module, one, None, True)]


def writes(person: Person, module: Module, layout: int | None, close: bool) -> list[str]:
    """The fields somebody may change: never one that is not seen, but for staff who may uncover it. A main
    user moves nobody into another company."""
    return [
        one.key
        for one in module.fields
        if not (person.main_user and module.key == IDENTITY and one.key == person.company_key)
        and _shown(person, module, one, layout, close)
        and EDITABLE in _how(person, module.key, layout, one.key)
        and (not one.masked or (person.kind == "staff" and person.may("records.unmask")))
    ]


def must_fill(person: Person, module: Module, layout: int | None) -> list[str]:
    """The fields somebody must fill in because their user type says so."""
    writable = writes(person, module, layout, True)
    return [key for key in writable if REQUIRED in _how(person, module.key, layout, key)]


def asks(person: Person, module: Module, layouts: list[int]) -> list[str]:
    """The fields by which somebody may search, sort and filter: those in clear on whatever they may meet."""
    right = right_of(person, module.key)
    far = right is not None and (
        right.public or (right.criteria is not None and not (right.match_all and right.via))
    )
    places = [(layout, close) for layout in (None, *layouts) for close in ((True, False) if far else (True,))]
    clear = [set(reads(person, module, *place)) for place in places]
    return [one.key for one in module.fields if not one.encrypted and all(one.key in keys for keys in clear)]


# --- what lists show and find -----------------------------------------------------------------------


def seen(world: World, person: Person, thing: Thing) -> set[str]:
    """The fields of one record that somebody sees."""
    module = world.modules[thing.module]
    return set(reads(person, module, thing.layout, near(world, person, thing)))


def title(world: World, person: Person, thing: Thing) -> str:
    """What lists call a record that somebody sees; empty where its title is not for them.

    A list is laid out once, by the fields shown where a layout has none of its own.
    """
    module = world.modules[thing.module]
    clear = seen(world, person, thing) & set(reads(person, module, None, True))
    return str(thing.values.get(module.title.key) or "") if module.title.key in clear else ""


def named(world: World, person: Person, thing: Thing) -> str:
    """What other records call a record that somebody sees."""
    return title(world, person, thing) or world.modules[thing.module].label


def cell(world: World, person: Person, thing: Thing, key: str) -> Any:
    """What somebody is shown of a field of a record they see; `None` for nothing."""
    value = thing.values.get(key)
    if key not in seen(world, person, thing) or value is None:
        return None
    if world.modules[thing.module].named(key).type != "lookup":
        return value
    there = world.things.get(value)
    if there is None or not may(world, person, "view", there):
        return ELSEWHERE
    return (there.id, named(world, person, there))


def found(world: World, person: Person, thing: Thing, words: str, layouts: list[int]) -> bool:
    """Whether a search shows a record: a part of its title, or the whole of a unique value."""
    module = world.modules[thing.module]
    if not may(world, person, "view", thing):
        return False
    asked = asks(person, module, layouts)
    text = unicodedata.normalize("NFC", words).strip()
    if module.title.key in asked and conditions.same(text) in conditions.same(
        thing.values.get(module.title.key) or ""
    ):
        return module.title.key in thing.values
    unique = [one for one in module.fields if one.unique and one.key in asked and one.key in thing.values]
    return any(same_unique(one, thing.values[one.key], text) for one in unique)


def same_unique(one: Field, value: Any, text: str) -> bool:
    if one.type == "number":
        try:
            return "_" not in text and bool(Decimal(text) == value)
        except ArithmeticError:
            return False
    return _loose(str(value)) == _loose(text)


def _loose(text: str) -> list[str]:
    return unicodedata.normalize("NFKC", text).casefold().split()
