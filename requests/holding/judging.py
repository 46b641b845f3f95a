"""What holds about each item a case is about: what was drafted about it or its kind, or the suggestion.

What was drafted about one item goes before what was drafted about its kind; where neither stands, the
suggestion holds (W5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portals_core.access.actor import system
from portals_core.plumbing.sources import Item
from requests.holding import duties, planning, suggestions
from requests.holding.book import Book, batches
from requests.holding.suggestions import Suggestion
from requests.models import Case, Kind, Verdict, VerdictKind

#: Where a verdict comes from, the strongest first.
ITEM, GROUP, SUGGESTED = "item", "group", "suggestion"
_READ = system("read the verdicts of a case")
#: Drafts by source, kind and ref.
Rows = dict[tuple[str, str, str], Verdict]


@dataclass(frozen=True)
class Judged:
    """An item with what holds about it; `row` is the draft it comes from, None for a suggestion."""

    item: Item
    suggestion: Suggestion
    verdict: str
    ground: str
    origin: str
    row: Verdict | None = None


def rows_of(case: Case) -> Rows:
    """The drafts of a case by source, kind and ref."""
    rows = Verdict.objects.visible_to(_READ).filter(case=case).select_related("by")
    return {(row.source, row.kind, row.ref): row for row in rows}


def judge(case: Case, items: Sequence[Item], drafts: Rows | None = None) -> list[Judged]:
    """What holds about each of these items; by these drafts of the case, where they were read already."""
    rows = rows_of(case) if drafts is None else drafts

    def row_of(item: Item) -> Verdict | None:
        single = rows.get((item.source, item.kind, item.ref))
        return single or rows.get((item.source, item.kind, ""))

    def drafted(item: Item) -> tuple[str, str] | None:
        row = row_of(item)
        return (row.verdict, row.ground) if row is not None else None

    found = suggestions.suggest(case, items, drafted)
    return [_judged(item, row_of(item), one) for item, one in zip(items, found, strict=True)]


def _judged(item: Item, row: Verdict | None, suggestion: Suggestion) -> Judged:
    if row is None:
        return Judged(item, suggestion, suggestion.verdict, suggestion.ground, SUGGESTED)
    return Judged(item, suggestion, row.verdict, row.ground, ITEM if row.ref else GROUP, row)


def entries(case: Case, *, suggested: bool) -> Book:
    """Everything the case is about with what holds about it, as a plan takes it; the same as `judge` says of
    all of it at once, for any number of items. Without `suggested` what nobody drafted is done as asked."""
    rows, found = rows_of(case), Book()
    for items in batches(planning.items_for(case)):
        locks = duties.keeping(case.person, items) if suggested and case.kind == Kind.DELETE else {}
        for item in items:
            row = rows.get((item.source, item.kind, item.ref)) or rows.get((item.source, item.kind, ""))
            lock = locks.get((item.source, item.ref))
            if row is not None:
                found.add([planning.entry_of(item, row.verdict, row.ground)])
            elif lock is not None:
                found.add([planning.entry_of(item, VerdictKind.REFUSE, suggestions.BY_LOCK[lock.ground])])
            else:
                found.add([planning.entry_of(item)], fixed=False)
    if suggested and case.kind == Kind.DELETE:
        suggestions.keep_what_is_needed(case.person, found)
    return planning.without_own_words(case, found, by=found)


def entries_anew(case: Case) -> Book:
    """What stands now as a plan: with the verdicts of the plan in force, and by drafts and suggestions for
    what came in since."""
    before = planning.entries_stored(case)
    return Book(
        planning.with_verdict(entry, known) if (known := before.like(entry)) else entry
        for entry in entries(case, suggested=True)
    )
