"""Descriptions of modules: read from an uploaded text, written down from what is stored, and changed."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.plumbing.errors import Absent, BadInput
from portals_core.records import catalogue
from portals_core.records.definitions import key_from
from portals_core.records.models import Field, FieldType, Layout, Module

LARGEST = 1_000_000


def read(name: str, content: bytes) -> list[Mapping[str, Any]]:
    """The modules a TOML or JSON text describes: one, or a list named "modules"."""
    try:
        text = content.decode("utf-8")
        described = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
    except ValueError as error:
        raise BadInput(
            _("The file is neither TOML nor JSON that can be read: %(why)s.") % {"why": error},
            code="file.invalid",
        ) from None
    rows = described.get("modules", [described]) if isinstance(described, Mapping) else described
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise BadInput(_("Describe several modules as a list named “modules”."), code="module.definition")
    return rows


def define_all(*, actor: Actor, name: str, content: bytes) -> list[Module]:
    """Store every module a text describes, or none of them. Raises `BadInput`."""
    rows = read(name, content)
    with transaction.atomic():
        return [catalogue.define(actor=actor, description=row) for row in rows]


def described(of: Module) -> dict[str, Any]:
    """What `catalogue.define` would have to be given to get the module as it is."""
    return {
        "key": of.key,
        "label": of.label,
        "label_plural": of.label_plural,
        "identity": of.identity,
        "compliance": of.compliance,
        "title_key": of.title_key,
        "email_key": of.email_key,
        "born_key": of.born_key,
        "country_key": of.country_key,
        "by_project": of.by_project,
        "fields": [_field(field) for field in catalogue.fields(of)],
        "layouts": [
            {"name": one.name, "sections": one.sections, "required": one.required}
            for one in catalogue.layouts(of)
        ],
    }


def _field(field: Field) -> dict[str, Any]:
    row = {
        "key": field.key,
        "label": field.label,
        "type": field.type,
        "required": field.required,
        "unique": field.unique,
        "personal": field.personal,
        "provided": field.provided,
        "choices": field.choices,
        "link": field.link,
        "masked": field.masked,
        "encrypted": field.encrypted,
        "system": field.system,
        "projects": field.projects,
        "withheld": field.withheld,
    }
    return {**row, "target": field.target.key} if field.target else row


def add_field(*, actor: Actor, of: Module, row: Mapping[str, Any]) -> Module:
    """Give a module one more field, shown at the end of its first layout. Raises `BadInput`."""
    whole = described(of)
    key = str(row.get("key") or key_from(str(row.get("label", ""))))
    if any(field["key"] == key for field in whole["fields"]):
        raise BadInput(
            _("There is a field “%(key)s” already. Choose another key.") % {"key": key},
            code="field.exists",
            fields={"key": _("there is a field with this key already")},
        )
    whole["fields"].append({**row, "key": key})
    sections = whole["layouts"][0]["sections"] if whole["layouts"] else []
    if sections:
        last = {**sections[-1], "keys": [*sections[-1]["keys"], key]}
        whole["layouts"][0]["sections"] = [*sections[:-1], last]
    return catalogue.define(actor=actor, description=whole)


def change_field(*, actor: Actor, of: Module, key: str, change: Mapping[str, Any]) -> Module:
    """Set a field's name, marks or choices; its key, type and target stay. Raises `Absent`, `BadInput`."""
    whole = described(of)
    row = next((field for field in whole["fields"] if field["key"] == key), None)
    if row is None:
        raise Absent(_("There is no such field."), code="field.absent")
    row.update(change)
    return catalogue.define(actor=actor, description=whole)


def keep_bases(*, actor: Actor, of: Module, kept: bool) -> Module:
    """Keep processing bases and consent for the people of a module, or no longer (D2, D7). What is stored
    stays. Raises `BadInput` for a module whose records are not people."""
    if not of.identity:
        raise BadInput(
            _("Bases and consent are kept for people only."), code="module.no_people", detail=of.key
        )
    return catalogue.define(actor=actor, description={**described(of), "compliance": kept})


def create_module(*, actor: Actor, given: Mapping[str, Any], first: str) -> Module:
    """A new module whose records are named by one text field labelled `first`. Raises `BadInput`."""
    key = str(given.get("key") or key_from(str(given.get("label_plural", ""))))
    if catalogue.modules().filter(key=key).exists():
        raise BadInput(
            _("There is a module “%(key)s” already. Choose another key.") % {"key": key},
            code="module.exists",
            fields={"key": _("there is a module with this key already")},
        )
    personal = "normal" if given.get("identity") else "none"
    field = {"key": key_from(first), "label": first, "required": True, "personal": personal}
    return catalogue.define(actor=actor, description={**given, "key": key, "fields": [field]})


def layout_of(of: Module, key: int) -> Layout:
    """One layout of the module. Raises `Absent`."""
    found = catalogue.layouts(of).filter(pk=key).first()
    if found is None:
        raise Absent(_("There is no such layout."), code="layout.absent")
    return found


def choices_from(text: str, kind: str) -> Sequence[str]:
    """The choices of a list field, one a line; nothing for other types."""
    if kind not in (FieldType.PICKLIST, FieldType.MULTISELECT):
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]
