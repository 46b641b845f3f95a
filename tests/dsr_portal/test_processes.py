"""Several processes as one: whoever ends, and however, nothing is left behind."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from dsr_portal.processes import Part, Whole, descendants
from tests.parts import ROOT

SLEEPER = "import time; print('up', flush=True); time.sleep(120)"
STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(120)']);"
    "print('child', child.pid, flush=True); time.sleep(120)"
)


def python(name: str, code: str) -> Part:
    return Part(name, (sys.executable, "-c", code))


def is_running(process: int) -> bool:
    """Whether a process is there and not merely waiting to be buried."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Runner:
    """A process of its own that runs a whole, as the command does."""

    process: subprocess.Popen[str]

    def lines_until(self, *words: str) -> str:
        seen = ""
        assert self.process.stdout is not None
        while not all(word in seen for word in words):
            line = self.process.stdout.readline()
            assert line, seen
            seen += line
        return seen


@pytest.fixture
def start() -> Iterator[object]:
    started: list[subprocess.Popen[str]] = []

    def starts(parts: Sequence[Part], grace: float = 10) -> Runner:
        code = (
            "import sys; from dsr_portal.processes import Part, Whole;"
            f"sys.exit(Whole({[*parts]!r}, sys.stdout, grace={grace}).run())"
        ).replace("<Signals.SIGTERM: 15>", "15")
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return Runner(process)

    yield starts
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_ends_every_part_and_says_that_all_is_well(start, number):
    runner = start([python("one", SLEEPER), python("other", SLEEPER)])
    runner.lines_until("one   | up", "other | up")
    parts = list(descendants(runner.process.pid))
    assert len(parts) == 2
    assert {os.getpgid(part) for part in parts} == {runner.process.pid}
    runner.process.send_signal(number)
    assert runner.process.wait(timeout=20) == 0
    assert [part for part in parts if is_running(part)] == []


def test_ctrl_c_reaches_the_whole_group_and_still_counts_as_asked(start):
    runner = start([python("one", SLEEPER), python("other", SLEEPER)])
    runner.lines_until("one   | up", "other | up")
    os.killpg(runner.process.pid, signal.SIGINT)
    assert runner.process.wait(timeout=20) == 0


def test_when_a_part_falls_it_is_named_and_the_others_end():
    out = io.StringIO()
    whole = Whole([python("steady", SLEEPER), python("frail", "import sys; sys.exit(7)")], out)
    began = {thread.ident for thread in threading.enumerate()}
    assert whole.run() == 1
    assert "frail  | ended by itself with status 7; ending the others" in out.getvalue()
    assert {thread.ident for thread in threading.enumerate()} <= began


def test_a_part_that_does_not_end_is_stopped_with_everything_it_started(start):
    runner = start([python("stubborn", STUBBORN)], grace=0.5)
    child = int(runner.lines_until("child").split()[-1])
    assert is_running(child)
    runner.process.terminate()
    output = runner.process.communicate(timeout=20)[0]
    assert "stubborn | did not end within 0 seconds and is stopped" in output
    assert not is_running(child)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_killed_without_warning_it_takes_its_parts_along(start):
    runner = start([python("one", SLEEPER)])
    runner.lines_until("one | up")
    (part,) = descendants(runner.process.pid)
    runner.process.kill()
    until = time.monotonic() + 10
    while is_running(part) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(part)
