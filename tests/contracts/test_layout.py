"""What lies at the top of the repository, and what no file of it may say."""

import subprocess

import pytest

from tests.parts import ROOT

REQUIRED = {
    ".ci", ".gitignore", "Makefile", "consent", "deploy", "dev.lock", "dsr_portal", "exports", "manage.py",
    "portals_core", "pyproject.toml", "requests", "requirements.lock", "tests",
}  # fmt: skip
ALLOWED = REQUIRED | {"README.md", "LICENSE", "docs", "locale"}

#: Hosts of package registries, put together here so that this file does not name them either.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
        ("rubygems", "org"),
    )
]


def committed_files() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def registries_named(text: bytes) -> list[str]:
    return [host for host in REGISTRIES if host.encode() in text]


def test_the_top_level_holds_what_it_should_and_nothing_else():
    top = {name.split("/")[0] for name in committed_files()}
    assert top - ALLOWED == set()
    assert REQUIRED - top == set()


def test_python_code_lies_in_the_five_apps_and_the_tests_only():
    code = {name.split("/")[0] for name in committed_files() if name.endswith(".py")}
    assert code <= {"consent", "dsr_portal", "exports", "portals_core", "requests", "tests", "manage.py"}


def test_no_file_names_a_package_registry():
    found = {name: registries_named((ROOT / name).read_bytes()) for name in committed_files()}
    assert "requirements.lock" in found
    assert {name: hosts for name, hosts in found.items() if hosts} == {}


@pytest.mark.parametrize("host", REGISTRIES)
def test_a_registry_that_is_named_would_be_found(host):
    assert registries_named(f"--index-url https://{host}/simple".encode()) == [host]


def test_every_folder_of_tests_is_a_package():
    """Two apps may then have tests of the same name, and `tests/requests` never stands for `requests`."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert ROOT / "tests" / "contracts" in folders
    assert [folder.name for folder in folders if not (folder / "__init__.py").exists()] == []
