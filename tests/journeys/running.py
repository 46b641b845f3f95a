"""The demo as processes of its own: started, waited for, ended without a trace."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import struct
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest


def totp(secret: str, at: float) -> str:
    """The six digits of RFC 6238 that belong to a base32 secret at a moment."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def code_of_now(secret: str) -> str:
    """The code of the present half minute, early enough in it to arrive: one from before is refused."""
    while time.time() % 30 > 25:
        time.sleep(0.2)
    return totp(secret, time.time())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Demo:
    """One running demo with a state folder of its own."""

    process: subprocess.Popen[bytes]
    origin: str
    state: Path
    log: Path

    def sign_ins(self) -> list[dict[str, str | None]]:
        people: list[dict[str, str | None]] = json.loads(
            (self.state / "demo-sign-ins.json").read_text(encoding="utf-8")
        )
        return people

    def wait(self, seconds: float = 240) -> None:
        """Returns when the sign-in page answers; a demo that ends before is a failure with its output."""
        until = time.monotonic() + seconds
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < until:
            assert self.process.poll() is None, self.log.read_text(errors="replace")
            try:
                with opener.open(f"{self.origin}/sign-in/", timeout=30):
                    return
            except OSError:
                pass
            time.sleep(0.2)
        pytest.fail(f"the demo did not answer\n{self.log.read_text(errors='replace')}")

    def processes(self) -> list[int]:
        """Every living process that was started for this demo, in whatever group it is now."""
        mark = f"DSR_STATE={self.state}".encode()
        return [process for process in living() if mark in environment_of(process)]

    def left_behind(self, seconds: float = 5) -> list[int]:
        """The processes that have not ended after a short while."""
        until = time.monotonic() + seconds
        while self.processes() and time.monotonic() < until:
            time.sleep(0.1)
        return self.processes()

    def interrupt(self) -> int:
        """Ctrl-C: the signal goes to the whole group, as a terminal sends it."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=40)


def living() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def environment_of(process: int) -> list[bytes]:
    try:
        return Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
