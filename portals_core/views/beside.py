"""What pages of notes and of files share: the list on a record's page, and the way back to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.forms import Form

from portals_core.access.actor import Actor, Kind
from portals_core.locks import decide, words
from portals_core.locks.decide import InForce
from portals_core.records import beside, reads
from portals_core.records.models import Attachment, Note, Record
from portals_core.views import standing

#: The address of a record; those of its notes and files begin with it.
_ROOMS = {Kind.PORTAL: "portals_core:record", Kind.STAFF: "portals_core:desk-record"}


@dataclass(frozen=True)
class Listed:
    """Notes or files as a page lists them, each with whether this person may remove it. `room` is the name
    of the record's address."""

    room: str
    rows: Sequence[tuple[Note | Attachment, bool]]
    #: To add one with; nothing where the person may not.
    form: Form | None
    #: Why nothing can be added or removed at the moment, although the person may.
    locked: object


def listed(
    actor: Actor, found: Record, locks: Sequence[InForce], sort: beside.Sort, form: Form
) -> Listed | None:
    """The notes or files of a record in sight; `None` where they are not for this person. One query.

    `form` adds one. It stays on the page, locked or not, where it holds what somebody typed and was refused.
    """
    rights = beside.rights(actor, found, sort)
    if not rights.reads:
        return None
    closed = shut(actor, locks, sort)
    return Listed(
        room=_ROOMS[actor.kind],
        rows=[(one, not closed and rights.removes(one)) for one in beside.newest(actor, found, sort)],
        form=form if rights.adds and (not closed or form.errors) else None,
        locked=closed if rights.adds or rights.removes_any else "",
    )


def shut(actor: Actor, locks: Sequence[InForce], sort: beside.Sort) -> object:
    """Why a lock keeps this person from adding and removing, in words for who reads them; or nothing."""
    by = decide.decide(sort.lock, locks, actor=actor).by
    if by is None:
        return ""
    return words.for_staff(by, sort.lock) if actor.kind is Kind.STAFF else words.for_subject(by)


def page(actor: Actor, module: str, record: UUID, sort: beside.Sort) -> tuple[Record, dict[str, Any]]:
    """The record in sight, and what every page about one of its notes or files shows."""
    of = reads.module_in_reach(actor, module)
    found = reads.record(actor, of, record)
    base = "portal_base.html" if actor.kind is Kind.PORTAL else "desk_base.html"
    return found, {
        "page_base": base,
        "room": _ROOMS[actor.kind],
        "module": of,
        "record": found,
        "title": reads.title(actor, of, found),
        "locked": shut(actor, standing.locks_of(found), sort),
    }
