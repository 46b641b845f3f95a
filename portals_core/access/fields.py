"""Which fields of a record an actor sees, changes, must fill in and may ask for (F1–F3, F7–F9, F15, C6).

Pure. A module's definition decides first: a masked field is clear to nobody, and where fields are divided
among projects, one without a project shows to nobody (decision 11). Then the actor's grant: by layout, and
narrower on records that a condition alone brings into reach.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from portals_core.access.actor import Actor, Kind, ModuleGrant

VIEW, EDIT = "records.view", "records.edit"
ALL_PROJECTS = "records.all_projects"
UNMASK = "records.unmask"


class Fact(Protocol):
    """What the rules look at in a field."""

    key: str
    masked: bool
    encrypted: bool
    system: bool
    projects: list[str]


class Whole(Protocol):
    """What the rules look at in a module."""

    pk: int
    by_project: bool


F = TypeVar("F", bound=Fact)


def readable(
    actor: Actor, of: Whole, fields: Iterable[F], *, layout: int | None = None, near: bool = True
) -> list[F]:
    """The fields whose values `actor` may see in clear on one record, in the order given.

    `layout` is the record's; `near` is false for a record that only a condition or public sharing brings
    into reach (`scope.near`). Masked fields are never among them.
    """
    return [one for one in _shown(actor, of, fields, layout, near) if not one.masked]


def masked(actor: Actor, of: Whole, fields: Iterable[F]) -> list[F]:
    """The fields whose presence staff may see and whose values are covered; in the portal there are none."""
    if actor.kind is not Kind.STAFF:
        return []
    return [one for one in _shown(actor, of, fields, None, True) if one.masked]


def writable(
    actor: Actor, of: Whole, fields: Iterable[F], *, layout: int | None = None, near: bool = True
) -> list[F]:
    """The fields `actor` may change: readable ones, and masked ones with the right to uncover them."""
    if actor.kind is Kind.SYSTEM:
        return list(fields)
    found = _shown(actor, of, fields, layout, near)
    grant = _grant(actor, of, EDIT)
    everything = actor.kind is Kind.STAFF and EDIT not in actor.limited
    rights = grant.rights(layout).writable if grant else frozenset()
    return [
        one
        for one in found
        if (everything or one.key in rights)
        and (not one.masked or (actor.kind is Kind.STAFF and actor.may(UNMASK)))
    ]


def required(actor: Actor, of: Whole, fields: Iterable[F], *, layout: int | None = None) -> list[F]:
    """The fields that somebody who may write them must fill in here, beside those required everywhere."""
    grant = _grant(actor, of, EDIT)
    if grant is None:
        return []
    wanted = grant.rights(layout).required
    return [one for one in writable(actor, of, fields, layout=layout) if one.key in wanted]


def askable(actor: Actor, of: Whole, fields: Iterable[F]) -> list[F]:
    """The fields by which lists may be searched, sorted and filtered: those in clear on every record the
    actor reaches, whatever its layout, and not kept encrypted. Anything else could be probed (F14)."""
    kept = list(fields)
    grant = _grant(actor, of)
    layouts: set[int | None] = {None, *grant.by_layout} if grant else {None}
    distances = {True, not (grant is not None and grant.reaches_far)}
    clear = [
        {one.key for one in readable(actor, of, kept, layout=layout, near=near)}
        for layout in layouts
        for near in distances
    ]
    return [one for one in kept if not one.encrypted and all(one.key in keys for keys in clear)]


def _shown(actor: Actor, of: Whole, fields: Iterable[F], layout: int | None, near: bool) -> list[F]:
    if actor.kind is Kind.SYSTEM:
        return list(fields)
    found = [one for one in fields if _in_project(actor, of, one)]
    if actor.kind is Kind.STAFF and VIEW not in actor.limited:
        return found
    grant = _grant(actor, of)
    if grant is None or not grant.view:
        return []
    rights = grant.rights(layout)
    return [one for one in found if one.key in rights.readable and (near or one.key in grant.far)]


def _in_project(actor: Actor, of: Whole, one: Fact) -> bool:
    if not of.by_project or one.system:
        return True
    if not one.projects:
        return False
    # Staff see fields of projects they work in; what a portal user sees was ticked for them (F1).
    return (
        actor.kind is not Kind.STAFF or actor.may(ALL_PROJECTS) or not actor.projects.isdisjoint(one.projects)
    )


def _grant(actor: Actor, of: Whole, permission: str = VIEW) -> ModuleGrant | None:
    """The grant that decides; `None` where nothing is granted, and where everything is."""
    if actor.kind is Kind.SYSTEM or (actor.kind is Kind.STAFF and permission not in actor.limited):
        return None
    return actor.grants.get(of.pk)
