"""What a task costs the one who does it: presses and page loads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Page

_COUNT = """(() => {
  const add = (number) => { sessionStorage.presses = Number(sessionStorage.presses || 0) + number; };
  addEventListener("pointerdown", () => add(1), true);
  addEventListener("change", (happened) => { if (happened.target.matches("select")) add(2); }, true);
})()"""


@dataclass
class Effort:
    """Presses and page loads so far; a choice from a list is two presses, to open it and to choose."""

    presses: int = 0
    loads: int = 0

    @property
    def whole(self) -> int:
        return self.presses + self.loads


@contextmanager
def counted(page: Page) -> Iterator[Effort]:
    """Count what is done on the page from its next load on, until the block ends."""
    effort = Effort()

    def loaded(_page: Page) -> None:
        effort.loads += 1

    page.evaluate("sessionStorage.presses = 0")
    page.add_init_script(_COUNT)
    page.on("load", loaded)
    yield effort
    page.remove_listener("load", loaded)
    effort.presses = page.evaluate("Number(sessionStorage.presses)")
