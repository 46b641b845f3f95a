"""The queue of the desk: cases by due day, narrowed by filters, in pages that follow a key (W22).

A page reads along one index as many rows as it shows, however many cases there are; a number is counted no
further than `MOST`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet, Subquery

from portals_core.access.actor import Actor, system
from portals_core.people.models import User
from portals_core.plumbing.keyset import Beyond
from requests.casebook.lines import Line
from requests.holding.holdings import MOST
from requests.law import states
from requests.law.calendars import place
from requests.models import Case
from requests.telling import unread

_NAME = system("find the account a filter names")
LARGEST_PAGE = 200
#: Days within which a case counts as due soon.
SOON = 7
OPEN, CLOSED = "open", "closed"
OVERDUE, THIS_WEEK = "overdue", "soon"
UNREAD = "yes"
MINE, NOBODY = "me", "nobody"
#: Where a page of the queue ended: due day and id of a case.
Cursor = tuple[date, UUID]


@dataclass(frozen=True)
class Filters:
    """What the queue is narrowed by; empty means no matter."""

    kind: str = ""
    #: "open", "closed" or one state; empty means open.
    state: str = ""
    #: "overdue", "soon", or a day in ISO form: due by its end.
    due: str = ""
    #: "me", "nobody", or the public id of an account.
    assignee: str = ""
    channel: str = ""
    country: str = ""
    #: The user type of whoever asked, as it was then; its id.
    user_type: str = ""
    #: The record of the person it is about.
    subject: str = ""
    number: str = ""
    #: "yes": somebody wrote, and no officer has read it.
    unread: str = ""


@dataclass(frozen=True)
class Page:
    """One page of the queue; `after` and `before` are the cursors of the pages beside it, None at an end."""

    cases: list[Line]
    after: Cursor | None
    before: Cursor | None = None


@dataclass(frozen=True)
class Standing:
    """What waits, each number counted no further than just above `MOST`."""

    open: int
    overdue: int
    soon: int
    unassigned: int
    mine: int


def narrowed(actor: Actor, wanted: Filters, *beyond: Beyond, at: datetime) -> QuerySet[Case]:
    """The cases in reach that the filters keep, beyond a cursor where one is given, in no order. A value
    that is none of its filter finds nothing rather than everything."""
    rows = Case.objects.visible_to(actor)
    try:
        return rows.filter(*beyond, **_meant(wanted, actor, at))
    except ValueError:
        return rows.none()


def _meant(wanted: Filters, actor: Actor, at: datetime) -> dict[str, Any]:
    """All filters as one set of conditions: each further step on a queryset copies it whole.

    Raises `ValueError` for a value that is none of its filter."""
    if wanted.number:
        return {"number": wanted.number}
    meant = {name: value for name in _SAME if (value := getattr(wanted, name))}
    meant |= _state(wanted) | _due(wanted, at) | _assignee(wanted, actor)
    if wanted.unread:
        meant["pk__in"] = unread.cases(actor)
    if wanted.subject:
        meant["subject"] = UUID(wanted.subject)
    if wanted.user_type:
        meant["user_type"] = int(wanted.user_type)
    return meant


#: Filters whose value stands in the column of their name.
_SAME = ("kind", "channel", "country")
_ORDER = ("due_on", "id")


def page(
    actor: Actor,
    wanted: Filters | None = None,
    *,
    at: datetime,
    after: Cursor | None = None,
    before: Cursor | None = None,
    limit: int = 50,
) -> Page:
    """The cases due first, those after a cursor or those just before one; one query."""
    limit = max(1, min(limit, LARGEST_PAGE))
    beyond = [Beyond(_ORDER, cursor, back=before is not None) for cursor in (before or after,) if cursor]
    order = ("-due_on", "-id") if before is not None else _ORDER
    rows = narrowed(actor, wanted or Filters(), *beyond, at=at).order_by(*order)
    found = [*map(Line._make, rows.values_list(*Line._fields)[: limit + 1])]
    more, found = len(found) > limit, found[:limit]
    if before is not None:
        found.reverse()
        return _page(found, earlier=more, later=True)
    return _page(found, earlier=after is not None, later=more)


def _page(found: list[Line], *, earlier: bool, later: bool) -> Page:
    if not found:
        return Page([], None)
    first, last = found[0], found[-1]
    return Page(
        found, (last.due_on, last.pk) if later else None, (first.due_on, first.pk) if earlier else None
    )


def count(actor: Actor, wanted: Filters | None = None, *, at: datetime) -> int:
    """How many cases the filters keep, counted no further than one above `MOST`."""
    return _capped(narrowed(actor, wanted or Filters(), at=at))


def standing(actor: Actor, *, at: datetime) -> Standing:
    """What waits for anybody, and for the one who looks; five capped counts, whatever there is."""
    asked = {
        "open": Filters(),
        "overdue": Filters(due=OVERDUE),
        "soon": Filters(due=THIS_WEEK),
        "unassigned": Filters(assignee=NOBODY),
        "mine": Filters(assignee=MINE),
    }
    return Standing(**{name: count(actor, wanted, at=at) for name, wanted in asked.items()})


def in_words(number: int) -> str:
    """A capped number as people read it: "10,000+" stands for more."""
    return f"{MOST:,}+" if number > MOST else f"{number:,}"


def today(at: datetime) -> date:
    """The day it is where the organisation answers from."""
    return at.astimezone(place(settings.COUNTRY, settings.SUBDIVISION).zone).date()


def _capped(rows: QuerySet[Case]) -> int:
    return rows.order_by()[: MOST + 1].count()


def _state(wanted: Filters) -> dict[str, Any]:
    if wanted.unread and not wanted.state:
        return {}  # somebody may write after the end, too
    if wanted.state in ("", OPEN, CLOSED):
        return {"closed_at__isnull": wanted.state != CLOSED}
    return {"state": states.State(wanted.state)}


def _due(wanted: Filters, at: datetime) -> dict[str, Any]:
    if not wanted.due:
        return {}
    now = today(at)
    if wanted.due == OVERDUE:
        return {"due_on__lt": now}
    if wanted.due == THIS_WEEK:
        return {"due_on__gte": now, "due_on__lte": now + timedelta(days=SOON)}
    return {"due_on__lte": date.fromisoformat(wanted.due)}


def _assignee(wanted: Filters, actor: Actor) -> dict[str, Any]:
    if not wanted.assignee:
        return {}
    if wanted.assignee == NOBODY:
        return {"assignee": None}
    if wanted.assignee == MINE:
        return {"assignee": actor.user_id} if actor.user_id else {"pk__in": ()}
    # As a value and not as a join: the index of assignees then gives the order, too.
    rows = User.objects.visible_to(_NAME).filter(public_id=UUID(wanted.assignee))
    return {"assignee": Subquery(rows.values("pk")[:1])}
