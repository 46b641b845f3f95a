"""Who works on a case. It decides nothing: whoever has the right may act, assigned or not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.people import roles
from portals_core.people.models import User, UserKind
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from requests.models import Case

ASSIGNED = "case.assigned"
#: Cases that are given to somebody at once.
MOST_AT_ONCE = 200
_WRITE = system("assign a case")


def take(*, actor: Actor, case: UUID | str, at: datetime) -> Case:
    """The officer makes an open case theirs, also from a colleague.

    Raises `Absent` out of reach, `Forbidden` without the right to decide, `Conflict` for a closed case.
    """
    if not actor.may("cases.decide") or actor.user_id is None:
        raise Forbidden(
            _("Your role does not include this step. Ask an administrator."), detail="cases.decide"
        )
    with transaction.atomic():
        found = Case.objects.fetch(actor, case, "decide", lock=True)
        rows = Case.objects.visible_to(_WRITE).filter(pk=found.pk, closed_at=None)
        if rows.update(assignee=actor.user_id) != 1:
            raise Conflict(
                _("This request is closed. Nobody needs to work on it any more."), code="request.closed"
            )
        _told([found], actor=actor, to=actor.ref, at=at)
    found.assignee_id = actor.user_id
    return found


def give(*, actor: Actor, cases: Collection[UUID | str], to: UUID | str | None, at: datetime) -> int:
    """Give open cases to an officer, by the public id of the account, or back to nobody; how many changed.

    Closed cases stay as they are. Raises `Forbidden` without "cases.assign", `Absent` for a case out of
    reach, `BadInput` for no case, too many, or an account that may not decide or is closed.
    """
    if not actor.may("cases.assign"):
        raise Forbidden(
            _("Your role does not include this step. Ask an administrator."), detail="cases.assign"
        )
    keys = _keys(cases)
    officer = officer_by(to) if to else None
    with transaction.atomic():
        # One order for everybody who locks several cases.
        rows = Case.objects.visible_to(actor, "assign").filter(pk__in=keys).order_by("pk")
        found = list(rows.select_for_update(of=("self",)))
        if len(found) != len(keys):
            raise Absent(_("There is nothing here, or it is not shared with you."))
        holder = officer.pk if officer else None
        changed = [one for one in found if one.closed_at is None and one.assignee_id != holder]
        written = Case.objects.visible_to(_WRITE).filter(pk__in=[one.pk for one in changed])
        written.update(assignee=holder)
        _told(changed, actor=actor, to=officer.ref if officer else "", at=at)
    return len(changed)


def _keys(cases: Collection[UUID | str]) -> set[UUID]:
    if not cases:
        raise BadInput(_("Choose at least one request."), code="assignment.none")
    if len(cases) > MOST_AT_ONCE:
        raise BadInput(
            _("Choose at most %(most)s requests at once.") % {"most": MOST_AT_ONCE}, code="assignment.many"
        )
    try:
        return {UUID(str(one)) for one in cases}
    except ValueError:
        raise Absent(_("There is nothing here, or it is not shared with you.")) from None


def _told(cases: Iterable[Case], *, actor: Actor, to: str, at: datetime) -> None:
    for one in cases:
        append.record(ASSIGNED, actor=actor, about=one.ref, at=at, detail={"to": to})


def officers() -> list[User]:
    """Everybody who may work on cases: open staff accounts with the right to decide, by name."""
    rows = User.objects.visible_to(_WRITE).filter(kind=UserKind.STAFF, is_active=True)
    return list(rows.filter(holdings__role__in=_deciding()).distinct().order_by("name", "email"))


def officer_by(key: UUID | str) -> User:
    """The officer with this public id. Raises `BadInput` for anybody else."""
    found = next((one for one in officers() if str(one.public_id) == str(key)), None)
    if found is None:
        raise BadInput(
            _("This account does not work on requests. Choose an officer from the list."),
            code="assignment.officer",
            fields={"to": _("choose an officer")},
        )
    return found


def _deciding() -> list[int]:
    """Roles that hold the right to decide; a list of rights is no column to ask for on every database."""
    return [role.pk for role in roles.roles() if "cases.decide" in role.permissions]
