"""`withdraw_case`: take a request back."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from portals_core.access.actor import Actor
from portals_core.management.command import DsrCommand
from portals_core.plumbing import clock
from requests.casebook import lifecycle, reads
from requests.management.answers import facts


class Command(DsrCommand):
    """Possible until the request is carried out."""

    help = "Withdraw a request as the person who filed it or whom it is about."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("case", metavar="NUMBER|ID")
        parser.add_argument("--reason", default="")

    def act(self, actor: Actor, **options: Any) -> dict[str, object]:
        key = reads.case_for(actor, options["case"]).pk
        return facts(lifecycle.withdraw(actor=actor, case=key, at=clock.now(), reason=options["reason"]))
