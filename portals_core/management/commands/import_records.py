"""`import_records MODULE FILE --map MAPPING.toml --as EMAIL [--dry-run]`: rows become records."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.imports import runs
from portals_core.imports.models import ImportRun, ImportState
from portals_core.management.command import DsrCommand
from portals_core.management.commands.define_module import description
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import BadInput
from portals_core.records import catalogue

#: Exit status when the file was read and some rows were refused (sysexits EX_DATAERR).
ROWS_REFUSED = 65


class Command(DsrCommand):
    refused = 0
    help = "Import a CSV file by mapping. Ends with 65 when rows were refused; the others are imported."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("module", metavar="MODULE", help="key of the module")
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV in UTF-8 with a header row")
        parser.add_argument(
            "--map", type=Path, required=True, metavar="MAPPING", help="mapping in TOML or JSON"
        )
        parser.add_argument("--dry-run", action="store_true", help="check every row, write nothing")

    def act(self, actor: Actor, **options: Any) -> Mapping[str, object]:
        module = catalogue.module(options["module"])
        mapping = description(options["map"])
        try:
            file = options["file"].open("rb")
        except OSError:
            sentence = _("The file %(file)s cannot be read.") % {"file": options["file"]}
            raise BadInput(sentence, code="file.unreadable") from None
        with file:
            started = runs.start(
                actor=actor,
                module=module,
                file=file,
                file_name=options["file"].name,
                mapping=mapping,
                at=clock.now(),
                dry_run=options["dry_run"],
            )
        run = _wait(actor, started)
        self.refused = run.refused
        return _answer(actor, run)

    def lines(self, answer: Mapping[str, Any]) -> str:
        head = _("%(accepted)s accepted, %(refused)s refused of %(total)s rows") % answer
        rows = (_("row %(number)s: %(sentence)s") % row for row in answer["rows"])
        return "\n".join([str(head), *rows])

    def handle(self, *args: object, **options: Any) -> None:
        super().handle(*args, **options)
        if self.refused:
            raise SystemExit(ROWS_REFUSED)


def _wait(actor: Actor, run: ImportRun) -> ImportRun:
    """Run the job here, or wait for the worker that was quicker."""
    while True:
        outbox.drain(about=f"import:{run.pk}")
        run, _rows = runs.report(actor, run.pk)
        if run.state == ImportState.DONE:
            return run
        time.sleep(0.2)


def _answer(actor: Actor, run: ImportRun) -> Mapping[str, object]:
    _run, rows = runs.report(actor, run.pk)
    return {
        "import": str(run.pk),
        "dry_run": run.dry_run,
        "total": run.total,
        "accepted": run.accepted,
        "refused": run.refused,
        "rows": [
            {"number": row.number, "accepted": row.accepted, "sentence": row.sentence} for row in rows[:1000]
        ],
    }
