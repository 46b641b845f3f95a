"""Several processes as one: started together, heard together, ended together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TextIO

#: Seconds a process has to end by itself before it is ended.
GRACE = 20.0
#: Seconds for which the other parts wait until one is ready.
PATIENCE = 30.0


@dataclass(frozen=True)
class Part:
    """One process of the whole: its name in the log and its command."""

    name: str
    command: tuple[str, ...]
    #: Whether it does its work already; the parts after it start then, so that it has the machine to itself.
    ready: Callable[[], bool] | None = None


@dataclass
class Whole:
    """Runs its parts in one process group until one ends, or SIGINT or SIGTERM comes; then ends them all."""

    parts: Sequence[Part]
    out: TextIO
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = GRACE
    _asked: bool = False

    def run(self) -> int:
        """0 when it was asked to end; 1 when a part ended by itself, after saying which."""
        before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        running: dict[Part, subprocess.Popen[bytes]] = {}
        try:
            for part in self.parts:
                running[part] = self._start(part)
                self._await(part, running[part])
            # Threads begin after the last fork.
            listeners = [self._listen(part, process) for part, process in running.items()]
            fallen = self._watch(running)
        finally:
            self._end(running)
            for number, handler in before.items():
                signal.signal(number, handler)
        for listener in listeners:
            listener.join(timeout=2)
        if fallen is None:
            return 0
        self._say(fallen.name, f"ended by itself with status {running[fallen].returncode}; ending the others")
        return 1

    def _ask(self, *_: object) -> None:
        self._asked = True

    def _start(self, part: Part) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            part.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=_belong,  # noqa: PLW1509  no thread runs yet in which it could deadlock
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
        )

    def _await(self, part: Part, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + PATIENCE
        while part.ready is not None and not part.ready():
            if self._asked or process.poll() is not None or time.monotonic() > until:
                return
            time.sleep(0.05)

    def _watch(self, running: Mapping[Part, subprocess.Popen[bytes]]) -> Part | None:
        while not self._asked:
            for part, process in running.items():
                # After Ctrl-C the parts end too: leave the signal time to arrive here before blaming one.
                if process.poll() is not None:
                    time.sleep(0.3)
                    return None if self._asked else part
            time.sleep(0.1)
        return None

    def _end(self, running: Mapping[Part, subprocess.Popen[bytes]]) -> None:
        """Ask each part itself and not its children, which it ends in its own order; insist after `grace`."""
        for process in running.values():
            if process.poll() is None:
                process.terminate()
        until = time.monotonic() + self.grace
        for part, process in running.items():
            try:
                process.wait(timeout=max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(part.name, f"did not end within {self.grace:.0f} seconds and is stopped")
                for descendant in [*descendants(process.pid), process.pid]:
                    _kill(descendant)
                process.wait()

    def _listen(self, part: Part, process: subprocess.Popen[bytes]) -> threading.Thread:
        assert process.stdout is not None
        listener = threading.Thread(target=self._repeat, args=(part.name, process.stdout), daemon=True)
        listener.start()
        return listener

    def _repeat(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._say(name, line.decode(errors="replace").rstrip())

    def _say(self, name: str, line: str) -> None:
        width = max(len(part.name) for part in self.parts)
        self.out.write(f"{name:<{width}} | {line}\n")
        self.out.flush()


def descendants(process: int) -> Iterator[int]:
    """Living children of a process and their children, where the system tells (Linux)."""
    listed = Path(f"/proc/{process}/task/{process}/children")
    try:
        children = [int(word) for word in listed.read_text().split()]
    except OSError:
        return
    for child in children:
        yield from descendants(child)
        yield child


_LIBC = ctypes.CDLL(None)
_SET_SIGNAL_OF_PARENTS_DEATH = 1


def _belong() -> None:
    """Ctrl-C is ours to answer: a part that sets up no answer of its own waits to be asked. And where the
    system can do it (Linux), whoever is killed without warning takes its parts along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_SET_SIGNAL_OF_PARENTS_DEATH, signal.SIGTERM)


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return
