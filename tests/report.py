"""Which outside parts a test run really used, summed over its processes and over both databases."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.parts import NAMES, missing


@dataclass
class Exercised:
    """Tests per part that ran and passed, and that were skipped because the part was not there."""

    passed: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: str, parts: Iterable[str]) -> None:
        """Counts one test that used `parts`."""
        counter = {"passed": self.passed, "skipped": self.skipped}.get(outcome)
        if counter is not None:
            counter.update(parts)

    def append_to(self, path: Path) -> None:
        """Adds this run to a report that several runs share."""
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"passed": self.passed, "skipped": self.skipped}) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Exercised":
        """The sum of every run appended to `path`."""
        total = cls()
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            run = json.loads(line)
            total.passed.update(run["passed"])
            total.skipped.update(run["skipped"])
        return total

    def unused(self, parts: Iterable[str]) -> list[str]:
        """Those of `parts` with which not one test passed."""
        return [part for part in NAMES if part in parts and not self.passed[part]]

    def lines(self) -> list[str]:
        """One sentence per part, for people."""
        return [f"{NAMES[part] + ':':12} {self._sentence(part)}" for part in NAMES]

    def _sentence(self, part: str) -> str:
        skipped = f"; {self.skipped[part]} skipped" if self.skipped[part] else ""
        if self.passed[part]:
            tests = "test" if self.passed[part] == 1 else "tests"
            return f"exercised, {self.passed[part]} {tests} passed{skipped}"
        reason = missing(part)
        return f"NOT exercised: {reason or 'no test of this run used it and passed'}{skipped}"
