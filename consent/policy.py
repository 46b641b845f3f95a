"""Who reaches purposes, texts, bases and decisions."""

from __future__ import annotations

from consent.law.bases import Basis as LawfulBasis
from portals_core.access.actor import Actor, Kind
from portals_core.access.policy import (
    EVERYTHING,
    NOTHING,
    POLICIES,
    ColumnIs,
    Policy,
    all_of,
)


def decisions(actor: Actor, action: str, **narrow: object) -> Policy:
    """A subject sees their own; staff who keep consent see all. Others' are read by name, see `reads`."""
    if actor.kind is Kind.STAFF:
        return EVERYTHING if action == "view" and actor.may("consent.manage") else NOTHING
    return _own(actor, action)


def bases(actor: Actor, action: str, **narrow: object) -> Policy:
    """A subject sees a basis only where it is consent (D3, decision 12); staff see and record all."""
    if actor.kind is Kind.STAFF:
        return EVERYTHING if actor.may("consent.manage") else NOTHING
    return all_of(_own(actor, action), ColumnIs("basis", LawfulBasis.CONSENT.value))


def kept_by_staff(actor: Actor, action: str, **narrow: object) -> Policy:
    """Staff who keep consent read and change it; nobody else reaches it but by a named reader."""
    return EVERYTHING if actor.kind is Kind.STAFF and actor.may("consent.manage") else NOTHING


def set_up(actor: Actor, action: str, **narrow: object) -> Policy:
    """The register is read by staff who keep consent or set up, and by auditors; changed by who sets up."""
    names = _NEEDED["edit"] if action != "view" else (*_NEEDED["view"], "ledger.view")
    return EVERYTHING if any(actor.may(name) for name in names) else NOTHING


def _own(actor: Actor, action: str) -> Policy:
    if actor.kind is not Kind.PORTAL or actor.identity is None or action != "view":
        return NOTHING
    return ColumnIs("subject", actor.identity)


def purposes(actor: Actor, action: str, **narrow: object) -> Policy:
    """What the organisation wants to do is no secret to whoever is signed in; staff set it up by right."""
    if action == "view" and actor.kind is Kind.PORTAL:
        return EVERYTHING
    return EVERYTHING if any(actor.may(name) for name in _NEEDED.get(action, ())) else NOTHING


def texts(actor: Actor, action: str, **narrow: object) -> Policy:
    """Published texts are for everybody who is signed in; staff who keep consent publish them."""
    if action == "view" and actor.kind is Kind.PORTAL:
        return EVERYTHING
    return EVERYTHING if action in ("view", "edit") and actor.may("consent.manage") else NOTHING


_NEEDED = {"view": ("consent.manage", "setup.manage"), "edit": ("setup.manage",)}


def register() -> None:
    """Called once at start-up."""
    POLICIES.register("consent.Decision", decisions)
    POLICIES.register("consent.Basis", bases)
    POLICIES.register("consent.Purpose", purposes)
    POLICIES.register("consent.Text", texts)
    POLICIES.register("consent.Withdrawn", texts)
    POLICIES.register("consent.Objection", decisions)
    for name in ("Question", "Campaign", "SignUp", "BasisChange"):
        POLICIES.register(f"consent.{name}", kept_by_staff)
    for name in ("Activity", "Party", "Recipient"):
        POLICIES.register(f"consent.{name}", set_up)
