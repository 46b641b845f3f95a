"""`manage.py seal_ledger`: gives recorded entries their index, at most a second behind."""

from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from portals_core.ledger.seal import seal
from portals_core.management.command import asked_to_stop


class Command(BaseCommand):
    help = "Integrate waiting entries of the audit log. Any number may run; one at a time works."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="integrate what waits and end")
        parser.add_argument("--every", type=float, default=0.5, help="seconds between two looks")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event() if options["once"] else asked_to_stop()
        while not stop.is_set():
            while count := seal():
                self.stdout.write(f"{count} integrated")
            if options["once"]:
                return
            stop.wait(options["every"])
