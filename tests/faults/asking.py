"""A campaign whose job is killed: `python -m tests.faults.asking stage`, then `run`.

`stage` makes databases under `DSR_STATE` with people to ask and the campaign's job waiting; `run` takes that
job once, as a worker would, and prints whether it was done.
"""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr_portal.settings.test")
#: More than the job takes in two transactions, and some of them without an address.
PEOPLE, NAMELESS = 420, 20


def stage() -> None:
    from django.core.management import call_command

    from consent.jobs import campaigns
    from portals_core.plumbing import clock
    from portals_core.records.models import Module, Record
    from tests import cast
    from tests.consent import consent_cast

    for alias in ("default", "keyring"):
        call_command("migrate", database=alias, verbosity=0)
    made = consent_cast.set_up()
    by = cast.SETTING_UP
    Module.objects.visible_to(by).filter(key="contacts").update(compliance=True)
    rows = Record.objects.visible_to(by)
    rows.bulk_create(
        Record(
            module=made.org.contacts,
            values={"name": f"Person {one}", "email": f"p{one}@people.example" if one >= NAMELESS else ""},
            created_at=cast.NOW,
            changed_at=cast.NOW,
        )
        # Three people are there already.
        for one in range(PEOPLE - 3)
    )
    campaigns.start(actor=made.actor("officer"), purpose="news", audience="undecided", at=clock.now())


def run() -> None:
    from consent.jobs import campaigns
    from portals_core.plumbing import outbox
    from portals_core.plumbing.models import Job

    print(outbox.run_now(Job.objects.get(handler=campaigns.JOB).pk))


if __name__ == "__main__":
    django.setup()
    {"stage": stage, "run": run}[sys.argv[1]]()
