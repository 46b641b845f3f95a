"""Every requirement of the access core is named by a test, and the page that says so is current."""

from __future__ import annotations

import pytest

from tests.access_page import IDS, ROOT, ids_in, named_in, page, shown


def test_every_requirement_is_named_by_a_test():
    assert [one for one, tests in shown().items() if not tests] == []


def test_the_page_is_current():
    stored = (ROOT / "docs" / "reference" / "access-tests.md").read_text(encoding="utf-8")
    assert stored == page(), "run: python -m tests.access_page > docs/reference/access-tests.md"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("C4–C6, F1", {"C4", "C5", "C6", "F1"}),
        ("(T14, C10).", {"T14", "C10"}),
        ("ABC4 UTF8 T14b F-1", set()),
    ],
)
def test_ids_are_read_from_texts(text, ids):
    assert ids_in(text) == ids


def test_only_names_and_docstrings_of_tests_count(tmp_path):
    """The bait: a module's docstring, a comment, a helper."""
    source = '"""C1."""\n# C2\ndef helper():\n    """C3."""\ndef test_m4_x():\n    """C5: so."""\n'
    assert dict(named_in(source)) == {"test_m4_x": {"M4", "C5"}}
    (tmp_path / "test_x.py").write_text(source)
    found = shown(tmp_path)
    assert [one for one in IDS if found[one]] == ["C5", "M4"]
