"""The benchmarks run, at sizes that measure nothing; no time is looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import APART, KINDS, growth, table
from tests.parts import ROOT, missing, required

TINY = [
    "--related",
    "30",
    "--entries",
    "20",
    "--imported",
    "5",
    "--changed",
    "3",
    "--rounds",
    "1",
    "--slow",
    "1",
]


def _run(tmp_path: Path, *arguments: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *TINY, *arguments],
        cwd=ROOT,
        env={**os.environ, "DSR_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    figures: list[dict[str, object]] = json.loads(Path(done.stdout.splitlines()[-1]).read_text("utf-8"))
    assert table(figures) in done.stdout
    return figures


@pytest.mark.timeout(900)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_every_kind_of_measurement_runs_and_leaves_no_database(tmp_path, database):
    if reason := missing(database):
        assert database not in required(), f"DSR_REQUIRE names {database}, but {reason}"
        pytest.skip(reason)
    growing = ",".join(kind for kind in KINDS if kind not in APART)
    figures = _run(tmp_path, "--databases", database, "--rows", "300", "600", "--only", growing)
    figures += _run(tmp_path, "--databases", database, "--rows", "300", "--only", ",".join(APART))
    works = {str(figure["work"]).split(",")[0] for figure in figures}
    assert works >= {"first page", "next page at the middle", "count", "collect a person", "append"}
    assert {"verify the entries", "import with validation", "search in a list"} <= works
    assert {"gate of 300 people", "gate of one person"} <= works
    assert {"five rules lock what they find", "3 changes through the door with five rules"} <= works
    assert "queue, first page: nobody's" in {str(one["work"]) for one in figures}
    assert "desk, page of the case" in {str(one["work"]) for one in figures}
    assert {"collect what a deletion is about", "decide: plan"} <= works
    assert any("growth" in str(figure["work"]) for figure in figures)
    assert [path.name for path in (tmp_path / "tmp").iterdir() if path.is_dir()] == []


def test_growth_compares_the_largest_with_the_smallest_size():
    figure = {"database": "SQLite", "work": "first page, typical", "theirs_ms": 1.0}
    sizes = [figure | {"rows": 10, "ours_ms": 2.0}, figure | {"rows": 1000, "ours_ms": 3.0}]
    assert [one["ratio"] for one in growth(sizes)] == [1.5]
    assert growth(sizes[:1]) == []
