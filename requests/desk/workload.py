"""How much work lies with whom: open cases of each officer, and what was closed lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Value
from django.db.models.functions import Coalesce

from portals_core.access.actor import Actor, system
from portals_core.people.models import User
from requests.desk import assignment, queue
from requests.models import Case

#: Days for which closed cases are counted.
LATELY = 30
#: Id of an account, or None, to its numbers: open, overdue, due soon.
_Opened = dict[int | None, tuple[int, int, int]]
_NONE = (0, 0, 0)
#: Stands where no account does.
_NOBODYS = Value(0)
_NAMES = system("name who works on cases")


@dataclass(frozen=True)
class Load:
    """The work of one officer, or of nobody where `key` is "nobody"."""

    key: str
    name: str
    #: Whether the account still works on cases; what lies with one that does not must be given away.
    able: bool
    open: int = 0
    overdue: int = 0
    soon: int = 0
    closed: int = 0


def workload(actor: Actor, *, at: datetime) -> list[Load]:
    """Every officer by name, then whoever else has cases, then nobody; five queries, whatever there is."""
    now = queue.today(at)
    late, close = Q(due_on__lt=now), Q(due_on__gte=now, due_on__lte=now + timedelta(days=queue.SOON))
    cases = Case.objects.visible_to(actor).order_by()
    waiting = (
        cases.filter(closed_at=None)
        .values_list("assignee")
        .annotate(open=Count("*"), overdue=Count("pk", filter=late), soon=Count("pk", filter=close))
    )
    opened = {key: (number, overdue, soon) for key, number, overdue, soon in waiting}
    since = at - timedelta(days=LATELY)
    # Grouped by a number and not by the column, so that the days choose what is read and not the officers.
    ended = cases.filter(closed_at__gte=since).annotate(officer=Coalesce("assignee", _NOBODYS))
    closed = dict(ended.values_list("officer").annotate(number=Count("*")))
    able = assignment.officers()
    known = {one.pk for one in able}
    others = ({*opened, *closed} - known) - {None, _NOBODYS.value}
    left = User.objects.visible_to(_NAMES).filter(pk__in=others).order_by("name", "email")
    found = [_load(one, opened, closed, able=one.pk in known) for one in (*able, *left)]
    return [*found, Load(queue.NOBODY, "", True, *opened.get(None, _NONE))]


def _load(user: User, opened: _Opened, closed: dict[int, int], *, able: bool) -> Load:
    numbers = opened.get(user.pk, _NONE)
    return Load(str(user.public_id), user.name or user.email, able, *numbers, closed.get(user.pk, 0))
