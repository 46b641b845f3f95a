"""What the desk tells of changes of many bases: how far each is, and who was left out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from consent.grounds import bulk, people
from consent.models import BasisChange, ChangeState
from portals_core.access.actor import Actor
from portals_core.plumbing import outbox

#: Why somebody was left out, by the code of the refusal.
SENTENCES: dict[str, Any] = {
    "basis.condition_needed": _("Sensitive data is held, and no condition was chosen"),
    "basis.too_early": _("Another basis was recorded later than this one begins"),
    "basis.off": _("No bases are kept for these records"),
    "absent": _("The record was deleted meanwhile"),
}


def change_of(actor: Actor, key: UUID) -> BasisChange:
    """One change of many bases. Raises `Absent`."""
    found: BasisChange = BasisChange.objects.fetch(actor, key)
    return found


def latest(actor: Actor, limit: int = 5) -> list[BasisChange]:
    """The last changes of many bases, newest first."""
    return list(BasisChange.objects.visible_to(actor).select_related("started_by")[:limit])


def parked(change: BasisChange) -> bool:
    """Whether its job had its tries and was put aside: somebody has to look."""
    return change.state == ChangeState.RUNNING and outbox.parked(
        about=bulk.about(change), handler=bulk.HANDLER
    )


def left_out(actor: Actor, change: BasisChange) -> list[dict[str, Any]]:
    """Who was left out, by reason: a sentence, the count, and the first of them that are still in sight."""
    ids = [key for reason in change.left_out.values() for key in reason["people"]]
    listed = {str(one.id): one for one in people.named(actor, ids)} if ids else {}
    return [
        {
            "sentence": SENTENCES.get(code, _("It could not be recorded")),
            "count": reason["count"],
            "people": [listed[key] for key in reason["people"] if key in listed],
            "more": max(reason["count"] - len(reason["people"]), 0),
        }
        for code, reason in change.left_out.items()
    ]
