"""Who works in which project (F8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.people.models import User, UserKind
from portals_core.plumbing.errors import BadInput, Forbidden
from portals_core.records import projects

_STAFF = system("keep who works in a project")


def working_in(key: str) -> list[User]:
    """The members of staff who work in a project, by name. For administrators of staff."""
    # SQLite cannot ask for one element of a JSON list; staff are few.
    return [one for one in _staff().order_by("name", "pk") if key in one.projects]


def people_per_project() -> Counter[str]:
    """How many members of staff work in each project, under its key. One query."""
    return Counter(key for own in _staff().values_list("projects", flat=True) for key in own)


def _staff() -> QuerySet[User]:
    return User.objects.visible_to(_STAFF).filter(kind=UserKind.STAFF)


def set_projects(*, actor: Actor, user: User, projects_: Collection[str], at: datetime) -> None:
    """Let a member of staff work in exactly these projects, given by key, from their next request on.

    Raises `BadInput` for a project that is not there and for a portal user.
    """
    if not actor.may("people.manage"):
        raise Forbidden(_("Only an administrator may say who works in a project."))
    wanted = sorted(set(projects_))
    known = set(projects.projects().values_list("key", flat=True))
    if not known.issuperset(wanted):
        sentence = _("One of these projects is not there any more. Choose again.")
        raise BadInput(sentence, code="project.unknown", fields={"projects": sentence})
    with transaction.atomic():
        held = User.objects.fetch(_STAFF, user.pk, lock=True)
        if held.kind != UserKind.STAFF:
            raise BadInput(_("Only staff work in projects."), code="project.not_staff")
        _store(actor, held, wanted, at)


def leave_deleted(*, about: str, actor: Actor, at: datetime | None) -> None:
    """Take a project that is being deleted from everybody, in its transaction: a later one with the same
    key must not find them in it."""
    key = about.partition(":")[2]
    for one in working_in(key):
        held = User.objects.fetch(_STAFF, one.pk, lock=True)
        _store(actor, held, [other for other in held.projects if other != key], at)


def _store(actor: Actor, held: User, wanted: list[str], at: datetime | None) -> None:
    before = sorted(held.projects)
    if before == wanted:
        return
    User.objects.visible_to(_STAFF).filter(pk=held.pk).update(projects=wanted)
    append.record(
        "staff.projects_changed",
        actor=actor,
        about=held.ref,
        at=at,
        detail={"before": before, "after": wanted},
    )
