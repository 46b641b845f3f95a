"""`manage.py demo`: the portal with invented people, ready to sign in, until Ctrl-C."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any, TextIO, cast

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext_lazy as _

from dsr_portal import parts
from dsr_portal.demo import seed, sign_ins
from dsr_portal.demo.sign_ins import SignIn
from dsr_portal.processes import Whole
from portals_core.management.command import sentence
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Conflict, DsrError


class Command(BaseCommand):
    help = "Prepare the demo where it is not there yet, print who can sign in, and run it until Ctrl-C."
    #: Runs before the first migration; `run_checks` follows once there is something to check.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prepare", action="store_true", help="prepare and print, but do not run")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _refuse_the_real_world()
            if not options["prepare"]:
                parts.refuse_busy_port(settings.PORT)
            people = self._prepare()
        except DsrError as refusal:
            self.stderr.write(sentence(refusal))
            raise SystemExit(refusal.exit_status) from None
        self._introduce(people)
        if options["prepare"]:
            return
        status = Whole(parts.all_parts(port=settings.PORT), cast(TextIO, self.stdout)).run()
        if status:
            raise SystemExit(status)

    def _prepare(self) -> Sequence[SignIn]:
        for alias in connections:
            if _is_behind(alias):
                call_command("migrate", database=alias, interactive=False, verbosity=0)
        call_command("make_keys", stdout=_Silence())
        if not sign_ins.stored():
            self.stdout.write("Making the demo: people, records, consent, requests …")
            self.stdout.flush()
        return seed.plant(now=clock.now())

    def _introduce(self, people: Sequence[SignIn]) -> None:
        now = time.time()
        lines = [
            "",
            f"  {settings.ORGANISATION}: {settings.BASE_URL}/",
            f"  Mail it kept:    {settings.BASE_URL}/demo/mail/",
            f"  Password of all: {people[0].password}",
            "",
            f"  {'Role':<16}{'Name':<20}{'Sign in as':<40}{'Language':<10}Second factor",
        ]
        for one in people:
            code = ""
            if one.totp_secret:
                code = f"{sign_ins.code_now(one.totp_secret, at=now)[0]}  {one.totp_secret}"
            lines.append(f"  {one.role:<16}{one.name:<20}{one.email:<40}{one.language:<10}{code}")
        lines += [
            "",
            "  A code lives 30 seconds and works once. The current one: manage.py demo_code EMAIL",
            "  The same as JSON: " + str(sign_ins.path()),
            "  Ctrl-C ends everything.",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


class _Silence:
    def write(self, text: str) -> None:
        """Nothing to report: the keys were made or were there."""


def _refuse_the_real_world() -> None:
    if not settings.DEMO:
        raise Conflict(_("These settings serve real people. The demo needs dsr_portal.settings.dev."))
    if settings.MAIL_LEAVES:
        raise Conflict(_("In the demo no mail leaves the machine. Unset DSR_MAIL_URL."))


def _is_behind(alias: str) -> bool:
    """Whether migrations wait for this database; looking is much quicker than migrating nothing."""
    executor = MigrationExecutor(connections[alias])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
