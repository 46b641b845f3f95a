"""A lock rule as it is described: every setting checked before it is stored (L7, L9–L11, L13, L14)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portals_core.access import criteria
from portals_core.locks.decide import ACTS, KEEPING
from portals_core.locks.models import Fields, Ground
from portals_core.plumbing.errors import BadInput
from portals_core.records import catalogue, conditions
from portals_core.records.models import Field, Module

BINDS = ("all", "only", "except")
_KEYS = frozenset(
    {
        *("name", "conditions", "ground", "actions", "fields_mode", "fields", "binds", "roles", "user_types"),
        *("law", "plain", "from_key", "months", "existing"),
    }
)


def checked(module: Module, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be stored of a rule of this module, by column. Raises `BadInput` naming the first
    setting that is wrong."""
    unknown = sorted(set(given) - _KEYS)
    if unknown:
        raise bad(_("Unknown setting “%(name)s” of a lock rule.") % {"name": unknown[0]})
    name = " ".join(str(given.get("name") or "").split())
    if not 1 <= len(name) <= 80:
        raise bad(_("Give the rule a name of at most 80 characters."), "name")
    known = {one.key: one for one in catalogue.fields(module)}
    if not given.get("conditions"):
        raise bad(_("Say under which conditions records are locked."), "conditions")
    tree = conditions.Reader(list(known.values())).read(given["conditions"])
    ground = _one_of(given.get("ground") or Ground.BUSINESS, Ground.values, "ground")
    if ground == Ground.RESTRICTION:
        raise bad(_("Processing is restricted by a request, not by a rule. Choose another ground."), "ground")
    return {
        "name": name,
        "criteria": criteria.dump(tree),
        "digest": _digest(tree),
        "ground": ground,
        "actions": _actions(given.get("actions"), ground),
        "fields_mode": _one_of(given.get("fields_mode") or Fields.EXCEPT, Fields.values, "fields_mode"),
        "fields": _fields(known, given),
        "binds": _binds(given),
        "existing": bool(given.get("existing", False)),
        **_keeping(ground, known, given),
    }


def _digest(tree: criteria.Tree) -> str:
    """Of what the conditions mean, whatever the letters they were written in."""

    def plain(stored: Any) -> Any:
        if isinstance(stored, dict):
            return {key: plain(value) for key, value in stored.items() if key != "value"}
        return [plain(one) for one in stored] if isinstance(stored, list) else stored

    text = json.dumps(plain(criteria.dump(tree)), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _one_of(value: object, allowed: Sequence[str], field: str) -> str:
    if value not in allowed:
        raise bad(_("Choose one of: %(known)s.") % {"known": ", ".join(allowed)}, field)
    return str(value)


def _actions(given: object, ground: str) -> list[str]:
    wanted = [str(one) for one in given] if isinstance(given, (list, tuple, set, frozenset)) else []
    strange = [one for one in wanted if one not in ACTS]
    if strange:
        raise bad(
            _("“%(act)s” cannot be locked. Choose of: %(known)s.")
            % {"act": strange[0], "known": ", ".join(ACTS)},
            "actions",
        )
    # Editing is what a lock is about (L16); a duty to keep that lets delete keeps nothing (L4).
    always = {"edit", "delete"} if ground in KEEPING else {"edit"}
    return [act for act in ACTS if act in always | set(wanted)]


def _fields(known: Mapping[str, Field], given: Mapping[str, Any]) -> list[str]:
    wanted = list(dict.fromkeys(map(str, given.get("fields") or ())))
    strange = [key for key in wanted if key not in known]
    if strange:
        raise bad(_("There is no field “%(field)s”.") % {"field": strange[0]}, "fields")
    only = given.get("fields_mode") == Fields.ONLY
    if only and not wanted:
        raise bad(_("Name the fields that are locked."), "fields")
    if not only and len(wanted) > settings.LIMIT_OPEN_FIELDS:
        raise bad(
            _("At most %(limit)s fields can stay editable (DSR_LIMIT_OPEN_FIELDS).")
            % {"limit": settings.LIMIT_OPEN_FIELDS},
            "fields",
        )
    return wanted


def _binds(given: Mapping[str, Any]) -> dict[str, Any]:
    mode = _one_of(given.get("binds") or "all", BINDS, "binds")
    roles = list(dict.fromkeys(map(str, given.get("roles") or ())))
    types = list(dict.fromkeys(_number(one, "user_types") for one in given.get("user_types") or ()))
    if mode == "all":
        return {"mode": mode}
    if not roles and not types:
        raise bad(_("Name the roles or user types that are meant."), "roles")
    if len(roles) + len(types) > settings.LIMIT_LOCK_EXEMPT:
        raise bad(
            _("At most %(limit)s roles and user types can be named (DSR_LIMIT_LOCK_EXEMPT).")
            % {"limit": settings.LIMIT_LOCK_EXEMPT},
            "roles",
        )
    return {"mode": mode, "roles": roles, "user_types": types}


def _keeping(ground: str, known: Mapping[str, Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a duty to keep is based on, and until when."""
    law, plain = str(given.get("law") or "").strip(), str(given.get("plain") or "").strip()
    if ground in KEEPING and not law:
        raise bad(_("Name the law or the matter that asks to keep these records."), "law")
    if len(law) > 200 or len(plain) > 400:
        too_long = "law" if len(law) > 200 else "plain"
        raise bad(_("Write at most 200 characters for the law and 400 for the sentence."), too_long)
    key, months = str(given.get("from_key") or ""), _number(given.get("months") or 0, "months")
    if bool(key) != bool(months):
        raise bad(_("A period has a date it starts from and a number of months."), "months")
    if key and (key not in known or known[key].type not in ("date", "datetime")):
        raise bad(_("“%(field)s” is no date of this module.") % {"field": key}, "from_key")
    if key and (known[key].encrypted or not 1 <= months <= 1200):
        raise bad(_("The period starts from a readable date and has 1 to 1,200 months."), "months")
    return {"law": law, "plain": plain, "from_key": key, "months": months or None}


def _number(given: object, field: str) -> int:
    try:
        return int(str(given))
    except ValueError:
        raise bad(_("“%(value)s” is no whole number.") % {"value": given}, field) from None


def bad(sentence: object, field: str = "") -> BadInput:
    """The refusal of a setting, with what is wrong in it."""
    return BadInput(sentence, code="lock_rule.wrong", fields={field: sentence} if field else None)
