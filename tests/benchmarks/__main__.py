"""`python -m tests.benchmarks`: measure on every database that is there, tell as a table and as JSON."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks import places
from tests.parts import ROOT, missing

KINDS = ("scope", "search", "gate", "locks", "collect", "log", "import", "queue", "desk", "plan")
#: Kinds whose figures do not depend on how many records there are: measured at the last size only.
ONCE = ("collect", "log", "import")
#: Kinds with a world and a process of their own.
APART = ("queue", "desk", "plan")
COLUMNS = ("database", "rows", "work", "against", "ratio", "spread", "processor", "queries", "peak", "goal")


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    state = Path(os.environ.get("DSR_STATE") or tempfile.mkdtemp(prefix="dsr-bench-"))
    figures: list[dict[str, Any]] = []
    for database in options.databases.split(","):
        if reason := missing(database):
            print(f"not on {database}: {reason}")
            continue
        for place, rows in enumerate(options.rows):
            last = place == len(options.rows) - 1
            only = [kind for kind in options.only.split(",") if last or kind not in ONCE]
            for together in (
                [kind for kind in only if kind not in APART],
                *([kind] for kind in APART if kind in only),
            ):
                if together:
                    figures += _measure(database, rows, together, options, state)
    figures += growth(figures)
    print(table(figures))
    print(f"\n{_keep(figures, state)}")
    return 0 if figures else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000], help="sizes, e.g. 1000000")
    parser.add_argument("--related", type=int, default=10_000, help="records of the person who is collected")
    parser.add_argument("--entries", type=int, default=5_000, help="entries of the ledger")
    parser.add_argument("--imported", type=int, default=2_000, help="rows of the import")
    parser.add_argument("--changed", type=int, default=200, help="records changed through the door")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow", type=int, default=3, help="rounds of what takes long")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--only", default=",".join(KINDS), help=f"of {', '.join(KINDS)}")
    return parser.parse_args(arguments)


def _measure(
    database: str, rows: int, only: Sequence[str], options: argparse.Namespace, state: Path
) -> list[dict[str, Any]]:
    """One child process with databases and a state folder of its own: nothing is warm from the one before."""
    print(f"… {database}, {rows} records: {', '.join(only)}", file=sys.stderr, flush=True)
    place = {"sqlite": places.sqlite, "postgres": places.postgres}[database]
    with place() as variables, tempfile.TemporaryDirectory(prefix="dsr-bench-", dir=_tmp(state)) as folder:
        into = Path(folder, "figures.json")
        wanted = {
            "rows": rows,
            "related": options.related,
            "entries": options.entries,
            "imported": options.imported,
            "changed": options.changed,
            "rounds": options.rounds,
            "slow": options.slow,
            "only": list(only),
            "into": str(into),
        }
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.one_database", json.dumps(wanted)],
            cwd=ROOT,
            env=_environment(variables, folder),
            check=True,
        )
        figures: list[dict[str, Any]] = json.loads(into.read_text(encoding="utf-8"))
        return figures


def _environment(variables: Mapping[str, str], folder: str) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "KEYRING_DATABASE_URL") and not name.startswith("DSR_STATE")
    }
    return {**inherited, **variables, "DSR_STATE": folder}


def growth(figures: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Cost at the largest size over cost at the smallest: two runs apart, so noisier than the pairs."""
    found: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = {}
    for figure in figures:
        if "first page" in figure["work"]:
            found.setdefault((figure["database"], figure["work"]), {}).setdefault(figure["rows"], figure)
    grown = []
    for (database, work), sizes in found.items():
        small, large = sizes[min(sizes)], sizes[max(sizes)]
        if small is not large:
            ratio = round(large["ours_ms"] / small["ours_ms"], 3)
            told = {"database": database, "rows": large["rows"], "work": f"{work}: growth"}
            against = f"itself among {small['rows']}"
            spread = {"ratio": ratio, "lowest": ratio, "highest": ratio, "rate": False}
            times = {"ours_ms": large["ours_ms"], "theirs_ms": small["ours_ms"], "queries": 0, "peak_kb": 0}
            times |= {"processor": None}
            grown.append(told | {"against": against, "goal": "≤ 1.5"} | spread | times)
    return grown


def table(figures: Iterable[Mapping[str, Any]]) -> str:
    """The figures as a table in Markdown; a ratio of rates is marked."""
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    for one in figures:
        ratio = f"{one['ratio']:.4g} × {'rate' if one['rate'] else 'time'}"
        processor = f"{one['processor']:.4g}" if one["processor"] else ""
        peak = f"{one['peak_kb'] / 1024:.1f} MB" if one["peak_kb"] else ""
        cells = (
            one["database"], f"{one['rows']:,}", one["work"], one["against"], ratio,
            f"{one['lowest']:.4g}–{one['highest']:.4g}", processor,
            one["queries"] or "", peak, one["goal"],
        )  # fmt: skip
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines)


def _tmp(state: Path) -> Path:
    folder = state / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _keep(figures: Sequence[Mapping[str, Any]], state: Path) -> Path:
    path = _tmp(state) / f"benchmarks-{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(list(figures), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
