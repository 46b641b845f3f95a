"""`manage.py export_register --format csv|pdf --output FILE --as EMAIL`: the register of processing."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from consent.register import export
from portals_core.access.actor import Actor
from portals_core.management.command import DsrCommand
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput


class Command(DsrCommand):
    help = "Write the register of processing activities (Art. 30) to a file, as a table or a document."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=sorted(export.CONTENT_TYPES), required=True)
        parser.add_argument("--output", type=Path, metavar="FILE", required=True)
        parser.add_argument(
            "--language", choices=[code for code, _name in settings.LANGUAGES], default=settings.LANGUAGE_CODE
        )

    def act(self, actor: Actor, **options: Any) -> Mapping[str, object]:
        target: Path = options["output"]
        if not target.parent.is_dir():
            raise BadInput(_("The output folder does not exist. Make it first."), code="command.output")
        with translation.override(options["language"]):
            made = export.export(actor=actor, kind=options["format"], at=clock.now())
        target.write_bytes(made.content)
        return {"file": str(target), "activities": made.count, "size": len(made.content)}
