"""Permissions by name, and the roles an installation starts with (F9, decision 7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.people.models import Holding, Role, User, UserKind
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden

PERMISSIONS = {
    "setup.manage": _("Set up modules, fields, user types and purposes"),
    "people.manage": _("Invite and manage portal users and staff"),
    "imports.run": _("Import records"),
    "records.view": _("See records"),
    "records.edit": _("Change records"),
    "records.unmask": _("Show masked values, each time with an entry in the log"),
    "records.all_projects": _("See the fields of all projects"),
    "records.export": _("Export lists of records"),
    "records.lock": _("Lock and unlock records by hand"),
    "records.hold": _("Place and lift legal holds"),
    "consent.manage": _("Record processing bases and consent texts"),
    "cases.view": _("Read cases"),
    "cases.decide": _("Decide cases"),
    "cases.approve": _("Approve decisions of another officer"),
    "cases.assign": _("Give cases to officers and set up who gets which"),
    "cases.letters": _("Write the letters of cases"),
    "ledger.view": _("Read the audit log"),
    "evidence.view": _("List and download evidence of a case"),
    "jobs.view": _("See jobs and mail that wait or failed"),
}

DEFAULT_ROLES = {
    "administrator": (
        _("Administrator"),
        [
            "setup.manage",
            "people.manage",
            "imports.run",
            "records.view",
            "records.edit",
            "records.all_projects",
            "records.export",
            "records.lock",
            "consent.manage",
            "jobs.view",
        ],
    ),
    "officer": (
        _("Compliance officer"),
        [
            "records.view",
            "records.unmask",
            "records.all_projects",
            "records.lock",
            "records.hold",
            "consent.manage",
            "cases.view",
            "cases.decide",
            "cases.approve",
            "cases.assign",
            "cases.letters",
            "jobs.view",
        ],
    ),
    "auditor": (_("Auditor"), ["cases.view", "ledger.view", "evidence.view"]),
    "operator": (_("Operator"), ["records.view", "records.edit"]),
}

_ROLES = system("keep roles")


def roles() -> QuerySet[Role]:
    """Every role. What a role holds is no personal data."""
    return Role.objects.visible_to(_ROLES)


def roles_named(keys: Iterable[str]) -> list[Role]:
    """The roles with these keys. Raises `BadInput` for none or an unknown one."""
    wanted = set(keys)
    found = list(roles().filter(key__in=wanted))
    if not found or len(found) != len(wanted):
        raise BadInput(
            _("Choose at least one of these roles: %(known)s.")
            % {"known": ", ".join(roles().values_list("key", flat=True)) or "–"},
            code="role.unknown",
            fields={"roles": _("choose a role")},
        )
    return found


def ensure_default_roles(*, actor: Actor, at: datetime | None = None) -> list[Role]:
    """Add the default roles that are missing and return them; one that exists stays as it was set up."""
    if not actor.may("setup.manage"):
        raise Forbidden(_("Only an administrator may set up roles."))
    with transaction.atomic():
        present = set(roles().values_list("key", flat=True))
        new = [
            Role(key=key, name=str(name), permissions=list(held))
            for key, (name, held) in DEFAULT_ROLES.items()
            if key not in present
        ]
        for role in new:
            role.save(force_insert=True)
            append.record(
                "role.defined",
                actor=actor,
                about=f"role:{role.key}",
                at=at,
                detail={"permissions": role.permissions},
            )
    return new


def set_roles(*, actor: Actor, user: User, roles: Iterable[str], at: datetime) -> None:
    """Give a member of staff exactly these roles, effective with their next request (promise 5).

    Raises `Conflict` when nobody would be left who manages people.
    """
    if not actor.may("people.manage"):
        raise Forbidden(_("Only an administrator may give roles."))
    wanted = roles_named(roles)
    with transaction.atomic():
        held = User.objects.fetch(_ROLES, user.pk, lock=True)
        if held.kind != UserKind.STAFF:
            raise BadInput(_("Only staff hold roles."), code="role.not_staff")
        before = sorted(_held(held).values_list("role__key", flat=True))
        after = sorted(role.key for role in wanted)
        if before == after:
            return
        if not any("people.manage" in role.permissions for role in wanted):
            keep_one_administrator(without=held)
        _held(held).delete()
        for role in wanted:
            Holding(user=held, role=role).save(force_insert=True)
        append.record(
            "staff.roles_changed",
            actor=actor,
            about=held.ref,
            at=at,
            detail={"before": before, "after": after},
        )


def keep_one_administrator(*, without: User) -> None:
    """Raise `Conflict` when nobody but `without` could manage people: nobody could undo that."""
    if without.pk not in _managers() or _managers() - {without.pk}:
        return
    raise _last_administrator()


def refuse_without_administrator() -> None:
    """Raise `Conflict` when what this transaction stored leaves nobody who manages people."""
    if not _managers():
        raise _last_administrator()


def _managers() -> set[int]:
    """Who manages people now. Their holdings are locked first and the roles read after it, so that of two
    transactions that each take the other's last administrator away, the second one sees the first."""
    holdings = Holding.objects.visible_to(_ROLES).filter(user__is_active=True)
    list(holdings.select_for_update(of=("self",)).order_by("pk"))
    rows = holdings.values_list("user", "role__permissions")
    return {user for user, permissions in rows if "people.manage" in permissions}


def _last_administrator() -> Conflict:
    return Conflict(
        _("This is the last account that manages people. Give somebody else that role first."),
        code="staff.last_administrator",
    )


def _held(user: User) -> QuerySet[Holding]:
    return Holding.objects.visible_to(_ROLES).filter(user=user)
