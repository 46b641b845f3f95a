"""The personal data that cases themselves hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.plumbing.sources import Authority, Change, Claim, Item, Row
from requests.casebook import details, rectify
from requests.models import Case, CaseDetail, Letter, Message, Proposal
from requests.policy import SAID

_READ = system("collect what is held about a subject")
_KEPT = {
    "Case": (
        "number", "kind", "state", "subject", "requester", "user_type", "on_behalf", "channel", "received_at",
        "filed_at", "country", "subdivision", "asked", "due_on", "ends_at", "unpaused_on", "extended_at",
        "extension_ground", "proved_at", "assignee", "ground", "decided_by", "decided_at", "approved_by",
        "approved_at", "plan_digest", "approvals_needed", "cools_until", "duplicate_of", "nothing_held",
        "lifts_at", "purged_at", "closed_at",
    ),
    "Plan": ("case", "items", "counts", "stored_at", "kept"),
    "PlanPart": ("plan", "place", "items", "size"),
    "Effect": ("case", "item", "at"),
    "Verdict": ("case", "source", "kind", "ref", "verdict", "ground", "by", "at"),
    "Approval": ("case", "by", "digest", "at", "void"),
    "RecipientNotice": (
        "case", "recipient", "name", "act", "way", "standing", "told_at", "by", "mail", "note", "answered_at",
    ),
    "Proof": (
        "case", "kind", "method", "code_digest", "tries", "sent_at", "expires_at", "proved_at", "checked_by",
    ),
    "Clarification": ("case", "ground", "asked_by", "asked_at", "answered_at", "pauses"),
    "Mandate": ("case", "subject", "asked_at", "confirmed_at", "objected_at", "checked_by", "checked_at"),
    "Transition": ("case", "name", "source", "target", "actor", "at"),
    "Notice": ("case", "kind", "mail", "at"),
}  # fmt: skip
_ERASED = {
    "CaseDetail": ("text", "reply_to", "postal", "language"),
    "Proposal": ("ref", "field", "label", "before", "proposed", "approved", "applied_at"),
    "Message": ("case", "direction", "author", "text", "at", "seen_at"),
    "Letter": (
        "case",
        "kind",
        "language",
        "title",
        "body",
        "address",
        "pdf",
        "digest",
        "at",
        "mail",
        "posted_at",
    ),
}
_CLEARED = {
    "Case": ("sentence",),
    "Clarification": ("question",),
    "Mandate": ("address", "authority"),
    "Proof": ("value", "name_hash", "seen"),
    "RecipientNotice": ("whom", "letter", "pdf"),
    "Transition": ("reason",),
    "Verdict": ("sentence",),
}


class Requests:
    """Cases about the person: facts, the words written, the corrections proposed."""

    key = "requests"
    label = _("Requests")

    def describe(self) -> Iterable[Claim]:
        for strategy, models in (("keep", _KEPT), ("delete", _ERASED), ("clear", _CLEARED)):
            for model, names in models.items():
                for name in names:
                    yield Claim(f"dsr_requests.{model}", name, personal=True, erasure=strategy)

    def find(self, subject: UUID, *, actor: Actor) -> Iterator[Item]:
        """One item per proven case that still holds words of the person. Its version stays 1: the steps a
        case takes are no change of what it holds, or deciding would undo its own plan.

        What nobody proved is no item: whoever files in the person's name again and again would send their
        approved deletion back each time (attack 3). It goes with the person, and else on schedule.
        """
        rows = CaseDetail.objects.visible_to(_READ).filter(case__subject=subject).order_by("case_id")
        proven = rows.exclude(case__proved_at=None)
        for key, number in proven.values_list("case_id", "case__number"):
            yield Item(self.key, "case", str(key), label=number, acts=frozenset({"erase"}))

    def export(self, subject: UUID, *, actor: Actor) -> Iterator[Row]:
        cases = Case.objects.visible_to(_READ).filter(subject=subject).select_related("detail")
        for case in cases.order_by("number").iterator():
            yield Row("requests", _facts(case))
        rows = Proposal.objects.visible_to(_READ).filter(case__subject=subject).select_related("case")
        for row in rows.order_by("case__number", "position").iterator():
            before, proposed = rectify.values_of(row)
            yield Row(
                "requested_corrections",
                {
                    "request": row.case.number,
                    "field": row.label,
                    "before": before,
                    "proposed": proposed,
                    "approved": row.approved,
                },
            )

        yield from _said(subject)

    def erase(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        """Empty another case of the person. The one that is carried out empties itself when it closes:
        it still needs to know where the last message goes."""
        if item.ref != str(under.case):
            details.purge([UUID(item.ref)])

    def restrict(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        """A restriction never stands against the person's own requests (decision 15)."""

    def rectify(
        self, item: Item, values: Mapping[str, object], *, subject: UUID, actor: Actor, under: Authority
    ) -> list[Change]:
        return []


def _said(subject: UUID) -> Iterator[Row]:
    """Messages and letters between the person and us; never an internal note (C10)."""
    messages = Message.objects.visible_to(_READ).filter(case__subject=subject, direction__in=SAID)
    for one in messages.select_related("case").order_by("at", "id").iterator():
        facts = {
            "request": one.case.number,
            "direction": one.direction,
            "text": one.text,
            "at": one.at.isoformat(),
        }
        yield Row("messages", facts, provided=one.direction == "in")
    letters = Letter.objects.visible_to(_READ).filter(case__subject=subject).select_related("case")
    for letter in letters.defer("pdf").order_by("at", "id").iterator():
        facts = {
            "request": letter.case.number,
            "title": letter.title,
            "text": letter.body,
            "at": letter.at.isoformat(),
        }
        yield Row("letters", facts, provided=False)


def _facts(case: Case) -> dict[str, object]:
    detail = getattr(case, "detail", None)
    return {
        "number": case.number,
        "kind": case.kind,
        "state": case.state,
        "on_behalf": case.on_behalf,
        "channel": case.channel,
        "received_at": case.received_at.isoformat(),
        "due_on": case.due_on.isoformat(),
        "decided_at": case.decided_at and case.decided_at.isoformat(),
        "closed_at": case.closed_at and case.closed_at.isoformat(),
        "ground": case.ground,
        "answer": case.sentence,
        "text": detail.text if detail else "",
        "reply_to": detail.reply_to if detail else "",
        "postal_address": detail.postal if detail else "",
    }
