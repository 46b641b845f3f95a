"""Profiles: what part of a user type's sharing some of its users get, and who is a main user (M1–M5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.people import narrowing, opened, usertypes
from portals_core.people.models import Profile, ProfileField, ProfileModule, User, UserKind, UserType
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records import catalogue

LONGEST_NAME = 50
_PROFILES = system("keep profiles")


def profiles_of(user_type: UserType | int) -> QuerySet[Profile]:
    """The profiles of a type. A definition is no personal data."""
    return Profile.objects.visible_to(_PROFILES).filter(user_type=user_type)


def profile(key: int, *, of: int) -> Profile:
    """The profile with this id of the user type `of`, with its type. Raises `Absent`."""
    found = Profile.objects.visible_to(_PROFILES).filter(pk=key, user_type=of)
    stored = found.select_related("user_type__identity_module").first()
    if stored is None:
        raise Absent(_("There is no such profile."), code="profile.absent")
    return stored


def description_of(profile: Profile) -> dict[str, Any]:
    """The profile as `define_profile` takes it. Constant queries."""
    fields: dict[int, dict[str, str]] = {}
    chosen = ProfileField.objects.visible_to(_PROFILES).filter(within__profile=profile)
    for within, key, editable in chosen.order_by("field__position", "field").values_list(
        "within", "field__key", "editable"
    ):
        fields.setdefault(within, {})[key] = opened.EDITABLE if editable else opened.VISIBLE
    seen = ProfileModule.objects.visible_to(_PROFILES).filter(profile=profile).select_related("module")
    modules = {
        one.module.key: {"edits": one.edits, "fields": fields.get(one.pk)} for one in seen.order_by("module")
    }
    return {"name": profile.name, "modules": modules, "default": profile.is_default}


def define_profile(
    *,
    actor: Actor,
    user_type: int,
    name: str,
    modules: Mapping[str, Mapping[str, Any]],
    default: bool = False,
    profile: int | None = None,
    at: datetime | None = None,
) -> Profile:
    """Store a profile of a type: exactly the modules named, each with `edits` and `fields`
    ({key: "visible" | "editable"}, or `None` for all the type shows).

    One of this name is changed, as is the one whose id `profile` gives. It only narrows: what the type does
    not share, it cannot show, and `BadInput` names it. The person's own record is always in it (T1).
    `default` makes it the one of users who were given none; there is at most one. Needs "setup.manage".
    """
    _may_set_up(actor)
    holder = usertypes.user_type(user_type)
    parts = narrowing.checked(holder, modules)
    with transaction.atomic():
        stored = _stored(holder, _name(name), default, profile)
        _replace(stored, parts)
        append.record(
            "profile.defined",
            actor=actor,
            about=f"profile:{stored.pk}",
            at=at,
            detail={"user_type": holder.name, **description_of(stored)},
        )
    return stored


def delete_profile(*, actor: Actor, profile: int, at: datetime) -> None:
    """Remove a profile that nobody has. Raises `Conflict` while somebody would see more by that."""
    _may_set_up(actor)
    with transaction.atomic():
        gone = Profile.objects.fetch(_PROFILES, profile, lock=True)
        users = User.objects.visible_to(_PROFILES).filter(profile=gone).count()
        if users:
            raise Conflict(
                _("Users have this profile (%(number)s). Give them another one first.") % {"number": users},
                code="profile.has_users",
            )
        if gone.is_default:
            raise Conflict(
                _(
                    "This profile is for everybody who was given none; without it they would see all that the"
                    " type shares. Make another one the default first, or none."
                ),
                code="profile.default",
            )
        append.record(
            "profile.deleted",
            actor=actor,
            about=f"profile:{gone.pk}",
            at=at,
            detail={"user_type": gone.user_type.name, "name": gone.name},
        )
        Profile.objects.visible_to(_PROFILES).filter(pk=gone.pk).delete()


def set_profile(*, actor: Actor, user: User, profile: int | None, at: datetime) -> None:
    """Give a portal user a profile of their type, effective with their next request; `None`: the type's
    default. Raises `BadInput` for a profile of another type."""
    with transaction.atomic():
        held = _portal_user(actor, user)
        wanted = Profile.objects.fetch(_PROFILES, profile) if profile else None
        if wanted is not None and wanted.user_type_id != held.user_type_id:
            raise BadInput(
                _("The profile “%(name)s” belongs to another user type. Choose one of this user's type.")
                % {"name": wanted.name},
                code="profile.other_type",
                fields={"profile": _("choose a profile of this user's type")},
            )
        if held.profile_id == (wanted and wanted.pk):
            return
        before = held.profile and held.profile.name
        User.objects.visible_to(_PROFILES).filter(pk=held.pk).update(profile=wanted)
        append.record(
            "portal_user.profile_changed",
            actor=actor,
            about=held.ref,
            subject=held.identity_id,
            at=at,
            detail={"before": before, "after": wanted and wanted.name},
        )


def set_main_user(*, actor: Actor, user: User, main: bool, at: datetime) -> None:
    """Let a portal user keep the people of their company, or no longer (M2).

    Raises `Conflict` where the type names no link to a company: it would mean nothing.
    """
    with transaction.atomic():
        held = _portal_user(actor, user)
        if held.main_user == main:
            return
        if main and not (held.user_type and held.user_type.company_key):
            raise Conflict(
                _(
                    "This user's type does not say which link names a person's company."
                    " Choose it in the user type first."
                ),
                code="main_user.no_company",
            )
        User.objects.visible_to(_PROFILES).filter(pk=held.pk).update(main_user=main)
        append.record(
            "portal_user.main_user_changed",
            actor=actor,
            about=held.ref,
            subject=held.identity_id,
            at=at,
            detail={"main_user": main},
        )


def set_part(*, actor: Actor, user: User, profile: int | None, main_user: bool, at: datetime) -> bool:
    """Both at once, or neither; true when it was possible."""
    with transaction.atomic():
        set_profile(actor=actor, user=user, profile=profile, at=at)
        set_main_user(actor=actor, user=user, main=main_user, at=at)
    return True


def _portal_user(actor: Actor, user: User) -> User:
    if not actor.may("people.manage"):
        raise Forbidden(_("Only an administrator may change what a user gets."))
    held: User = User.objects.fetch(_PROFILES, user.pk, lock=True)
    if held.kind != UserKind.PORTAL or held.identity_id is None:
        raise BadInput(_("Only portal users have profiles."), code="profile.not_portal")
    return held


def _may_set_up(actor: Actor) -> None:
    if not actor.may("setup.manage"):
        raise Forbidden(_("Only an administrator may set up profiles."))


def _name(name: str) -> str:
    wanted = " ".join(str(name).split())
    if not 0 < len(wanted) <= LONGEST_NAME or not wanted.isprintable():
        raise narrowing.bad(
            _("Name the profile with at most %(limit)s characters.") % {"limit": LONGEST_NAME}, "name"
        )
    return wanted


def _stored(holder: UserType, name: str, default: bool, key: int | None) -> Profile:
    rows = profiles_of(holder)
    stored = rows.filter(pk=key).first() if key else rows.filter(name=name).first()
    if stored is None:
        if key:
            raise Absent(_("There is no such profile."), code="profile.absent")
        stored = Profile(user_type=holder)
    stored.name, stored.is_default = name, default
    if default:
        rows.exclude(pk=stored.pk).update(is_default=False)
    try:
        with transaction.atomic():
            stored.save()
    except IntegrityError:
        raise narrowing.bad(
            _("Another profile of this type has this name. Choose another name."), "name"
        ) from None
    return stored


def _replace(stored: Profile, parts: narrowing.Parts) -> None:
    ProfileModule.objects.visible_to(_PROFILES).filter(profile=stored).delete()
    fields = catalogue.by_module()
    for module, (edits, chosen) in parts.items():
        within = ProfileModule(profile=stored, module=module, edits=edits)
        within.save(force_insert=True)
        for one in fields.get(module.pk, ()) if chosen is not None else ():
            if one.key in (chosen or {}):
                editable = (chosen or {})[one.key] == opened.EDITABLE
                ProfileField(within=within, field=one, editable=editable).save(force_insert=True)
