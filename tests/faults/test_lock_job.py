"""The settling job of a rule, killed between two transactions, ends as an undisturbed one (promise 12)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.locking import RECORDS
from tests.faults.test_kill import environment
from tests.parts import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
POINT = "locks.batch"


def _started(state: Path, what: str, points: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.locking", what],
        cwd=ROOT,
        env=environment(state, points),
        stdout=subprocess.PIPE,
        text=True,
    )


def _count(state: Path, query: str) -> int:
    with sqlite3.connect(state / "dsr.sqlite3") as database:
        found: int = database.execute(query).fetchone()[0]
        return found


def test_a_killed_job_locks_every_record_once(tmp_path):
    """L14: at the kill some records are locked and some not; in the end each has one lock and one entry."""
    placed = "SELECT count(*) FROM portals_core_ledgerentry WHERE code = 'lock.placed'"
    in_force = "SELECT count(DISTINCT record_id) FROM portals_core_lock WHERE ended_at IS NULL"
    assert _started(tmp_path, "stage").wait(timeout=120) == 0
    killed, ends = _started(tmp_path, "run", f"{POINT}=stop"), time.monotonic() + 60
    while not (tmp_path / f"{POINT}.reached").exists() and time.monotonic() < ends:
        time.sleep(0.1)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert 0 < _count(tmp_path, in_force) < RECORDS and _count(tmp_path, placed) < RECORDS
    told = ""
    while "done" not in told and time.monotonic() < ends:
        told = _started(tmp_path, "run").communicate(timeout=120)[0]
    assert "done" in told, "the lease runs out, and the job is taken again"
    assert _count(tmp_path, in_force) == _count(tmp_path, placed) == RECORDS
    assert _count(tmp_path, "SELECT count(*) FROM portals_core_lock") == RECORDS
