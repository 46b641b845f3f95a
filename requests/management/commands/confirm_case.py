"""`confirm_case`: the represented person's answer, by the token of the link they were sent."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from portals_core.access.actor import Actor
from portals_core.management.command import DsrCommand
from portals_core.plumbing import clock
from requests.arriving import mandates
from requests.management.answers import facts


class Command(DsrCommand):
    """The token is the proof; nobody is named."""

    help = "Confirm a request filed in one's name, or --object to it."
    acts_as_person = False

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("token", help="the token, or the whole link")
        parser.add_argument("--object", dest="objects", action="store_true")
        parser.add_argument("--reason", default="")

    def act(self, actor: Actor, **options: Any) -> dict[str, object]:
        token = options["token"].rstrip("/").rpartition("/")[2]
        if options["objects"]:
            return facts(mandates.object_to(token, at=clock.now(), reason=options["reason"]))
        return facts(mandates.confirm(token, at=clock.now()))
