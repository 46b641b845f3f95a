"""What staff do with accounts: list them, open and close them, remove portal users (U5, U7, U8, U11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.people import accounts
from portals_core.people.models import Holding, User, UserKind
from portals_core.people.roles import keep_one_administrator
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records.models import Record

PAGE = 50
_DESK = system("manage accounts")
STATES = {
    "active": Q(is_active=True),
    "confirmed": Q(is_active=True, confirmed_at__isnull=False),
    "unconfirmed": Q(is_active=True, confirmed_at__isnull=True),
    "deactivated": Q(is_active=False),
}


@dataclass(frozen=True)
class Page:
    """One page of a list, newest account first; `after` leads to the next one, if there is one."""

    rows: Sequence[User]
    after: int | None


def portal_users(actor: Actor) -> QuerySet[User]:
    """The portal users this actor may manage; those who were removed or erased are no longer among them."""
    rows = User.objects.visible_to(actor).filter(kind=UserKind.PORTAL, identity__isnull=False)
    return rows.select_related("user_type")


def staff(actor: Actor) -> QuerySet[User]:
    """The members of staff this actor may manage, with their roles."""
    held = Prefetch("holdings", queryset=Holding.objects.visible_to(_DESK).select_related("role"))
    return User.objects.visible_to(actor).filter(kind=UserKind.STAFF).prefetch_related(held)


def page(rows: QuerySet[User], *, state: str = "", after: int | None = None) -> Page:
    """A page of `rows` in a state of `STATES` (all of them otherwise), by keyset."""
    chosen = rows.filter(STATES.get(state, Q())).order_by("-pk")
    if after is not None:
        chosen = chosen.filter(pk__lt=after)
    found = list(chosen[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def account(rows: QuerySet[User], public_id: UUID | str) -> User:
    """One of `rows`. Raises `Absent` alike for a missing, a foreign and a malformed id."""
    try:
        return rows.get(public_id=public_id)
    except (User.DoesNotExist, ValidationError):
        raise Absent(_("There is nothing here, or it is not shared with you.")) from None


def users_per_type() -> dict[int, int]:
    """How many portal users each user type has, in one query; a type without users is missing."""
    rows = User.objects.visible_to(_DESK).filter(identity__isnull=False, user_type__isnull=False)
    return dict(rows.order_by().values_list("user_type").annotate(Count("pk")))


@dataclass(frozen=True)
class Uninvited:
    """A person who is kept here and has no account."""

    record: UUID
    name: str
    email: str
    module: str
    module_id: int


def uninvited(actor: Actor, *, after: str = "") -> tuple[list[Uninvited], UUID | None]:
    """(a page of people without an account, where the next page starts), among the records in sight."""
    accounts_of = User.objects.visible_to(_DESK).filter(identity=OuterRef("pk"))
    rows = Record.objects.visible_to(actor).filter(module__identity=True).exclude(Exists(accounts_of))
    if after:
        rows = rows.filter(pk__gt=_key(after))
    found = list(rows.select_related("module").order_by("pk")[: PAGE + 1])
    people = [_uninvited(record) for record in found[:PAGE]]
    return people, people[-1].record if len(found) > PAGE else None


def person(actor: Actor, record: UUID) -> Uninvited:
    """The person of one record in sight. Raises `Absent` for a record that is no person."""
    found = Record.objects.fetch(actor, record)
    if not found.module.identity:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return _uninvited(found)


def _uninvited(record: Record) -> Uninvited:
    module, values = record.module, record.values
    return Uninvited(
        record.pk,
        str(values.get(module.title_key) or ""),
        str(values.get(module.email_key) or ""),
        module.label,
        module.pk,
    )


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(_("This page does not exist. Start from the first one.")) from None


def deactivate(*, actor: Actor, user: User, at: datetime, reason: str) -> None:
    """Close an account by the switch (U8); deadlines of its cases keep running. Not one's own, not the last
    that manages people."""
    _may_manage(actor)
    if actor.user_id == user.pk:
        raise Conflict(_("You cannot close your own account."), code="account.own")
    with transaction.atomic():
        if user.kind == UserKind.STAFF:
            keep_one_administrator(without=user)
        accounts.shut(actor=actor, user=user, at=at, reason=reason)


def activate(*, actor: Actor, user: User, at: datetime) -> None:
    """Open a closed account again (U10). Raises `Absent` for one that was erased or removed."""
    _may_manage(actor)
    with transaction.atomic():
        held = User.objects.fetch(_DESK, user.pk, lock=True)
        if held.kind == UserKind.PORTAL and held.identity_id is None:
            raise Absent(_("This person is no longer kept here."), code="account.erased")
        if User.objects.visible_to(_DESK).filter(pk=held.pk, is_active=False).update(is_active=True):
            append.record("account.opened", actor=actor, about=held.ref, at=at)


def remove_user(*, actor: Actor, user: User, at: datetime) -> None:
    """Take a portal user out of the portal (U7): the account goes, the person's records and cases stay."""
    _may_manage(actor)
    if user.kind != UserKind.PORTAL:
        raise Conflict(_("Members of staff are closed, not removed."), code="account.staff")
    with transaction.atomic():
        accounts.tombstone(user)
        append.record("portal_user.removed", actor=actor, about=user.ref, at=at)


def _may_manage(actor: Actor) -> None:
    if not actor.may("people.manage"):
        raise Forbidden(_("Only an administrator may manage accounts."))
