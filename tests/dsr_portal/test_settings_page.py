"""docs/reference/settings.md names every variable that the settings read, and no other."""

import re

from tests.parts import ROOT

READ = re.compile(r'(?:env[.a-z_]*|database)\(\s*"([A-Z_]+)"')
#: Read by the tests themselves, or set by them for each other.
TESTS_OWN = {"DSR_REQUIRE"}
INTERNAL = {"DSR_STATE_MADE_FOR", "PYTEST_XDIST_WORKER"}


def read_by_the_settings() -> set[str]:
    files = (ROOT / "dsr_portal" / "settings").glob("*.py")
    return {name for file in files for name in READ.findall(file.read_text(encoding="utf-8"))} - INTERNAL


def named_on_the_page() -> set[str]:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)) - TESTS_OWN


def test_every_variable_is_explained_and_none_that_is_gone():
    assert "DATABASE_URL" in read_by_the_settings()
    assert named_on_the_page() == read_by_the_settings()
