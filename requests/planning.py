"""From what the sources hold now to a plan: collect, store, find again, and ask what stands against it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import system
from portals_core.locks import decide, place
from portals_core.plumbing.errors import Locked
from portals_core.plumbing.sources import SOURCES, Item
from portals_core.records.models import Record
from requests import plan
from requests.models import Case, Kind, Plan

#: What a plan of each kind does to an item; a kind that is not here touches no items by plan.
ACTS = {Kind.DELETE: "erase", Kind.STOP: "restrict"}
RECORDS = "records"
_COLLECT = system("collect what a request would touch")
BATCH = 500


def items_of(subject: UUID, act: str) -> Iterator[Item]:
    """Everything the sources hold about a person on which `act` can be done.

    Sources come in the order of their keys, the items of each in the order in which they can be erased. A
    source that fails stops the walk: half a list is no list.
    """
    for _key, source in SOURCES.items():
        yield from (item for item in source.find(subject, actor=_COLLECT) if act in item.acts)


def entries_of(subject: UUID, act: str) -> list[plan.Entry]:
    """The same as plan entries: opaque references, no labels."""
    return [
        plan.Entry(item.source, item.kind, item.ref, item.version, str(item.key_scope or ""))
        for item in items_of(subject, act)
    ]


def store(case: Case, entries: list[plan.Entry], *, at: datetime) -> Plan:
    """Store the intention, inside the caller's transaction."""
    stored = Plan(
        case=case,
        digest=plan.digest(ACTS[Kind(case.kind)], entries),
        items=[entry.stored() for entry in entries],
        counts=plan.counts(entries),
        stored_at=at,
    )
    stored.save(force_insert=True)
    return stored


def entries_stored(case: Case) -> list[plan.Entry]:
    """The entries of the plan in force, in the order in which they are carried out; empty without one."""
    stored = Plan.objects.visible_to(_COLLECT).filter(case=case, digest=case.plan_digest).last()
    return [plan.entry(row) for row in stored.items] if stored else []


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


def refuse_if_kept(entries: Iterable[plan.Entry]) -> None:
    """Raise `Locked` when a duty to keep stands against erasing any of these (decision 15).

    Part of a deletion cannot be refused yet; until then one kept record stops the whole of it.
    """
    refs = [UUID(entry.ref) for entry in entries if entry.source == RECORDS]
    for cut in range(0, len(refs), BATCH):
        for locks in place.in_force(refs[cut : cut + BATCH]).values():
            kept = [lock for lock in locks if lock.ground in decide.KEEPING]
            if kept:
                sentence = _(
                    "Some of this person's records must be kept: %(reason)s. Refuse the request on that "
                    "ground, or wait until the duty to keep them has ended."
                )
                raise Locked(sentence % {"reason": kept[0].reason}, code=kept[0].ground)
