"""The portal as a portal user sees it, as it is and as a draft of their user type would make it (P12, C9).

A draft is stored for real inside a transaction that is rolled back, so that preview and truth cannot differ.
Looking is an act: whoever opens a view of somebody's portal leaves a leaf.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.ledger import append
from portals_core.locks import marks, place, words
from portals_core.people import sight, usertypes
from portals_core.people.models import User, UserType
from portals_core.people.sight import Sight
from portals_core.plumbing.errors import Forbidden
from portals_core.records import beside, catalogue, listing, reads
from portals_core.records.models import Attachment, Module, Note, Record


@dataclass(frozen=True)
class Difference:
    """How many records of a module somebody sees now and with the draft, capped; `None`: the module is not
    there at all."""

    module: Module
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Compared:
    """What a draft changes for one portal user."""

    user: User
    modules: Sequence[Difference]
    #: The first page of the module in question as the draft shows it; nothing when it does not.
    page: listing.Page | None
    record: Record | None = None
    before: Sight | None = None
    after: Sight | None = None


def may_look(actor: Actor) -> bool:
    """Whether somebody may see the portal with a portal user's eyes."""
    return actor.may("setup.manage") and actor.may("records.view")


@contextmanager
def looking(
    *,
    actor: Actor,
    user: User,
    at: datetime,
    module: Module | None = None,
    record: UUID | None = None,
    draft: bool = False,
) -> Iterator[Actor]:
    """The eyes of `user`, for `actor` to look through, and the leaf that says so (P12).

    Needs "setup.manage" and "records.view". The leaf names the person looked at and, in its detail, the user
    type as it is called now, the module and the record. Where nothing can be shown, nothing is recorded: an
    error inside takes the leaf along.
    """
    if not may_look(actor):
        raise Forbidden(_("Only an administrator who may see records may see the portal as a user sees it."))
    detail = {
        "user_type": user.user_type.name if user.user_type else "",
        "module": module.key if module else "",
        "record": str(record or ""),
        "draft": draft,
    }
    with transaction.atomic():
        append.record(
            "preview.viewed", actor=actor, about=user.ref, subject=user.identity_id, at=at, detail=detail
        )
        yield sight.eyes(actor, user)


@contextmanager
def drafted(*, actor: Actor, user_type: UserType, description: Mapping[str, Any]) -> Iterator[None]:
    """Inside, the user type is as described; afterwards nothing of it remains, no leaf and no job.

    Raises what `usertypes.define_user_type` raises. Read everything inside: a queryset that leaves is asked
    of the database as it was.
    """
    with transaction.atomic():
        usertypes.define_user_type(actor=actor, user_type=user_type.pk, **description)
        try:
            yield
        finally:
            transaction.set_rollback(True)


def compared(
    *,
    actor: Actor,
    user: User,
    description: Mapping[str, Any],
    module: Module,
    at: datetime,
    record: UUID | None = None,
) -> Compared:
    """What the described user type would change for `user`, who is of that type; leaves a leaf.

    `record` is one that `actor` sees, of `module`; it is explained before and after.
    """
    assert user.user_type is not None
    with looking(actor=actor, user=user, at=at, module=module, record=record, draft=True) as eyes:
        found = reads.record(actor, module, record) if record else None
        before = dict(listing.counted(eyes))
        why_before = sight.why(actor, user, found) if found else None
        with drafted(actor=actor, user_type=user.user_type, description=description):
            fresh = sight.portal_users(actor).get(pk=user.pk)
            eyes = sight.eyes(actor, fresh)
            after = dict(listing.counted(eyes))
            page = listing.page(eyes, module) if module in after else None
            why_after = sight.why(actor, fresh, found) if found else None
    both = [*after, *(one for one in before if one not in after)]
    differences = [Difference(one, before.get(one), after.get(one)) for one in both]
    return Compared(user, differences, page, found, why_before, why_after)


def overview(*, actor: Actor, user: User, at: datetime) -> list[tuple[Module, int]]:
    """The modules a portal user has, with the number of records each shows them, capped; leaves a leaf."""
    with looking(actor=actor, user=user, at=at) as eyes:
        return listing.counted(eyes)


def page(
    *, actor: Actor, user: User, module: str, at: datetime, after: UUID | None = None
) -> tuple[Module, listing.Page]:
    """A page of a module's list as a portal user sees it; leaves a leaf. Raises `Absent` where they do not
    have the module."""
    of = catalogue.modules().filter(key=module).first()
    with looking(actor=actor, user=user, at=at, module=of) as eyes:
        opened = reads.module_in_reach(eyes, module)
        found = listing.page(eyes, opened, after=after)
        return opened, replace(found, rows=marks.marked(eyes, found.rows))


@dataclass(frozen=True)
class Seen:
    """A record as a portal user sees it."""

    module: Module
    record: Record
    title: str
    sections: Sequence[reads.Section]
    #: Why something may not change, as this person is told.
    grounds: Sequence[words.Plain]
    #: `None` where they are not for this person.
    notes: Sequence[Note] | None
    files: Sequence[Attachment] | None
    eyes: Actor


def record(*, actor: Actor, user: User, module: str, key: UUID, at: datetime) -> Seen:
    """A record as a portal user sees it; leaves a leaf. Raises `Absent` where they do not see it."""
    of = catalogue.modules().filter(key=module).first()
    with looking(actor=actor, user=user, at=at, module=of, record=key) as eyes:
        of = reads.module_in_reach(eyes, module)
        found = reads.record(eyes, of, key)
        return Seen(
            module=of,
            record=found,
            title=reads.title(eyes, of, found),
            sections=reads.sections(eyes, of, found),
            grounds=words.plain(place.in_force([found.pk]).get(found.pk, ()), eyes),
            notes=_beside(eyes, found, beside.NOTES),
            files=_beside(eyes, found, beside.FILES),
            eyes=eyes,
        )


def _beside(eyes: Actor, found: Record, sort: beside.Sort) -> list[Any] | None:
    return beside.newest(eyes, found, sort) if beside.rights(eyes, found, sort).reads else None
