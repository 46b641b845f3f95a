"""Columns to fields: templates that mix text and columns (I1–I3).

`{{Имя}}` takes the column's value, letter case and all; text without braces is a constant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from portals_core.plumbing.errors import BadInput

_COLUMN = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_SETTINGS = {"values", "lookups", "match", "source"}


@dataclass(frozen=True)
class FieldMapping:
    """How rows become values: field key to template, lookup key to the target's unique field."""

    values: Mapping[str, str]
    lookups: Mapping[str, str] = field(default_factory=dict)
    #: Unique field by which an existing record is recognised and changed instead of added.
    match: str = ""
    #: Overrides "import FILE" as the stated source of the records (D18).
    source: str = ""

    def columns(self) -> set[str]:
        """Every column that some template names."""
        return {name for template in self.values.values() for name in _COLUMN.findall(template)}

    def row(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Field values of one row. A template whose columns are all empty gives an empty value."""
        return {key: fill(template, cells) for key, template in self.values.items()}


def parse(description: Mapping[str, Any]) -> FieldMapping:
    """Check a mapping read from TOML, JSON or a form. Raises `BadInput` naming what is wrong."""
    unknown = sorted(set(description) - _SETTINGS)
    if unknown:
        raise BadInput(
            _("Unknown part “%(name)s” of the mapping. Known: %(known)s.")
            % {"name": unknown[0], "known": ", ".join(sorted(_SETTINGS))},
            code="mapping.part",
        )
    values = description.get("values")
    if not isinstance(values, Mapping) or not values:
        raise BadInput(
            _("The mapping has no [values]: name each field and its template."), code="mapping.empty"
        )
    for key, template in values.items():
        if not isinstance(template, str):
            raise BadInput(
                _("The template of “%(field)s” must be a text.") % {"field": key}, code="mapping.template"
            )
        if re.search(r"\{\{|\}\}", _COLUMN.sub("", template)):
            raise BadInput(
                _("The template of “%(field)s” has braces that do not match. Write {{column}}.")
                % {"field": key},
                code="mapping.template",
            )
    lookups = dict(description.get("lookups") or {})
    stray = sorted(set(lookups) - set(values))
    if stray:
        raise BadInput(
            _("[lookups] names “%(field)s”, which has no template.") % {"field": stray[0]},
            code="mapping.lookup",
        )
    return FieldMapping(
        dict(values), lookups, str(description.get("match") or ""), str(description.get("source") or "")
    )


def check_columns(mapping: FieldMapping, header: Iterable[str]) -> None:
    """Raise `BadInput` if a template names a column the file does not have, or has twice."""
    names = list(header)
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise BadInput(
            _("The file has the column “%(name)s” twice. Rename one.") % {"name": double},
            code="mapping.column_twice",
        )
    missing = sorted(mapping.columns() - set(names))
    if missing:
        raise BadInput(
            _("The file has no column “%(name)s”. It has: %(known)s. Letter case matters.")
            % {"name": missing[0], "known": ", ".join(names)},
            code="mapping.column_unknown",
        )


def fill(template: str, cells: Mapping[str, str]) -> str:
    """The template with every `{{column}}` replaced by the row's cell."""
    names = _COLUMN.findall(template)
    if names and not any(cells[name].strip() for name in names):
        return ""
    return _COLUMN.sub(lambda found: cells[found.group(1)], template)
