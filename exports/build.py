"""Job handlers: an approved export becomes a file, the person is told, the case is closed; later the file
goes.

Each step is one effect that happens once, whatever is delivered twice or falls over in between: the row
goes from "in preparation" to "ready" once, the person is told once, the case is closed once. The file takes
its place inside the transaction that makes the row ready, under the job's lease: a worker that lost its
lease moves nothing, and a crash in between leaves a file that the next try replaces.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation

from exports import bundle as archive
from exports import cases, collect, leaving_out, notices, scope, store
from exports.models import Bundle, Kind, State
from portals_core.access.actor import system
from portals_core.ledger import append
from portals_core.plumbing import clock, faults, keyring, links, outbox
from portals_core.plumbing.errors import Conflict
from requests.casebook import lifecycle
from requests.models import Case
from requests.telling.notices import answers

log = logging.getLogger(__name__)
BUILD, PURGE, REMOVE = "exports.build", "exports.purge", "exports.remove_file"
ACTOR = system("build an export")


def build(held: outbox.Claim) -> None:
    """Job handler of an approved export: build, store, tell the person, close the case."""
    faults.reach("exports.claimed")
    case = cases.of_system(str(held.payload["case"]))
    if keyring.is_destroyed(case.person):
        log.warning("no export for %s: its person was erased", case.number)
        return
    bundle = begin(case, at=clock.now())
    if bundle.state == State.BUILDING:
        fulfil(bundle, case, held)
        faults.reach("exports.first_effect")
    close(bundle, case, held)


def begin(case: Case, *, at: datetime) -> Bundle:
    """The bundle of this case: the one row there is, or a new one."""
    with transaction.atomic():
        Bundle.objects.visible_to(ACTOR).bulk_create(
            [
                Bundle(
                    kind=Kind.SUBJECT,
                    case_id=case.pk,
                    case_number=case.number,
                    subject=case.person,
                    requested_by=case.decided_by.ref if case.decided_by else ACTOR.ref,
                    dated=case.decided_at or at,
                    created_at=at,
                )
            ],
            ignore_conflicts=True,
        )
        return Bundle.objects.visible_to(ACTOR).get(case_id=case.pk, kind=Kind.SUBJECT)


def fulfil(bundle: Bundle, case: Case, held: outbox.Claim) -> None:
    """Effect: the archive is built, in its place, and the row says so."""
    found = collect.collect(case.person, actor=system("collect what is held about a subject"))
    rows = leaving_out.sift(scope.of(case).rows(found), case)
    with store.workshop(bundle.pk, f"{held.id}-{held.fence}") as folder:
        made = archive.write(_order(bundle, case), rows, folder, pulse=pulse_of(held))
        settle(bundle, made, held, code="bundle.built")


def settle(bundle: Bundle, made: archive.Made, held: outbox.Claim, *, code: str) -> None:
    """Make the row ready and move its archive into place, under the job's lease.

    The row comes first: of two jobs that built the same bundle one changes it, and the other touches no
    file. Raises `Stale`, and `Conflict` where the row is ready already or was erased meanwhile.
    """
    with transaction.atomic():
        held.hold()
        now = clock.now()
        expires = now + timedelta(days=settings.EXPORT_DAYS)
        rows = Bundle.objects.visible_to(ACTOR).filter(pk=bundle.pk, state=State.BUILDING)
        changed = rows.update(
            state=State.READY,
            file=store.name_of(bundle.pk),
            sha512=made.sha512,
            size=made.size,
            built_at=now,
            expires_at=expires,
        )
        if changed != 1:
            raise Conflict("", code="bundle.settled", detail=str(bundle.pk))
        append.record(
            code,
            actor=ACTOR,
            about=bundle.case_ref,
            at=now,
            detail={
                "bundle": str(bundle.pk),
                "sha512": made.sha512,
                "content": made.content,
                "rows": made.rows,
                "size": made.size,
            },
        )
        outbox.enqueue(PURGE, about=bundle.ref, payload={"bundle": str(bundle.pk)}, not_before=expires)
        store.keep(made.path, bundle.pk)
        faults.reach("exports.file_written")
    bundle.refresh_from_db(from_queryset=Bundle.objects.visible_to(ACTOR))
    store.sweep(bundle.pk)


def close(bundle: Bundle, case: Case, held: outbox.Claim) -> None:
    """Effect: the person is told and the case is fulfilled, together and once."""
    with transaction.atomic():
        held.hold()
        now = clock.now()
        if Bundle.objects.visible_to(ACTOR).filter(pk=bundle.pk, told_at=None).update(told_at=now):
            notices.ready(bundle, case, at=now)
        left = cases.left_out(case)
        if left and case.is_open:
            answers.left_out(case, left, at=now)
        lifecycle.report_export(case=case.pk, at=now, held=held, partly=bool(left))
        faults.reach("exports.last_commit")


def purge(held: outbox.Claim) -> None:
    """Job handler: the time of a bundle is over. Tombstone first, then the file, then the note that it is
    gone, so that a crash in between is finished by the next try."""
    bundle = UUID(str(held.payload["bundle"]))
    with transaction.atomic():
        held.hold()
        now = clock.now()
        rows = Bundle.objects.visible_to(ACTOR).filter(pk=bundle, state=State.READY, expires_at__lte=now)
        expired = rows.first()
        if expired is not None and rows.update(state=State.PURGED):
            links.revoke(notices.LINK, about=expired.ref, at=now)
            append.record(
                "bundle.purged", actor=ACTOR, about=expired.case_ref, at=now, detail={"bundle": str(bundle)}
            )
    if Bundle.objects.visible_to(ACTOR).filter(pk=bundle, state=State.PURGED, removed_at=None).exists():
        store.remove(bundle)
        Bundle.objects.visible_to(ACTOR).filter(pk=bundle).update(removed_at=clock.now())


def remove_file(held: outbox.Claim) -> None:
    """Job handler: the row of a bundle was erased with its person; whatever file is left goes, too."""
    store.remove(UUID(str(held.payload["bundle"])))


def pulse_of(held: outbox.Claim) -> Callable[[int], None]:
    """Renews the lease while work goes on, well before it ends, and raises `Stale` once it is lost."""
    interval = settings.JOB_LEASE_SECONDS / 4
    last = time.monotonic()

    def pulse(done: int) -> None:
        nonlocal last
        if time.monotonic() - last < interval:
            return
        with transaction.atomic():
            held.hold(done=done)
        last = time.monotonic()

    return pulse


def _order(bundle: Bundle, case: Case) -> archive.Order:
    language = cases.language_of(case)
    with translation.override(language):
        asked = scope.told(case)
    return archive.Order(
        bundle=bundle.pk,
        case=case.pk,
        number=case.number,
        subject=case.person,
        received_at=case.received_at,
        at=bundle.dated,
        country=case.country,
        subdivision=case.subdivision,
        language=language,
        asked=asked,
    )
