"""From what the sources hold now to a plan: collect, store, find again, and ask what stands against it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import system
from portals_core.plumbing.errors import Broken
from portals_core.plumbing.sources import SOURCES, Item
from portals_core.records.models import Edge, Record
from requests.holding import scoping
from requests.holding.book import Book, batches, book
from requests.law import plan
from requests.models import Case, Kind, Plan, PlanPart, VerdictKind

#: What a plan of each kind does to an item; a kind that is not here touches no items by plan.
ACTS = {Kind.DELETE: "erase", Kind.STOP: "restrict"}
#: The same as the digest names it; a plan of an export says what is left out of it.
NAMES = {**ACTS, Kind.EXPORT: "export"}
RECORDS, FILES = "records", "attachments"
_COLLECT = system("collect what a request would touch")
BATCH = 500
#: Entries of a plan that are stored together.
PART = 1_000


def act_of(kind: str) -> str:
    """What must be possible with an item for it to count in a case of this kind: whatever can be erased
    can be exported."""
    return ACTS.get(Kind(kind), ACTS[Kind.DELETE])


def items_of(subject: UUID, act: str) -> Iterator[Item]:
    """Everything the sources hold about a person on which `act` can be done.

    Sources come in the order of their keys, the items of each in the order in which they can be erased. A
    source that fails stops the walk: half a list is no list.
    """
    for _key, source in SOURCES.items():
        yield from (item for item in source.find(subject, actor=_COLLECT) if act in item.acts)


def items_for(case: Case, *, source: str = "") -> Iterator[Item]:
    """The items a case is about: of everything held what was asked for, or that part of one source."""
    act = act_of(case.kind)
    wanted = scoping.wanted(case)
    of_source = SOURCES.get(source).find(case.person, actor=_COLLECT) if source else None
    found = items_of(case.person, act) if of_source is None else of_source
    yield from (item for item in found if act in item.acts and wanted(item))


def entry_of(item: Item, verdict: str = VerdictKind.FULFIL, ground: str = "") -> plan.Entry:
    """An item as an entry: an opaque reference, no label."""
    scope = str(item.key_scope or "")
    return plan.Entry(item.source, item.kind, item.ref, item.version, scope, str(verdict), ground)


def entries_of(subject: UUID, act: str) -> list[plan.Entry]:
    """Everything held on which `act` can be done, as entries that are all fulfilled."""
    return [entry_of(item) for item in items_of(subject, act)]


def entries_now(case: Case, planned: Iterable[plan.Entry]) -> Book:
    """What stands now, with the verdicts of the plan; what the plan does not name counts as to be done,
    so that it shows as drift."""
    known = book(planned)
    entries = (entry_of(item) for item in items_for(case))
    found = Book(with_verdict(entry, before) if (before := known.like(entry)) else entry for entry in entries)
    return without_own_words(case, found, by=known or found)


def with_verdict(entry: plan.Entry, before: plan.Entry) -> plan.Entry:
    """The entry with what another plan said about the same thing."""
    return replace(entry, verdict=before.verdict, ground=before.ground)


def without_own_words(case: Case, entries: Book, *, by: Iterable[plan.Entry]) -> Book:
    """The entries without what this very deletion holds of the person's words, unless `by` the person goes as
    a whole: the case needs the words to answer, and forgets them on schedule."""
    if case.kind != Kind.DELETE or takes_person(case, by):
        return entries
    entries.drop("requests", "case", str(case.pk))
    return entries


def takes_person(case: Case, entries: Iterable[plan.Entry]) -> bool:
    """Whether the person's own record is among what is carried out."""
    own = book(entries).find(RECORDS, str(case.subject))
    return own is not None and own.touched


def store(case: Case, entries: Iterable[plan.Entry], *, at: datetime) -> Plan:
    """Store the intention, inside the caller's transaction: its first entries with it, the rest in parts."""
    found = book(entries)
    parts = batches((entry.stored() for entry in found), PART)
    stored = Plan(
        case=case,
        digest=found.digest(NAMES[Kind(case.kind)]),
        items=next(parts, []),
        counts=found.counts(),
        stored_at=at,
    )
    stored.save(force_insert=True)
    for place, items in enumerate(parts):
        PlanPart(plan=stored, place=place, items=items, size=len(items)).save(force_insert=True)
    return stored


def size(stored: Plan) -> int:
    """How many entries a plan has."""
    parts = PlanPart.objects.visible_to(_COLLECT).filter(plan=stored).aggregate(size=Sum("size"))
    return len(stored.items) + (parts["size"] or 0)


def rows_stored(stored: Plan) -> Iterator[list[object]]:
    """The entries of a plan as they are stored, in the order in which they are carried out."""
    yield from stored.items
    parts = PlanPart.objects.visible_to(_COLLECT).filter(plan=stored).order_by("place")
    for items in parts.values_list("items", flat=True).iterator(chunk_size=1):
        yield from items


def entries_stored(case: Case) -> Book:
    """The entries of the plan in force, in the order in which they are carried out; empty without one."""
    rows = Plan.objects.visible_to(_COLLECT).filter(case=case, digest=case.plan_digest)
    stored = rows.last() if case.plan_digest else None
    return Book(plan.entry(row) for row in rows_stored(stored)) if stored else Book()


def entries_approved(case: Case) -> Book:
    """The same for whoever carries it out. Raises `Broken` where what is stored is not what the digest of the
    case says: a list of which a part is gone or changed was approved by nobody (promise 9)."""
    found = entries_stored(case)
    if case.plan_digest and found.digest(NAMES[Kind(case.kind)]) != case.plan_digest:
        raise Broken(
            _("The stored plan is not the one that was approved. Nothing more is done until it is restored."),
            code="plan.damaged",
            detail=f"{len(found)} entries of {case.ref}",
        )
    return found


def as_item(entry: plan.Entry) -> Item:
    """The item behind a plan entry, as its source takes it."""
    scope = UUID(entry.key_scope) if entry.key_scope else None
    return Item(entry.source, entry.kind, entry.ref, version=entry.version, key_scope=scope)


def lock_subject(subject: UUID | None) -> None:
    """First lock in the order everywhere: filing, deciding and erasing about one person take turns. A case
    about nobody known yet has nobody to wait for."""
    if subject is None:
        return
    rows = Record.objects.visible_to(system("take the subject's lock")).select_for_update(of=("self",))
    rows.filter(pk=subject).values_list("pk", flat=True).first()


def record_of(item: Item | plan.Entry) -> UUID | None:
    """The record an item is, or on which it hangs as a file does: what keeps one keeps the other."""
    if item.source == RECORDS:
        return UUID(item.ref)
    return UUID(str(item.key_scope)) if item.source == FILES and item.key_scope else None


def alive(records: Iterable[UUID]) -> Iterator[UUID]:
    """Those of these ids under which a record stands."""
    refs = list(records)
    for cut in range(0, len(refs), BATCH):
        rows = Record.objects.visible_to(_COLLECT).filter(pk__in=refs[cut : cut + BATCH])
        yield from rows.values_list("pk", flat=True)


def pointed_at(sources: Iterable[UUID]) -> Iterator[tuple[UUID, UUID]]:
    """(record, record it points at) for each lookup of these records; one query for each batch."""
    refs = list(sources)
    for cut in range(0, len(refs), BATCH):
        edges = Edge.objects.visible_to(_COLLECT).filter(source__in=refs[cut : cut + BATCH])
        yield from edges.order_by("source", "target").values_list("source", "target")
