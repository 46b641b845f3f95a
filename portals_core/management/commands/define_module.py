"""`define_module FILE --as EMAIL`: a module, its fields and layouts from TOML or JSON."""

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
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import BadInput
from portals_core.records import catalogue


class Command(DsrCommand):
    help = "Set up one or several modules from a description in TOML or JSON (docs/reference/modules.md)."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def act(self, actor: Actor, **options: Any) -> Mapping[str, object]:
        described = description(options["file"])
        modules = described.get("modules", [described])
        if not isinstance(modules, list):
            raise BadInput(_("Describe several modules as a list named “modules”."), code="module.definition")
        stored = [catalogue.define(actor=actor, description=one) for one in modules]
        for module in stored:
            for field in catalogue.fields(module):
                outbox.drain(about=f"field:{field.pk}")
        return {
            "modules": {module.key: [field.key for field in catalogue.fields(module)] for module in stored}
        }

    def lines(self, answer: Mapping[str, Any]) -> str:
        return "\n".join(f"{key}: {', '.join(fields)}" for key, fields in answer["modules"].items())


def description(path: Path) -> Mapping[str, Any]:
    """What the file describes. Raises `BadInput` when it is not there or not TOML or JSON."""
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError:
        raise BadInput(
            _("The file %(file)s cannot be read.") % {"file": path}, code="file.unreadable"
        ) from None
    except ValueError as error:
        raise BadInput(
            _("The file %(file)s is not valid: %(why)s.") % {"file": path, "why": error}, code="file.invalid"
        ) from None
