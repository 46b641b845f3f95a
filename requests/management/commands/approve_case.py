"""`approve_case`: a second officer approves a deletion, or sends it back."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from portals_core.access.actor import Actor
from portals_core.management.command import DsrCommand
from portals_core.plumbing import clock
from requests.casebook import reads
from requests.deciding import approvals
from requests.management.answers import facts


class Command(DsrCommand):
    """Approves exactly the plan that was submitted."""

    help = "Approve a submitted deletion as a second officer, or --send-back with a --reason."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("case", metavar="NUMBER|ID")
        parser.add_argument("--send-back", action="store_true")
        parser.add_argument("--reason", default="")

    def act(self, actor: Actor, **options: Any) -> dict[str, object]:
        key, now = reads.case_for(actor, options["case"]).pk, clock.now()
        if options["send_back"]:
            return facts(approvals.send_back(actor=actor, case=key, at=now, reason=options["reason"]))
        return facts(approvals.approve(actor=actor, case=key, at=now))
