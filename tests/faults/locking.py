"""A rule over many records whose settling job is killed: `python -m tests.faults.locking stage`, then `run`.

`stage` makes databases under `DSR_STATE` with records that a rule is to lock and its job waiting; `run` takes
that job once, as a worker would, and prints whether it was done.
"""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr_portal.settings.test")
#: More than the job takes in one transaction.
RECORDS = 450


def stage() -> None:
    from django.core.management import call_command

    from portals_core.locks import rules
    from portals_core.records.models import Record
    from tests import cast

    for alias in ("default", "keyring"):
        call_command("migrate", database=alias, verbosity=0)
    made, by = cast.set_up(), cast.SETTING_UP
    dear = {"values": {"total": "500"}, "folded": {"total": "65035"}}
    rows = Record.objects.visible_to(by)
    rows.bulk_create(
        Record(module=made.orders, created_at=cast.NOW, changed_at=cast.NOW, **dear) for _ in range(RECORDS)
    )
    rules.set_mode(actor=by, module=made.orders, mode="automatic", at=cast.NOW)
    rules.define_rule(
        actor=by,
        module=made.orders,
        description={
            "name": "Dear",
            "conditions": {"field": "total", "how": "gt", "value": "100"},
            "existing": True,
        },
        at=cast.NOW,
    )


def run() -> None:
    from portals_core.locks import rules
    from portals_core.plumbing import outbox
    from portals_core.plumbing.models import Job

    print(outbox.run_now(Job.objects.get(handler=rules.SETTLE_JOB).pk))


if __name__ == "__main__":
    django.setup()
    {"stage": stage, "run": run}[sys.argv[1]]()
