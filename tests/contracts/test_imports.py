"""The import graph: arrows point downwards, rooms know only earlier rooms, pure files know nobody."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import ROOT

APPS = ("dsr_portal", "exports", "requests", "consent", "portals_core")

#: Files that decide without Django, database or clock, whoever writes them and whenever.
PURE_NAMES = {
    "portals_core": ("criteria", "merkle", "leaf", "note", "transcript", "verify", "errors"),
    "consent": ("bases", "ages"),
    "requests": ("states", "progress", "calendars", "deadlines", "authorities", "plan"),
    "exports": ("manifest",),
}
#: What one pure file may import although it is no part of the standard library: a table, a cipher.
TABLES = {
    "requests/law/calendars.py": {"holidays"},
    "portals_core/ledger/note.py": {
        "cryptography.exceptions",
        "cryptography.hazmat.primitives.asymmetric.ed25519",
    },
}
#: The only one of our modules that every pure file may import, besides other pure files of its own app.
FOR_ALL = "portals_core.plumbing.errors"


def pure_files() -> Iterator[Path]:
    for app, names in PURE_NAMES.items():
        for name in names:
            yield from (ROOT / app).rglob(f"{name}.py")


def imported(source: str) -> set[str]:
    """Every module that a source names in an import, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
            names |= {f"{node.module}.{alias.name}" for alias in node.names if node.module in packages()}
    return names


def packages() -> set[str]:
    """Our packages, from which a module can be imported by name."""
    found = (path for app in APPS for path in (ROOT / app).rglob("__init__.py"))
    return {".".join(path.parent.relative_to(ROOT).parts) for path in found}


def impurities(source: str, app: str) -> set[str]:
    """What a pure file of `app` imports and may not."""
    names = imported(source) - packages()
    pure_here = PURE_NAMES[app]
    return {
        name
        for name in names
        if name != FOR_ALL
        and name.split(".")[0] not in sys.stdlib_module_names
        and not (name.startswith(f"{app}.") and name.rsplit(".", 1)[-1] in pure_here)
    }


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copied_house(tmp_path: Path) -> Path:
    """Our source and our contracts, free to be spoilt."""
    for app in APPS:
        shutil.copytree(ROOT / app, tmp_path / app, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_import_points_downwards():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_untouched_copy_of_the_house_passes(copied_house):
    assert lint_imports(copied_house).returncode == 0


@pytest.mark.parametrize(
    ("module", "import_that_points_up", "contract"),
    [
        ("consent/apps.py", "import exports.apps", "Apps import downwards only"),
        ("portals_core/plumbing/clock.py", "import requests", "Apps import downwards only"),
        ("portals_core/plumbing/clock.py", "import portals_core.people", "imports only rooms before it"),
        ("portals_core/ledger/__init__.py", "import portals_core.access", "imports only rooms before it"),
        ("portals_core/imports/__init__.py", "import portals_core.apps", "imports only rooms before it"),
        ("requests/law/grounds.py", "import requests.models", "A room of requests imports only"),
        ("requests/telling/letters.py", "import requests.deciding", "A room of requests imports only"),
    ],
)
def test_an_import_that_points_up_is_caught(copied_house, module, import_that_points_up, contract):
    """The control of the test above: were the contracts blind, these would pass."""
    spoilt = copied_house / module
    spoilt.write_text(spoilt.read_text(encoding="utf-8") + f"\n{import_that_points_up}\n", encoding="utf-8")
    done = lint_imports(copied_house)
    assert done.returncode == 1
    broken = [line for line in done.stdout.splitlines() if " BROKEN" in line]
    assert any(contract in line for line in broken), done.stdout


def test_a_room_that_no_contract_places_is_caught(copied_house):
    (copied_house / "portals_core" / "attic.py").write_text("", encoding="utf-8")
    done = lint_imports(copied_house)
    assert done.returncode == 1
    assert "attic" in done.stdout


def test_pure_files_import_the_standard_library_and_the_error_family_only():
    found = {
        str(path.relative_to(ROOT)): impurities(
            path.read_text(encoding="utf-8"), path.relative_to(ROOT).parts[0]
        )
        - TABLES.get(str(path.relative_to(ROOT)), set())
        for path in pure_files()
    }
    assert "portals_core/plumbing/errors.py" in found
    assert set(TABLES) <= set(found)
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from django.utils import timezone",
        "import django",
        "import holidays",
        "def late():\n    from django.conf import settings\n    return settings",
        "from portals_core.plumbing.clock import now",
        "from portals_core.plumbing import clock",
        "from . import models",
        "from consent.law.bases import BASES",
    ],
)
def test_an_impure_import_is_caught(source):
    assert impurities(source, "requests")


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import date",
        "from portals_core.plumbing.errors import Conflict",
        "from portals_core.plumbing import errors",
        "from requests.states import State",
    ],
)
def test_a_pure_import_is_let_through(source):
    assert impurities(source, "requests") == set()
