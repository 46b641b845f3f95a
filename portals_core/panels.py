"""What upper apps put on shared pages: navigation entries and panels of composed pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portals_core.access.actor import Actor, Kind
from portals_core.plumbing.registry import Registry


@dataclass(frozen=True)
class NavItem:
    """One entry of the main navigation. `icon` is a lucide name; staff see it with any of `permissions`."""

    label: object
    url_name: str
    icon: str
    kind: Kind
    order: int
    permissions: tuple[str, ...] = ()
    url_args: tuple[str, ...] = ()
    #: How much waits there unread for who looks, in one query.
    waiting: Callable[[Actor], int] | None = None

    def shown_to(self, actor: Actor) -> bool:
        """Whether this actor finds the entry in the navigation."""
        if actor.kind is not self.kind:
            return False
        return not self.permissions or any(actor.may(name) for name in self.permissions)


@dataclass(frozen=True)
class Panel:
    """One part of a composed page: its template gets what `context(actor, **page)` returns."""

    page: str
    order: int
    template: str
    context: Callable[..., Mapping[str, Any]]
    permissions: tuple[str, ...] = ()


NAV: Registry[NavItem] = Registry("navigation")
#: Entries that depend on who asks: a function of the actor, for what an actor's grants open.
NAV_OF: Registry[Callable[[Actor], Sequence[NavItem]]] = Registry("navigation by actor")
PANELS: Registry[Panel] = Registry("panels")
#: Addresses in upper apps that our pages lead to, by what the person wants: "correct", "erase", "consent", or
#: the "case" that placed a lock.
WAYS: Registry[Callable[..., str]] = Registry("ways")


def navigation(actor: Actor) -> list[NavItem]:
    """The entries this actor sees, in order."""
    items = [item for _key, item in NAV.items()]
    for _key, provide in NAV_OF.items():
        items.extend(provide(actor))
    return sorted((item for item in items if item.shown_to(actor)), key=lambda item: item.order)


def panels(page: str, actor: Actor, **given: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """(template, context) of every panel of `page`, in order; one whose permission is missing is absent."""
    chosen = [panel for _key, panel in PANELS.items() if panel.page == page]
    return [
        (panel.template, panel.context(actor, **given))
        for panel in sorted(chosen, key=lambda panel: panel.order)
        if not panel.permissions or any(actor.may(name) for name in panel.permissions)
    ]
