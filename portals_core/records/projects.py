"""Projects: what they are called, and which fields belong to them (F5, F8, F15). The only writer of both.

In a module whose fields are divided, staff see the fields of the projects they work in, and system fields.
A field of several projects is one field: who changes its value changes it for all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access import policy
from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records import catalogue, descriptions
from portals_core.records.models import Field, Module, Project

#: A refusal to delete names this many fields; more are counted.
NAMED = 5
_PROJECTS = system("keep projects")


@dataclass(frozen=True)
class Shared:
    """A field whose value counts in more than one project; of a system field, in every one."""

    everywhere: bool
    projects: tuple[str, ...] = ()


def projects() -> QuerySet[Project]:
    """Every project, in order. What it is called is no personal data."""
    return Project.objects.visible_to(_PROJECTS)


def project(key: str) -> Project:
    """The project with this key. Raises `Absent`."""
    found = projects().filter(key=key).first()
    if found is None:
        raise Absent(_("There is no such project."), code="project.absent")
    return found


def fields_of(key: str) -> list[tuple[Module, list[Field]]]:
    """Every module that has fields of the project, with them. Two queries."""
    fields = catalogue.by_module()
    found = [
        (of, [one for one in fields.get(of.pk, ()) if key in one.projects]) for of in catalogue.modules()
    ]
    return [(of, chosen) for of, chosen in found if chosen]


def fields_per_project() -> Counter[str]:
    """How many fields each project has, under its key. One query."""
    return Counter(key for fields in catalogue.by_module().values() for one in fields for key in one.projects)


def placed(of: Module, fields: Iterable[Field]) -> list[tuple[Field, Shared]]:
    """Every field with the projects it belongs to, or would belong to were the module divided now."""
    names = dict(projects().values_list("key", "name"))
    found = []
    for one in fields:
        everywhere = one.system or (one.key == of.title_key and not of.by_project)
        own = () if everywhere else tuple(names[key] for key in names if key in one.projects)
        found.append((one, Shared(everywhere, own)))
    return found


def shared(actor: Actor, of: Module, fields: Iterable[Field]) -> Mapping[str, Shared]:
    """What staff are told before they change a value that others work with (F15): key of a field -> where
    it counts. Fields of one project are not in it; where fields are not divided, none is."""
    if not of.by_project or actor.kind is not Kind.STAFF:
        return {}
    return {
        field.key: where for field, where in placed(of, fields) if where.everywhere or len(where.projects) > 1
    }


def define(*, actor: Actor, name: str, key: str = "", at: datetime | None = None) -> Project:
    """A new project. Its key is made from the name where none is given, with a number if need be, and never
    changes.

    Raises `BadInput` for a name or key that is taken.
    """
    _may_set_up(actor)
    with transaction.atomic():
        wanted = _free(name)
        made = _key(key) if key else _key_from(wanted)
        if projects().filter(key=made).exists():
            raise _taken(made)
        stored = Project(key=made, name=wanted, position=projects().count())
        try:
            with transaction.atomic():
                stored.save(force_insert=True)
        except IntegrityError:
            raise _taken(made) from None
        _leave_leaf("project.defined", actor, stored, at, {"name": stored.name})
    return stored


def rename(*, actor: Actor, key: str, name: str, at: datetime | None = None) -> None:
    """Call a project something else. Raises `Absent`, or `BadInput` for a name that is taken."""
    _may_set_up(actor)
    with transaction.atomic():
        found = project(key)
        if found.name == _named(name):
            return
        before, found.name = found.name, _free(name, besides=key)
        found.save(update_fields=["name"])
        _leave_leaf("project.renamed", actor, found, at, {"before": before, "after": found.name})


def delete(*, actor: Actor, key: str, at: datetime | None = None) -> None:
    """Remove a project; whoever works in it no longer does. Raises `Conflict` naming fields that still
    belong to it: they would be seen by nobody."""
    _may_set_up(actor)
    with transaction.atomic():
        gone = project(key)
        _refuse_while_used(gone)
        outbox.announce("project.deleting", about=_about(key), actor=actor, at=at)
        projects().filter(pk=gone.pk).delete()
        _leave_leaf("project.deleted", actor, gone, at, {"name": gone.name})


def assign(
    *, actor: Actor, key: str, fields: Mapping[str, Collection[str]], at: datetime | None = None
) -> None:
    """Let exactly these fields of each named module belong to the project; of other modules, nothing changes.

    `fields` maps keys of modules to keys of fields. Raises `Absent`, or `BadInput` for a field that is not
    there or belongs to every project already.
    """
    _may_set_up(actor)
    with transaction.atomic():
        found = project(key)
        changes = {
            name: _assigned(catalogue.module(name), found, set(wanted)) for name, wanted in fields.items()
        }
        changes = {name: change for name, change in changes.items() if change["added"] or change["removed"]}
        for name, change in changes.items():
            _store(actor, catalogue.module(name), found, change)
        if changes:
            _leave_leaf("project.fields_changed", actor, found, at, {"modules": changes})


def divide(*, actor: Actor, of: Module, on: bool) -> None:
    """Divide the module's fields among projects, or stop doing so. What names a record becomes a system
    field: whoever meets the record must be able to call it something."""
    _may_set_up(actor)
    whole = descriptions.described(of)
    whole["by_project"] = on
    for row in whole["fields"]:
        row["system"] = row["system"] or (on and row["key"] == of.title_key)
    catalogue.define(actor=actor, description=whole)


def unplaced(of: Module, fields: Iterable[Field]) -> list[Field]:
    """The fields that nobody but their person would see, were the module's fields divided now."""
    return [one for one, where in placed(of, fields) if not where.everywhere and not where.projects]


def _assigned(of: Module, project: Project, wanted: set[str]) -> dict[str, list[str]]:
    known = {one.key: one for one in catalogue.fields(of)}
    for key in sorted(wanted):
        if key not in known:
            raise BadInput(
                _("“%(module)s” have no field “%(field)s”.") % {"module": of.label_plural, "field": key},
                code="field.unknown",
            )
        if known[key].system:
            raise BadInput(
                _("“%(field)s” belongs to every project already.") % {"field": known[key].label},
                code="field.system",
            )
    present = {key for key, one in known.items() if project.key in one.projects}
    return {"added": sorted(wanted - present), "removed": sorted(present - wanted)}


def _store(actor: Actor, of: Module, project: Project, change: Mapping[str, list[str]]) -> None:
    whole = descriptions.described(of)
    for row in whole["fields"]:
        others = [key for key in row["projects"] if key != project.key]
        if row["key"] in change["added"]:
            row["projects"] = [*others, project.key]
        elif row["key"] in change["removed"]:
            row["projects"] = others
    catalogue.define(actor=actor, description=whole)


def _refuse_while_used(project: Project) -> None:
    used = [f"{of.label_plural}: {one.label}" for of, fields in fields_of(project.key) for one in fields]
    if used:
        named = ", ".join(used[:NAMED]) + (f" (+{len(used) - NAMED})" if len(used) > NAMED else "")
        raise Conflict(
            _("Fields belong to this project. Give them to another one, or take them out, first: %(fields)s.")
            % {"fields": named},
            code="project.used",
        )


def _named(name: str) -> str:
    wanted = " ".join(str(name).split())
    if not wanted or len(wanted) > 80 or not wanted.isprintable():
        sentence = _("Name the project in at most 80 characters.")
        raise BadInput(sentence, code="project.name", fields={"name": sentence})
    return wanted


def _key_from(name: str) -> str:
    """A key for a name; another project may have kept the same one through a change of name."""
    made, number = descriptions.key_from(name), 1
    while projects().filter(key=made).exists():
        number += 1
        made = f"{descriptions.key_from(name)[:55]}_{number}"
    return made


def _key(key: str) -> str:
    if not key.isidentifier() or len(key) > 60:
        sentence = _("A key has letters, digits and underscores, at most 60, and begins with no digit.")
        raise BadInput(sentence, code="project.key", fields={"key": sentence})
    return key


def _free(name: str, *, besides: str = "") -> str:
    wanted = _named(name)
    if any(one.name.casefold() == wanted.casefold() for one in projects().exclude(key=besides)):
        sentence = _("Another project has this name. Choose another name.")
        raise BadInput(sentence, code="project.name", fields={"name": sentence})
    return wanted


def _taken(key: str) -> BadInput:
    sentence = _("There is a project “%(key)s” already. Choose another key.") % {"key": key}
    return BadInput(sentence, code="project.exists", fields={"key": sentence})


def _may_set_up(actor: Actor) -> None:
    if not actor.may("setup.manage"):
        raise Forbidden(_("Only an administrator may set up projects."))


def _about(key: str) -> str:
    return f"project:{key}"


def _leave_leaf(
    code: str, actor: Actor, project: Project, at: datetime | None, detail: Mapping[str, object]
) -> None:
    append.record(code, actor=actor, about=_about(project.key), at=at, detail=dict(detail))


policy.POLICIES.register(
    "portals_core.Project", policy.by_permission(view="setup.manage", edit="setup.manage")
)
