"""The job that records a basis for many, killed between two transactions, doubles nobody (promise 12)."""

from __future__ import annotations

import pytest

from tests.faults.bases import PEOPLE
from tests.faults.killing import Staged

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]


def test_a_killed_job_records_every_basis_once(tmp_path):
    """D8: at the kill some people have theirs and some not; in the end each has one row and one entry."""
    rows = "SELECT count(*) FROM consent_basis"
    entries = "SELECT count(*) FROM portals_core_ledgerentry WHERE code = 'basis.recorded'"
    job = Staged("bases", tmp_path)
    job.stage()
    job.kill_at("bases.batch")
    assert 0 < job.told(rows) == job.told(entries) < PEOPLE
    job.run_to_the_end()
    assert job.told(rows) == job.told(entries) == PEOPLE
    assert job.told("SELECT count(DISTINCT subject) FROM consent_basis") == PEOPLE
    ended = "SELECT recorded FROM consent_basischange WHERE state = 'done' AND left_out = '{}'"
    assert job.told(ended) == PEOPLE
