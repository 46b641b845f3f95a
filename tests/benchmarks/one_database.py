"""All measurements on one database at one size, in a process of its own; `__main__` starts it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import django


def main(options: dict[str, Any]) -> None:
    """Migrate, fill, measure; the figures go to the file named by `into`."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    for alias in ("default", "keyring"):
        call_command("migrate", database=alias, run_syncdb=True, verbosity=0)

    from tests.benchmarks import (
        collecting,
        desking,
        gating,
        importing,
        locking,
        log,
        planning,
        queueing,
        scope,
        searching,
        world,
    )

    database = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    rounds, wanted = options["rounds"], options["only"]
    apart: dict[str, Callable[[], Any]] = {
        "queue": lambda: queueing.figures(options["rows"], database, rounds),
        "desk": lambda: desking.figures(options["rows"], database, rounds),
        "plan": lambda: planning.figures(options["rows"], database),
    }
    for only, measured in apart.items():
        if wanted == [only]:  # a world of its own, in a process of its own
            _keep(measured(), options["into"])
            return
    built = world.build(options["rows"], options["related"])
    figures: list[Any] = []
    if "scope" in wanted:
        figures += scope.figures(built, database, rounds, options["slow"])
    if "search" in wanted:
        figures += searching.figures(built, database, rounds)
    if "collect" in wanted:
        figures += collecting.figures(built, database, rounds)
    if "log" in wanted:
        figures += log.figures(database, options["entries"], rounds)
    if "import" in wanted:
        figures += importing.figures(built, database, options["imported"], options["slow"])
    if "gate" in wanted:
        figures += gating.figures(built, database, rounds)
    if "locks" in wanted:  # last: it leaves locks behind
        figures += locking.figures(built, database, rounds, options["slow"], options["changed"])
    _keep(figures, options["into"])


def _keep(figures: Iterable[Any], into: str) -> None:
    """Each is told when it is there: one that breaks off has said what it found."""
    told = []
    for figure in figures:
        told.append(figure.told())
        print(json.dumps(told[-1], ensure_ascii=False), file=sys.stderr, flush=True)
    Path(into).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
