"""The job that records a basis for many, killed between two transactions, doubles nobody (promise 12)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.bases import PEOPLE
from tests.faults.test_kill import environment
from tests.parts import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
POINT = "bases.batch"


def _started(state: Path, what: str, points: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.bases", what],
        cwd=ROOT,
        env=environment(state, points),
        stdout=subprocess.PIPE,
        text=True,
    )


def _count(state: Path, query: str) -> int:
    with sqlite3.connect(state / "dsr.sqlite3") as database:
        found: int = database.execute(query).fetchone()[0]
        return found


def test_a_killed_job_records_every_basis_once(tmp_path):
    """D8: at the kill some people have theirs and some not; in the end each has one row and one entry."""
    rows = "SELECT count(*) FROM consent_basis"
    entries = "SELECT count(*) FROM portals_core_ledgerentry WHERE code = 'basis.recorded'"
    assert _started(tmp_path, "stage").wait(timeout=120) == 0
    killed, ends = _started(tmp_path, "run", f"{POINT}=stop"), time.monotonic() + 60
    while not (tmp_path / f"{POINT}.reached").exists() and time.monotonic() < ends:
        time.sleep(0.1)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert 0 < _count(tmp_path, rows) == _count(tmp_path, entries) < PEOPLE
    told = ""
    while "done" not in told and time.monotonic() < ends:
        told = _started(tmp_path, "run").communicate(timeout=120)[0]
    assert "done" in told, "the lease runs out, and the job is taken again"
    assert _count(tmp_path, rows) == _count(tmp_path, entries) == PEOPLE
    assert _count(tmp_path, "SELECT count(DISTINCT subject) FROM consent_basis") == PEOPLE
    ended = "SELECT recorded FROM consent_basischange WHERE state = 'done' AND left_out = '{}'"
    assert _count(tmp_path, ended) == PEOPLE
