"""A module as an administrator describes it, from TOML, JSON or a form: checked for shape, not stored."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import BadInput
from portals_core.records import values
from portals_core.records.models import Channel, FieldType, Link, Personal

#: Keys under which a record's own facts are shown; no field may take them.
RESERVED = frozenset(
    {
        *("id", "module", "owner", "creator", "version"),
        *("source", "created_at", "changed_source", "changed_at"),
    }
)


@dataclass(frozen=True)
class Definition:
    """A module as described by an administrator, checked for shape but not yet stored."""

    key: str
    label: str
    label_plural: str
    identity: bool
    compliance: bool
    title_key: str
    email_key: str
    born_key: str
    country_key: str
    by_project: bool
    fields: Sequence[Mapping[str, Any]]
    layouts: Sequence[Mapping[str, Any]]


_FIELD_KEYS = {
    "key",
    "label",
    "type",
    "required",
    "unique",
    "personal",
    "provided",
    "choices",
    "target",
    "link",
    "masked",
    "encrypted",
    "system",
    "projects",
    "withheld",
}
_MODULE_KEYS = {
    "key",
    "label",
    "label_plural",
    "identity",
    "compliance",
    "title_key",
    "email_key",
    "born_key",
    "country_key",
    "by_project",
    "fields",
    "layouts",
}
_LAYOUT_KEYS = {"name", "sections", "required"}
#: Types whose values can be kept encrypted (F13).
ENCRYPTABLE = frozenset(
    {
        FieldType.TEXT,
        FieldType.MULTILINE,
        FieldType.EMAIL,
        FieldType.PHONE,
        FieldType.URL,
        FieldType.NUMBER,
        FieldType.CURRENCY,
        FieldType.DATE,
        FieldType.DATETIME,
    }
)


def parse(description: Mapping[str, Any]) -> Definition:
    """Check a description (from TOML, JSON or a form). Raises `BadInput` naming the first thing wrong."""
    unknown = sorted(set(description) - _MODULE_KEYS)
    if unknown:
        raise wrong(_("Unknown setting “%(name)s” of a module.") % {"name": unknown[0]})
    key = _identifier(description.get("key"))
    rows = description.get("fields")
    if not isinstance(rows, list) or not rows:
        raise wrong(_("A module needs at least one field."))
    checked = [_parse_field(row) for row in rows]
    keys = [row["key"] for row in checked]
    double = next((name for name in keys if keys.count(name) > 1), None)
    if double:
        raise wrong(_("The field “%(name)s” is described twice.") % {"name": double})
    title = description.get("title_key") or keys[0]
    email = description.get("email_key") or next(
        (row["key"] for row in checked if row["type"] == FieldType.EMAIL), ""
    )
    for name in (title, *([email] if email else [])):
        if name not in keys:
            raise wrong(_("“%(name)s” is not a field of this module.") % {"name": name})
    by_project, email = bool(description.get("by_project")), email if description.get("identity") else ""
    _refuse_hidden_names({row["key"]: row for row in checked}, title, email, by_project)
    known = {row["key"]: row for row in checked}
    label = str(description.get("label") or key)
    return Definition(
        key=key,
        label=label,
        label_plural=str(description.get("label_plural") or label),
        identity=bool(description.get("identity", False)),
        compliance=bool(description.get("compliance", description.get("identity", False))),
        title_key=title,
        email_key=email,
        born_key=_naming(description, "born_key", known, {FieldType.DATE}),
        country_key=_naming(description, "country_key", known, {FieldType.TEXT, FieldType.PICKLIST}),
        by_project=by_project,
        fields=checked,
        layouts=_parse_layouts(description.get("layouts") or [], keys),
    )


def _naming(
    description: Mapping[str, Any], setting: str, rows: Mapping[str, Mapping[str, Any]], types: set[FieldType]
) -> str:
    """The key under which a setting of people names one of their fields; empty where it names none."""
    name = str(description.get(setting) or "")
    if not name:
        return ""
    if not description.get("identity"):
        raise wrong(_("“%(setting)s” is for modules whose records are people.") % {"setting": setting})
    if name not in rows:
        raise wrong(_("“%(name)s” is not a field of this module.") % {"name": name})
    if rows[name]["type"] not in types:
        raise wrong(
            _("“%(name)s” cannot be “%(setting)s”: its type is none of %(types)s.")
            % {"name": name, "setting": setting, "types": ", ".join(sorted(types))}
        )
    if rows[name].get("encrypted"):
        raise wrong(
            _("“%(name)s” is read to tell the age of people, so it cannot be encrypted.") % {"name": name}
        )
    return name


def _parse_field(row: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise wrong(_("Describe each field as a table with at least a key."))
    unknown = sorted(set(row) - _FIELD_KEYS)
    if unknown:
        raise wrong(_("Unknown setting “%(name)s” of a field.") % {"name": unknown[0]})
    field = {**row, "key": _identifier(row.get("key") or key_from(str(row.get("label", ""))))}
    if field["key"] in RESERVED:
        raise wrong(_("“%(name)s” is a reserved name. Choose another key.") % {"name": field["key"]})
    field["type"] = _one_of(field.get("type", "text"), FieldType.values, _("type"))
    field["personal"] = _one_of(field.get("personal", "none"), Personal.values, _("personal mark"))
    field["link"] = _one_of(field.get("link", "mentions"), Link.values, _("kind of link"))
    _check_choices(field)
    if (field["type"] == FieldType.LOOKUP) != bool(field.get("target")):
        raise wrong(
            _("The field “%(name)s”: a link names its target module, and only a link does.")
            % {"name": field["key"]}
        )
    if field.get("unique") and field["type"] in (FieldType.LOOKUP, FieldType.BOOLEAN, FieldType.MULTISELECT):
        raise wrong(
            _("The field “%(name)s” cannot be unique: its type does not allow it.") % {"name": field["key"]}
        )
    _check_marks(field)
    return field


def key_from(label: str) -> str:
    """A key made from a name, in whatever script it is written (F4: a field needs only its name)."""
    text = unicodedata.normalize("NFC", label).strip().casefold()
    if not text:
        return ""
    key = "".join(char if ("a" + char).isidentifier() else "_" for char in text).strip("_")
    return (key if key.isidentifier() else f"f_{key}")[:60]


def _check_choices(field: dict[str, Any]) -> None:
    choices = field.get("choices") or []
    if field["type"] in (FieldType.PICKLIST, FieldType.MULTISELECT) and not choices:
        raise wrong(_("The list field “%(name)s” needs choices.") % {"name": field["key"]})
    # The forms of several choices are joined by such a character.
    if any(unicodedata.category(char) == "Cc" for one in choices for char in str(one)):
        raise wrong(
            _("A choice of “%(name)s” holds a character that cannot be printed. Write it anew.")
            % {"name": field["key"]}
        )
    if choices:
        field["choices"] = [_choice(field["key"], one) for one in choices]


def _check_marks(field: Mapping[str, Any]) -> None:
    """Masked, encrypted, projects, channels: what of it goes together (F7, F12, F13)."""
    name = {"name": field["key"]}
    for mark in ("masked", "encrypted", "system"):
        if not isinstance(field.get(mark, False), bool):
            raise wrong(_("The field “%(name)s”: “%(mark)s” is true or false.") % {**name, "mark": mark})
    for lists in ("projects", "withheld"):
        if not isinstance(field.get(lists) or [], (list, tuple)):
            raise wrong(_("The field “%(name)s”: “%(mark)s” is a list.") % {**name, "mark": lists})
    for channel in field.get("withheld") or ():
        _one_of(channel, Channel.values, _("channel"))
    if field.get("masked") and field["type"] == FieldType.LOOKUP:
        raise wrong(_("The field “%(name)s” cannot be masked: links decide who sees a record.") % name)
    if field.get("encrypted") and field["type"] not in ENCRYPTABLE:
        raise wrong(_("The field “%(name)s” cannot be encrypted: its type does not allow it.") % name)
    if field.get("encrypted") and field.get("unique"):
        raise wrong(
            _("The field “%(name)s” cannot be encrypted and unique: equal values could be told.") % name
        )


def _refuse_hidden_names(
    rows: Mapping[str, Mapping[str, Any]], title: str, email: str, by_project: bool
) -> None:
    """What names a record and how its person is written to stays in clear."""
    if rows[title].get("masked") or rows[title].get("encrypted"):
        raise wrong(
            _("“%(name)s” names the records, so it can be neither masked nor encrypted.") % {"name": title}
        )
    if email and (rows[email].get("masked") or rows[email].get("encrypted")):
        raise wrong(
            _("People are written to at “%(name)s”, so it can be neither masked nor encrypted.")
            % {"name": email}
        )
    if by_project and not rows[title].get("system"):
        raise wrong(
            _("“%(name)s” names the records: make it a system field where fields are divided by project.")
            % {"name": title}
        )


def _choice(key: str, given: object) -> str:
    """A choice as values are written, so that it can be chosen: composed letters, no blanks around it."""
    text = unicodedata.normalize("NFC", str(given)).strip()
    if not text or not values.is_text(text):
        raise wrong(
            _("The list field “%(name)s”: a choice is empty or holds a character that is no text.")
            % {"name": key}
        )
    return text


def _parse_layouts(rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[Mapping[str, Any]]:
    for row in rows:
        unknown = sorted(set(row) - _LAYOUT_KEYS)
        if unknown:
            raise wrong(_("Unknown setting “%(name)s” of a layout.") % {"name": unknown[0]})
        named = [key for section in row.get("sections", []) for key in section.get("keys", [])]
        strange = [key for key in named if key not in keys]
        if strange:
            raise wrong(_("A layout names the unknown field “%(name)s”.") % {"name": strange[0]})
        missing = [key for key in row.get("required") or [] if key not in named]
        if missing:
            raise wrong(
                _("A layout requires “%(name)s” and does not show it. Add it to a section.")
                % {"name": missing[0]}
            )
    if rows:
        return list(rows)
    return [{"name": "Standard", "sections": [{"title": "", "keys": list(keys)}]}]


def _identifier(value: object) -> str:
    key = unicodedata.normalize("NFC", str(value or ""))
    if not key.isidentifier() or len(key) > 60:
        raise wrong(
            _(
                "“%(name)s” cannot be a key. Use letters, digits and underscores, at most 60, "
                "not starting with a digit."
            )
            % {"name": key}
        )
    return key


def _one_of(value: object, allowed: Sequence[str], what: object) -> str:
    if value not in allowed:
        raise wrong(
            _("“%(value)s” is not a %(what)s. Choose one of: %(allowed)s.")
            % {"value": value, "what": what, "allowed": ", ".join(allowed)}
        )
    return str(value)


def wrong(sentence: object) -> BadInput:
    """The refusal of a description, with what is wrong in it."""
    return BadInput(sentence, code="module.definition")
