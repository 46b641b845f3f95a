"""Export requests for tests: filed, approved, and their jobs."""

from __future__ import annotations

from uuid import UUID

from exports import build
from exports.models import Bundle
from portals_core.access.actor import system
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.models import Job
from requests.arriving import intake
from requests.deciding import approvals
from requests.models import Case
from tests.cast import Organisation

READ = system("test")


def approved(made: Organisation, *, who: str = "subject", subject: UUID | None = None) -> Case:
    """An export request filed by `who` and approved; its job waits."""
    case = intake.file_case(actor=made.actor(who), kind="export", subject=subject, at=clock.now())
    return approvals.decide(actor=made.actor("officer"), case=case.pk, outcome="approve", at=clock.now())


def fulfilled(made: Organisation, **given) -> Bundle:
    """The bundle of an approved request, built by its job."""
    case = approved(made, **given)
    outbox.drain(about=case.ref)
    return bundle_of(case)


def bundle_of(case: Case) -> Bundle:
    return Bundle.objects.visible_to(READ).get(case_id=case.pk, kind="subject")


def job_of(case: Case) -> Job:
    return Job.objects.get(handler=build.BUILD, about=case.ref)


def leaves(case_ref: str, prefix: str) -> list[str]:
    """Codes of the case's ledger entries that begin with `prefix`."""
    rows = LedgerEntry.objects.filter(about=case_ref, code__startswith=prefix).order_by("at")
    return [f"{one.code} {one.outcome}" for one in rows]
