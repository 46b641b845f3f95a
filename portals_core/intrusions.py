"""What somebody tried at a page beyond what it is for: kept in the ledger, without a word of what they typed.

Fields that no form has are ignored by every form already; that somebody sent them is worth knowing (attack
25). The same for a change by a member of staff whose role has none (attack 24). `entry` asks here once for
every page, so no page can forget it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, QueryDict

from portals_core.access.actor import Actor, Kind
from portals_core.ledger import append
from portals_core.plumbing import clock, limits, network
from portals_core.plumbing.errors import TooMany

ADDED = "page.fields_added"
REFUSED = "page.refused"
#: Entries of one account or network, and of everybody together: nobody floods the ledger (in a day).
MOST, MOST_OF_ALL = 20, 500
#: What only the organisation sets, as people guess that it is called. Nothing else that somebody types as the
#: name of a field is kept: it could be anything.
OURS = frozenset(
    {
        *("status", "state", "outcome", "verdict", "approved", "approved_by", "approved_at"),
        *("decided_by", "decided_at", "nothing_held", "proved_at", "verified", "checked_by"),
        *("owner", "owner_id", "creator", "creator_id", "created_at", "subject_id", "requester"),
        *("requester_id", "identity", "identity_id", "case_id", "record_id", "module", "module_id"),
        *("received_at", "due_on", "ends_at", "assignee", "assigned_to", "duplicate_of", "on_behalf"),
        *("role", "roles", "permissions", "user_type", "is_staff", "is_superuser", "is_active", "admin"),
    }
)


class Posted(QueryDict):
    """What was posted, with the names that somebody asked for; a copy adds to the same names."""

    asked_for: set[str]

    @classmethod
    def of(cls, given: QueryDict) -> Posted:
        """The same as was given, of which nobody has asked for anything yet."""
        posted = cls("", mutable=True, encoding=given.encoding)
        posted.asked_for = set()
        for name, values in given.lists():
            posted.setlist(name, values)
        posted._mutable = False
        return posted

    def __copy__(self) -> Posted:
        copied: Posted = super().__copy__()
        copied.asked_for = self.asked_for
        return copied

    def __deepcopy__(self, memo: Any) -> Posted:
        copied: Posted = super().__deepcopy__(memo)
        copied.asked_for = self.asked_for
        return copied

    def __getitem__(self, name: str) -> Any:
        self.asked_for.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked_for.add(str(name))
        return super().__contains__(name)

    def getlist(self, key: str, default: Any = None) -> Any:
        """As ever."""
        self.asked_for.add(key)
        return super().getlist(key, default)

    def unasked(self) -> list[str]:
        """The names of what is ours that nobody asked for, without the prefix of a form."""
        names = {name.rpartition("-")[2] for name in set(self.keys()) - self.asked_for}
        return sorted(OURS & names)


def watch(request: HttpRequest) -> Posted:
    """Have what a request posts say what of it was asked for."""
    posted = Posted.of(request.POST)
    request.POST = posted  # type: ignore[assignment]
    return posted


def keep_added(request: HttpRequest, posted: Posted) -> None:
    """Record that somebody sent fields which the page does not have; nothing where there were none."""
    names = posted.unasked()
    if names:
        _keep(ADDED, request, names)


def keep_refused(request: HttpRequest) -> None:
    """Record that somebody tried a change that their role does not include."""
    _keep(REFUSED, request, ())


def _keep(code: str, request: HttpRequest, names: Iterable[str]) -> None:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    at = clock.now()
    if not _may_keep(code, actor, request, at):
        return
    route = request.resolver_match.view_name if request.resolver_match else ""
    detail: dict[str, object] = {"page": route, **({"fields": list(names)} if names else {})}
    with transaction.atomic():
        append.record(code, actor=actor, about=actor.ref, outcome="refused", at=at, detail=detail)


def _may_keep(code: str, actor: Actor, request: HttpRequest, at: datetime) -> bool:
    who = network.network_of(request.META) if actor.kind is Kind.ANONYMOUS else actor.ref
    try:
        limits.spend(code, who, limit=MOST, seconds=limits.DAY, at=at)
        limits.spend(code, "everybody", limit=MOST_OF_ALL, seconds=limits.DAY, at=at)
    except TooMany:
        return False
    return True
