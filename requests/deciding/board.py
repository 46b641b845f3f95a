"""What a case is about, kind by kind and item by item, with what holds about each: the officer's work table.

Only what the reader may see is named. A constant number of queries for each batch of items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import nsmallest
from itertools import islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from portals_core.access.actor import Actor, system
from portals_core.locks.models import Ground as LockGround
from portals_core.people.models import User
from portals_core.plumbing.sources import SOURCES, Item
from portals_core.records import catalogue
from portals_core.records import reads as records
from portals_core.records.models import Edge
from requests.holding import beyond, holdings, judging, planning
from requests.holding.book import Book
from requests.holding.judging import Judged
from requests.law.states import State
from requests.models import Case, RecipientNotice, Verdict, VerdictKind

#: Items of a kind on one page, and of each kind on the first.
PAGE = 50
_LOOK = system("show what a case is about")


@dataclass(frozen=True)
class Third:
    """Other people an item points at: how many, and those the reader may name."""

    count: int = 0
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.count > 0


@dataclass(frozen=True)
class ItemRow:
    """One item with what holds about it. `origin` says whether that was drafted about the "item", about its
    "group", or is the "suggestion"; `by` and `at` are the draft's."""

    source: str
    kind: str
    ref: str
    name: str
    verdict: str
    ground: str
    sentence: str
    origin: str
    by: User | None
    at: datetime | None
    suggestion: str
    why: str
    hint: str
    locked_by: str
    reason: str
    ends: date | None
    third_persons: Third


@dataclass
class GroupRow:
    """All items of a kind. `verdict` is what was drafted for the kind; where nothing was, it is what is
    suggested for every item, and empty where the items differ."""

    source: str
    kind: str
    label: object
    count: int = 0
    personal: int = 0
    sensitive: int = 0
    drafted: Verdict | None = None
    suggestion: str = ""
    ground: str = ""
    why: str = ""
    hint: str = ""
    #: How many items each verdict in force is about.
    tally: dict[str, int] = field(default_factory=dict)
    locked: int = 0
    locked_by: str = ""
    ends: date | None = None
    third_persons: Third = Third()
    #: How many recipients are to be told of it; None while nobody knows.
    recipients: int | None = None
    items: list[ItemRow] = field(default_factory=list)
    more: bool = False
    #: Counting stopped before the first of them: nobody knows how many there are.
    uncounted: bool = False

    @property
    def key(self) -> str:
        return f"{self.source}:{self.kind}"

    @property
    def verdict(self) -> str:
        return self.drafted.verdict if self.drafted else self.suggestion

    @property
    def sentence(self) -> str:
        return self.drafted.sentence if self.drafted else ""

    @property
    def names(self) -> list[str]:
        """The first that may be named."""
        return [row.name for row in self.items if row.name][: holdings.NAMED]


@dataclass(frozen=True)
class Board:
    """The groups by what they are called. `capped` says that counting stopped at `holdings.MOST`.

    `nothing`: nothing is held of what is asked. `all_kept`: something is, and all of it stays. The two are
    different answers (W25).
    """

    groups: list[GroupRow]
    total: int
    capped: bool
    nothing: bool
    all_kept: bool
    editable: bool


@dataclass(frozen=True)
class Page:
    """Items of one kind by name; `after` leads on, empty on the last page."""

    items: list[ItemRow]
    after: str


def board(actor: Actor, case: Case, at: datetime) -> Board:
    """The table of a case the actor may see. Raises `Absent` otherwise, `Conflict` while nobody is found."""
    Case.objects.fetch(actor, case.pk)
    found = list(islice(planning.items_for(case), holdings.MOST + 1))
    rows = judging.rows_of(case)
    judged = _without_own_words(case, judging.judge(case, found[: holdings.MOST], rows))
    groups: dict[tuple[str, str], list[Judged]] = {}
    for one in judged:
        groups.setdefault((one.item.source, one.item.kind), []).append(one)
    place = _placing(actor)
    shown = {key: sorted(of, key=lambda one: place(one.item))[:PAGE] for key, of in groups.items()}
    lines = _lines(actor, case, [one for of in shown.values() for one in of])
    titles = _Titles()
    told = RecipientNotice.objects.visible_to(actor).filter(case=case).values("recipient").distinct().count()
    found_rows = [
        _group(titles, key, of, rows.get((*key, "")), lines=[lines[one.item.ref, key] for one in shown[key]])
        for key, of in groups.items()
    ]
    if len(found) > holdings.MOST:
        # What was not reached is decided by kind all the same.
        uncounted = [key for key in beyond.kinds(case) if key not in groups]
        found_rows += [GroupRow(*key, titles.of_kind(*key), uncounted=True) for key in uncounted]
    for group in found_rows:
        group.recipients = told or None
    return Board(
        groups=sorted(found_rows, key=lambda row: (str(row.label).casefold(), row.source, row.kind)),
        total=len(judged),
        capped=len(found) > holdings.MOST,
        nothing=not judged,
        all_kept=bool(judged) and all(one.verdict == VerdictKind.REFUSE for one in judged),
        editable=case.state == State.IN_REVIEW and actor.may("cases.decide"),
    )


def page(actor: Actor, case: Case, source: str, kind: str, *, after: str = "") -> Page:
    """The items of one kind that follow the one whose reference is `after`; the first where there is none,
    or it is gone. Raises as `board` does."""
    Case.objects.fetch(actor, case.pk)
    place = _placing(actor)

    def places() -> Iterator[tuple[tuple[str, str], Item]]:
        of_source = planning.items_for(case, source=source)
        return ((place(item), item) for item in of_source if item.kind == kind)

    # No name stands in an address, so the place of the last item of the page before is looked up.
    last = next((key for key, item in places() if item.ref == after), ("", "")) if after else ("", "")
    following = (one for one in places() if one[0] > last)
    wanted = [item for _key, item in nsmallest(PAGE + 1, following, key=itemgetter(0))]
    # What is kept elsewhere decides what is suggested here.
    others = (item for item in planning.items_for(case) if (item.source, item.kind) != (source, kind))
    known = [*wanted, *islice(others, holdings.MOST)]
    judged = judging.judge(case, known)[: len(wanted)][:PAGE]
    lines = _lines(actor, case, judged)
    rows = [lines[one.item.ref, (source, kind)] for one in judged]
    return Page(rows, rows[-1].ref if len(wanted) > PAGE else "")


def _placing(actor: Actor) -> Callable[[Item], tuple[str, str]]:
    """Where an item stands in its list: by its name, and among equals by its reference. Who does not see
    names learns nothing of them by the order."""
    named = actor.may("records.view")
    return lambda item: (item.label.casefold() if named else "", item.ref)


def _without_own_words(case: Case, judged: list[Judged]) -> list[Judged]:
    every = [planning.entry_of(one.item, one.verdict, one.ground) for one in judged]
    kept = {entry.key for entry in planning.without_own_words(case, Book(every), by=every)}
    return [one for one, entry in zip(judged, every, strict=True) if entry.key in kept]


class _Titles:
    """What kinds are called and how many personal fields they have."""

    def __init__(self) -> None:
        modules = list(catalogue.modules())
        fields = catalogue.by_module()
        self._labels = {one.key: one.label_plural for one in modules}
        self._marks = {one.key: records.personal_counts(fields.get(one.pk, ())) for one in modules}

    def label(self, source: str, kind: str, of: Sequence[Judged]) -> object:
        if source == planning.RECORDS:
            return self.of_kind(source, kind)
        # An item that stands for a whole table of the person is called as the table is.
        table = of[0].item
        named = table.label if len(of) == 1 and table.ref == str(table.key_scope) else ""
        return named or self.of_kind(source, kind)

    def of_kind(self, source: str, kind: str) -> object:
        return self._labels.get(kind, kind) if source == planning.RECORDS else SOURCES.get(source).label

    def marks(self, source: str, kind: str) -> tuple[int, int]:
        return self._marks.get(kind, (0, 0)) if source == planning.RECORDS else (0, 0)


def _group(
    titles: _Titles, key: tuple[str, str], of: list[Judged], row: Verdict | None, *, lines: list[ItemRow]
) -> GroupRow:
    personal, sensitive = titles.marks(*key)
    group = GroupRow(*key, titles.label(*key, of), len(of), personal, sensitive, row, items=lines)
    group.more = len(of) > len(lines)
    suggested = {one.suggestion.verdict for one in of}
    first = next((one for one in of if one.suggestion.verdict == VerdictKind.REFUSE), of[0]).suggestion
    group.suggestion = suggested.pop() if len(suggested) == 1 else ""
    group.ground = row.ground if row else first.ground
    group.why, group.hint = first.why, first.hint
    for one in of:
        group.tally[one.verdict] = group.tally.get(one.verdict, 0) + 1
        if one.suggestion.lock is not None:
            group.locked += 1
            group.locked_by = group.locked_by or _lock_name(one)
            group.ends = group.ends or one.suggestion.lock.ends_on
    names = tuple(sorted({name for line in lines for name in line.third_persons.names}))
    group.third_persons = Third(sum(line.third_persons.count for line in lines), names)
    return group


def _lock_name(one: Judged) -> str:
    lock = one.suggestion.lock
    return "" if lock is None else lock.rule or str(LockGround(lock.ground).label)


def _lines(actor: Actor, case: Case, judged: list[Judged]) -> dict[tuple[str, tuple[str, str]], ItemRow]:
    thirds = _thirds(case, (one.item for one in judged))
    keys = {key for one in judged if (key := planning.record_of(one.item)) is not None}
    named = _references(actor, {*keys, *(key for of in thirds.values() for key in of)})
    found = {}
    for one in judged:
        item, row, lock = one.item, one.row, one.suggestion.lock
        others = thirds.get(item.ref, set()) if item.source == planning.RECORDS else set()
        found[item.ref, (item.source, item.kind)] = ItemRow(
            source=item.source,
            kind=item.kind,
            ref=item.ref,
            name=_name(actor, item, named),
            verdict=one.verdict,
            ground=one.ground,
            sentence=row.sentence if row else "",
            origin=one.origin,
            by=row.by if row else None,
            at=row.at if row else None,
            suggestion=one.suggestion.verdict,
            why=one.suggestion.why,
            hint=one.suggestion.hint,
            locked_by=_lock_name(one),
            reason=lock.reason if lock else "",
            ends=lock.ends_on if lock else None,
            third_persons=Third(
                len(others), tuple(sorted(named[key].title for key in others if key in named))
            ),
        )
    return found


def _name(actor: Actor, item: Item, named: Mapping[UUID, Any]) -> str:
    """A record by its title, a file where its record is in sight, anything else for who sees records."""
    if item.source == planning.RECORDS:
        reference = named.get(UUID(item.ref))
        return reference.title if reference else ""
    if item.source == planning.FILES:
        return item.label if planning.record_of(item) in named else ""
    return item.label if actor.may("records.view") else ""


def _references(actor: Actor, keys: set[UUID]) -> dict[UUID, Any]:
    wanted, found = sorted(keys), {}
    for cut in range(0, len(wanted), planning.BATCH):
        found.update(records.references(actor, wanted[cut : cut + planning.BATCH]))
    return found


def _thirds(case: Case, items: Iterable[Item]) -> dict[str, set[UUID]]:
    """By reference of a record: the people besides the person of the case at whom it points."""
    refs = [item.ref for item in items if item.source == planning.RECORDS]
    found: dict[str, set[UUID]] = {}
    for cut in range(0, len(refs), planning.BATCH):
        edges = Edge.objects.visible_to(_LOOK).filter(
            source__in=refs[cut : cut + planning.BATCH], target__module__identity=True
        )
        for source, target in edges.exclude(target=case.subject).values_list("source", "target"):
            if str(source) != str(target):
                found.setdefault(str(source), set()).add(target)
    return found
