"""Start an import and run it: the worker goes through the file in pieces, each one transaction."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import PurePath
from typing import IO, Any
from uuid import UUID, uuid4

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from portals_core.access import policy
from portals_core.access.actor import Actor, Kind, system
from portals_core.imports import mapping as mappings
from portals_core.imports import rows
from portals_core.imports.models import ImportRow, ImportRun, ImportState
from portals_core.ledger import append
from portals_core.people import accounts
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, DsrError, Forbidden, Locked
from portals_core.records.models import Module

HANDLER = "imports.run"
PIECE = 100
_RUN = system("run an import")
for _label in ("ImportRun", "ImportRow"):
    policy.POLICIES.register(
        f"portals_core.{_label}", policy.by_permission(view="imports.run", edit="imports.run")
    )


def start(
    *,
    actor: Actor,
    module: Module,
    file: IO[bytes],
    file_name: str,
    mapping: Mapping[str, Any],
    at: datetime,
    dry_run: bool = False,
) -> ImportRun:
    """Check mapping and header, keep the file, promise the run. A wrong mapping stores nothing."""
    if not actor.may("imports.run") or actor.kind is not Kind.STAFF:
        raise Forbidden(_("Only staff with the right to import may do this."))
    wanted = mappings.parse(mapping)
    importer(actor, module, wanted, file_name, at)
    with closing(rows.read(file)) as reader:
        mappings.check_columns(wanted, next(reader))
        total = sum(1 for _row in reader)
    stored = keep(file, at)
    with transaction.atomic():
        run = ImportRun(
            module=module,
            file_name=PurePath(file_name).name[:180],
            stored=stored,
            mapping=dict(mapping),
            dry_run=dry_run,
            total=total,
            by_id=int(actor.user_id or 0),
            created_at=at,
        )
        run.save(force_insert=True)
        append.record(
            "import.started",
            actor=actor,
            about=f"import:{run.pk}",
            at=at,
            detail={"module": module.key, "rows": total, "dry_run": dry_run},
        )
        outbox.enqueue(HANDLER, about=f"import:{run.pk}", payload={"run": str(run.pk)})
    return run


def keep(file: IO[bytes], at: datetime) -> str:
    """Store an uploaded file under a name that was never used before; returns the name."""
    file.seek(0)
    return default_storage.save(f"imports/{at:%Y%m%d}-{uuid4().hex}.csv", file)


def importer(
    actor: Actor, module: Module, wanted: mappings.FieldMapping, file_name: str, at: datetime
) -> rows.Importer:
    """The importer of one file, its mapping checked against the module's fields."""
    source = wanted.source or f"import {PurePath(file_name).name}"
    return rows.Importer(actor=actor, module=module, mapping=wanted, source=source, at=at)


def carry_out(held: outbox.Claim) -> None:
    """Job handler: from where the run stands to its end. Rights are those the person has now (promise 5)."""
    run = ImportRun.objects.visible_to(_RUN).select_related("module", "by").get(pk=held.payload["run"])
    if run.state in (ImportState.DONE, ImportState.DRAFT):
        _release(run)
        return
    actor = accounts.actor_of(run.by, verified=True)
    if not actor.may("imports.run"):
        raise Forbidden(_("Only staff with the right to import may do this."))
    wanted = importer(actor, run.module, mappings.parse(run.mapping), run.file_name, run.created_at)
    with default_storage.open(run.stored) as file:
        _first_pass(held, run, wanted, file)
    if not run.dry_run and wanted.own_links():
        with default_storage.open(run.stored) as file:
            _second_pass(held, run, wanted, file)
    _finish(held, run)


def _first_pass(held: outbox.Claim, run: ImportRun, wanted: rows.Importer, file: IO[bytes]) -> None:
    skip: set[str] = _deferred(wanted)
    seen: dict[str, set[str]] = {}
    if run.dry_run:
        _start_over(held, run)
    for start_at, piece in _pieces(file, run.position):
        with transaction.atomic():
            held.hold(done=start_at + len(piece), total=run.total)
            refused = 0
            for offset, cells in enumerate(piece):
                sentence = _one(wanted, cells, skip, seen if run.dry_run else None)
                if sentence:
                    refused += 1
                    _note(run, start_at + offset + 2, False, sentence)
            _advance(
                run,
                position=start_at + len(piece),
                accepted=F("accepted") + len(piece) - refused,
                refused=F("refused") + refused,
                state=ImportState.RUNNING,
            )


def _start_over(held: outbox.Claim, run: ImportRun) -> None:
    """A check writes nothing that a second try could find, so it begins at the first row again."""
    with transaction.atomic():
        held.hold(done=0, total=run.total)
        ImportRow.objects.visible_to(_RUN).filter(run=run).delete()
        _advance(run, position=0, accepted=0, refused=0)
    run.position = 0


def _deferred(wanted: rows.Importer) -> set[str]:
    """Own links wait for the second pass; without a unique field to find the row again they cannot."""
    return wanted.own_links() if _finder(wanted) else set()


def _finder(wanted: rows.Importer) -> str:
    return next((key for key in wanted.mapping.values if wanted.fields[key].unique), "")


def _one(
    wanted: rows.Importer, cells: dict[str, str] | str, skip: set[str], seen: dict[str, set[str]] | None
) -> str:
    """Why the row is refused, or nothing when it was accepted."""
    if isinstance(cells, str):
        return cells
    try:
        with transaction.atomic():
            if seen is None:
                wanted.store(cells, skip=skip)
            else:
                wanted.check(cells, seen)
    except (BadInput, Locked, Absent, Conflict, Forbidden) as error:
        return str(error.public)
    return ""


def _second_pass(held: outbox.Claim, run: ImportRun, wanted: rows.Importer, file: IO[bytes]) -> None:
    by = _finder(wanted)
    for start_at, piece in _pieces(file, run.linked) if by else ():
        with transaction.atomic():
            held.hold(done=run.total, total=run.total)
            for offset, cells in enumerate(piece):
                sentence = _link(wanted, cells, by)
                if sentence:
                    _note(run, start_at + offset + 2, True, sentence)
            _advance(run, linked=start_at + len(piece))


def _link(wanted: rows.Importer, cells: dict[str, str] | str, by: str) -> str:
    if isinstance(cells, str):
        return ""
    try:
        with transaction.atomic():
            wanted.link(cells, by)
    except DsrError as error:
        return str(error.public)
    return ""


def _pieces(file: IO[bytes], skip: int) -> Iterator[tuple[int, list[dict[str, str] | str]]]:
    reader = rows.read(file)
    header = next(reader)
    cells = itertools.islice((_cells(header, row) for row in reader), skip, None)
    position = skip
    while piece := list(itertools.islice(cells, PIECE)):
        yield position, piece
        position += len(piece)


def _cells(header: list[str], row: list[str]) -> dict[str, str] | str:
    if len(row) != len(header):
        return _("The row has %(found)s cells, the header %(wanted)s.") % {
            "found": len(row),
            "wanted": len(header),
        }
    return dict(zip(header, row, strict=True))


def _note(run: ImportRun, number: int, accepted: bool, sentence: str) -> None:
    ImportRow(run=run, number=number, accepted=accepted, sentence=sentence[:400]).save(force_insert=True)


def _advance(run: ImportRun, **change: Any) -> None:
    ImportRun.objects.visible_to(_RUN).filter(pk=run.pk).update(**change)


def _finish(held: outbox.Claim, run: ImportRun) -> None:
    at = clock.now()
    with transaction.atomic():
        held.hold()
        _advance(run, state=ImportState.DONE, finished_at=at)
        run.refresh_from_db()
        append.record(
            "import.finished",
            actor=system("import"),
            about=f"import:{run.pk}",
            at=at,
            detail={"accepted": run.accepted, "refused": run.refused, "dry_run": run.dry_run},
        )
    # The file is personal data and has done its work. A crash before this line leaves it to the next try.
    _release(run)


def _release(run: ImportRun) -> None:
    if run.stored and run.keep_until is None:
        default_storage.delete(run.stored)


def runs(actor: Actor) -> QuerySet[ImportRun]:
    """The imports this person may see, newest first."""
    return ImportRun.objects.visible_to(actor).select_related("module", "by")


def report(actor: Actor, run: UUID | str) -> tuple[ImportRun, QuerySet[ImportRow]]:
    """A run and its remarks by row. Raises `Absent` when it is not there or not to be seen."""
    found = ImportRun.objects.fetch(actor, run)
    return found, ImportRow.objects.visible_to(actor).filter(run=found)
