"""The settling job of a rule, killed between two transactions, ends as an undisturbed one (promise 12)."""

from __future__ import annotations

import pytest

from tests.faults.killing import Staged
from tests.faults.locking import RECORDS

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]


def test_a_killed_job_locks_every_record_once(tmp_path):
    """L14: at the kill some records are locked and some not; in the end each has one lock and one entry."""
    placed = "SELECT count(*) FROM portals_core_ledgerentry WHERE code = 'lock.placed'"
    in_force = "SELECT count(DISTINCT record_id) FROM portals_core_lock WHERE ended_at IS NULL"
    job = Staged("locking", tmp_path)
    job.stage()
    job.kill_at("locks.batch")
    assert 0 < job.told(in_force) < RECORDS and job.told(placed) < RECORDS
    job.run_to_the_end()
    assert job.told(in_force) == job.told(placed) == RECORDS
    assert job.told("SELECT count(*) FROM portals_core_lock") == RECORDS
