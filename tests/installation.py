"""An installation with a state folder of its own, worked from outside: one process per command."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.parts import ROOT, clean_shell


@dataclass(frozen=True)
class Installation:
    """SQLite, keys, files and checkpoints under one folder."""

    state: Path

    def environment(self) -> dict[str, str]:
        """A clean shell that works on this installation."""
        return {**clean_shell(), "DSR_STATE": str(self.state)}

    def command(self, *words: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """One command in a process of its own; what comes back is all there is."""
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, words)],
            cwd=ROOT,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *words: object, acting: str = "", status: int = 0, stdin: str = "") -> dict[str, Any]:
        """What a command answers as JSON; it ends with `status`, or the test fails with what it said."""
        who = ("--as", acting) if acting else ()
        done = self.command(*words, "--json", *who, stdin=stdin)
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def refused(self, *words: object, acting: str = "", status: int) -> str:
        """The sentence of a command that must end with `status` and answer nothing."""
        who = ("--as", acting) if acting else ()
        done = self.command(*words, "--json", *who)
        assert (done.returncode, done.stdout) == (status, ""), (words, done.returncode, done.stderr)
        assert done.stderr.strip() and "Traceback" not in done.stderr, done.stderr
        return done.stderr.strip()

    def inside(self, code: str) -> Any:
        """What `code` prints as JSON, run as the product itself: for acts that have a page and no command."""
        begin = "import django; django.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", begin + code],
            cwd=ROOT,
            env={**self.environment(), "DJANGO_SETTINGS_MODULE": "dsr_portal.settings.dev"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def prepare(self) -> None:
        """Databases and keys, empty."""
        self.state.mkdir(parents=True)
        for words in (
            ("migrate", "--verbosity", "0"),
            ("migrate", "--database", "keyring", "--verbosity", "0"),
        ):
            done = self.command(*words)
            assert done.returncode == 0, done.stderr
        assert self.command("make_keys").returncode == 0

    def copied(self, to: Path) -> Installation:
        """The same once more, to be changed without harm. Nothing may be running on this one."""
        shutil.copytree(self.state, to)
        return Installation(to)

    def database(self) -> sqlite3.Connection:
        """The stored bytes, read or broken without the product. Close it when done."""
        return sqlite3.connect(self.state / "dsr.sqlite3")

    def rows(self, statement: str, *given: object) -> list[tuple[Any, ...]]:
        """What SQLite itself answers."""
        with closing(self.database()) as open_one:
            return open_one.execute(statement, given).fetchall()

    def tables(self) -> dict[str, set[tuple[Any, ...]]]:
        """Every row of every table, byte for byte."""
        names = [name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: set(self.rows(f'SELECT * FROM "{name}"')) for name in names}


def once(factory: pytest.TempPathFactory, name: str, build: Callable[[Installation], None]) -> Installation:
    """The installation that `build` makes, made once for all parallel test processes of this run."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    with (base / f"{name}.lock").open("a") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not (base / name).exists():
            shutil.rmtree(base / f"{name}.draft", ignore_errors=True)
            build(Installation(base / f"{name}.draft"))
            (base / f"{name}.draft").rename(base / name)
    return Installation(base / name)
