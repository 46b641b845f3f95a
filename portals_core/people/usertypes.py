"""User types: what each sort of portal user gets to see. The only writer of their grants (P9–P11, T1–T7)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.people import indexing, opened, shares, sharing
from portals_core.people.models import User, UserType
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records import catalogue
from portals_core.records.models import FieldType, Module

_NAME = re.compile(r"[^\W_]+( [^\W_]+)*")
_TYPES = system("keep user types")


def user_types() -> QuerySet[UserType]:
    """Every user type with its identity module. A definition is no personal data."""
    return UserType.objects.visible_to(_TYPES).select_related("identity_module")


def user_type(key: int) -> UserType:
    """The user type with this id. Raises `Absent`."""
    found = user_types().filter(pk=key).first()
    if found is None:
        raise Absent(_("There is no such user type."), code="user_type.absent")
    return found


def user_type_named(name: str) -> UserType:
    """The user type of this name. Raises `Absent` with the names there are."""
    found = user_types().filter(name=name).first()
    if found is None:
        known = ", ".join(user_types().values_list("name", flat=True))
        raise Absent(
            _("There is no user type “%(name)s”. There are: %(known)s.")
            % {"name": name, "known": known or "–"},
            code="user_type.absent",
        )
    return found


def description_of(user_type: UserType) -> dict[str, Any]:
    """The type as `define_user_type` takes it: what it opened at this moment. Constant queries."""
    return {
        "name": user_type.name,
        "identity_module": user_type.identity_module.key,
        "company_key": user_type.company_key,
        "modules": shares.described(user_type),
    }


def define_user_type(
    *,
    actor: Actor,
    name: str,
    identity_module: str,
    modules: Sequence[Mapping[str, Any]],
    company_key: str = "",
    user_type: int | None = None,
    at: datetime | None = None,
) -> UserType:
    """Store a user type and exactly the grants described; what is not described is not granted.

    A type of this name is changed, as is the one whose id `user_type` gives, which may rename it (P10).
    Rows of `modules` are described in `people.sharing`. `company_key` names the link of the identity module
    to the person's company, whose people a main user reaches (M2). The first type becomes the default (P5).
    Needs "setup.manage". The leaf keeps the whole description, so that what was visible on a date can be
    proved. Raises `BadInput` naming the first thing wrong.
    """
    _may_set_up(actor)
    identity = catalogue.module(identity_module)
    opened = sharing.checked(identity, modules)
    with transaction.atomic():
        stored = _stored(_name(name), identity, user_type, _company(identity, company_key))
        shares.replace(stored, opened)
        indexing.promise()
        append.record(
            "user_type.defined",
            actor=actor,
            about=f"user_type:{stored.pk}",
            at=at,
            detail=description_of(stored),
        )
    return stored


def delete_user_type(*, actor: Actor, user_type: int, at: datetime, to: int | None = None) -> int:
    """Remove a type, after moving its users to the type `to` (P11); returns how many moved.

    Raises `Conflict` while it has users and no `to` is given, and for the default type (P5).
    """
    _may_set_up(actor)
    with transaction.atomic():
        gone = UserType.objects.fetch(_TYPES, user_type, lock=True)
        if gone.is_default:
            raise Conflict(_("The default user type cannot be deleted."), code="user_type.default")
        users = list(User.objects.visible_to(_TYPES).filter(user_type=gone, identity__isnull=False))
        if users and to is None:
            raise Conflict(
                _("This user type has users. Choose the type they move to."), code="user_type.has_users"
            )
        for user in users:
            _move(actor, user.pk, UserType.objects.fetch(_TYPES, to), at)
        append.record(
            "user_type.deleted",
            actor=actor,
            about=f"user_type:{gone.pk}",
            at=at,
            detail={"name": gone.name, "moved": len(users)},
        )
        UserType.objects.visible_to(_TYPES).filter(pk=gone.pk).delete()
        indexing.promise()
    return len(users)


def change_user_type(*, actor: Actor, user: User, user_type: int, at: datetime) -> None:
    """Give a portal user another type (U5), effective with their next request.

    The leaf keeps both names as they were. Raises `BadInput` when the type is for another sort of record.
    """
    if not actor.may("people.manage"):
        raise Forbidden(_("Only an administrator may change a user's type."))
    with transaction.atomic():
        _move(actor, user.pk, UserType.objects.fetch(_TYPES, user_type), at)


def _move(actor: Actor, user: int, wanted: UserType, at: datetime) -> None:
    held = User.objects.fetch(_TYPES, user, lock=True)
    fits(held.identity.module_id if held.identity else None, wanted)
    if held.user_type_id == wanted.pk:
        return
    # A profile is a part of its own type: the new one has others.
    User.objects.visible_to(_TYPES).filter(pk=held.pk).update(user_type=wanted, profile=None)
    detail = {"before": held.user_type and held.user_type.name, "after": wanted.name}
    if held.profile is not None:
        detail["profile_before"] = held.profile.name
    append.record("portal_user.type_changed", actor=actor, about=held.ref, at=at, detail=detail)


def fits(module: int | None, user_type: UserType) -> None:
    """Raise `BadInput` unless people kept in this module can be of this type (T1, P16)."""
    if module != user_type.identity_module_id:
        raise BadInput(
            _("The user type “%(name)s” is for another kind of record. Choose one made for it.")
            % {"name": user_type.name},
            code="user_type.other_module",
            fields={"user_type": _("choose a type made for this kind of record")},
        )


def unfinished(module: int) -> list[tuple[UserType, list[Module]]]:
    """Types for people kept in this module that are not finished, with the modules that lack conditions."""
    missing = shares.awaited()
    return [(one, missing[one.pk]) for one in user_types().filter(identity_module=module, pk__in=missing)]


def refuse_unfinished(user_type: int) -> None:
    """Raise `Conflict` while conditions of the type are still to be written: nobody is invited into a portal
    that does not show yet what it is for."""
    missing = shares.awaited().get(user_type, [])
    if missing:
        raise Conflict(
            _("This user type is not finished. Write the conditions of these modules first: %(modules)s.")
            % {"modules": ", ".join(one.label_plural for one in missing)},
            code="user_type.unfinished",
        )


def _may_set_up(actor: Actor) -> None:
    if not actor.may("setup.manage"):
        raise Forbidden(_("Only an administrator may set up user types."))


def _name(name: str) -> str:
    wanted = " ".join(str(name).split())
    if len(wanted) > 50 or not _NAME.fullmatch(wanted):
        raise opened.bad(_("Name the user type with at most 50 letters, digits and spaces."), "name")
    return wanted


def _company(identity: Module, key: str) -> str:
    links = {one.key: one for one in catalogue.fields(identity) if one.type == FieldType.LOOKUP}
    if key and (key not in links or links[key].masked or links[key].encrypted):
        raise opened.bad(
            _("“%(field)s” is no link of “%(module)s” to a company.")
            % {"field": key, "module": identity.label_plural},
            "company_key",
        )
    return key


def _stored(name: str, identity: Module, key: int | None, company_key: str) -> UserType:
    stored = UserType.objects.fetch(_TYPES, key, lock=True) if key else user_types().filter(name=name).first()
    if stored is None:
        count = user_types().count()
        if count >= settings.LIMIT_USER_TYPES:
            raise Conflict(
                _("There can be %(limit)s user types. Change one that exists, or delete one.")
                % {"limit": settings.LIMIT_USER_TYPES},
                code="user_type.limit",
            )
        stored = UserType(name=name, identity_module=identity, is_default=count == 0)
    elif stored.identity_module_id != identity.pk:
        raise opened.bad(_("The kind of record a user type is for cannot change later."), "identity_module")
    stored.name, stored.company_key = name, company_key
    try:
        with transaction.atomic():
            stored.save()
    except IntegrityError:
        raise opened.bad(_("Another user type has this name. Choose another name."), "name") from None
    return stored
