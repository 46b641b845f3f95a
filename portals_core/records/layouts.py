"""Layouts: in which order and under which headings a record shows its fields, and which must be filled in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from portals_core.records import catalogue, descriptions
from portals_core.records.models import Layout, Module


@dataclass(frozen=True)
class Place:
    """Where somebody wants a field: in which section (none: after all of them) and at which number there.
    `before` is the number it had, which decides who gives way."""

    key: str
    section: int | None
    number: int
    before: int = 0


def arranged(titles: Sequence[str], places: Sequence[Place]) -> list[dict[str, Any]]:
    """The sections that places mean, without those that hold no field.

    Two fields at the same number: one that was moved up comes before the one that was there, one that was
    moved down after it, as if they had been carried past each other.
    """

    def rank(one: Place) -> tuple[int, int, int]:
        moved = (one.number > one.before) - (one.number < one.before) if one.before else 0
        return one.number, moved, one.before

    found = []
    for number, title in enumerate(titles):
        keys = [one.key for one in sorted(places, key=rank) if one.section == number]
        if keys:
            found.append({"title": " ".join(title.split()), "keys": keys})
    return found


def store_layout(
    *,
    actor: Actor,
    of: Module,
    name: str,
    sections: Sequence[Mapping[str, Any]],
    required: Collection[str] = (),
    layout: Layout | None = None,
) -> Layout:
    """Give a module one more layout, or change `layout`, its name included.

    `sections` are rows of `title` and `keys`; fields that no section names come after them. Records in a
    layout must have its `required` fields filled in, beside those the module requires. Raises `BadInput`,
    or `Conflict` when there are as many layouts as there may be.
    """
    if not actor.may("setup.manage"):
        raise Forbidden(_("Only an administrator may set up layouts."))
    wanted = _name(of, name, layout)
    with transaction.atomic():
        if layout is not None:
            catalogue.layouts(of).filter(pk=layout.pk).update(name=wanted)
        whole = descriptions.described(of)
        rows = whole["layouts"]
        row = next((one for one in rows if layout is not None and one["name"] == wanted), None)
        if row is None:
            _refuse_too_many(len(rows))
            rows.append(row := {"name": wanted})
        row |= {"sections": _once(sections), "required": sorted(required)}
        catalogue.define(actor=actor, description=whole)
    return catalogue.layouts(of).get(name=wanted)


def _name(of: Module, name: str, layout: Layout | None) -> str:
    wanted = " ".join(str(name).split())
    if not wanted or len(wanted) > 80 or not wanted.isprintable():
        sentence = _("Name the layout in at most 80 characters.")
        raise BadInput(sentence, code="layout.name", fields={"name": sentence})
    names = {one.name.casefold() for one in catalogue.layouts(of) if one != layout}
    if wanted.casefold() in names:
        sentence = _("Another layout has this name. Choose another name.")
        raise BadInput(sentence, code="layout.name", fields={"name": sentence})
    return wanted


def _once(sections: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    keys = [key for part in sections for key in part["keys"]]
    if not keys:
        raise BadInput(_("Put at least one field in a section."), code="layout.empty")
    double = next((key for key in keys if keys.count(key) > 1), None)
    if double:
        raise BadInput(_("The field “%(key)s” is named twice.") % {"key": double}, code="layout.twice")
    return [{"title": part["title"], "keys": list(part["keys"])} for part in sections if part["keys"]]


def _refuse_too_many(there: int) -> None:
    if there >= settings.LIMIT_LAYOUTS:
        raise Conflict(
            _("A module can have %(limit)s layouts (DSR_LIMIT_LAYOUTS). Change one that exists.")
            % {"limit": settings.LIMIT_LAYOUTS},
            code="layout.limit",
        )
