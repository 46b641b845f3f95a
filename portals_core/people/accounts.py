"""Accounts: who a signed-in person is, as an actor; inviting, confirming and shutting access."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access import policy
from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.people import factors, grants, usertypes
from portals_core.people.models import (
    Holding,
    Role,
    User,
    UserKind,
    UserType,
    normalise_email,
)
from portals_core.people.roles import PERMISSIONS, roles_named
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from portals_core.records.models import Record

_LOAD = system("load the actor's own rights")
_NAME = system("name who acted at the desk")
_USER = "user:"


def actor_of(user: User, *, verified: bool) -> Actor:
    """The actor behind a signed-in account, with its rights as they are at this moment.

    `verified` says whether this session passed a second factor; staff without it hold no permission.
    A constant number of queries, whatever the number of grants.
    """
    if not user.is_active:
        raise Forbidden(_("This account is closed."), code="account.closed")
    if user.kind == UserKind.STAFF:
        return _staff(user, verified=verified)
    return Actor(
        kind=Kind.PORTAL,
        ref=user.ref,
        user_id=user.pk,
        name=user.name or user.email,
        identity=user.identity_id,
        main_user=user.main_user,
        user_type=user.user_type_id,
        grants=grants.of_portal_user(user),
        verified=True,
    )


def _staff(user: User, *, verified: bool) -> Actor:
    roles = list(Role.objects.visible_to(_LOAD).filter(holdings__user=user))
    held = frozenset(name for role in roles for name in role.permissions)
    # What one role holds for every module is not narrowed by another that holds it for some.
    everywhere = frozenset(name for role in roles if not role.limited for name in role.permissions)
    narrow = [role for role in roles if role.limited]
    return Actor(
        kind=Kind.STAFF,
        ref=user.ref,
        user_id=user.pk,
        name=user.name or user.email,
        roles=frozenset(role.key for role in roles),
        permissions=held & frozenset(PERMISSIONS),
        limited=frozenset(PERMISSIONS) - everywhere,
        projects=frozenset(user.projects),
        grants=grants.of_roles(narrow) if narrow else MappingProxyType({}),
        verified=verified,
    )


def create_staff(
    *, actor: Actor, email: str, name: str, roles: Iterable[str], at: datetime, language: str = "en"
) -> User:
    """A staff account without a password: an invitation sets it.

    Raises `Conflict` when the address is taken.
    """
    if not actor.may("people.manage"):
        raise Forbidden(_("Only an administrator may add staff."))
    wanted = roles_named(roles)
    with transaction.atomic():
        user = _store(User(kind=UserKind.STAFF, name=name, language=language), email, at)
        for role in wanted:
            Holding(user=user, role=role).save(force_insert=True)
        append.record(
            "staff.created",
            actor=actor,
            about=user.ref,
            at=at,
            detail={"roles": sorted(role.key for role in wanted)},
        )
    return user


def create_portal_user(
    *, actor: Actor, identity: UUID, email: str, name: str, user_type: int, at: datetime, language: str = "en"
) -> User:
    """A portal account for one identity record, without a password: an invitation sets it (U9).

    Raises `Conflict` when the person has an account or the address serves another one (U13), `BadInput`
    when the user type is for another module than the one the record is in (T1).
    """
    if not actor.may("people.manage"):
        raise Forbidden(_("Only an administrator may invite people."))
    with transaction.atomic():
        record = Record.objects.fetch(_LOAD, identity)
        usertypes.fits(record.module_id, UserType.objects.fetch(_LOAD, user_type))
        user = _store(
            User(
                kind=UserKind.PORTAL,
                name=name,
                identity_id=identity,
                user_type_id=user_type,
                language=language,
            ),
            email,
            at,
        )
        append.record("portal_user.created", actor=actor, about=user.ref, subject=identity, at=at)
    return user


def _store(user: User, email: str, at: datetime) -> User:
    user.email, user.created_at, user.password = normalise_email(email), at, make_password(None)
    try:
        user.clean_fields(exclude=["password"])
        with transaction.atomic():
            user.save(force_insert=True)
    except ValidationError:
        raise BadInput(_("This is not an e-mail address. Write it like name@example.org.")) from None
    except IntegrityError:
        raise Conflict(
            _("This address or this person has an account already. Use the account that exists."),
            code="account.exists",
        ) from None
    return user


def set_password(*, user: User, password: str, at: datetime, actor: Actor) -> None:
    """Set a password that passes the rules; every session of the account ends. Raises `BadInput`.

    A closed account takes no password: `Forbidden`.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInput(
            " ".join(error.messages), code="password.weak", fields={"password": " ".join(error.messages)}
        ) from None
    with transaction.atomic():
        rows = User.objects.visible_to(system("set one's own password")).filter(pk=user.pk, is_active=True)
        if not rows.update(password=make_password(password), confirmed_at=user.confirmed_at or at):
            raise Forbidden(_("This account is closed."), code="account.closed")
        append.record("account.password_set", actor=actor, about=user.ref, subject=user.identity_id, at=at)


def change_password(*, user: User, current: str, password: str, at: datetime, actor: Actor) -> None:
    """Set a new password for somebody who knows the present one; every session ends. Raises `BadInput`."""
    if not user.check_password(current):
        raise BadInput(
            _("The present password is not right."),
            code="password.wrong",
            fields={"current": _("this is not your present password")},
        )
    set_password(user=user, password=password, at=at, actor=actor)


def shut(*, actor: Actor, user: User, at: datetime, reason: str) -> None:
    """End the account's access at once; its sessions die with it. Idempotent."""
    with transaction.atomic():
        rows = User.objects.visible_to(system("shut access")).filter(pk=user.pk, is_active=True)
        if rows.update(is_active=False):
            append.record(
                "account.shut",
                actor=actor,
                about=user.ref,
                subject=user.identity_id,
                at=at,
                detail={"reason": reason},
            )


def forget(*, actor: Actor, user: User, at: datetime) -> None:
    """Leave a tombstone of the account: no name, no address, no way in. Its opaque id stays (U10)."""
    with transaction.atomic():
        tombstone(user)
        append.record("account.forgotten", actor=actor, about=user.ref, subject=user.identity_id, at=at)


def tombstone(user: User) -> None:
    """Empty the account's row and remove what it could sign in with, inside the caller's transaction."""
    User.objects.visible_to(system("forget an account")).filter(pk=user.pk).update(
        is_active=False,
        name="",
        email=f"{user.public_id}@erased.invalid",
        password=make_password(None),
        identity=None,
        user_type=None,
        profile=None,
        main_user=False,
        language="en",
        time_zone="UTC",
        country="",
        invited_at=None,
        confirmed_at=None,
        last_login=None,
    )
    factors.drop_factors(user)


def account_of(subject: UUID) -> User | None:
    """The portal account of a person, if there is one."""
    return User.objects.visible_to(system("account of a subject")).filter(identity=subject).first()


INVITATION_TTL = timedelta(days=7)

policy.POLICIES.register(
    "portals_core.User", policy.by_permission(view="people.manage", edit="people.manage")
)
for _label in (
    *("Role", "Holding", "UserType", "ModuleAccess", "FieldAccess", "LayoutAccess"),
    *("Profile", "ProfileModule", "ProfileField"),
):
    policy.POLICIES.register(
        f"portals_core.{_label}", policy.by_permission(view="people.manage", edit="setup.manage")
    )


def staff_names(refs: Iterable[str]) -> dict[str, str]:
    """What members of staff are called, by the opaque names under which the ledger knows them."""
    ids = {ref.removeprefix(_USER) for ref in refs if ref.startswith(_USER)}
    if not ids:
        return {}
    rows = User.objects.visible_to(_NAME).filter(public_id__in=ids, kind=UserKind.STAFF)
    return {user.ref: user.name or user.email for user in rows}
