"""The whole suite: once on SQLite, then what promises the same on PostgreSQL, and one closing report.

`python -m tests.run [pytest arguments]`; `make test` calls it. Both runs happen even where the first fails.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.parts import ROOT, UnknownPart, database_of, missing, postgres_url, required
from tests.report import Exercised

NOTHING_COLLECTED = 5


DATABASE_VARIABLES = ("DATABASE_URL", "KEYRING_DATABASE_URL")


def pytest_run(selection: str, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """One pytest process, on SQLite unless `environment` names databases.

    A selection that matches nothing is no failure by itself; a `-m` among the arguments narrows it.
    """
    rest = list(arguments)
    if "-m" in rest:
        at = rest.index("-m")
        selection = f"({selection}) and ({rest[at + 1]})"
        del rest[at : at + 2]
    inherited = {name: value for name, value in os.environ.items() if name not in DATABASE_VARIABLES}
    command = [sys.executable, "-m", "pytest", "-m", selection, *rest]
    status = subprocess.run(command, cwd=ROOT, env={**inherited, **environment}, check=False).returncode
    return 0 if status == NOTHING_COLLECTED else status


def postgres_environment() -> dict[str, str]:
    """Two databases whose names belong to this checkout, so that two checkouts can share a server."""
    ours = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    names = (f"dsr_{ours}", f"keyring_{ours}")
    return {
        variable: database_of(postgres_url(), name)
        for variable, name in zip(DATABASE_VARIABLES, names, strict=True)
    }


def run_both(arguments: Sequence[str], report: Path) -> list[str]:
    """Runs on both databases and says what went wrong."""
    shared = {"DSR_TEST_REPORT": str(report)}
    troubles = []
    print("== on SQLite ==", flush=True)
    if pytest_run("not postgres", arguments, shared):
        troubles.append("the run on SQLite failed")
    if reason := missing("postgres"):
        print(f"== not on PostgreSQL: {reason} ==", flush=True)
        if "postgres" in required():
            troubles.append("PostgreSQL is required and not there")
        return troubles
    print("== on PostgreSQL ==", flush=True)
    if pytest_run("postgres or both", arguments, postgres_environment() | shared):
        troubles.append("the run on PostgreSQL failed")
    return troubles


def is_narrowed(arguments: Sequence[str]) -> bool:
    """Whether only some of the tests were asked for."""
    paths = (Path(ROOT, argument.split("::")[0]) for argument in arguments)
    return any(path.exists() for path in paths) or not {"-k", "-m", "--lf"}.isdisjoint(arguments)


def main(arguments: Sequence[str]) -> int:
    """Exit status 0 only if both runs pass and a whole run used every part it was told to require."""
    try:
        needed = required()
    except UnknownPart as error:
        print(error, file=sys.stderr)
        return 64
    with tempfile.TemporaryDirectory(prefix="dsr-report-") as folder:
        report = Path(folder, "exercised.jsonl")
        troubles = run_both(arguments, report)
        used = Exercised.read(report)
    if not used.passed:
        troubles.append("no test passed")
    if not is_narrowed(arguments):
        troubles += [f"{part} is required and no test used it" for part in used.unused(needed)]
    print("\n== what was exercised ==", *used.lines(), sep="\n")
    print(f"FAILED: {'; '.join(troubles)}" if troubles else "PASSED", flush=True)
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
