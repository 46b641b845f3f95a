"""Stands in for the scheduler in a crash test: wakes what is late until nothing of one case is left.

`python -m tests.faults.drive CASE SECONDS`; ends with 0 when the case is closed and every due job is done
that does not belong to another case. Messages to people are jobs about themselves: they are waited for as
well, so that two ends can be compared.
"""

from __future__ import annotations

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr_portal.settings.test")


def main(case: str, seconds: float) -> int:
    django.setup()
    from django.db.models import Q

    from portals_core.access.actor import system
    from portals_core.plumbing import clock, outbox
    from portals_core.plumbing.models import Job, JobState
    from requests.models import Case

    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        due = outbox.late(at=clock.now(), grace=0)
        of_others = Q(about__startswith="case:") & ~Q(about=f"case:{case}")
        wanted = Job.objects.exclude(of_others).values_list("pk", flat=True)
        for job in set(due) & set(wanted):
            outbox.wake(job)
        closed = Case.objects.visible_to(system("drive a test")).get(pk=case).closed_at
        left = Job.objects.filter(pk__in=wanted, not_before__lte=clock.now()).exclude(state=JobState.DONE)
        if closed and not left.exists():
            return 0
        time.sleep(1)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
