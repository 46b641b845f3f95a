"""What stands in the way of a decision: rights, a second part in the same case, other cases of the person."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.access.actor import Kind as ActorKind
from portals_core.people import accounts
from portals_core.people.models import User, normalise_email
from portals_core.plumbing.errors import Conflict, Forbidden
from portals_core.records.models import Record
from requests import planning
from requests.models import Case, Kind
from requests.states import State

_LOOK = system("look at other cases of the same person")


def needs(actor: Actor, permission: str) -> None:
    """Raise `Forbidden` unless a member of staff with this permission acts."""
    if actor.kind is not ActorKind.STAFF or not actor.may(permission):
        raise Forbidden(_("Your role does not include this step. Ask an administrator."), detail=permission)


def taken(actor: Actor, key: UUID | str, action: str) -> Case:
    """The case, after the subject's lock and its own, in that order."""
    planning.lock_subject(Case.objects.fetch(actor, key, action).subject)
    return Case.objects.fetch(actor, key, action, lock=True)


def user_of(actor: Actor) -> User:
    """The account of the officer, to stand in the case for good."""
    return User.objects.fetch(system("name who decided"), actor.user_id)


def second_person(actor: Actor, found: Case) -> None:
    """Raise `Forbidden` for whoever filed or decided the case, or is the person (decision 22)."""
    if actor.user_id is None or actor.user_id in (found.decided_by_id, found.requester_id):
        raise Forbidden(
            _("A deletion is approved by somebody who neither filed nor decided it. Ask another officer."),
            code="approval.same_person",
        )
    not_about_oneself(actor, found)


def not_about_oneself(actor: Actor, found: Case) -> None:
    """Raise `Forbidden` where the officer is the person: by account, or by the address on the record."""
    account = accounts.account_of(found.person)
    record = Record.objects.visible_to(_LOOK).select_related("module").filter(pk=found.subject).first()
    address = str(record.values.get(record.module.email_key) or "") if record else ""
    user = user_of(actor)
    if (account is not None and account.pk == user.pk) or user.email == normalise_email(address):
        raise Forbidden(
            _("This request is about you. Ask another officer to handle it."), code="approval.own_case"
        )


def _others(found: Case) -> QuerySet[Case]:
    return Case.objects.visible_to(_LOOK).filter(subject=found.subject).exclude(pk=found.pk)


def no_erasure_under_way(found: Case) -> None:
    """Raise `Conflict` while the person's data is being deleted (attacks 39, 40)."""
    if _others(found).filter(kind=Kind.DELETE, state=State.CARRYING_OUT).exists():
        raise Conflict(
            _("This person's data is being deleted. Nothing else can be done with it now."),
            code="request.being_erased",
        )


def nothing_else_open(found: Case) -> None:
    """A deletion ends every other request of the person, so the proven ones are answered first."""
    busy = [State.RECEIVED, State.IN_REVIEW, State.AWAITING_APPROVAL, State.CARRYING_OUT]
    open_case = _others(found).filter(state__in=busy).order_by("due_on").first()
    if open_case is not None:
        raise Conflict(
            _("Answer this person's other open request first: %(number)s.") % {"number": open_case.number},
            code="request.others_open",
        )
