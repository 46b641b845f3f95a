"""What this app puts on composed pages: my downloads, the state of a case's copy, the auditor's entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from exports import deliver
from portals_core import panels
from portals_core.access.actor import Actor, Kind


def downloads(actor: Actor, **_page: Any) -> Mapping[str, Any]:
    """The person's own copies, for the privacy page."""
    return {"bundles": deliver.of_person(actor)}


def state_of(actor: Actor, *, case: UUID | str, **_page: Any) -> Mapping[str, Any]:
    """Whether the copy of a case is there, for staff; never the copy."""
    return {"bundles": deliver.of_case(actor, UUID(str(case)))}


def register() -> None:
    """Called once at start-up."""
    panels.PANELS.register(
        "exports.downloads", panels.Panel("privacy", 60, "exports/downloads_panel.html", downloads)
    )
    panels.PANELS.register(
        "exports.state", panels.Panel("case", 60, "exports/case_panel.html", state_of, ("cases.view",))
    )
    panels.NAV.register(
        "exports.cases",
        panels.NavItem(_("Evidence"), "exports:audit", "scale", Kind.STAFF, 70, ("evidence.view",)),
    )
    panels.NAV.register(
        "exports.log",
        panels.NavItem(_("Audit log"), "exports:log", "scroll-text", Kind.STAFF, 80, ("ledger.view",)),
    )
