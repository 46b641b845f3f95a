"""Who reaches a bundle: the person their copy, auditors evidence, officers the mere state (decision 21)."""

from __future__ import annotations

from exports.models import Kind as Of
from portals_core.access.actor import Actor, Kind
from portals_core.access.policy import NOTHING, ColumnIs, Policy, all_of, any_of

_COPY = ColumnIs("kind", Of.SUBJECT)
_EVIDENCE = ColumnIs("kind", Of.EVIDENCE)


def bundles(actor: Actor, action: str) -> Policy:
    """View: that there is one and how it stands. Download: its file, which officers never open."""
    if actor.kind is Kind.PORTAL and actor.identity is not None and action in ("view", "download"):
        return all_of(_COPY, ColumnIs("subject", actor.identity))
    if actor.kind is not Kind.STAFF:
        return NOTHING
    evidence = _EVIDENCE if action in ("view", "download") and actor.may("evidence.view") else NOTHING
    state = _COPY if action == "view" and actor.may("cases.view") else NOTHING
    return any_of(evidence, state)


def downloads(actor: Actor, action: str) -> Policy:
    """Attempts are read by system work only: exports and evidence show them."""
    return NOTHING
