"""Stored values as a page prints them: each has a kind, and a value of the type that kind promises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from portals_core.records.models import Field, FieldType
from portals_core.records.values import EMPTY

_KINDS = {
    FieldType.MULTILINE: "lines",
    FieldType.URL: "url",
    FieldType.NUMBER: "number",
    FieldType.CURRENCY: "number",
    FieldType.BOOLEAN: "yes",
    FieldType.DATE: "date",
    FieldType.DATETIME: "moment",
    FieldType.MULTISELECT: "list",
}


@dataclass(frozen=True)
class Reference:
    """A record as another one names it: where it is and what it is called, nothing more."""

    id: UUID
    module: str
    title: str


@dataclass(frozen=True)
class Shown:
    """One value for a page. `kind` is text, lines, url, number, yes, date, moment, list, link, elsewhere
    (a link to a record out of sight), masked (covered, filled or not) or empty."""

    field: Field
    kind: str
    value: object = None


def shown(field: Field, raw: object, references: Mapping[UUID, Reference]) -> Shown:
    """`raw` is the stored value, or its text as a narrow query brings it."""
    if raw in EMPTY:
        return Shown(field, "empty")
    if field.type == FieldType.LOOKUP:
        target = references.get(UUID(str(raw)))
        return Shown(field, "link", target) if target else Shown(field, "elsewhere")
    kind = _KINDS.get(FieldType(field.type), "text")
    return Shown(field, kind, _typed(kind, raw))


def _typed(kind: str, raw: object) -> object:
    text = str(raw)
    match kind:
        case "number":
            return Decimal(text)
        case "yes":
            return text.casefold() in {"1", "true"}
        case "date":
            return date.fromisoformat(text)
        case "moment":
            return datetime.fromisoformat(text)
        case "list":
            return raw if isinstance(raw, list) else json.loads(text)
    return text
