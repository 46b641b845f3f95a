"""`manage.py write_receipt`: the receipt of one decision about consent, as a file."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from consent.receipts import reading
from consent.receipts.files import FORMATS
from portals_core.access.actor import Actor
from portals_core.management.command import DsrCommand
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput


class Command(DsrCommand):
    help = "Write the receipt of one decision about consent, as the person --as names may have it."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--decision", type=UUID, required=True, metavar="UUID")
        parser.add_argument("--format", choices=sorted(FORMATS), default="pdf")
        parser.add_argument("--output", type=Path, required=True, metavar="FILE")

    def act(self, actor: Actor, **options: Any) -> Mapping[str, object]:
        target: Path = options["output"]
        if not target.parent.is_dir():
            raise BadInput(_("The output folder does not exist. Make it first."), code="command.output")
        made = reading.hand_out(
            actor=actor, decision=options["decision"], form=options["format"], at=clock.now()
        )
        target.touch(mode=0o600)
        target.write_bytes(made.content)
        return {"file": str(target), "content_type": made.content_type, "bytes": len(made.content)}
