"""In which layout a record stands: where a new one begins, and which staff may choose for it (T3)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind
from portals_core.plumbing.errors import Absent
from portals_core.records import catalogue
from portals_core.records.models import Layout, Module, Record

#: What the layout is called among a record's fields, in forms and for locks; no field can have this key.
KEY = "the-layout"
LABEL = _("Layout")


def shared(actor: Actor, of: Module) -> list[Layout]:
    """The module's layouts in their order, those shared with the person where only some are."""
    grant = actor.grants.get(of.pk)
    layouts = catalogue.layouts(of)
    return list(layouts.filter(pk__in=grant.layouts) if grant and grant.layouts else layouts)


def new_layout(actor: Actor, of: Module, original: Record | None = None) -> Layout | None:
    """The layout in which a new record begins: that of the record it is a copy of; otherwise the first of
    those shared."""
    return original.layout if original is not None else next(iter(shared(actor, of)), None)


def offered(actor: Actor, of: Module) -> list[Layout]:
    """The layouts this person may put a record in. In the portal there are none: the layout decides what is
    shown there, so it is nothing that who looks may choose."""
    return [] if actor.kind is Kind.PORTAL else shared(actor, of)


def chosen(actor: Actor, of: Module, key: int) -> Layout:
    """One of them. Raises `Absent` alike for one that is not there and one that is not offered."""
    found = next((one for one in offered(actor, of) if one.pk == key), None)
    if found is None:
        raise Absent(_("There is no such layout."), code="layout.absent")
    return found


def choices(actor: Actor, of: Module, found: Record | None = None) -> list[Layout | None]:
    """What a form offers, where the layout now comes first: nothing where there is nothing to choose."""
    now = found.layout if found else new_layout(actor, of)
    others: list[Layout | None] = [one for one in offered(actor, of) if one != now]
    return [now, *others] if others else []
