"""The demo organisation, running: every module of journeys has one of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.installation import Installation, once
from tests.journeys.house import FRESH, House
from tests.journeys.running import Demo, free_port
from tests.parts import ROOT


def _prepare(place: Installation) -> None:
    place.state.mkdir()
    done = place.command("demo", "--prepare")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[House]:
    """The demo, running. When the journeys are over it ends, and its log is verified."""
    folder, port = tmp_path_factory.mktemp("house"), free_port()
    place = once(tmp_path_factory, "demo", _prepare).copied(folder / "state")
    own = {"DSR_PORT": str(port), "DSR_STEP_UP_SECONDS": str(FRESH)}
    with (folder / "demo.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=ROOT,
            env={**place.environment(), **own},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    demo = Demo(process, f"http://127.0.0.1:{port}", place.state, folder / "demo.log")
    try:
        demo.wait()
        yield House(demo, browser, demo.sign_ins())
        demo.interrupt()
        _the_log_is_clean(place)
        assert "Traceback" not in demo.log.read_text(errors="replace")
    finally:
        for left in demo.processes():
            os.kill(left, 9)


def _the_log_is_clean(place: Installation) -> None:
    """Promise 21: everything the journeys did is in the log, sealed, signed and whole."""
    assert place.command("sign_checkpoints", "--once").returncode == 0
    told = place.run("verify_ledger", "--seal")
    assert (told["clean"], told["findings"]) == (True, [])
    assert told["entries"] > told["covered"] - 1 > 800


@pytest.fixture
def no_complaints(house: House) -> Iterator[None]:
    """What a browser's console said in a journey fails it: script errors, refused sources, other hosts."""
    house.complaints.clear()
    yield
    assert house.complaints == []
