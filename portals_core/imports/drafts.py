"""An import in two steps: the file first, its mapping afterwards; and a check that can become the real thing.

The uploaded file is personal data. It is kept for a day at most unless a run needs it, then removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import IO, Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.imports import mapping as mappings
from portals_core.imports import rows, runs
from portals_core.imports.models import ImportRow, ImportRun, ImportState
from portals_core.ledger import append
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Conflict, Forbidden
from portals_core.records.models import Module

PURGE = "imports.purge"
KEPT = timedelta(hours=24)
_RUN = system("prepare an import")


def upload(*, actor: Actor, module: Module, file: IO[bytes], file_name: str, at: datetime) -> ImportRun:
    """Keep a file whose columns are to be mapped. Raises `BadInput` when it is no CSV in UTF-8."""
    _only_importers(actor)
    with closing(rows.read(file)) as reader:
        mappings.check_columns(mappings.FieldMapping({}), next(reader))
        total = sum(1 for _row in reader)
    stored = runs.keep(file, at)
    with transaction.atomic():
        run = ImportRun(
            module=module,
            file_name=PurePath(file_name).name[:180],
            stored=stored,
            mapping={},
            state=ImportState.DRAFT,
            keep_until=at + KEPT,
            total=total,
            by_id=int(actor.user_id or 0),
            created_at=at,
        )
        run.save(force_insert=True)
        _leaf("import.uploaded", actor, run, at, module=module.key, rows=total)
        _purge_later(run, stored, at + KEPT)
    return run


def header(actor: Actor, run: UUID) -> tuple[list[str], list[str]]:
    """The columns of the kept file and the cells of its first row. Raises `Conflict` when it is gone."""
    found: ImportRun = ImportRun.objects.fetch(actor, run)
    if not found.stored or not default_storage.exists(found.stored):
        raise Conflict(_("The file was removed. Upload it again."), code="import.file_gone")
    with default_storage.open(found.stored) as file, closing(rows.read(file)) as reader:
        return next(reader), next(reader, [])


def begin(*, actor: Actor, run: UUID, mapping: Mapping[str, Any], at: datetime, dry_run: bool) -> ImportRun:
    """Give a draft its mapping and promise the run. Raises `BadInput` for a mapping that does not fit the
    file or the module, `Conflict` when it was begun already."""
    _only_importers(actor)
    found: ImportRun = ImportRun.objects.fetch(actor, run)
    wanted = mappings.parse(mapping)
    runs.importer(actor, found.module, wanted, found.file_name, at)
    columns, _first = header(actor, run)
    mappings.check_columns(wanted, columns)
    with transaction.atomic():
        # Only a check keeps its file: the import itself has no use for it afterwards.
        kept = found.keep_until if dry_run else None
        begun = {"mapping": dict(mapping), "dry_run": dry_run, "keep_until": kept, "by_id": actor.user_id}
        _move(found, ImportState.DRAFT, ImportState.WAITING, **begun)
        _leaf("import.started", actor, found, at, module=found.module.key, rows=found.total, dry_run=dry_run)
        outbox.enqueue(runs.HANDLER, about=f"import:{found.pk}", payload={"run": str(found.pk)})
    return found


def reopen(*, actor: Actor, run: UUID, at: datetime) -> None:
    """Take a finished check back to its mapping. Raises `Conflict` if it is no check or its file is gone."""
    _only_importers(actor)
    header(actor, run)
    found: ImportRun = ImportRun.objects.fetch(actor, run)
    _refuse_unless_check(found)
    with transaction.atomic():
        clean = {"position": 0, "linked": 0, "accepted": 0, "refused": 0, "finished_at": None}
        _move(found, ImportState.DONE, ImportState.DRAFT, **clean)
        ImportRow.objects.visible_to(_RUN).filter(run=found).delete()
        _leaf("import.reopened", actor, found, at)


def for_real(*, actor: Actor, run: UUID, at: datetime) -> ImportRun:
    """Import the file of a finished check, by the mapping that was checked. The file moves to the new run,
    so that it is imported once: the second caller gets `Conflict`."""
    _only_importers(actor)
    header(actor, run)
    checked: ImportRun = ImportRun.objects.fetch(actor, run)
    _refuse_unless_check(checked)
    with transaction.atomic():
        _move(checked, ImportState.DONE, ImportState.DONE, stored="", keep_until=None)
        real = ImportRun(
            module=checked.module,
            file_name=checked.file_name,
            stored=checked.stored,
            mapping=checked.mapping,
            total=checked.total,
            by_id=int(actor.user_id or 0),
            created_at=at,
        )
        real.save(force_insert=True)
        _leaf("import.started", actor, real, at, module=real.module.key, rows=real.total, dry_run=False)
        outbox.enqueue(runs.HANDLER, about=f"import:{real.pk}", payload={"run": str(real.pk)})
    return real


def discard(*, actor: Actor, run: UUID, at: datetime) -> None:
    """Remove a draft with its file. Raises `Conflict` when it was begun."""
    _only_importers(actor)
    found: ImportRun = ImportRun.objects.fetch(actor, run)
    with transaction.atomic():
        _drop(found)
        _leaf("import.discarded", actor, found, at)
        # A crash before the file is gone leaves it to this job.
        _purge_later(found, found.stored, at)


def stopped(actor: Actor, run: UUID) -> bool:
    """Whether the run's job was given up after repeated failures, so that nobody waits for it."""
    found: ImportRun = ImportRun.objects.fetch(actor, run)
    return outbox.parked(about=f"import:{found.pk}", handler=runs.HANDLER)


def purge(held: outbox.Claim) -> None:
    """Job handler: remove a kept file that no run needs any more, and the draft nobody went on with."""
    name = str(held.payload["file"])
    run = ImportRun.objects.visible_to(_RUN).filter(stored=name).first()
    at = clock.now()
    if run is not None and run.state in (ImportState.WAITING, ImportState.RUNNING):
        with transaction.atomic():
            held.hold()
            _purge_later(run, name, at + timedelta(hours=1))
        return
    if run is not None:
        with transaction.atomic():
            held.hold()
            _forget(run, at)
    default_storage.delete(name)


def _forget(run: ImportRun, at: datetime) -> None:
    if run.state == ImportState.DRAFT:
        _drop(run)
        _leaf("import.discarded", system("purge abandoned imports"), run, at)
    else:
        _move(run, ImportState.DONE, ImportState.DONE, stored="", keep_until=None)


def _only_importers(actor: Actor) -> None:
    if not actor.may("imports.run") or actor.kind is not Kind.STAFF:
        raise Forbidden(_("Only staff with the right to import may do this."))


def _refuse_unless_check(run: ImportRun) -> None:
    if not run.dry_run or run.state != ImportState.DONE:
        raise Conflict(_("This is no finished check. Look at the list of imports."), code="import.no_check")


def _move(run: ImportRun, old: str, new: str, **change: object) -> None:
    kept = ImportRun.objects.visible_to(_RUN).filter(pk=run.pk, state=old, stored=run.stored)
    if not run.stored or kept.update(state=new, **change) != 1:
        raise Conflict(_("Somebody went on with this import already. Reload the page."), code="import.moved")


def _drop(run: ImportRun) -> None:
    draft = ImportRun.objects.visible_to(_RUN).filter(pk=run.pk, state=ImportState.DRAFT)
    if not draft.delete()[0]:
        raise Conflict(_("Somebody went on with this import already. Reload the page."), code="import.moved")


def _purge_later(run: ImportRun, name: str, when: datetime) -> None:
    outbox.enqueue(PURGE, about=f"import:{run.pk}", payload={"file": name}, not_before=when)


def _leaf(code: str, actor: Actor, run: ImportRun, at: datetime, **detail: object) -> None:
    append.record(code, actor=actor, about=f"import:{run.pk}", at=at, detail=detail)
