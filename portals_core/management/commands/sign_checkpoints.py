"""`manage.py sign_checkpoints`: the signer, a process of its own (RD1)."""

from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from portals_core.ledger.checkpoint import sign_next
from portals_core.management.command import asked_to_stop, sentence
from portals_core.plumbing.errors import DsrError


class Command(BaseCommand):
    help = (
        "Sign and publish a checkpoint of the audit log whenever it grew. Stops at the first inconsistency."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="sign what is there and end")
        parser.add_argument("--every", type=float, default=60.0, help="seconds between two looks")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event() if options["once"] else asked_to_stop()
        while not stop.is_set():
            try:
                signed = sign_next()
            except DsrError as refusal:
                self.stderr.write(f"{sentence(refusal)} [{refusal.code}] {refusal.detail}")
                raise SystemExit(refusal.exit_status) from None
            if signed:
                self.stdout.write(signed)
            if options["once"]:
                return
            stop.wait(options["every"])
