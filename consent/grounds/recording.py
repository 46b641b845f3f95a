"""Recording the basis on which a person's data is processed (D1, D8): added, never overwritten.

Recording is no change of the person's record: a lock on the record does not stand in the way, and the basis
is the very thing an officer has to be able to say about locked data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purposes
from consent.law import bases
from consent.models import BASES, CONDITIONS, NOT_APPLICABLE, Basis, Purpose
from consent.standing import reach
from portals_core.access.actor import Actor
from portals_core.ledger import append
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from portals_core.records import catalogue, values
from portals_core.records.models import Personal, Record

LONGEST_ASSESSMENT = 200


@dataclass(frozen=True)
class Wanted:
    """What is to be recorded, for one person or for many; made by `wanted` only."""

    basis: str
    purpose: Purpose | None
    condition: str
    reason: str
    assessment: str
    #: Empty: from the moment of recording.
    valid_from: datetime | None

    @property
    def basis_name(self) -> str:
        """The basis in words."""
        return str(dict(BASES)[self.basis])

    @property
    def condition_name(self) -> str:
        """The condition in words; empty where there is none."""
        return str(dict(CONDITIONS).get(self.condition, ""))


def record_basis(
    *,
    actor: Actor,
    subject: UUID,
    basis: str,
    at: datetime,
    purpose: str | None = None,
    condition: str = "",
    reason: str = "",
    assessment: str = "",
    valid_from: datetime | None = None,
) -> Basis:
    """Record a basis, in general or for one purpose; the one in force before ends where it begins.

    Needs "consent.manage" and a person's record in sight. Raises what `wanted` and `record` raise.
    """
    refuse_unless_may(actor)
    what = wanted(
        basis=basis,
        at=at,
        purpose=purpose,
        condition=condition,
        reason=reason,
        assessment=assessment,
        valid_from=valid_from,
    )
    return record(what, actor=actor, subject=subject, at=at)


def refuse_unless_may(actor: Actor) -> None:
    """Raise `Forbidden` for whoever does not keep consent."""
    if not actor.may("consent.manage"):
        raise Forbidden(_("Your role does not include recording processing bases."))


def wanted(
    *,
    basis: str,
    at: datetime,
    purpose: str | None = None,
    condition: str = "",
    reason: str = "",
    assessment: str = "",
    valid_from: datetime | None = None,
) -> Wanted:
    """What can be said of a basis before it is known whose.

    Raises `BadInput` for anything but the six or "not applicable", for legitimate interests without the
    assessment that weighed them (Art. 6(1)(f)), for an assessment of anything else, for a condition the law
    does not name (Art. 9(2)), and for a beginning in the future; `Absent` for an unknown purpose.
    """
    if basis != NOT_APPLICABLE:
        bases.basis(basis)
    reference = assessment.strip()
    _check_assessment(basis, reference)
    if condition and condition not in set(bases.Special):
        raise BadInput(
            _("This is not a condition for special categories of data. Choose one the law names."),
            code="basis.condition",
            fields={"condition": _("unknown condition")},
        )
    if valid_from is not None and valid_from > at:
        raise BadInput(
            _("A basis cannot begin in the future."),
            code="basis.future",
            fields={"valid_from": _("choose today or earlier")},
        )
    of = purposes.purpose(purpose) if purpose else None
    return Wanted(basis, of, condition, reason.strip(), reference, valid_from)


def record(what: Wanted, *, actor: Actor, subject: UUID, at: datetime) -> Basis:
    """Record it for one person: the row, its ledger leaf and its announcement, or nothing.

    The caller has asked `refuse_unless_may`. Raises `Absent` for what is no person in sight, `Conflict` where
    the person's module keeps no bases, `BadInput` where it would begin before the basis it follows, and for
    sensitive data without a condition of Art. 9(2).
    """
    begins = what.valid_from or at
    Record.objects.fetch(actor, subject)
    with transaction.atomic():
        person = reach.lock(subject)
        _refuse_without_compliance(person)
        _refuse_without_condition(person, what)
        rows = Basis.objects.visible_to(actor, "edit").filter(
            subject=person.pk, purpose=what.purpose, valid_to=None
        )
        if rows.filter(valid_from__gt=begins).exists():
            raise BadInput(
                _("It would begin before the basis it follows. Choose a later date, or leave it empty."),
                code="basis.too_early",
                fields={"valid_from": _("choose a later date")},
            )
        rows.update(valid_to=begins)
        stored = Basis(
            subject=person.pk,
            purpose=what.purpose,
            basis=what.basis,
            condition=what.condition,
            reason=what.reason,
            assessment=what.assessment,
            valid_from=begins,
            recorded_by_id=actor.user_id,
            recorded_at=at,
        )
        stored.save(force_insert=True)
        of = what.purpose.key if what.purpose else ""
        append.record(
            "basis.recorded",
            actor=actor,
            about=f"record:{person.pk}",
            subject=person.pk,
            at=at,
            detail={
                "basis": what.basis,
                "condition": what.condition,
                "purpose": of,
                "reason": what.reason,
                "assessment": what.assessment,
            },
        )
        outbox.announce("basis.recorded", about=f"record:{person.pk}", purpose=of)
    return stored


def holds_sensitive(person: Record) -> bool:
    """Whether a field marked sensitive is filled in on this record; of an encrypted one only that is known.

    Records that belong to the person are not looked at: the basis is recorded on the person's own.
    """
    sensitive = [one.key for one in catalogue.fields(person.module) if one.personal == Personal.SENSITIVE]
    return any(person.values.get(key) not in values.EMPTY or key in person.sealed for key in sensitive)


def _check_assessment(basis: str, reference: str) -> None:
    if basis == bases.Basis.LEGITIMATE_INTERESTS and not reference:
        raise BadInput(
            _("Legitimate interests have to be weighed against those of the person. Say where that is "
              "written down."),
            code="basis.assessment",
            fields={"assessment": _("name the assessment")},
        )  # fmt: skip
    if basis != bases.Basis.LEGITIMATE_INTERESTS and reference:
        raise BadInput(
            _("An assessment belongs to legitimate interests only. Leave it empty."),
            code="basis.assessment",
            fields={"assessment": _("leave it empty")},
        )
    if len(reference) > LONGEST_ASSESSMENT:
        raise BadInput(
            _("Name the assessment in at most %(longest)s characters.") % {"longest": LONGEST_ASSESSMENT},
            code="basis.assessment",
            fields={"assessment": _("too long")},
        )


def _refuse_without_compliance(person: Record) -> None:
    if not person.module.compliance:
        raise Conflict(
            _("No bases are kept for these records. An administrator can switch that on for the module."),
            code="basis.off",
        )


def _refuse_without_condition(person: Record, what: Wanted) -> None:
    if what.basis != NOT_APPLICABLE and not what.condition and holds_sensitive(person):
        raise BadInput(
            _("Sensitive data is held about this person. Choose the condition that allows it."),
            code="basis.condition_needed",
            fields={"condition": _("choose a condition")},
        )
