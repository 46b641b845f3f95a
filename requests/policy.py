"""Who reaches which cases, as a declaration.

In the portal: the cases a person filed and the cases about that person. Staff: by permission. Everything
that hangs on a case is reached exactly as its case is.
"""

from __future__ import annotations

from portals_core.access.actor import Actor, Kind
from portals_core.access.policy import (
    EVERYTHING,
    NOTHING,
    POLICIES,
    ColumnIn,
    ColumnIs,
    ModelPolicy,
    Policy,
    all_of,
    any_of,
    by_permission,
)

#: What staff need for each act; an act that is not listed is nobody's.
STAFF = {"view": "cases.view", "decide": "cases.decide", "approve": "cases.approve", "assign": "cases.assign"}
#: What people in the portal may do with cases they reach.
PORTAL = frozenset({"view", "withdraw"})
PARTS = ("CaseDetail", "Proposal", "Mandate", "Transition", "Notice")
#: What a case shows to staff only: how it is decided and carried out names records of other people's making,
#: and what identifiers were given is for whoever proved them.
INTERNAL = (
    "Plan",
    "PlanPart",
    "Effect",
    "Verdict",
    "Approval",
    "RecipientNotice",
    "Proof",
    "Presence",
    "Alarm",
)
#: What goes to the person alone, also where somebody else asked for them (decision 14).
PRIVATE = ("Clarification", "Letter")
#: What the person and the officers said to each other; what officers say among themselves is nobody else's.
SAID = ("in", "out")


def cases(actor: Actor, action: str) -> Policy:
    """Cases this actor may do `action` to."""
    return _reached(actor, action, prefix="")


def part(actor: Actor, action: str) -> Policy:
    """What hangs on cases, reached as they are."""
    return _reached(actor, action, prefix="case__")


def _reached(actor: Actor, action: str, *, prefix: str) -> Policy:
    if actor.kind is Kind.STAFF:
        needed = STAFF.get(action)
        return EVERYTHING if needed is not None and actor.may(needed) else NOTHING
    if actor.kind is not Kind.PORTAL or action not in PORTAL or actor.user_id is None:
        return NOTHING
    filed = ColumnIs(f"{prefix}requester_id", actor.user_id)
    about = ColumnIs(f"{prefix}subject", actor.identity) if actor.identity else NOTHING
    return any_of(filed, about)


def private(actor: Actor, action: str) -> Policy:
    """For the person a case is about and for staff; who asked for somebody else has no part in it."""
    if actor.kind is not Kind.PORTAL:
        return part(actor, action)
    if action not in PORTAL or actor.identity is None:
        return NOTHING
    return ColumnIs("case__subject", actor.identity)


def messages(actor: Actor, action: str) -> Policy:
    """As `private`, and in the portal never an internal note (C10)."""
    reached = private(actor, action)
    return reached if actor.kind is not Kind.PORTAL else all_of(reached, ColumnIn("direction", SAID))


def internal(actor: Actor, action: str) -> Policy:
    """For staff alone, as the case is."""
    return part(actor, action) if actor.kind is Kind.STAFF else NOTHING


def saved_views(actor: Actor, action: str) -> Policy:
    """One's own views of the queue, to use and to change; shared ones to use."""
    if actor.kind is not Kind.STAFF or not actor.may("cases.view") or actor.user_id is None:
        return NOTHING
    own = ColumnIs("owner_id", actor.user_id)
    return {"view": any_of(own, ColumnIs("shared", True)), "edit": own}.get(action, NOTHING)


def chosen_views(actor: Actor, action: str) -> Policy:
    """The view with which one's own queue opens."""
    mine = actor.kind is Kind.STAFF and actor.may("cases.view") and actor.user_id is not None
    return ColumnIs("user_id", actor.user_id) if mine and action in ("view", "edit") else NOTHING


def register() -> None:
    """Called once at start-up."""
    POLICIES.register("dsr_requests.Case", cases)
    rules: dict[ModelPolicy, tuple[str, ...]] = {part: PARTS, internal: INTERNAL, private: PRIVATE}
    for rule, names in rules.items():
        for name in names:
            POLICIES.register(f"dsr_requests.{name}", rule)
    POLICIES.register("dsr_requests.Message", messages)
    POLICIES.register("dsr_requests.Counter", by_permission())
    POLICIES.register("dsr_requests.LetterTemplate", by_permission(view="cases.view", edit="cases.letters"))
    POLICIES.register("dsr_requests.AssignmentRule", by_permission(view="cases.view", edit="cases.assign"))
    POLICIES.register("dsr_requests.SavedView", saved_views)
    POLICIES.register("dsr_requests.ChosenView", chosen_views)
