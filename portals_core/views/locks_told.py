"""The lock rules of a module in words: when, what, for whom, until when, and how many records each locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portals_core.access.actor import Actor
from portals_core.locks import rules, words
from portals_core.locks.models import Fields, LockRule
from portals_core.people import roles, usertypes
from portals_core.records import catalogue
from portals_core.records.models import Module
from portals_core.views import building


@dataclass(frozen=True)
class Told:
    """One rule in words. Without `when`, its conditions cannot be read."""

    row: LockRule
    when: str
    acts: str
    fields: str
    whom: str
    until: str
    locked: int


def told(actor: Actor, of: Module, locked: Mapping[int, int]) -> list[Told]:
    """Every rule of the module; `locked` says how many records each locks. The number of queries does not
    depend on the number of rules."""
    rows = list(rules.stored_rules(of))
    fields = catalogue.fields(of)
    when = building.in_words(actor, [rules.ready(row).tree for row in rows], fields)
    labels = {one.key: one.label for one in fields}
    role_names = {one.key: one.name for one in roles.roles()}
    type_names = {one.pk: one.name for one in usertypes.user_types()}
    return [
        Told(
            row,
            sentence,
            _listed(str(words.ACTS[act]) for act in row.actions),
            _fields(row, labels),
            _whom(row, role_names, type_names),
            _until(row, labels),
            locked.get(row.pk, 0),
        )
        for row, sentence in zip(rows, when, strict=True)
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _fields(row: LockRule, labels: Mapping[str, str]) -> str:
    named = {"fields": _listed(labels.get(key, key) for key in row.fields)}
    if row.fields_mode == Fields.ONLY:
        return _("only: %(fields)s") % named
    return _("all but: %(fields)s") % named if row.fields else _("all fields")


def _whom(row: LockRule, role_names: Mapping[str, str], type_names: Mapping[int, str]) -> str:
    names = [role_names.get(key, key) for key in row.binds.get("roles", ())]
    names += [type_names[key] for key in row.binds.get("user_types", ()) if key in type_names]
    match row.binds.get("mode", "all"):
        case "only":
            return _("only: %(names)s") % {"names": _listed(names)}
        case "except":
            return _("everybody but: %(names)s") % {"names": _listed(names)}
    return _("everybody")


def _until(row: LockRule, labels: Mapping[str, str]) -> str:
    if not row.months:
        return _("as long as the conditions hold")
    facts = {"field": labels.get(row.from_key, row.from_key), "number": row.months}
    if row.months % 12:
        sentence = ngettext(
            "%(number)s month from “%(field)s”", "%(number)s months from “%(field)s”", row.months
        )
        return sentence % facts
    years = row.months // 12
    sentence = ngettext("%(number)s year from “%(field)s”", "%(number)s years from “%(field)s”", years)
    return sentence % {**facts, "number": years}
