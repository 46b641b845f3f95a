"""Evidence of one case: the facts of its procedure and its entries of the audit log, for somebody who checks
them elsewhere (Art. 5(2), N4). It holds opaque ids and no personal data of the person the case is about."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from exports import build as building
from exports import cases, spool, store
from exports.bag import Bag
from exports.bundle import Made
from exports.models import Bundle, Kind, State
from portals_core.access.actor import Actor, system
from portals_core.ledger import append, checkpoint, reads
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Conflict, Forbidden
from requests.models import Case

BUILD = "exports.evidence"
_READ = system("make evidence of a case")


def ask(*, actor: Actor, case: UUID | str, at: datetime) -> Bundle:
    """Promise the evidence of a case as it is now; a job makes it. Raises `Absent`, `Forbidden`, and
    `Conflict` while one is being made."""
    if not actor.may("evidence.view"):
        raise Forbidden(_("Only auditors take evidence of a case."))
    found = cases.case_for(actor, case)
    bundle = Bundle(
        kind=Kind.EVIDENCE,
        case_id=found.pk,
        case_number=found.number,
        requested_by=actor.ref,
        dated=at,
        created_at=at,
    )
    try:
        with transaction.atomic():
            bundle.save(force_insert=True)
            append.record(
                "evidence.requested",
                actor=actor,
                about=bundle.case_ref,
                at=at,
                detail={"bundle": str(bundle.pk)},
            )
            outbox.enqueue(BUILD, about=bundle.ref, payload={"bundle": str(bundle.pk)})
    except IntegrityError:
        raise Conflict(
            _("Evidence of this case is being made right now. Come back a little later."),
            code="evidence.building",
        ) from None
    return bundle


def build(held: outbox.Claim) -> None:
    """Job handler: the evidence is built and in its place. Once: a second delivery finds it done."""
    found = Bundle.objects.visible_to(_READ).filter(pk=str(held.payload["bundle"]), state=State.BUILDING)
    bundle = found.first()
    if bundle is None:
        return
    with store.workshop(bundle.pk, f"{held.id}-{held.fence}") as folder:
        made = write(bundle, cases.of_system(bundle.case_id), folder)
        building.settle(bundle, made, held, code="evidence.built")


def write(bundle: Bundle, case: Case, folder: Path) -> Made:
    """Build the archive in `folder`, which is empty."""
    (folder / "bag").mkdir(mode=0o700)
    packed = Bag(folder / "bag")
    facts = {**cases.facts(case), "evidence": str(bundle.pk), "as_of": bundle.dated}
    packed.put("data/case.json", spool.encoded(facts) + b"\n")
    with packed.file("data/effects.jsonl") as out:
        for effect in cases.effects(case):
            out.write(spool.encoded(effect) + b"\n")
    count = 0
    with packed.file("data/ledger.jsonl") as out:
        for entry in _entries(case):
            out.write(spool.encoded(entry) + b"\n")
            count += 1
    _log_head(packed)
    text = render_to_string("exports/evidence.txt", {"bundle": bundle, "case": case, "entries": count})
    packed.put("data/README.en.txt", text.encode())
    content = packed.seal(
        identifier=str(bundle.pk),
        organisation=settings.ORGANISATION,
        email=settings.CONTACT_EMAIL,
        at=bundle.dated,
    )
    target = folder / "bundle.zip"
    sha512, size = packed.pack(target, top=str(bundle.pk), at=bundle.dated)
    return Made(target, sha512, size, count, content)


def _entries(case: Case) -> Iterator[Mapping[str, object]]:
    """The case's entries as their canonical bytes, those with an index first and in its order."""
    rows = reads.entries(_READ, about=f"case:{case.pk}").order_by(F("index").asc(nulls_last=True), "at", "id")
    for entry in rows.iterator():
        yield _entry(entry)


def _entry(entry: LedgerEntry) -> Mapping[str, object]:
    return {
        "index": entry.index,
        "id": str(entry.pk),
        "leaf": bytes(entry.leaf).decode("ascii"),
        "leaf_hash": base64.b64encode(bytes(entry.leaf_hash)).decode(),
    }


def _log_head(packed: Bag) -> None:
    """The newest signed head of the log and the key that verifies it, where there is one yet."""
    notes = dict(checkpoint.published())
    if checkpoint.LATEST in notes:
        packed.put("data/checkpoint.txt", notes[checkpoint.LATEST].encode("utf-8", "surrogateescape"))
    key = checkpoint.published_key()
    if key is not None:
        packed.put("data/ledger.vkey", f"{key}\n".encode())
