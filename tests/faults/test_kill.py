"""A worker killed anywhere and started again ends where an undisturbed one ends (promise 12).

For each kind of case the worker is stopped by SIGKILL after it claimed the job, after the first effect was
committed, within the second and before the last commit; at the latter three some effects exist and some do
not, which is asserted. A deletion is stopped as well where a key is destroyed for good and its effect is not
yet committed, an export where some sources are read and others not. Then another worker takes over when the
lease has run out.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.parts import ROOT, redis_url

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
WORKER = [
    "-m",
    "celery",
    "-A",
    "dsr_portal",
    "worker",
    "-c",
    "1",
    "--without-gossip",
    "--without-mingle",
    "-l",
    "INFO",
]
_STEPS = ("execute.claimed", "execute.first_effect", "execute.second_uncommitted", "execute.last_commit")
POINTS = {
    "delete": (*_STEPS, "execute.key_destroyed"),
    "stop": _STEPS,
    "rectify": _STEPS,
    "export": (
        "exports.claimed",
        "exports.source_read",
        "exports.file_written",
        "exports.first_effect",
        "exports.last_commit",
    ),
}
#: Columns that differ between two runs of the same work: moments, counters of tries, random names.
PASSING = {
    "at",
    "created_at",
    "changed_at",
    "closed_at",
    "built_at",
    "expires_at",
    "told_at",
    "sent_at",
    "placed_at",
    "applied_at",
    "created",
    "destroyed",
    "issued_at",
    "used_at",
    "revoked_at",
    "stored_at",
    "not_before",
}
#: Tables compared by what they say and not by how it got there.
LEFT_OUT = {
    "portals_core_job": "tries, leases and fences differ by design",
    "portals_core_lease": "duties of processes",
    "portals_core_ledgerentry": "compared by code, actor, about and outcome below",
    "portals_core_ledgerdetail": "sealed with fresh randomness; compared by number below",
    "portals_core_onetimelink": "tokens are random; compared by purpose below",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """Databases with one approved case of each kind, and no message on its way."""
    state = tmp_path_factory.mktemp("stage")
    made = subprocess.run(
        [sys.executable, "-m", "tests.faults.stage"],
        cwd=ROOT,
        env=environment(state),
        check=True,
        capture_output=True,
        text=True,
    )
    for message in (state / "queue" / "messages").glob("*"):
        message.unlink()
    for file in state.glob("*.sqlite3"):
        with sqlite3.connect(file) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return state, json.loads(made.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def undisturbed(stage, tmp_path_factory) -> dict[str, dict]:
    """How each case ends when nobody interferes."""
    found = {}
    for kind, case in stage[1].items():
        state = _copy(stage[0], tmp_path_factory.mktemp(kind))
        with _worker(state):
            assert _drive(state, case) == 0, f"{kind} does not end even undisturbed"
        found[kind] = _end(state)
    return found


def environment(state: Path, points: str = "", broker: str = "filesystem://") -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "KEYRING_DATABASE_URL")
    }
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "dsr_portal.settings.test",
        "DSR_STATE": str(state),
        "DSR_STATE_MADE_FOR": os.environ.get("PYTEST_XDIST_WORKER", "main"),
        "DSR_FAULT_POINTS": points,
        "DSR_JOB_LEASE_SECONDS": "3",
        "CELERY_BROKER_URL": broker,
    }


def _copy(state: Path, folder: Path) -> Path:
    target = folder / "state"
    shutil.copytree(state, target)
    return target


@contextmanager
def _worker(state: Path, points: str = "", broker: str = "filesystem://") -> Iterator[subprocess.Popen]:
    with (state / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *WORKER],
            cwd=ROOT,
            env=environment(state, points, broker),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _kill(process)


def _kill(process: subprocess.Popen) -> None:
    """SIGKILL to the worker and its children, which are all this test's own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _drive(state: Path, case: str, seconds: float = 120, broker: str = "filesystem://") -> int:
    command = [sys.executable, "-m", "tests.faults.drive", case, str(seconds)]
    return subprocess.run(command, cwd=ROOT, env=environment(state, broker=broker), check=False).returncode


def _stopped_at(state: Path, case: str, point: str) -> None:
    """Let a worker run into the point, and kill it there."""
    with _worker(state, f"{point}=stop") as worker:
        driver = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.drive", case, "60"], cwd=ROOT, env=environment(state)
        )
        reached = state / f"{point}.reached"
        ends = time.monotonic() + 60
        while not reached.exists() and time.monotonic() < ends:
            time.sleep(0.1)
        driver.kill()
        driver.wait()
        assert reached.exists(), (state / "worker.log").read_text()[-2000:]
        _kill(worker)


def _rows(state: Path, query: str, file: str = "dsr.sqlite3") -> list[tuple]:
    with sqlite3.connect(state / file) as database:
        return database.execute(query).fetchall()


def _end(state: Path) -> dict[str, list]:
    """What the databases and the store say, without what differs by nature."""
    found: dict[str, list] = {}
    for file in ("dsr.sqlite3", "keyring.sqlite3"):
        for (table,) in _rows(state, "SELECT name FROM sqlite_master WHERE type = 'table'", file):
            if table not in LEFT_OUT and not table.startswith(("django_", "auth_", "sqlite_")):
                columns = [row[1] for row in _rows(state, f'PRAGMA table_info("{table}")', file)]
                kept = [name for name in columns if name not in PASSING and name not in _random(table)]
                wanted = ", ".join(f'"{name}"' for name in kept) or "1"
                found[f"{file}:{table}"] = sorted(
                    map(repr, _rows(state, f'SELECT {wanted} FROM "{table}"', file))
                )
    found["ledger"] = sorted(map(_opaque, _rows(state, _LEDGER)))
    found["details"] = _rows(state, "SELECT count(*) FROM portals_core_ledgerdetail")
    found["links"] = sorted(_rows(state, "SELECT purpose FROM portals_core_onetimelink"))
    found["letters"] = sorted(
        _rows(state, "SELECT kind, pdf IS NOT NULL, digest != '' FROM dsr_requests_letter")
    )
    found["files"] = sorted(path.stat().st_size > 0 for path in (state / "files").rglob("*.zip"))
    found["strays"] = sorted(
        path.name for path in (state / "files").rglob("*") if path.is_file() and path.suffix != ".zip"
    )
    return found


_LEDGER = "SELECT code, actor, about, outcome FROM portals_core_ledgerentry"


def _opaque(row: tuple) -> tuple:
    """An entry without the random name of the earlier entry it is about."""
    code, actor, about, outcome = row
    return code, actor, "entry" if about.startswith("entry:") else about, outcome


def _random(table: str) -> set[str]:
    return {
        "portals_core_mail": {"id", "body"},
        "portals_core_subjectkey": {"wrapped", "key_id"},
        "dsr_requests_effect": {"id"},
        "dsr_requests_transition": {"id"},
        "dsr_requests_notice": {"id", "mail"},
        "dsr_requests_recipientnotice": {"id", "mail"},
        "dsr_requests_letter": {"id", "mail", "pdf", "digest"},
        "exports_bundle": {"id", "file", "sha512", "size", "dated"},
        "portals_core_lock": {"id"},
        # A closed account gets a password nobody knows.
        "portals_core_user": {"password"},
    }.get(table, set())


def _progress(state: Path, case: str) -> tuple[int, bool, bool]:
    """(effects that exist, whether a bundle is ready, whether the case is closed) at this moment."""
    key = case.replace("-", "")
    effects = _rows(state, f"SELECT count(*) FROM dsr_requests_effect WHERE case_id = '{key}'")[0][0]
    ready = _rows(state, f"SELECT count(*) FROM exports_bundle WHERE case_id = '{key}' AND state = 'ready'")[
        0
    ][0]
    closed = _rows(state, f"SELECT closed_at IS NOT NULL FROM dsr_requests_case WHERE id = '{key}'")[0][0]
    return effects, bool(ready), bool(closed)


@pytest.mark.parametrize(
    ("kind", "point"), [(kind, point) for kind, points in POINTS.items() for point in points]
)
def test_a_killed_worker_is_made_good(stage, undisturbed, tmp_path, kind, point):
    state, case = _copy(stage[0], tmp_path), stage[1][kind]
    _stopped_at(state, case, point)
    effects, ready, closed = _progress(state, case)
    assert not closed
    if point.endswith("claimed"):
        claimed = _rows(
            state, f"SELECT fence FROM portals_core_job WHERE about = 'case:{case}' AND state = 'running'"
        )
        assert effects == 0 and not ready and claimed == [(1,)]
    elif point == "exports.source_read":
        assert not ready and list((state / "files").rglob("*.jsonl")), "some rows are there, the bundle not"
    elif point == "exports.file_written":
        assert not ready and list((state / "files").rglob("*.zip")), "the file is there, its row not yet"
    else:
        assert effects > 0 or ready, "some effects must exist at the kill, or the test shows nothing"
    if point in ("execute.first_effect", "execute.second_uncommitted"):
        assert effects == 1 < _effects(undisturbed[kind])
    if point == "execute.key_destroyed":
        destroyed = _rows(
            state,
            "SELECT count(*) FROM portals_core_subjectkey WHERE destroyed IS NOT NULL",
            "keyring.sqlite3",
        )
        noted = _rows(state, "SELECT count(*) FROM dsr_requests_effect WHERE step = 'key'")
        assert (destroyed, noted) == ([(1,)], [(0,)]), "the key is gone, and nothing says so yet"
    with _worker(state):
        assert _drive(state, case) == 0, (state / "worker.log").read_text()[-3000:]
    end = _end(state)
    assert {name: end[name] for name in end if end[name] != undisturbed[kind][name]} == {}


def _effects(end: dict[str, list]) -> int:
    return len(end["dsr.sqlite3:dsr_requests_effect"])


@pytest.mark.redis
def test_redis_carries_the_same_work_and_losing_it_costs_only_time(stage, undisturbed, tmp_path):
    """Promise 13: every message is lost before the worker comes; the rows are enough."""
    broker = redis_url()
    redis.Redis.from_url(broker).flushdb()
    state, case = _copy(stage[0], tmp_path), stage[1]["rectify"]
    with _worker(state, broker=broker):
        assert _drive(state, case, broker=broker) == 0, (state / "worker.log").read_text()[-3000:]
    end = _end(state)
    assert {name: end[name] for name in end if end[name] != undisturbed["rectify"][name]} == {}
