"""Modules, fields and layouts: reading them, and storing what is described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access import policy, together
from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, Conflict, Forbidden
from portals_core.records import definitions
from portals_core.records.models import Field, FieldType, Layout, Module, Project, Record

INDEX_JOB = "records.index_lookup"
#: What of a module may be described anew.
_SETTINGS = (
    *("label", "label_plural", "compliance", "by_project"),
    *("title_key", "email_key", "born_key", "country_key"),
)


def modules() -> QuerySet[Module]:
    """Every module. Its definition is no personal data; whether its records show is the scope's matter."""
    return Module.objects.visible_to(_CATALOGUE)


def module(key: str) -> Module:
    """The module with this key. Raises `Absent` with the keys there are."""
    found = modules().filter(key=key).first()
    if found is None:
        known = ", ".join(modules().values_list("key", flat=True))
        raise Absent(
            _("There is no module “%(key)s”. There are: %(known)s.") % {"key": key, "known": known or "–"},
            code="module.absent",
        )
    return found


def fields(of: Module) -> list[Field]:
    """The module's fields in their order, with their targets and the module itself."""
    found = _stored_fields(module=of.pk)
    for one in found:
        one.module = of
    return found


def layouts(of: Module) -> QuerySet[Layout]:
    """The module's layouts in their order."""
    return Layout.objects.visible_to(_CATALOGUE).filter(module=of)


def by_module() -> dict[int, list[Field]]:
    """Fields of every module under the module's id, in one query."""
    found: dict[int, list[Field]] = {}
    for field in _stored_fields():
        found.setdefault(field.module_id, []).append(field)
    return found


def _stored_fields(**narrow: Any) -> list[Field]:
    """Every page asks for fields, some several times: the query is put together once (`access.together`)."""
    of_field = [one.attname for one in Field._meta.concrete_fields]
    of_target = [one.attname for one in Module._meta.concrete_fields]
    columns = [*of_field[1:], *(f"target__{name}" for name in of_target)]
    targets: dict[int, Module] = {}
    found = []
    for row in together.first(Field.objects.parts_visible_to(_CATALOGUE, **narrow), None, columns):
        one = Field.from_db("default", of_field, [row[name] for name in of_field])
        if one.target_id is not None:
            read = [row[f"target__{name}"] for name in of_target]
            one.target = targets.setdefault(one.target_id, Module.from_db("default", of_target, read))
        found.append(one)
    return sorted(found, key=lambda one: (one.position, one.pk))


def define(*, actor: Actor, description: Mapping[str, Any]) -> Module:
    """Store a new module with its fields and layouts, or add fields to one that exists.

    Fields that exist keep their key, type and target; what is described anew must agree with them, or
    `BadInput` says where. Raises `Conflict` where a user type would share what it may not any more, or an
    encrypted field holds values. Needs the permission "setup.manage".
    """
    if not actor.may("setup.manage"):
        raise Forbidden(_("Only an administrator may set up modules."))
    wanted = definitions.parse(description)
    with transaction.atomic():
        before = _facts(wanted.key)
        stored = _store_module(wanted)
        new = _store_fields(stored, wanted)
        for position, row in enumerate(wanted.layouts):
            _store_layout(stored, row, position)
        if before and before != _facts(stored.key):
            outbox.announce("module.defined", about=f"module:{stored.key}")
        append.record(
            "module.defined",
            actor=actor,
            about=f"module:{stored.key}",
            detail={"new_fields": [f.key for f in new], "compliance": stored.compliance},
        )
    return stored


def _facts(key: str) -> list[object]:
    """A module with its fields and layouts as they stand, to see whether anything changed; empty for none."""
    rows: list[object] = list(modules().filter(key=key).values())
    for model in (Field, Layout):
        rows.extend(model.objects.visible_to(_CATALOGUE).filter(module__key=key).order_by("pk").values())
    return rows


def _store_module(wanted: definitions.Definition) -> Module:
    stored = modules().filter(key=wanted.key).first()
    if stored is None:
        stored = Module(key=wanted.key, identity=wanted.identity, position=modules().count())
    elif stored.identity != wanted.identity:
        raise definitions.wrong(_("Whether a module's records are people cannot change later."))
    for name in _SETTINGS:
        setattr(stored, name, getattr(wanted, name))
    stored.save()
    return stored


def _store_fields(stored: Module, wanted: definitions.Definition) -> list[Field]:
    present = {field.key: field for field in fields(stored)}
    _refuse_unknown_projects(wanted)
    new = []
    for position, row in enumerate(wanted.fields):
        target = _target(row, stored)
        field = present.get(row["key"])
        if field is None:
            field = Field(module=stored, key=row["key"], type=row["type"], target=target)
            new.append(field)
        else:
            _refuse_other_kind(field, row, target)
        _describe(field, row, position)
        field.save()
    for field in new:
        if field.type == FieldType.LOOKUP:
            outbox.enqueue(INDEX_JOB, about=f"field:{field.pk}", payload={"field": field.pk})
    return new


def _describe(field: Field, row: Mapping[str, Any], position: int) -> None:
    field.label = str(row.get("label") or row["key"])
    field.personal, field.link = row["personal"], row["link"]
    field.provided = bool(row.get("provided", True))
    for mark in ("required", "unique", "masked", "encrypted", "system"):
        setattr(field, mark, bool(row.get(mark, False)))
    for listed in ("choices", "projects", "withheld"):
        setattr(field, listed, list(row.get(listed) or []))
    field.position = position


def _refuse_other_kind(field: Field, row: Mapping[str, Any], target: Module | None) -> None:
    """What a field that exists cannot become."""
    name = {"name": field.key}
    if (field.type, field.target_id) != (row["type"], target and target.pk):
        raise definitions.wrong(_("The field “%(name)s” exists with another type or target.") % name)
    if bool(row.get("unique")) and not field.unique:
        raise definitions.wrong(_("The field “%(name)s” exists and is not unique.") % name)
    if bool(row.get("encrypted")) != field.encrypted and _is_filled(field):
        raise Conflict(
            _(
                "“%(name)s” holds values already, so whether it is encrypted cannot change. Add a new field "
                "with the other setting, import the values into it, then empty this one."
            )
            % {"name": field.label},
            code="field.filled",
        )


def _is_filled(field: Field) -> bool:
    rows = Record.objects.visible_to(_CATALOGUE).filter(module=field.module_id)
    return rows.filter(folded__has_key=field.key).exists()


def _refuse_unknown_projects(wanted: definitions.Definition) -> None:
    named = {str(key) for row in wanted.fields for key in row.get("projects") or ()}
    if not named:
        return
    known = list(Project.objects.visible_to(_CATALOGUE).values_list("key", flat=True))
    strange = sorted(named - set(known))
    if strange:
        raise definitions.wrong(
            _("There is no project “%(name)s”. There are: %(known)s.")
            % {"name": strange[0], "known": ", ".join(known) or "–"}
        )


def _target(row: Mapping[str, Any], stored: Module) -> Module | None:
    if row["type"] != FieldType.LOOKUP:
        return None
    return stored if row["target"] == stored.key else module(str(row["target"]))


def _store_layout(stored: Module, row: Mapping[str, Any], position: int) -> None:
    layout = layouts(stored).filter(name=row["name"]).first() or Layout(module=stored, name=row["name"])
    layout.sections, layout.position = list(row["sections"]), position
    layout.required = list(row.get("required") or [])
    layout.save()


_CATALOGUE = system("read the catalogue")

for _label in ("Module", "Field", "Layout"):
    policy.POLICIES.register(
        f"portals_core.{_label}", policy.by_permission(view="setup.manage", edit="setup.manage")
    )
