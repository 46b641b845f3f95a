"""What portal and desk share about locks on a record: the acts that remain, and how locks are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.forms.records import Kept
from portals_core.locks import decide, manual, place, told, words
from portals_core.locks.decide import InForce
from portals_core.locks.models import Lock
from portals_core.locks.told import Told
from portals_core.people import accounts, roles, usertypes
from portals_core.records import reads
from portals_core.records.models import Module, Record
from portals_core.records.shown import Reference

OPEN = _("It was locked when you opened the page and no longer is. Open the page again to change it.")


def locks_of(found: Record) -> list[InForce]:
    """The locks in force on one record."""
    return place.in_force([found.pk]).get(found.pk, [])


def offered(actor: Actor, of: Module, found: Record, locks: Sequence[InForce]) -> frozenset[str]:
    """Which of "edit", "delete" and "clone" the pages offer: those the scope opens and no lock refuses,
    editing where there is something to write."""
    keys = [one.key for one in reads.writable(actor, of, found)]
    return decide.open_acts(reads.acts(actor, found), locks, keys, actor=actor)


def kept(
    actor: Actor, of: Module, found: Record, keys: Collection[str], *, typed: Mapping[str, str] | None = None
) -> list[Kept]:
    """The fields of a form that stay as they are, with the reason in words for who reads them (L8, L11)."""
    locked = decide.locked_fields(locks_of(found), keys, actor=actor)
    cells = (cell.shown for part in reads.sections(actor, of, found) for cell in part.cells)
    return [
        Kept(
            key=shown.field.key,
            label=shown.field.label,
            reason=words.beside_field(locked[shown.field.key], actor) if shown.field.key in locked else OPEN,
            shown=shown,
            typed=(typed or {}).get(shown.field.key, ""),
        )
        for shown in cells
        if shown.field.key in keys
    ]


def on_record(actor: Actor, of: Module, found: Record) -> dict[str, Any]:
    """For a record's page at the desk: locks in force, past ones, and what this actor can do about them."""
    fields = [*reads.readable(actor, of, found), *reads.masked(actor, of)]
    standing = told.standing(actor, found.pk, fields)
    past = told.past(actor, found.pk, fields)
    named = _named([*standing, *past])
    return {
        "standing": [(one, manual.may_end(actor, one.ground, one.source)) for one in named[: len(standing)]],
        "past": named[len(standing) :],
        "may_lock": bool(manual.offered(actor, found)),
        "may_see_case": actor.may("cases.view"),
    }


def listed(actor: Actor, locks: Sequence[Lock]) -> list[tuple[Told, Reference | None]]:
    """Locks of the register with the names of what they are on; a constant number of queries."""
    records = reads.references(actor, [lock.record_id for lock in locks])
    return [(one, records.get(one.record)) for one in _named(told.listed(locks))]


def _named(locks: Sequence[Told]) -> list[Told]:
    names = accounts.staff_names([ref for one in locks for ref in (one.by, one.lifted_by)])
    called = _called(locks)
    return [
        replace(
            one,
            name=names.get(one.by, ""),
            lifted_name=names.get(one.lifted_by, ""),
            bound=[called[key] for key in (*one.binding.roles, *one.binding.user_types) if key in called],
        )
        for one in locks
    ]


def _called(locks: Sequence[Told]) -> dict[str | int, str]:
    """What roles and user types are called, where a lock does not bind everybody."""
    if all(one.binding.mode == "all" for one in locks):
        return {}
    found: dict[str | int, str] = {role.key: role.name for role in roles.roles()}
    return found | {one.pk: one.name for one in usertypes.user_types()}
