"""What this app puts on the privacy tab: one's own consent, and that of people one added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from consent.deciding import objections
from consent.standing import children, reach, reads
from portals_core.access.actor import Actor
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent

#: Where a request for somebody is begun; that page belongs to an app above this one.
ASK_ADDRESS = "/privacy/requests/new/?for="


def language() -> str:
    """The language in which the page speaks."""
    return get_language() or settings.LANGUAGE_CODE


def mine(actor: Actor, **given: Any) -> Mapping[str, Any]:
    """What the person may decide for themself. Nothing where their kind of record is kept without compliance
    and nothing was ever agreed to (D2)."""
    if actor.identity is None:
        return {"standings": [], "general": None, "shown": False}
    standings = reads.current(actor, actor.identity, language=language(), at=clock.now())
    governed = reads.under_compliance(actor)
    return {
        "standings": standings,
        "general": reads.general_basis(actor, actor.identity) if governed else None,
        "shown": governed or bool(standings),
        "objection": objections.own(actor),
        "to_withdraw": reads.to_withdraw(actor, actor.identity),
    }


def people(actor: Actor, *, after: Any = None, **given: Any) -> Mapping[str, Any]:
    """People they added, and whether there are more than one page of them."""
    found = reads.added_people(actor, language=language(), at=clock.now(), after=after, limit=reads.PAGE + 1)
    shown = found[: reads.PAGE]
    return {
        "people": shown,
        "ask_address": ASK_ADDRESS,
        "next": shown[-1].id if len(found) > len(shown) else None,
    }


def deciding(actor: Actor, purpose: str, person: UUID | None) -> dict[str, Any]:
    """One purpose for oneself, or for somebody one added. Raises `Absent` where it is not offered."""
    subject = person or actor.identity
    if subject is None:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    standing = reads.standing(actor, subject, purpose, language=language(), at=clock.now())
    name = (reads.name_of_added(actor, person) or gettext("a person you added")) if person else ""
    added = reach.added(actor, person) if person else None
    return {
        "standing": standing,
        "person": person,
        "name": name,
        "child": added is not None and children.is_child(added, standing.purpose, clock.now()),
    }
