"""The page that says which tests show that an attack on requests fails names tests that exist."""

from __future__ import annotations

import ast
import re

from tests.parts import ROOT

PAGE = ROOT / "docs" / "reference" / "cases" / "attacks.md"
#: Attacks on who asks, on what is told and on decisions.
WANTED = {*range(1, 9), *range(10, 14), 15, 16, 17, 24, 25, 26, 35, 36, 58, 80}


def rows() -> dict[int, list[tuple[str, str]]]:
    """Attack -> the tests named for it, as file and function."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if number := re.match(r"\| (\d+) \|", line):
            found[int(number[1])] = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", line)
    return found


def missing(named: dict[int, list[tuple[str, str]]]) -> list[str]:
    """Tests that are named and are not there."""
    every = {one for tests in named.values() for one in tests}
    there = {
        (path, node.name)
        for path in {path for path, _name in every}
        if (ROOT / path).exists()
        for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    return sorted("::".join(one) for one in every - there)


def test_every_attack_has_a_test_that_exists():
    named = rows()
    assert set(named) == WANTED and all(named.values())
    assert missing(named) == []


def test_a_test_that_is_gone_would_be_seen():
    strange = [("tests/contracts/test_attacks_page.py", "test_gone"), ("tests/nowhere.py", "test_x")]
    here = ("tests/contracts/test_attacks_page.py", "test_every_attack_has_a_test_that_exists")
    assert missing({1: [*strange, here]}) == ["::".join(one) for one in strange]
