"""The shell part of the tutorial is run as it stands: what it tells people to type works."""

import os
import subprocess
import sys

import pytest
from django.utils import timezone

from tests.parts import ROOT

pytestmark = [pytest.mark.demo, pytest.mark.timeout(420)]


def script() -> str:
    """The indented lines of the shell part, with this interpreter and the numbers of this year."""
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8").partition("## A whole case")[2]
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ") or not line]
    found = "\n".join(lines)
    assert found.count("$M ") > 15
    return found.replace(".venv/bin/python", sys.executable).replace("2026-0", f"{timezone.now().year}-0")


def test_a_whole_case_from_the_shell(tmp_path):
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DSR_", "DJANGO_", "DATABASE_", "KEYRING_", "CELERY_"))
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script()],
        cwd=ROOT,
        env={**clean, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    (state,) = tmp_path.iterdir()
    assert len(list((state / "out").glob("*.zip"))) == 2
    assert done.stdout.count("state: fulfilled") >= 3
    *_rest, last = done.stdout.strip().splitlines()
    assert last == "clean"
