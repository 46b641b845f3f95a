"""`manage.py run`: the whole product on one machine, ended with Ctrl-C."""

from typing import Any, TextIO, cast

from django.conf import settings
from django.core.management.base import BaseCommand

from dsr_portal import parts
from dsr_portal.processes import Whole
from portals_core.management.command import sentence
from portals_core.plumbing.errors import DsrError


class Command(BaseCommand):
    help = "Run web server, worker, scheduler and checkpoint signer together, until Ctrl-C or SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            parts.refuse_busy_port(settings.PORT)
        except DsrError as refusal:
            self.stderr.write(sentence(refusal))
            raise SystemExit(refusal.exit_status) from None
        self.stdout.write(f"{settings.BASE_URL}/")
        status = Whole(parts.all_parts(port=settings.PORT), cast(TextIO, self.stdout)).run()
        if status:
            raise SystemExit(status)
