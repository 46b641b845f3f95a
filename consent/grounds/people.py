"""The people whose bases are kept, chosen by what is in force for them (D7): lists, counts, ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purposes
from consent.law.bases import Basis as LawfulBasis
from consent.models import NOT_APPLICABLE, Basis
from consent.standing import reads
from portals_core.access.actor import Actor
from portals_core.plumbing.errors import BadInput
from portals_core.records import catalogue
from portals_core.records.models import Module, Record
from portals_core.records.reads import capped, modules_in_reach

#: In a filter: nobody said yet on which basis.
UNDECIDED = "undecided"


@dataclass(frozen=True)
class Filter:
    """Which people: of which module, and with which basis in force, in general or for one purpose.

    Keys as they stand in addresses; empty means any module, any basis, in general.
    """

    module: str = ""
    basis: str = ""
    purpose: str = ""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """The filter in an address or a stored row. Raises `BadInput` for what cannot be asked."""
        found = cls(*(str(given.get(name) or "") for name in ("module", "basis", "purpose")))
        if found.basis not in {"", UNDECIDED, *LawfulBasis}:
            raise BadInput(_("There is no such basis to filter by."), code="filter.basis")
        return found

    def stored(self) -> dict[str, str]:
        """What was asked, without what was left open."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Listed:
    """One line of the list."""

    id: UUID
    name: str
    module: str
    basis: Basis | None


def modules(actor: Actor) -> list[Module]:
    """The modules of people in reach for whose records bases are kept (D2, D7)."""
    return [one for one in modules_in_reach(actor) if one.identity and one.compliance]


def found(actor: Actor, wanted: Filter) -> QuerySet[Record]:
    """The records of the people in the filter that are in sight, in no order. Raises `Absent` for a purpose
    that is not there; of a module that is not there, or keeps no bases, there are none."""
    of = [one.pk for one in modules(actor) if wanted.module in ("", one.key)]
    people = Record.objects.visible_to(actor).filter(module__in=of)
    if not wanted.basis:
        return people
    rows = in_force(actor, wanted.purpose).filter(subject=OuterRef("pk"))
    if wanted.basis == UNDECIDED:
        return people.filter(~Exists(rows.exclude(basis=NOT_APPLICABLE)))
    return people.filter(Exists(rows.filter(basis=wanted.basis)))


def in_force(actor: Actor, purpose: str = "") -> QuerySet[Basis]:
    """Every basis in force, in general or for one purpose."""
    of = purposes.purpose(purpose) if purpose else None
    return Basis.objects.visible_to(actor).filter(purpose=of, valid_to=None)


def counted(actor: Actor, wanted: Filter) -> int:
    """How many people the filter finds, counted no further than one beyond `CAP`."""
    return capped(found(actor, wanted))


def page(actor: Actor, wanted: Filter, *, after: UUID | None = None, limit: int = reads.PAGE) -> list[Listed]:
    """The people of the filter by id, from `after` on, with the basis in force; constantly many queries."""
    rows = found(actor, wanted).order_by("pk")
    return _listed(actor, list((rows.filter(pk__gt=after) if after else rows)[:limit]), wanted.purpose)


def named(actor: Actor, ids: Iterable[object]) -> list[Listed]:
    """Those of these people that are in sight, with their general basis."""
    return _listed(actor, list(found(actor, Filter()).filter(pk__in=list(ids)).order_by("pk")), "")


def _listed(actor: Actor, records: list[Record], purpose: str) -> list[Listed]:
    listed = in_force(actor, purpose).filter(subject__in=[record.pk for record in records])
    bases = {basis.subject: basis for basis in listed}
    known = {one.pk: one for one in catalogue.modules()}
    for record in records:
        record.module = known[record.module_id]
    return [
        Listed(record.pk, reads.name_of(actor, record), record.module.label, bases.get(record.pk))
        for record in records
    ]
