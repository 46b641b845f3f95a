"""Filters of the queue under a name: one's own, or shared with every officer; one of them to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.ledger import append
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from requests.desk.queue import Filters
from requests.models import ChosenView, SavedView

#: Views one officer keeps.
MOST = 50
LONGEST_NAME = 80


def views(actor: Actor) -> QuerySet[SavedView]:
    """One's own views and the shared ones, by name."""
    return SavedView.objects.visible_to(actor).order_by("name", "id")


def chosen(actor: Actor) -> SavedView | None:
    """The view the queue opens with; None where none was chosen, or it is not shared any more."""
    return views(actor).filter(chosen__user=actor.user_id).first() if actor.user_id else None


def filters_of(view: SavedView) -> dict[str, str]:
    """The filters of a view that still exist, those that hold."""
    return {name: str(view.filters[name]) for name in asdict(Filters()) if view.filters.get(name)}


def save(
    *, actor: Actor, name: str, filters: Mapping[str, str], at: datetime, shared: bool = False
) -> SavedView:
    """Keep filters under a name; one's own view of that name is replaced.

    Raises `Forbidden` without "cases.view", `BadInput` without a name, or for no or unknown filters,
    `Conflict` for more views than one officer may keep.
    """
    _may(actor)
    called = " ".join(name.split())
    if not called or len(called) > LONGEST_NAME:
        raise BadInput(
            _("Write a name of at most %(longest)s characters.") % {"longest": LONGEST_NAME},
            fields={"name": _("write a name")},
        )
    kept = {key: str(value) for key, value in filters.items() if value}
    if set(kept) - set(asdict(Filters())):
        raise BadInput(_("Choose the filters in the queue, then save them."), code="view.filters")
    if not kept:
        raise BadInput(_("Set at least one filter first."), code="view.empty")
    try:
        return _save(actor, called, kept, shared, at)
    except IntegrityError:
        raise Conflict(_("You have a view of this name already. Reload the page.")) from None


def _save(actor: Actor, name: str, kept: dict[str, str], shared: bool, at: datetime) -> SavedView:
    with transaction.atomic():
        own = SavedView.objects.visible_to(actor, "edit")
        found = own.select_for_update(of=("self",)).filter(name=name).first()
        if found is None and own.count() >= MOST:
            raise Conflict(
                _("You keep %(most)s views already. Delete one first.") % {"most": MOST}, code="view.many"
            )
        found = found or SavedView(owner_id=actor.user_id, name=name)
        found.filters, found.shared = kept, shared
        found.save()
        append.record("case_view.saved", actor=actor, about=_about(found), at=at, detail={"shared": shared})
    return found


def delete(*, actor: Actor, view: UUID | str, at: datetime) -> None:
    """Take one's own view away, also from those it was shared with. Raises `Absent` for one of others."""
    _may(actor)
    with transaction.atomic():
        found = SavedView.objects.fetch(actor, view, "edit", lock=True)
        append.record("case_view.deleted", actor=actor, about=_about(found), at=at)
        found.delete()


def choose(*, actor: Actor, view: UUID | str | None, at: datetime) -> None:
    """Begin with this view from now on, or with all open cases. Raises `Absent` for one out of reach."""
    _may(actor)
    with transaction.atomic():
        found = SavedView.objects.fetch(actor, view) if view else None
        ChosenView.objects.visible_to(actor, "edit").delete()
        if found is not None:
            ChosenView(user_id=actor.user_id or 0, view=found).save(force_insert=True)
        append.record("case_view.chosen", actor=actor, about=_about(found) if found else "queue", at=at)


def _about(view: SavedView) -> str:
    return f"case_view:{view.pk}"


def _may(actor: Actor) -> None:
    if actor.user_id is None or not actor.may("cases.view"):
        raise Forbidden(_("Your role does not include this step. Ask an administrator."), detail="cases.view")
