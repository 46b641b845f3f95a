"""`file_case`: file a request as a portal user, or record one as an officer."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from portals_core.access.actor import Actor
from portals_core.management.command import DsrCommand, pairs
from portals_core.plumbing import clock
from requests.arriving import intake, persons
from requests.casebook import attempts
from requests.law import deadlines
from requests.management.answers import facts
from requests.models import Channel, Kind


class Command(DsrCommand):
    """Prints number, id, state and due date of the new request."""

    help = "File a request as the person --as names; with --for about somebody they added, or as an officer."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kind", required=True, help=", ".join(Kind.values))
        parser.add_argument("--for", dest="about", metavar="RECORD|EMAIL|VALUE", help="whom it is about")
        parser.add_argument("--text", default="", help="the person's own words")
        parser.add_argument("--set", dest="set", metavar="FIELD=VALUE", action="append", help="a correction")
        parser.add_argument("--received", metavar="DATE|DATETIME", help="ISO 8601; default: now")
        parser.add_argument("--seen", help="an officer's check in person: what was seen, never a number")
        parser.add_argument("--country", help="PL, or DE-BY; default: the site's own")

    def act(self, actor: Actor, **options: Any) -> dict[str, object]:
        now, about = clock.now(), options["about"]
        with attempts.watched(actor=actor, act="file", at=now):
            subject = persons.named(actor, about) if about else None
        received = options["received"]
        return facts(
            intake.file_case(
                actor=actor,
                kind=options["kind"],
                at=now,
                subject=subject,
                text=options["text"],
                proposals=pairs(options["set"]),
                received_at=deadlines.parse_received(received) if received else None,
                country=options["country"],
                channel=Channel.COMMAND,
                seen=options["seen"],
            )
        )
