"""`carry_out`: do in this process whatever work a request waits for."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.management.command import DsrCommand
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Forbidden
from requests.casebook import reads
from requests.deciding import approvals
from requests.management.answers import everything
from requests.models import Case


class Command(DsrCommand):
    """Needed only where no worker runs, or to see a failure at once."""

    help = "Run the jobs of one request and send the mail about it; --resume after a failure."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("case", metavar="NUMBER|ID")
        parser.add_argument("--resume", action="store_true", help="try again what stopped with an error")

    def act(self, actor: Actor, **options: Any) -> dict[str, object]:
        found = reads.case_for(actor, options["case"])
        if not actor.may("cases.decide"):
            raise Forbidden(_("Only a privacy officer has requests carried out."))
        if options["resume"]:
            approvals.resume(actor=actor, case=found.pk, at=clock.now())
        done = run(actor, found)
        return {**everything(actor, reads.case_for(actor, found.pk)), "jobs_done": done}


def run(actor: Actor, case: Case) -> int:
    """Run every due job of the case and the mail about it, those promised meanwhile included."""
    total = 0
    while True:
        done = outbox.drain(about=case.ref)
        for mail in reads.mails(actor, case):
            done += outbox.drain(about=f"mail:{mail}")
        if not done:
            return total
        total += done
