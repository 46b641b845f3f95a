"""`show_case`: everything about one request that the person named may see."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from portals_core.access.actor import Actor
from portals_core.management.command import DsrCommand
from requests.casebook import reads
from requests.management.answers import everything


class Command(DsrCommand):
    """Shows state, dates, plan, effects and timeline."""

    help = "Show one request as the person --as names may see it."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("case", metavar="NUMBER|ID")

    def act(self, actor: Actor, **options: Any) -> dict[str, object]:
        return everything(actor, reads.case_for(actor, options["case"]))
