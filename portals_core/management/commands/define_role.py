"""`manage.py define_role FILE --as EMAIL`: set up a role from a description in TOML or JSON."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.management.command import DsrCommand
from portals_core.management.commands.define_module import description
from portals_core.people import role_definitions
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput

REQUIRED = {"key", "name", "permissions"}
KEYS = REQUIRED | {"limited", "modules"}


class Command(DsrCommand):
    help = "Set up a role from a description: key, name, permissions, limited, modules (TOML or JSON)."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def act(self, actor: Actor, **options: Any) -> Mapping[str, object]:
        described = read(options["file"])
        stored = role_definitions.define_role(actor=actor, at=clock.now(), **described)
        return {"key": stored.key, "name": stored.name, "limited": stored.limited}


def read(file: Path) -> dict[str, Any]:
    """The description in a file. Raises `BadInput` when it cannot be read or says something else."""
    described = description(file)
    if not isinstance(described, dict) or not REQUIRED <= set(described) <= KEYS:
        raise BadInput(
            _("%(file)s: give %(keys)s, and if need be limited and modules.")
            % {"file": file, "keys": ", ".join(sorted(REQUIRED))},
            code="role.definition",
        )
    if not _lists(described):
        raise BadInput(
            _("%(file)s: permissions and modules are lists.") % {"file": file}, code="role.definition"
        )
    return described


def _lists(described: Mapping[str, Any]) -> bool:
    rows = described.get("modules", [])
    return (
        isinstance(described["permissions"], list)
        and isinstance(rows, list)
        and all(isinstance(row, dict) and isinstance(row.get("fields", {}), dict) for row in rows)
    )
