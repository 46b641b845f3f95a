"""A campaign killed between two batches, and killed within one, asks everybody exactly once (promise 12)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.asking import NAMELESS, PEOPLE
from tests.faults.test_kill import environment
from tests.parts import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
BETWEEN, WITHIN = "consent.campaign_batch", "consent.campaign_asked"
ASKED = "SELECT count(*) FROM consent_question"
PERSONS = "SELECT count(DISTINCT subject) FROM consent_question"
#: What comes with each question; as many rows as questions, or somebody was asked twice or by half.
WITH_EACH = (
    "SELECT count(*) FROM consent_decision WHERE state = 'waiting'",
    "SELECT count(*) FROM portals_core_ledgerentry WHERE code = 'consent.asked'",
    "SELECT count(*) FROM portals_core_mail WHERE kind = 'consent.asked'",
    "SELECT count(*) FROM portals_core_job WHERE handler = 'mail.send'",
    "SELECT count(*) FROM portals_core_onetimelink WHERE purpose = 'consent'",
)


def _started(state: Path, what: str, points: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.asking", what],
        cwd=ROOT,
        env=environment(state, points),
        stdout=subprocess.PIPE,
        text=True,
    )


def _count(state: Path, query: str) -> int:
    with sqlite3.connect(state / "dsr.sqlite3") as database:
        found: int = database.execute(query).fetchone()[0]
        return found


def _killed_at(state: Path, point: str) -> None:
    process, ends = _started(state, "run", f"{point}=stop"), time.monotonic() + 120
    while not (state / f"{point}.reached").exists() and time.monotonic() < ends:
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert (state / f"{point}.reached").exists()


@pytest.mark.parametrize("point", [BETWEEN, WITHIN])
def test_a_killed_campaign_asks_everybody_once(tmp_path, point):
    """D12: between two batches some were asked and some not; within one, nobody of it was. In the end each
    person with an address has one question, decision, entry, link and message."""
    assert _started(tmp_path, "stage").wait(timeout=120) == 0
    _killed_at(tmp_path, point)
    half = _count(tmp_path, ASKED)
    assert 0 < half < PEOPLE - NAMELESS if point == BETWEEN else half == 0
    told, ends = "", time.monotonic() + 120
    while "done" not in told and time.monotonic() < ends:
        told = _started(tmp_path, "run").communicate(timeout=120)[0]
    assert "done" in told, "the lease runs out, and the job is taken again"
    expected = PEOPLE - NAMELESS
    assert [_count(tmp_path, one) for one in (ASKED, PERSONS, *WITH_EACH)] == [expected] * 7
    campaign = "SELECT asked || ' ' || state || ' ' || total FROM consent_campaign"
    with sqlite3.connect(tmp_path / "dsr.sqlite3") as database:
        assert database.execute(campaign).fetchone()[0] == f"{expected} done {PEOPLE}"
