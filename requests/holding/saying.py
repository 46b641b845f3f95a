"""What the decision on a copy says about the items behind its rows (Art. 15(4)).

The entries stay on disk: a copy of a million rows asks for each row, and memory does not grow with it (W22).
"""

from __future__ import annotations

from collections.abc import Mapping

from portals_core.access.actor import system
from requests.holding import planning
from requests.holding.book import Book
from requests.law.plan import Entry
from requests.models import Case, Verdict, VerdictKind

_READ = system("read what is left out of a copy")


class Said:
    """What the plan in force says about items that are not given whole; false where it gives everything."""

    def __init__(self, entries: Book, groups: Mapping[tuple[str, str], str]) -> None:
        self._entries = entries
        #: By source and kind: what holds for all of it, also for what came in since.
        self._groups = groups
        self._known = {*entries.verdicts(), *groups.values()}
        self._single: dict[tuple[str, str], str] = {}

    def __bool__(self) -> bool:
        return bool(self._known - {VerdictKind.FULFIL})

    def redacts(self) -> bool:
        """Whether anything is given in part."""
        return VerdictKind.REDACT in self._known

    def own(self, source: str, kind: str, ref: str) -> str:
        """What is said about one item; empty where the plan does not name it."""
        found = self._entries.like(Entry(source, kind, ref))
        return found.verdict if found else ""

    def of_kind(self, source: str, kind: str) -> str:
        """What is said about all items of a kind, or empty."""
        return self._groups.get((source, kind), "")

    def of_single(self, source: str, kind: str) -> str:
        """What is said about the one item of a kind of which the plan has, or leaves out, only one, such as
        all messages; or empty."""
        if (source, kind) not in self._single:
            found = [one.verdict for one in self._entries.two(source, kind, left=not self._groups)]
            self._single[source, kind] = found[0] if len(found) == 1 else ""
        return self._single[source, kind]


def said(case: Case) -> Said:
    """What the decision in force says; an item's own verdict goes before that on its kind."""
    entries = planning.entries_approved(case)
    rows = Verdict.objects.visible_to(_READ).filter(case=case, ref="").exclude(verdict=VerdictKind.FULFIL)
    return Said(entries, {(row.source, row.kind): row.verdict for row in rows} if entries else {})
