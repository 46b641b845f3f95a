"""Which test shows which requirement of the access core, as a page: `python -m tests.access_page`.

A test names what it shows by the requirement's id in its name or docstring. What a module says of itself, or
a comment, does not count: it fails with nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Letter -> the numbers that the access core has to show.
WANTED = {"C": range(1, 14), "F": range(1, 16), "T": (*range(1, 8), *range(11, 16)), "M": (3, 4, 5)}
IDS = [f"{letter}{number}" for letter, numbers in WANTED.items() for number in numbers]
_NAMED = re.compile(r"(?<![\w-])([CFTM])(\d{1,2})(?:[–-]\1?(\d{1,2}))?(?![\w])")
#: Tests listed for one requirement, at most: enough to begin with.
LISTED = 4
HEAD = """# Tests of the access core

Each requirement of conditions (C), fields (F), what is shared (T) and profiles (M), and some tests that show
it; a search for the id below `tests/` finds all of them. A requirement that no test names fails
`tests/contracts/test_access_page.py`. This page is made by `python -m tests.access_page`.

| Id | Tests |
|---|---|
"""


def ids_in(text: str) -> set[str]:
    """The ids that a text names; "C4–C6" names three."""
    found = set()
    for letter, first, last in _NAMED.findall(text):
        found |= {f"{letter}{number}" for number in range(int(first), int(last or first) + 1)}
    return found


def named_in(source: str) -> Iterator[tuple[str, set[str]]]:
    """Every test of a file and the ids in its name and docstring."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            named = re.sub(r"_([cftm]\d{1,2})(?=_|$)", lambda found: f" {found[1].upper()} ", node.name)
            yield node.name, ids_in(f"{named}\n{ast.get_docstring(node) or ''}")


def shown(below: Path = ROOT / "tests") -> dict[str, list[str]]:
    """Id -> the tests that name it, by file."""
    found: dict[str, list[str]] = {one: [] for one in IDS}
    for path in sorted(below.rglob("test_*.py")):
        for name, ids in named_in(path.read_text(encoding="utf-8")):
            for one in ids & found.keys():
                found[one].append(f"{path.relative_to(below.parent).as_posix()}::{name}")
    return found


def page() -> str:
    """The whole page."""
    rows = [
        f"| {one} | {'<br>'.join(f'`{test}`' for test in _few(tests))} |" for one, tests in shown().items()
    ]
    return HEAD + "\n".join(rows) + "\n"


def _few(tests: list[str]) -> list[str]:
    """Some of them, of as many files as there are."""
    files: dict[str, list[str]] = {}
    for test in tests:
        files.setdefault(test.split("::")[0], []).append(test)
    turns = sorted((number, test) for of in files.values() for number, test in enumerate(of))
    return sorted(test for _number, test in turns[:LISTED])


if __name__ == "__main__":
    print(page(), end="")
