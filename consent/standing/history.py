"""The one place where a decision is stored: the row, its ledger leaf and its announcement, or nothing.

Nothing here decides whether a decision may be made; `decisions`, `asking` and the jobs do, and call `add`
inside their transaction with the person's record locked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent.law.evidence import decision_digest
from consent.models import PERMITTING, Authority, Channel, Decision, Method, Purpose, Question, State, Text
from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import links, outbox

#: Announced with every decision: about "record:<id>", with `purpose` and `state`.
EVENT = "consent.changed"
#: Links about one question, and about withdrawing one consent.
ASK, WITHDRAW = "consent", "consent_withdraw"
LEDGER_CODES = {
    State.WAITING: "consent.asked",
    State.OBTAINED: "consent.given",
    State.RENEWED: "consent.renewed",
    State.REFUSED: "consent.refused",
    State.WITHDRAWN: "consent.withdrawn",
    State.REVOKED: "consent.revoked",
    State.NOT_RESPONDED: "consent.not_responded",
    State.EXPIRED: "consent.expired",
    State.INVALIDATED: "consent.invalidated",
}
_READ = system("see what was decided before")
_FOLLOW = system("let a decision take the place of the one before")


@dataclass(frozen=True)
class Proof:
    """A file on the person's record that shows a decision."""

    file: UUID
    sha256: str


def latest(subject: UUID, purpose: Purpose) -> Decision | None:
    """The decision that counts now, with its text; `None` where nothing was decided."""
    rows = Decision.objects.visible_to(_READ).filter(subject=subject, purpose=purpose, superseded_at=None)
    return rows.select_related("text", "purpose").first()


def standing(subject: UUID) -> list[Decision]:
    """Everything there is to withdraw for a person: what permits, and what awaits an answer."""
    rows = Decision.objects.visible_to(_READ).filter(
        subject=subject, superseded_at=None, state__in=PERMITTING | {State.WAITING}
    )
    return list(rows.select_related("text", "purpose").order_by("purpose__position", "purpose__key"))


def is_asked(subject: UUID, purpose: Purpose) -> bool:
    """Whether the person was asked about this purpose and has not answered yet."""
    rows = Question.objects.visible_to(_READ).filter(subject=subject, purpose=purpose, closed_at=None)
    return rows.exists()


def add(
    state: State,
    *,
    actor: Actor,
    subject: UUID,
    purpose: Purpose,
    text: Text,
    before: Decision | None,
    authority: Authority,
    method: Method,
    at: datetime,
    recorded_at: datetime | None = None,
    channels: Collection[str] = (),
    remarks: str = "",
    proof: Proof | None = None,
    ends_at: datetime | None = None,
) -> Decision:
    """Store one decision after `before`, which it supersedes, and close the question and links it answers.

    `at` is when it was decided, `recorded_at` when it became known (default: the same).
    """
    recorded = recorded_at or at
    named = [channel for channel in Channel.values if channel in channels]
    number = before.number + 1 if before else 1
    evidence = decision_digest(
        subject=subject,
        purpose=purpose.key,
        number=number,
        state=state.value,
        text=text.digest,
        authority=authority.value,
        method=method.value,
        channels=named,
        remarks=remarks,
        proof_sha256=proof.sha256 if proof else "",
        at=at,
        recorded_at=recorded,
        ends_at=ends_at,
    )
    Decision.objects.visible_to(_FOLLOW).filter(subject=subject, purpose=purpose, superseded_at=None).update(
        superseded_at=recorded
    )
    decision = Decision(
        subject=subject,
        purpose=purpose,
        number=number,
        state=state,
        text=text,
        language=text.language,
        decided_by_id=actor.user_id,
        on_behalf=authority in (Authority.REPRESENTATIVE, Authority.PARENT),
        authority=authority,
        method=method,
        remarks=remarks,
        proof=proof.file if proof else None,
        proof_sha256=proof.sha256 if proof else "",
        at=at,
        recorded_at=recorded,
        ends_at=ends_at,
        evidence=evidence,
        **{f"by_{channel}": True for channel in named},
    )
    decision.save(force_insert=True)
    close(subject, purpose, at=recorded)
    append.record(
        LEDGER_CODES[state],
        actor=actor,
        about=f"record:{subject}",
        subject=subject,
        at=recorded,
        detail={"purpose": purpose.key, "text": text.digest, "number": number, "evidence": evidence},
    )
    outbox.announce(EVENT, about=f"record:{subject}", purpose=purpose.key, state=state.value)
    return decision


def close(subject: UUID, purpose: Purpose, *, at: datetime) -> None:
    """Something was decided: the question is over, and no link about this consent works any longer."""
    Question.objects.visible_to(_FOLLOW).filter(subject=subject, purpose=purpose, closed_at=None).update(
        closed_at=at
    )
    for link in (ASK, WITHDRAW):
        links.revoke(link, about=link_about(subject, purpose), at=at)


def link_about(subject: UUID, purpose: Purpose) -> str:
    """What a link about one consent names."""
    return f"consent:{subject}:{purpose.pk}"
