"""`manage.py run_scheduler`: seals the ledger, wakes late jobs, promises daily duties."""

from typing import Any

from django.core.management.base import BaseCommand

from dsr_portal import scheduler
from portals_core.management.command import asked_to_stop


class Command(BaseCommand):
    help = "Run the scheduler until SIGTERM or Ctrl-C. Any number may run beside each other."

    def handle(self, *args: Any, **options: Any) -> None:
        scheduler.run(asked_to_stop())
