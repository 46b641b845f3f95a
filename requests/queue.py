"""The queue of the desk: cases by due day, narrowed by filters, in pages that follow a key (W22).

A page reads along one index as many rows as it shows, however many cases there are; a number is counted no
further than `MOST`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from portals_core.access.actor import Actor, system
from portals_core.people.models import User
from requests import states
from requests.calendars import place
from requests.holdings import MOST
from requests.models import Case

_NAME = system("find the account a filter names")
LARGEST_PAGE = 200
#: Days within which a case counts as due soon.
SOON = 7
OPEN, CLOSED = "open", "closed"
OVERDUE, THIS_WEEK = "overdue", "soon"
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
    #: The user type of whoever asked, as its id.
    user_type: str = ""
    #: The record of the person it is about.
    subject: str = ""
    number: str = ""


@dataclass(frozen=True)
class Page:
    """One page of the queue; `after` and `before` are the cursors of the pages beside it, None at an end."""

    cases: list[Case]
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


def narrowed(actor: Actor, wanted: Filters, *, at: datetime) -> QuerySet[Case]:
    """The cases in reach that the filters keep, in no order. A value that is none of its filter finds
    nothing rather than everything."""
    rows = Case.objects.visible_to(actor)
    if wanted.number:
        return rows.filter(number=wanted.number)
    try:
        for condition in (_state(wanted), _due(wanted, at), _assignee(wanted, actor)):
            rows = rows.filter(condition) if condition else rows
        if wanted.subject:
            rows = rows.filter(subject=UUID(wanted.subject))
        if wanted.user_type:
            rows = rows.filter(requester__user_type=int(wanted.user_type))
    except ValueError:
        return rows.none()
    columns = {"kind": wanted.kind, "channel": wanted.channel, "country": wanted.country}
    return rows.filter(**{name: value for name, value in columns.items() if value})


#: What a line of the queue is made of; a case has four times as many columns.
LINE = (
    *("number", "kind", "state", "subject", "requester", "on_behalf", "channel"),
    *("country", "subdivision", "due_on", "assignee"),
)


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
    rows = narrowed(actor, wanted or Filters(), at=at)
    limit = max(1, min(limit, LARGEST_PAGE))
    key = Tuple(F("due_on"), F("id"))
    if before is not None:
        rows = rows.filter(TupleLessThan(key, before)).order_by("-due_on", "-id")
    else:
        rows = rows.order_by("due_on", "id")
        rows = rows if after is None else rows.filter(TupleGreaterThan(key, after))
    found = list(rows.only(*LINE)[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    if before is not None:
        found.reverse()
        return _page(found, earlier=more, later=True)
    return _page(found, earlier=after is not None, later=more)


def _page(found: list[Case], *, earlier: bool, later: bool) -> Page:
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


def _state(wanted: Filters) -> Q:
    if wanted.state in ("", OPEN):
        return Q(closed_at=None)
    if wanted.state == CLOSED:
        return Q(closed_at__isnull=False)
    return Q(state=states.State(wanted.state))


def _due(wanted: Filters, at: datetime) -> Q:
    if not wanted.due:
        return Q()
    now = today(at)
    if wanted.due == OVERDUE:
        return Q(due_on__lt=now)
    if wanted.due == THIS_WEEK:
        return Q(due_on__gte=now, due_on__lte=now + timedelta(days=SOON))
    return Q(due_on__lte=date.fromisoformat(wanted.due))


def _assignee(wanted: Filters, actor: Actor) -> Q:
    if not wanted.assignee:
        return Q()
    if wanted.assignee == NOBODY:
        return Q(assignee=None)
    if wanted.assignee == MINE:
        return Q(assignee=actor.user_id) if actor.user_id else Q(pk=None)
    # As a value and not as a join: the index of assignees then gives the order, too.
    rows = User.objects.visible_to(_NAME).filter(public_id=UUID(wanted.assignee))
    return Q(assignee=Subquery(rows.values("pk")[:1]))
