"""What the product would decide about each item, and why: an officer confirms it or decides otherwise.

A suggestion is derived and never stored: from locks, from what points at what, and from the basis on which
the person's data is kept (N2, W5). Constantly many queries for any batch of items.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from consent import reads as consent
from consent.bases import Basis
from portals_core.access.actor import system
from portals_core.locks.decide import InForce
from portals_core.plumbing.sources import Item
from requests import planning, scoping
from requests.models import Case, Kind, VerdictKind

_ASK = system("ask on which basis data is kept")
#: The ground of a refusal by the ground of the lock that stands behind it (Art. 17(3)(b) and (e)).
BY_LOCK = {
    "retention": "JustificationA17LegallyRequired",
    "legal_hold": "JustificationA17LegalClaims",
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
    locks = planning.keeping(key for item in items if (key := planning.record_of(item)) is not None)
    found = [_by_lock(item, locks) for item in items]
    needed = _needed_by_kept(case.person, items, found, drafted)
    plain = _by_basis(case.person)
    return [
        one or needed.get((item.source, item.ref)) or plain for item, one in zip(items, found, strict=True)
    ]


def _by_lock(item: Item, locks: dict[UUID, InForce]) -> Suggestion | None:
    key = planning.record_of(item)
    lock = locks.get(key) if key is not None else None
    if lock is None:
        return None
    return Suggestion(VerdictKind.REFUSE, BY_LOCK[lock.ground], told_of(lock), lock)


def told_of(lock: InForce) -> str:
    """A lock's reason, law and end in one sentence for staff."""
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
            (kept if item.source == planning.RECORDS else with_file)[key] = ground
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
        found = {target: level[source] for source, target in planning.pointed_at(level) if target in free}
        level = {key: ground for key, ground in found.items() if key not in needed}
        needed |= level
    return needed


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
