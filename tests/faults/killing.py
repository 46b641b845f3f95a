"""A job in a process of its own, stopped by SIGKILL at a named point and taken up again by another."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.test_kill import environment
from tests.parts import ROOT

#: Seconds for a process to come to a point, or for a lease to run out.
PATIENCE = 120


@dataclass(frozen=True)
class Staged:
    """A module of this folder that can `stage` its people and `run` its job, with databases in `state`."""

    module: str
    state: Path

    def stage(self) -> None:
        """Fill the databases. Fails where that fails."""
        assert self._started("stage").wait(timeout=PATIENCE) == 0

    def kill_at(self, point: str) -> None:
        """Run the job as far as the point and kill it there. Fails where it never comes to it."""
        process, ends = self._started("run", f"{point}=stop"), time.monotonic() + PATIENCE
        while not (self.state / f"{point}.reached").exists() and time.monotonic() < ends:
            time.sleep(0.1)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert (self.state / f"{point}.reached").exists()

    def run_to_the_end(self) -> None:
        """Take the job up again, once the lease of the killed one has run out, until it is done."""
        told, ends = "", time.monotonic() + PATIENCE
        while "done" not in told and time.monotonic() < ends:
            told = self._started("run").communicate(timeout=PATIENCE)[0]
        assert "done" in told, "the lease runs out, and the job is taken again"

    def told(self, query: str) -> str | int:
        """The first column of the first row."""
        with sqlite3.connect(self.state / "dsr.sqlite3") as database:
            found: str | int = database.execute(query).fetchone()[0]
            return found

    def _started(self, what: str, points: str = "") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", f"tests.faults.{self.module}", what],
            cwd=ROOT,
            env=environment(self.state, points),
            stdout=subprocess.PIPE,
            text=True,
        )
