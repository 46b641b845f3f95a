"""What stands against erasing something of a person: duties to keep, and the rights of others (decision 15).

A record may be about two people. A restriction that one of them has binds what the other asks; a legal hold
on somebody else's record keeps whom it names. Either way the item is kept with its ground, and the rest goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import system
from portals_core.locks import decide, place
from portals_core.locks.decide import InForce
from portals_core.plumbing.errors import Conflict, Locked
from portals_core.plumbing.estimates import Few
from portals_core.plumbing.sources import Item
from portals_core.records.models import Edge, Link
from requests.holding import planning
from requests.holding.book import Book, batches, book
from requests.holding.planning import BATCH
from requests.law import plan

#: Locks by source and reference of the item they keep.
Keeping = dict[tuple[str, str], InForce]
_LOOK = system("look at what must be kept")


def keeping(person: UUID, items: Iterable[Item | plan.Entry]) -> Keeping:
    """The strictest lock that keeps each of these items from being erased for this person, where one does;
    two queries for each batch."""
    every = list(items)
    on = {(item.source, item.ref): key for item in every if (key := planning.record_of(item)) is not None}
    locks = _on(person, on.values())
    named = _naming(UUID(item.ref) for item in every if item.source == planning.RECORDS)
    found: Keeping = {}
    for one, record in on.items():
        held = named.get(record) if one[0] == planning.RECORDS else None
        lock = decide.strictest(lock for lock in (locks.get(record), held) if lock is not None)
        if lock is not None:
            found[one] = lock
    return found


def _on(person: UUID, records: Iterable[UUID]) -> dict[UUID, InForce]:
    refs, found = list(dict.fromkeys(records)), {}
    for cut in range(0, len(refs), BATCH):
        for record, locks in place.in_force(refs[cut : cut + BATCH]).items():
            lock = decide.strictest(lock for lock in locks if decide.outlasts(lock, person))
            if lock is not None:
                found[record] = lock
    return found


def _naming(records: Iterable[UUID]) -> dict[UUID, InForce]:
    """The legal hold on a record that merely names one of these."""
    refs, found = list(records), {}
    for cut in range(0, len(refs), BATCH):
        edges = Edge.objects.visible_to(_LOOK).filter(
            Few(target__in=refs[cut : cut + BATCH]),
            field__link=Link.MENTIONS,
            source__locks__ground=decide.EVIDENCE,
            source__locks__ended_at=None,
        )
        pairs = list(edges.order_by("source", "target").values_list("target", "source").distinct())
        locks = place.in_force({source for _target, source in pairs}) if pairs else {}
        for target, source in pairs:
            held = (lock for lock in locks.get(source, ()) if lock.ground == decide.EVIDENCE)
            if target not in found and (lock := decide.strictest(held)) is not None:
                found[target] = lock
    return found


def refuse_if_kept(person: UUID, entries: Iterable[plan.Entry]) -> None:
    """Raise `Locked` when something stands against erasing any of these for this person, `Conflict` when what
    stays would lose the record it points at. What the plan refuses anyway is left alone."""
    found = book(entries)
    strictest = (decide.strictest(keeping(person, one).values()) for one in batches(found.touched()))
    first = decide.strictest(lock for lock in strictest if lock is not None)
    if first is not None:
        raise Locked(_why_not(first), code=first.ground)
    _refuse_if_torn(found)


def _why_not(lock: InForce) -> object:
    if lock.ground not in decide.KEEPING:
        return _(
            "Some of these records are about somebody else, too, and processing is restricted for that "
            "person. Refuse them on that ground, or wait until the restriction has ended."
        )
    sentence = _(
        "Some of this person's records must be kept: %(reason)s. Refuse them on that ground, or wait "
        "until the duty to keep them has ended."
    )
    return sentence % {"reason": lock.reason}


def _refuse_if_torn(found: Book) -> None:
    if any(_goes(found, key) for several in batches(found.left()) for key in _needed_by(several)):
        raise Conflict(
            _("Something that is kept points at a record that would be deleted. Keep that record, too."),
            code="plan.torn",
        )


def _needed_by(several: list[plan.Entry]) -> set[UUID]:
    """The records that these entries, which stay, point at or hang on."""
    staying = [UUID(entry.ref) for entry in several if entry.source == planning.RECORDS]
    holders = (planning.record_of(entry) for entry in several if entry.source == planning.FILES)
    return {*(key for key in holders if key), *(target for _source, target in planning.pointed_at(staying))}


def _goes(found: Book, record: UUID) -> bool:
    entry = found.find(planning.RECORDS, str(record))
    return entry is not None and entry.touched
