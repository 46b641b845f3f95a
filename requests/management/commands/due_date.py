"""`due_date`: the day by which a request received on a given day must be answered."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext

from portals_core.plumbing.errors import BadInput
from requests.law.deadlines import Due, due, parse_received


class Command(BaseCommand):
    """Prints the ISO date alone, or with `--json` how it came about; exit 64 for unusable input."""

    help = "Print the day by which a request must be answered (Art. 12(3) GDPR)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--received", required=True, metavar="DATE|DATETIME", help="ISO 8601")
        parser.add_argument("--country", default="", help="PL, or DE-BY; default: the site's own")
        parser.add_argument("--subdivision", default="", help="BY for Bavaria")
        parser.add_argument("--extended", action="store_true", help="three months instead of one")
        parser.add_argument("--json", action="store_true", help="with receipt, nominal end and reasons")

    def handle(self, *args: Any, **options: Any) -> None:
        country, subdivision = options["country"], options["subdivision"]
        if not country:
            country, subdivision = settings.COUNTRY, subdivision or settings.SUBDIVISION
        try:
            answer = due(
                parse_received(options["received"]), country, subdivision, extended=options["extended"]
            )
        except BadInput as error:
            self.stderr.write(gettext(str(error)))
            raise SystemExit(error.exit_status) from None
        self.stdout.write(_json(answer) if options["json"] else answer.due_on.isoformat())


def _json(answer: Due) -> str:
    return json.dumps(
        {
            "received_on": answer.received_on.isoformat(),
            "nominal": answer.nominal.isoformat(),
            "due_on": answer.due_on.isoformat(),
            "reasons": [
                {"day": skipped.day.isoformat(), "why": skipped.why, "name": skipped.name}
                for skipped in answer.reasons
            ],
        },
        ensure_ascii=False,
    )
