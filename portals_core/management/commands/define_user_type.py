"""`manage.py define_user_type FILE --as EMAIL`: set up a user type from a description in TOML or JSON."""

from __future__ import annotations

import json
import tomllib
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.management.command import DsrCommand
from portals_core.people import usertypes
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput

KEYS = {"name", "identity_module", "modules"}
MORE = {"company_key"}


class Command(DsrCommand):
    help = (
        "Set up a user type from a description: name, identity_module, modules, company_key (TOML or JSON)."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def act(self, actor: Actor, **options: Any) -> Mapping[str, object]:
        description = read(options["file"])
        stored = usertypes.define_user_type(actor=actor, at=clock.now(), **description)
        return {"id": stored.pk, "name": stored.name, "is_default": stored.is_default}


def read(file: Path) -> dict[str, Any]:
    """The description in a file. Raises `BadInput` when it cannot be read or says something else."""
    try:
        text = file.read_text(encoding="utf-8")
        description = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise BadInput(
            _("%(file)s cannot be read: %(error)s") % {"file": file, "error": error}, code="file.unreadable"
        ) from None
    if not isinstance(description, dict) or set(description) - MORE != KEYS:
        raise BadInput(
            _("%(file)s: give %(keys)s, and %(more)s if you like.")
            % {"file": file, "keys": ", ".join(sorted(KEYS)), "more": ", ".join(sorted(MORE))},
            code="user_type.definition",
        )
    return description
