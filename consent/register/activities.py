"""The entries of the register, and which points of Art. 30 they still lack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from consent.models import Activity, Party, PartyKind, Purpose, Recipient, Role
from consent.register import checks
from portals_core.access.actor import Actor, system
from portals_core.ledger import append

_READ = system("read what an activity of the register names")
_CLIENTS = Activity.clients.through


@dataclass(frozen=True)
class Point:
    """One point of Art. 30 that an activity in this role must tell, and when it does not."""

    key: str
    role: str
    label: object
    article: str
    lacks: Q

    @property
    def missing(self) -> Q:
        return Q(role=self.role) & self.lacks


POINTS = (
    Point("subjects", Role.CONTROLLER, _("Whose data it is"), "Art. 30(1)(c)", Q(subjects=[])),
    Point("data", Role.CONTROLLER, _("Which data it is"), "Art. 30(1)(c)", Q(data=[])),
    Point("limits", Role.CONTROLLER, _("When data is erased"), "Art. 30(1)(f)", Q(limits="")),
    Point("security", Role.CONTROLLER, _("What protects the data"), "Art. 30(1)(g)", Q(security="")),
    Point(
        "clients",
        Role.PROCESSOR,
        _("For which controllers it is done"),
        "Art. 30(2)(a)",
        Q(~Exists(_CLIENTS.objects.filter(activity=OuterRef("pk")))),
    ),
    Point("security_processor", Role.PROCESSOR, _("What protects the data"), "Art. 30(2)(d)", Q(security="")),
)


def activities(actor: Actor, *, active: bool | None = None, incomplete: bool = False) -> QuerySet[Activity]:
    """The activities the actor may see, with all they name, in constantly many queries; ask `missing` what
    they lack."""
    named = (
        Prefetch("purposes", queryset=Purpose.objects.visible_to(_READ)),
        Prefetch("recipients", queryset=Recipient.objects.visible_to(_READ)),
        Prefetch("clients", queryset=Party.objects.visible_to(_READ)),
    )
    rows = _of(actor, active=active).prefetch_related(*named)
    rows = rows.annotate(
        **{
            f"lacks_{point.key}": ExpressionWrapper(point.missing, output_field=BooleanField())
            for point in POINTS
        }
    )
    if incomplete:
        lacking = Q()
        for point in POINTS:
            lacking |= point.missing
        rows = rows.filter(lacking)
    return rows


def activity(actor: Actor, key: UUID) -> Activity:
    """One of them, as `activities` has it. Raises `Absent`."""
    Activity.objects.fetch(actor, key)
    return activities(actor).get(pk=key)


def missing(activity: Activity) -> list[Point]:
    """The points of Art. 30 that an activity read by `activities` lacks."""
    return [point for point in POINTS if getattr(activity, f"lacks_{point.key}")]


@dataclass(frozen=True)
class Counted:
    """How much is in use, and what it lacks."""

    controller: int
    processor: int
    #: Points that are missing, over all activities in use; the aim is none.
    missing: int


def counted(actor: Actor) -> Counted:
    """The activities in use by role, and the points they lack; one query."""
    sums = {f"lacks_{point.key}": Count("pk", filter=point.missing) for point in POINTS}
    found = _of(actor, active=True).aggregate(
        in_controller=Count("pk", filter=Q(role=Role.CONTROLLER)),
        in_processor=Count("pk", filter=Q(role=Role.PROCESSOR)),
        **sums,
    )
    return Counted(found["in_controller"], found["in_processor"], sum(found[key] for key in sums))


def _of(actor: Actor, *, active: bool | None) -> QuerySet[Activity]:
    rows = Activity.objects.visible_to(actor)
    return rows if active is None else rows.filter(active=active)


def define_activity(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    description: str,
    role: str = Role.CONTROLLER,
    activity: UUID | None = None,
    purposes: Iterable[str] = (),
    subjects: Iterable[str] = (),
    data: Iterable[str] = (),
    recipients: Iterable[UUID] = (),
    clients: Iterable[UUID] = (),
    transfers: str = "",
    limits: str = "",
    security: str = "",
    active: bool = True,
) -> Activity:
    """Enter an activity, or change the one with this id; `purposes` are keys. Needs "setup.manage".

    Name, role and description must be there; what else Art. 30 asks for may follow, and `missing` tells it.
    An activity is never removed: one that ended is made inactive. Raises `BadInput` with a sentence per
    field and `Conflict` for a name that is there already.
    """
    checks.may_change(actor)
    values = {
        "name": " ".join(name.split()),
        "role": role,
        "description": description,
        "subjects": _categories(subjects),
        "data": _categories(data),
        "transfers": transfers,
        "limits": limits,
        "security": security,
        "active": active,
    }
    with transaction.atomic():
        row: Activity = Activity.objects.fetch(actor, activity, "edit", lock=True) if activity else Activity()
        row.changed_at = at
        named = _named(
            purposes=purposes, recipients=recipients, clients=clients if role == Role.PROCESSOR else ()
        )
        checks.refuse(checks.fill(row, values, but=("subjects", "data")))
        checks.store(row, checks.same_name)
        _tie(row, named)
        detail = checks.said(row, values)
        detail |= {key: sorted(map(_word, found)) for key, found in named.items()}
        append.record("activity.defined", actor=actor, about=f"activity:{row.pk}", at=at, detail=detail)
    return row


def _categories(given: Iterable[str]) -> list[str]:
    """One category each, without blanks and repetitions, in the order given."""
    words = (" ".join(one.split()) for one in given)
    return list(dict.fromkeys(word for word in words if word))


Named = dict[str, list[Any]]


def _named(**given: Iterable[Any]) -> Named:
    """The rows of these keys. Raises `BadInput` for one that is not there."""
    clients = Party.objects.visible_to(_READ).filter(kind=PartyKind.CLIENT)
    rows = {
        "purposes": (Purpose.objects.visible_to(_READ), "key__in"),
        "recipients": (Recipient.objects.visible_to(_READ), "pk__in"),
        # Held, so that none is removed meanwhile.
        "clients": (clients.select_for_update(), "pk__in"),
    }
    asked = {name: set(keys) for name, keys in given.items()}
    found = {name: list(rows[name][0].filter(**{rows[name][1]: keys})) for name, keys in asked.items()}
    gone = [name for name, there in found.items() if len(there) != len(asked[name])]
    sentence = _("One of these is not there any longer. Choose again.")
    checks.refuse(dict.fromkeys(gone, sentence))
    return found


def _word(one: Purpose | Recipient | Party) -> str:
    return one.key if isinstance(one, Purpose) else str(one.pk)


def _tie(row: Activity, named: Named) -> None:
    """Make the activity name exactly these."""
    ties: tuple[tuple[Any, str, str], ...] = (
        (Activity.purposes.through, "purpose_id", "purposes"),
        (Activity.recipients.through, "recipient_id", "recipients"),
        (Activity.clients.through, "party_id", "clients"),
    )
    for table, column, key in ties:
        table.objects.filter(activity=row.pk).delete()
        table.objects.bulk_create(table(activity_id=row.pk, **{column: one.pk}) for one in named[key])
