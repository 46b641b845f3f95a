"""What the product would decide about each item, and why: an officer confirms it or decides otherwise.

A suggestion is derived and never stored: from locks, from what points at what, and from the basis on which
the person's data is kept (N2, W5). Constantly many queries for any batch of items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from consent.law.bases import Basis
from consent.standing import reads as consent
from portals_core.access.actor import system
from portals_core.locks.decide import KEEPING, InForce
from portals_core.plumbing.sources import Item
from requests.holding import duties, planning, scoping
from requests.holding.book import Book, batches
from requests.law import grounds, plan
from requests.models import Case, Kind, VerdictKind

_ASK = system("ask on which basis data is kept")
#: The ground of a refusal by the ground of the lock that stands behind it (Art. 17(3)(b) and (e), 18(2)).
BY_LOCK = {
    "retention": "JustificationA17LegallyRequired",
    "legal_hold": "JustificationA17LegalClaims",
    # Of somebody else: one's own restriction stands against nothing one asks.
    "restriction": "OwnA17RightsOfOthers",
}
#: Under these bases a law may oblige to keep the data; the officer weighs it (Art. 17(3)(b)).
BY_BASIS = {
    Basis.LEGAL_OBLIGATION: "JustificationA17LegallyRequired",
    Basis.PUBLIC_INTERESTS: "JustificationA17PublicInterest",
}


@dataclass(frozen=True)
class Suggestion:
    """What to do about one item and why, in a sentence for the officer. `hint` is the code of a ground that
    may apply and that only a person can weigh."""

    verdict: str = VerdictKind.FULFIL
    ground: str = ""
    why: str = ""
    lock: InForce | None = None
    hint: str = ""


#: What was drafted about an item, or None: its verdict and ground.
Drafted = Callable[[Item], tuple[str, str] | None]


def suggest(case: Case, items: Sequence[Item], drafted: Drafted) -> list[Suggestion]:
    """One suggestion for each item, in their order.

    What an officer drafted about one item decides what is suggested for another: a record at which a kept
    one points is kept with it, and with the person's own record the account stays.
    """
    if case.kind != Kind.DELETE:
        return [Suggestion(why=_("Nothing stands against it.")) for _item in items]
    locks = duties.keeping(case.person, items)
    found = [_by_lock(item, locks) for item in items]
    needed = _needed_by_kept(case.person, items, found, drafted)
    plain = _by_basis(case.person)
    return [
        one or needed.get((item.source, item.ref)) or plain for item, one in zip(items, found, strict=True)
    ]


def _by_lock(item: Item, locks: Mapping[tuple[str, str], InForce]) -> Suggestion | None:
    lock = locks.get((item.source, item.ref))
    if lock is None:
        return None
    return Suggestion(VerdictKind.REFUSE, BY_LOCK[lock.ground], told_of(lock), lock)


def told_of(lock: InForce) -> str:
    """A lock's reason, law and end in one sentence for staff."""
    if lock.ground not in KEEPING:
        return _("It is about somebody else, too, for whom processing is restricted.")
    parts = [_("It must be kept: %(reason)s.") % {"reason": lock.reason.rstrip(".")}]
    if lock.law:
        parts.append(_("Law: %(law)s.") % {"law": lock.law})
    if lock.ends_on:
        parts.append(_("Until %(day)s.") % {"day": date_format(lock.ends_on, "DATE_FORMAT")})
    return " ".join(parts)


def _needed_by_kept(
    person: UUID, items: Sequence[Item], found: Sequence[Suggestion | None], drafted: Drafted
) -> dict[tuple[str, str], Suggestion]:
    """Suggestions to keep what kept items point at, up to the person, and the account with the person."""
    records = {UUID(item.ref): item for item in items if item.source == planning.RECORDS}
    kept: dict[UUID, str] = {}
    with_file: dict[UUID, str] = {}
    for item, one in zip(items, found, strict=True):
        verdict, ground = drafted(item) or ((one.verdict, one.ground) if one else ("", ""))
        key = planning.record_of(item)
        if verdict == VerdictKind.REFUSE and key is not None:
            if item.source == planning.RECORDS:
                kept[key] = ground
            else:
                with_file[key] = min(ground, with_file.get(key, ground), key=_rank)
    open_ones = {key for key, item in records.items() if key not in kept and drafted(item) is None}
    needed = _upwards(kept, with_file, open_ones)
    why = _("Something that is kept points at this record.")
    result = {
        (planning.RECORDS, str(key)): Suggestion(VerdictKind.REFUSE, ground, why)
        for key, ground in needed.items()
    }
    of_person = {**kept, **needed}.get(person)
    return {**result, **(_account(items, of_person) if of_person is not None else {})}


def _upwards(kept: dict[UUID, str], with_file: dict[UUID, str], free: set[UUID]) -> dict[UUID, str]:
    """Which of the `free` records are kept with those that are, level by level, each with its ground."""
    needed = {key: ground for key, ground in with_file.items() if key in free}
    level = {**kept, **needed}
    while level:
        fresh: dict[UUID, str] = {}
        for source, target in planning.pointed_at(level):
            if target in free and target not in needed:
                fresh[target] = min(level[source], fresh.get(target, level[source]), key=_rank)
        level = fresh
        needed |= level
    return needed


def keep_what_is_needed(person: UUID, found: Book) -> None:
    """Keep in a plan what kept items point at, level by level up to the person, and the account with the
    person; what an officer decided stays. The same as `suggest` says of all items at once."""
    level = Book()
    for entry in found.left():
        record = planning.record_of(entry)
        if entry.verdict != VerdictKind.REFUSE or record is None:
            continue
        if entry.source == planning.RECORDS:
            level.add([entry])
        else:
            _raise(found, level, str(record), entry.ground)
    while level:
        following = Book()
        for several in batches(level):
            grounds_of = {UUID(entry.ref): entry.ground for entry in several}
            for source, target in planning.pointed_at(grounds_of):
                _raise(found, following, str(target), grounds_of[source])
        level = following
    own = found.find(planning.RECORDS, str(person))
    if own is not None and own.verdict == VerdictKind.REFUSE:
        for entry in list(found.of(scoping.ACCOUNT)):
            found.keep(entry.source, entry.ref, own.ground)


def _raise(found: Book, following: Book, ref: str, ground: str) -> None:
    """Keep one record that something kept points at; of two grounds on one level the first in rank."""
    if found.keep(planning.RECORDS, ref, ground):
        one = plan.Entry(planning.RECORDS, "", ref, verdict=VerdictKind.REFUSE, ground=ground)
        following.add([one], fixed=False)
        return
    before = following.find(planning.RECORDS, ref)
    if before is not None and _rank(ground) < _rank(before.ground):
        following.regard(planning.RECORDS, ref, ground)
        found.regard(planning.RECORDS, ref, ground)


def _rank(ground: str) -> int:
    """Of two grounds the one the law names first: a duty goes before a claim."""
    codes = [one.code for one in grounds.REFUSALS]
    return codes.index(ground) if ground in codes else len(codes)


def _account(items: Sequence[Item], ground: str) -> dict[tuple[str, str], Suggestion]:
    """An account stands with the record of its person."""
    why = _("The record of the person is kept.")
    return {
        (item.source, item.ref): Suggestion(VerdictKind.REFUSE, ground, why)
        for item in items
        if item.source == scoping.ACCOUNT
    }


def _by_basis(person: UUID) -> Suggestion:
    basis = consent.general_basis(_ASK, person)
    hint = BY_BASIS.get(Basis(basis.basis), "") if basis else ""
    if not hint:
        return Suggestion(why=_("Nothing stands against it."))
    why = _("The data is kept because of a law or a public task. Check whether it must be kept.")
    return Suggestion(why=why, hint=hint)
