"""Puts a drawn world into the product's database: definitions, records, stored rights, signed-in people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portals_core.access import criteria
from portals_core.access.actor import Actor, system
from portals_core.locks.models import Lock, LockRule
from portals_core.people import accounts
from portals_core.people.models import (
    FieldAccess,
    Holding,
    LayoutAccess,
    ModuleAccess,
    Profile,
    ProfileField,
    ProfileModule,
    Role,
    User,
    UserType,
)
from portals_core.records import conditions, models, sealed, values
from tests import cast
from tests.oracles import naive
from tests.oracles.conditions import described
from tests.oracles.naive_beside import RULE_ACTS, RULE_OPEN
from tests.oracles.worlds import ACTS, LAYOUTS, MODULES, Drawn

SETTING = system("set up a world")


def field_of(one: naive.Field, module: Any, target: Any = None) -> models.Field:
    """The product's field for one of a world."""
    return models.Field(
        module_id=module.pk,
        key=one.key,
        label=one.key,
        type=one.type,
        unique=one.unique,
        choices=list(one.choices),
        target=target,
    )


def put(rows: Iterable[Any]) -> list[Any]:
    """The rows, stored in one go."""
    kept = list(rows)
    return type(kept[0]).objects.visible_to(SETTING).bulk_create(kept) if kept else []


@dataclass
class Stage:
    """What every world stands on, made once."""

    modules: Mapping[str, models.Module]
    fields: Mapping[tuple[str, str], models.Field]
    layouts: Mapping[tuple[str, int], models.Layout]
    user_type: UserType
    users: list[User]
    staff: User
    rule: LockRule

    def layout(self, module: str, number: int | None) -> int | None:
        """The product's id of a layout, which a world knows by its number."""
        return None if number is None else self.layouts[module, number].pk


def set_up() -> Stage:
    """Modules, fields, layouts, a user type, two portal users and a member of staff, without any right."""
    cast.keyring.create_master()
    made = {
        one.key: models.Module(key=one.key, label=one.label, label_plural=one.label, title_key=one.title.key)
        for one in MODULES.values()
    }
    for position, module in enumerate(made.values()):
        module.position, module.identity = position, module.key == "people"
        module.save(force_insert=True)
    fields = {}
    for of in MODULES.values():
        for position, one in enumerate(of.fields):
            stored = field_of(one, made[of.key], made.get(one.target))
            stored.position = position
            stored.save(force_insert=True)
            fields[of.key, one.key] = stored
    layouts = {
        (key, number): models.Layout(module=module, name=f"layout {number}", position=number)
        for key, module in made.items()
        for number in LAYOUTS
    }
    for (key, number), layout in layouts.items():
        # One arrangement names some fields, the other none.
        keys = [one.key for one in MODULES[key].fields[::-2]]
        layout.sections = [{"title": "Some", "keys": keys}] if number == LAYOUTS[0] else []
        layout.save(force_insert=True)
    user_type = UserType(name="Someone", identity_module=made["people"], company_key="company")
    user_type.save(force_insert=True)
    users = [
        User(email=f"user{number}@people.example", kind="portal", user_type=user_type, created_at=cast.NOW)
        for number in (0, 1)
    ]
    staff = User(email="staff@staff.example", kind="staff", created_at=cast.NOW)
    for user in (*users, staff):
        user.save(force_insert=True)
    rule = LockRule(
        module=made["deals"],
        name="a rule",
        criteria={},
        digest="",
        actions=list(RULE_ACTS),
        fields=list(RULE_OPEN),
        since=cast.NOW,
    )
    rule.save(force_insert=True)
    return Stage(made, fields, layouts, user_type, users, staff, rule)


def enter(stage: Stage, drawn: Drawn) -> list[tuple[Actor, naive.Person]]:
    """Store the world, and sign everybody in; the caller rolls back."""
    _define(stage, drawn.world.modules)
    _records(stage, drawn.world)
    _beside(stage, drawn.world)
    portal = [person for person in drawn.people if person.kind == "portal"]
    if portal:
        _share(stage, {"user_type": stage.user_type}, portal[0].rights)
    return [(_sign_in(stage, person), person) for person in drawn.people]


def _define(stage: Stage, modules: Mapping[str, naive.Module]) -> None:
    changed = []
    for of in modules.values():
        if of.by_project:
            rows = models.Module.objects.visible_to(SETTING).filter(pk=stage.modules[of.key].pk)
            rows.update(by_project=True)
        for one in of.fields:
            if one != MODULES[of.key].named(one.key):
                stored = field_of(one, stage.modules[of.key])
                stored.pk = stage.fields[of.key, one.key].pk
                stored.masked, stored.encrypted, stored.system = one.masked, one.encrypted, one.system
                stored.projects, stored.withheld = list(one.projects), list(one.withheld)
                changed.append(stored)
    if changed:
        rows = models.Field.objects.visible_to(SETTING)
        rows.bulk_update(changed, ["masked", "encrypted", "system", "projects", "withheld"])


def _records(stage: Stage, world: naive.World) -> None:
    rows, unique = [], []
    for thing in world.things.values():
        kept: dict[str, object] = {}
        secret: dict[str, object] = {}
        for one in world.modules[thing.module].fields:
            field = stage.fields[thing.module, one.key]
            value = values.parse(field, thing.written.get(one.key))
            if value is None:
                continue
            (secret if one.encrypted else kept)[one.key] = value
            form = values.normal_form(field, value) if one.unique else None
            if form is not None:
                unique.append(models.UniqueValue(field=field, record_id=thing.id, value=form[:400]))
        forms = values.forms([stage.fields[thing.module, key] for key in kept], kept)
        creator = None if thing.creator is None else stage.users[thing.creator].pk
        rows.append(
            models.Record(
                id=thing.id,
                module=stage.modules[thing.module],
                layout_id=stage.layout(thing.module, thing.layout),
                creator_id=creator,
                values=kept,
                folded=forms,
                sealed=sealed.seal(thing.id, secret),
                created_at=cast.NOW,
                changed_at=cast.NOW,
            )
        )
    put(rows)
    put(unique)


def _beside(stage: Stage, world: naive.World) -> None:
    """Notes, files without their bytes, and locks."""
    things = world.things.values()
    put(models.Note(**_extra(stage, thing, one), body="a note") for thing in things for one in thing.notes)
    put(
        models.Attachment(**_extra(stage, thing, one), name="a.txt", size=1)
        for thing in things
        for one in thing.files
    )
    put(
        Lock(
            record_id=thing.id,
            ground="restriction" if thing.lock == "restriction" else "business",
            source="case" if thing.lock == "restriction" else "automatic",
            rule=None if thing.lock == "restriction" else stage.rule,
            reason="why",
            placed_by="case:1",
            placed_at=cast.NOW,
        )
        for thing in things
        if thing.lock
    )


def _extra(stage: Stage, thing: naive.Thing, one: naive.Extra) -> dict[str, Any]:
    author = None if one.author is None else stage.users[one.author].pk
    facts = {"id": one.id, "record_id": thing.id, "author_id": author, "internal": one.internal}
    return {**facts, "created_at": cast.NOW}


def _share(stage: Stage, holder: Mapping[str, Any], rights: Mapping[str, naive.Right]) -> None:
    accesses = {module: _access(stage, holder, module, right) for module, right in rights.items()}
    put(accesses.values())
    layouts, fields = [], []
    for module, right in rights.items():
        access = accesses[module]
        layouts += [LayoutAccess(access=access, layout=stage.layouts[module, one]) for one in right.layouts]
        ticked = [(None, right.fields), *right.layout_fields.items()]
        fields += [
            FieldAccess(
                access=access,
                field=stage.fields[module, key],
                layout_id=stage.layout(module, layout),
                editable=how != naive.VISIBLE,
                required=how == naive.REQUIRED,
                far=key in right.far,
            )
            for layout, chosen in ticked
            for key, how in chosen.items()
        ]
    put(layouts)
    put(fields)


def _access(stage: Stage, holder: Mapping[str, Any], module: str, right: naive.Right) -> ModuleAccess:
    tree = None
    if right.criteria is not None:
        reader = conditions.Reader(_fields(stage, module), _fields(stage, "people"))
        tree = criteria.dump(reader.read(described(right.criteria)))
    return ModuleAccess(
        **holder,
        module=stage.modules[module],
        sharing="public" if right.public else "private",
        via=[".".join(path) for path in right.via],
        match="all" if right.match_all else "any",
        criteria=tree,
        **{f"can_{act}": act in right.acts for act in ACTS},
    )


def _fields(stage: Stage, module: str) -> list[models.Field]:
    return [field for (key, _one), field in stage.fields.items() if key == module]


def _sign_in(stage: Stage, person: naive.Person) -> Actor:
    if person.kind == "staff":
        return _staff(stage, person)
    user = stage.users[person.user or 0]
    user.identity_id, user.main_user = person.record, person.main_user
    user.profile = None if person.profile is None else _profile(stage, person.profile, f"for {person.user}")
    user.save(update_fields=["identity", "main_user", "profile"])
    return accounts.actor_of(user, verified=True)


def _profile(stage: Stage, seen: Mapping[str, naive.Seen], name: str) -> Profile:
    profile = Profile(user_type=stage.user_type, name=name)
    profile.save(force_insert=True)
    modules = {
        key: ProfileModule(profile=profile, module=stage.modules[key], edits=one.edits)
        for key, one in seen.items()
    }
    put(modules.values())
    put(
        ProfileField(within=modules[module], field=stage.fields[module, key], editable=editable)
        for module, one in seen.items()
        for key, editable in (one.fields or {}).items()
    )
    return profile


def _staff(stage: Stage, person: naive.Person) -> Actor:
    for number, one in enumerate(person.roles):
        role = Role(
            key=f"role{number}",
            name=f"Role {number}",
            limited=one.limited,
            permissions=sorted(one.permissions),
        )
        role.save(force_insert=True)
        Holding(user=stage.staff, role=role).save(force_insert=True)
        _share(stage, {"role": role}, one.rights)
    stage.staff.projects = sorted(person.projects)
    stage.staff.save(update_fields=["projects"])
    return accounts.actor_of(stage.staff, verified=person.second_factor)
