"""A basis for many people whose job is killed: `python -m tests.faults.bases stage`, then `run`.

`stage` makes databases under `DSR_STATE` with people who get a basis, and its job waiting; `run` takes that
job once, as a worker would, and prints whether it was done.
"""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr_portal.settings.test")
#: More than the job takes in one transaction, the three of the cast among them.
PEOPLE = 250


def stage() -> None:
    from django.core.management import call_command

    from consent.grounds import bulk
    from consent.grounds.people import UNDECIDED, Filter
    from portals_core.plumbing import clock
    from portals_core.records.models import Record
    from tests import cast

    for alias in ("default", "keyring"):
        call_command("migrate", database=alias, verbosity=0)
    made = cast.set_up()
    Record.objects.visible_to(cast.SETTING_UP).bulk_create(
        Record(module=made.contacts, created_at=cast.NOW, changed_at=cast.NOW) for _ in range(PEOPLE - 3)
    )
    bulk.start(actor=made.actor("officer"), chosen=Filter(basis=UNDECIDED), basis="A6-1-b", at=clock.now())


def run() -> None:
    from consent.grounds import bulk
    from portals_core.plumbing import outbox
    from portals_core.plumbing.models import Job

    print(outbox.run_now(Job.objects.get(handler=bulk.HANDLER).pk))


if __name__ == "__main__":
    django.setup()
    {"stage": stage, "run": run}[sys.argv[1]]()
