"""What this app holds about a person: decisions with the texts they saw, and the bases of processing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consent.models import Basis, Decision, Objection, Purpose, Question
from consent.standing import history
from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import clock
from portals_core.plumbing.sources import Authority, Change, Claim, Item, Row

_READ = system("collect what is held about a subject")
_ERASE = system("erase consent with its subject")
DECISIONS, BASES = "consent_decisions", "processing_bases"
OBJECTIONS, QUESTIONS = "objections", "consent_questions"
LABELS = {
    DECISIONS: _("Consent decisions"),
    BASES: _("Processing bases"),
    OBJECTIONS: _("Objections"),
    QUESTIONS: _("Questions about consent"),
}


class Consent:
    """Decisions and bases: shown with every basis (D3), erased with the person."""

    key = "consent"
    label: object = _("Consent and processing bases")

    def describe(self) -> Iterable[Claim]:
        for name in (
            "subject", "purpose", "number", "state", "text", "language", "decided_by", "on_behalf",
            "authority", "method", "by_email", "by_phone", "by_survey", "by_social", "by_post", "remarks",
            "proof", "proof_sha256", "at", "recorded_at", "ends_at", "superseded_at", "evidence",
        ):  # fmt: skip
            yield Claim("consent.Decision", name, personal=True)
        for name in (
            "subject", "purpose", "basis", "condition", "assessment", "reason", "valid_from", "valid_to",
            "recorded_by", "recorded_at",
        ):  # fmt: skip
            yield Claim("consent.Basis", name, personal=True)
        for name in ("subject", "marketing", "sharing", "signal", "recorded_by", "at"):
            yield Claim("consent.Objection", name, personal=True)
        for name in (
            "subject", "purpose", "text", "decision", "campaign", "asked_by", "asked_at", "remind_at",
            "reminded_at", "due_at", "closed_at",
        ):  # fmt: skip
            yield Claim("consent.Question", name, personal=True)

    def find(self, subject: UUID, *, actor: Actor) -> Iterator[Item]:
        """One item per table; its version counts the rows, so that whatever is added later shows as drift."""
        for kind, label in LABELS.items():
            count = _rows(kind, subject).count()
            if count:
                yield Item(
                    source=self.key,
                    kind=kind,
                    ref=str(subject),
                    version=count,
                    label=str(label),
                    acts=frozenset({"erase"}),
                    key_scope=subject,
                )

    def export(self, subject: UUID, *, actor: Actor) -> Iterator[Row]:
        """Every decision with the exact text, every basis in words and code, oldest first."""
        decisions = _rows(DECISIONS, subject).select_related("purpose", "text").order_by("at", "number")
        for decision in decisions.iterator():
            yield Row(DECISIONS, _decision(decision), provided=not decision.on_behalf)
        for basis in _rows(BASES, subject).select_related("purpose").order_by("valid_from", "id").iterator():
            yield Row(BASES, _basis(basis), provided=False)
        for objection in _rows(OBJECTIONS, subject).order_by("at", "id").iterator():
            yield Row(OBJECTIONS, _objection(objection), provided=True)
        questions = _rows(QUESTIONS, subject).select_related("purpose", "text").order_by("asked_at", "id")
        for question in questions.iterator():
            yield Row(QUESTIONS, _question(question), provided=False)

    def erase(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        with transaction.atomic():
            if item.kind == DECISIONS:
                for purpose in Purpose.objects.visible_to(_ERASE):
                    history.close(subject, purpose, at=clock.now())
            count, _by_model = _rows(item.kind, subject).delete()
            if count:
                append.record(
                    "consent.erased",
                    actor=actor,
                    about=f"record:{subject}",
                    detail={"table": item.kind, "rows": count, "case": str(under.case)},
                )

    def restrict(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        """Nothing to restrict: the lock on the person's record stops every purpose at the gate."""

    def rectify(
        self, item: Item, values: Mapping[str, object], *, subject: UUID, actor: Actor, under: Authority
    ) -> list[Change]:
        """History is never rectified: another decision follows, or another basis is recorded."""
        return []


def _rows(kind: str, subject: UUID) -> QuerySet:
    managers = {
        DECISIONS: Decision.objects,
        BASES: Basis.objects,
        OBJECTIONS: Objection.objects,
        QUESTIONS: Question.objects,
    }
    return managers[kind].visible_to(_READ).filter(subject=subject)


def _decision(decision: Decision) -> Mapping[str, object]:
    return {
        "purpose": decision.purpose.key,
        "purpose_name": decision.purpose.name,
        "state": decision.state,
        "state_name": decision.get_state_display(),
        "at": decision.at.isoformat(),
        "ends_at": decision.ends_at and decision.ends_at.isoformat(),
        "language": decision.language,
        "text_version": decision.text.version,
        "text_title": decision.text.title,
        "text": decision.text.body,
        "authority": decision.authority,
        "method": decision.method,
        "channels": decision.channels,
        "remarks": decision.remarks,
        "proof_sha256": decision.proof_sha256,
        "on_behalf": decision.on_behalf,
        "evidence": decision.evidence,
    }


def _basis(basis: Basis) -> Mapping[str, object]:
    return {
        "purpose": basis.purpose.key if basis.purpose else "",
        "purpose_name": basis.purpose.name if basis.purpose else "",
        "basis": basis.basis,
        "basis_name": basis.get_basis_display(),
        "condition": basis.condition,
        "condition_name": basis.get_condition_display(),
        "assessment": basis.assessment,
        "reason": basis.reason,
        "valid_from": basis.valid_from.isoformat(),
        "valid_to": basis.valid_to and basis.valid_to.isoformat(),
        "recorded_at": basis.recorded_at.isoformat(),
    }


def _objection(objection: Objection) -> Mapping[str, object]:
    return {
        "marketing": objection.marketing,
        "sharing": objection.sharing,
        "signal": objection.signal,
        "signal_name": objection.get_signal_display(),
        "at": objection.at.isoformat(),
    }


def _question(question: Question) -> Mapping[str, object]:
    return {
        "purpose": question.purpose.key,
        "text_version": question.text.version,
        "language": question.text.language,
        "asked_at": question.asked_at.isoformat(),
        "reminded_at": question.reminded_at and question.reminded_at.isoformat(),
        "due_at": question.due_at.isoformat(),
        "closed_at": question.closed_at and question.closed_at.isoformat(),
    }
