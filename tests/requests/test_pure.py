"""The law is computed without Django, a database or a clock: these modules load alone."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
ASK = "import sys; import {module}; print(sorted(name for name in sys.modules if name == 'django'))"


def loaded(module: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", ASK.format(module=module)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


@pytest.mark.parametrize(
    "module",
    [
        "requests.law.authorities",
        "requests.law.calendars",
        "requests.law.deadlines",
        "requests.law.progress",
        "requests.law.states",
        "consent.law.bases",
    ],
)
def test_a_pure_module_loads_without_django(module: str) -> None:
    assert loaded(module) == "[]"


def test_the_question_above_would_notice_django() -> None:
    assert loaded("requests.law.grounds") == "['django']"
