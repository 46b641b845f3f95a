"""`decide_case`: an officer approves or refuses a request."""

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
    """A deletion goes on to a second officer; the other kinds are carried out by the next worker."""

    help = "Decide a request. A refusal needs --ground and --sentence."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("case", metavar="NUMBER|ID")
        outcome = parser.add_mutually_exclusive_group(required=True)
        outcome.add_argument("--approve", dest="outcome", action="store_const", const=approvals.APPROVE)
        outcome.add_argument("--refuse", dest="outcome", action="store_const", const=approvals.REFUSE)
        parser.add_argument("--ground", default="", metavar="CODE", help="a code of the closed list")
        parser.add_argument("--sentence", default="", help="what the person is told")
        parser.add_argument(
            "--refuse-field",
            metavar="FIELD",
            action="append",
            help="of a correction: leave this field as it is",
        )

    def act(self, actor: Actor, **options: Any) -> dict[str, object]:
        found = reads.case_for(actor, options["case"])
        refused = options["refuse_field"] or []
        answers = {row.field: True for row in reads.corrections(actor, found)} | dict.fromkeys(refused, False)
        return facts(
            approvals.decide(
                actor=actor,
                case=found.pk,
                outcome=options["outcome"],
                at=clock.now(),
                ground=options["ground"],
                sentence=options["sentence"],
                proposals=answers if refused else None,
            )
        )
