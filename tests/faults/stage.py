"""The stage of a crash test: databases and keys in a folder of their own, and one approved case of each kind.

`python -m tests.faults.stage` makes it under `DSR_STATE` and prints, as JSON, which case is which.
"""

from __future__ import annotations

import json
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr_portal.settings.test")


def main() -> None:
    django.setup()
    from django.core.management import call_command

    for alias in ("default", "keyring"):
        call_command("migrate", database=alias, verbosity=0)
    print(json.dumps(approved_cases()))


def approved_cases() -> dict[str, str]:
    """File and approve one case of each kind, each about somebody else, and leave the jobs to the worker."""
    from portals_core.plumbing import clock
    from requests.arriving import intake
    from requests.deciding import approvals
    from tests import cast

    made = cast.set_up()
    at = clock.now()
    found = {}
    for kind in ("delete", "stop", "export", "rectify"):
        person = cast.contact(made.contacts, f"{kind.title()} Person", phone="1")
        for number in range(3):
            bought = cast.order(made, f"{kind}-{number}", person)
            cast.line(made, bought, f"{kind} thing")
        made.users[kind] = cast.portal_user(person, made.user_type)
        proposals = {"name": "New Name", "phone": "2", "health": "well"} if kind == "rectify" else {}
        case = intake.file_case(actor=made.actor(kind), kind=kind, at=at, proposals=proposals)
        approvals.decide(actor=made.actor("officer"), case=case.pk, outcome="approve", at=at)
        if kind == "delete":
            approvals.approve(actor=made.actor("second_officer"), case=case.pk, at=at)
        found[kind] = str(case.pk)
    return found


if __name__ == "__main__":
    main()
