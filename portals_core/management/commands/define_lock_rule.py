"""`manage.py define_lock_rule MODULE [FILE] --as EMAIL`: how a module locks, from TOML or JSON."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.locks import overview, rules
from portals_core.locks.models import LockRule, Mode
from portals_core.management.command import DsrCommand
from portals_core.management.commands.define_module import description
from portals_core.people import roles, usertypes
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Absent, BadInput, Forbidden
from portals_core.records import catalogue
from portals_core.records.models import Module

_LISTS = ("actions", "fields", "roles", "user_types")


class Command(DsrCommand):
    help = (
        "Set up how a module locks: its mode and rules (docs/reference/locks.md). Tells what there is then."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("module", metavar="MODULE", help="key of the module")
        parser.add_argument("file", type=Path, metavar="FILE", nargs="?", help="one rule, or several: rules")
        parser.add_argument("--mode", choices=Mode.values, help="how records are locked")
        parser.add_argument("--delete", metavar="NAME", help="the rule with this name")

    def act(self, actor: Actor, **options: Any) -> Mapping[str, object]:
        if not actor.may("setup.manage"):
            raise Forbidden(_("Only an administrator may set up locking."))
        of, at = catalogue.module(options["module"]), clock.now()
        touched = {row.pk for row in rules.stored_rules(of)}
        if options["mode"]:
            rules.set_mode(actor=actor, module=of, mode=options["mode"], at=at)
        if options["delete"]:
            rules.delete_rule(actor=actor, rule=_named(of, options["delete"]).pk, at=at)
        for one in _described(options["file"]) if options["file"] else ():
            there = rules.stored_rules(of).filter(name=str(one.get("name", ""))).first()
            rules.define_rule(
                actor=actor, module=of, description=_resolved(one), at=at, rule=there.pk if there else None
            )
        touched |= {row.pk for row in rules.stored_rules(of)}
        for key in sorted(touched):
            outbox.drain(about=f"lock_rule:{key}")
        return _told(of)

    def lines(self, answer: Mapping[str, Any]) -> str:
        told = [f"{answer['module']}: {answer['mode']}"]
        return "\n".join(
            told + [f"{one['name']} ({one['ground']}): {one['locked']}" for one in answer["rules"]]
        )


def _described(file: Path) -> Sequence[Mapping[str, Any]]:
    """The rules in a file. Raises `BadInput` where it holds something else."""
    given = description(file)
    found = given.get("rules", [given]) if isinstance(given, Mapping) else given
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise BadInput(
            _("%(file)s: describe one rule, or several as a list named “rules”.") % {"file": file},
            code="lock_rule.definition",
        )
    return found


def _resolved(given: Mapping[str, Any]) -> dict[str, Any]:
    """The description with user types by their ids; they and the roles are there."""
    single = next((key for key in _LISTS if not isinstance(given.get(key, []), list)), None)
    if single:
        raise BadInput(_("“%(name)s” is a list.") % {"name": single}, code="lock_rule.definition")
    if given.get("roles"):
        roles.roles_named(given["roles"])
    known = {one.name: one.pk for one in usertypes.user_types()}
    strange = [name for name in given.get("user_types", ()) if name not in known]
    if strange:
        raise BadInput(
            _("There is no user type “%(name)s”.") % {"name": strange[0]}, code="lock_rule.definition"
        )
    told = {key: value for key, value in given.items() if key not in ("user_types", "locked")}
    return {**told, "user_types": [known[name] for name in given.get("user_types", ())]}


def _named(of: Module, name: str) -> LockRule:
    found: LockRule | None = rules.stored_rules(of).filter(name=name).first()
    if found is None:
        raise Absent(_("There is no such rule."), code="lock_rule.absent")
    return found


def _told(of: Module) -> Mapping[str, object]:
    """The mode, and each rule as a file describes it, with the number of records it locks."""
    names, locked = {one.pk: one.name for one in usertypes.user_types()}, overview.locked_now(of)
    listed = []
    for row in rules.stored_rules(of):
        told = rules.described(row)
        told["user_types"] = [names[key] for key in told["user_types"] if key in names]
        listed.append({**told, "locked": locked[row.pk]})
    return {"module": of.key, "mode": str(rules.mode_of(of)), "rules": listed}
