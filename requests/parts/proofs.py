"""Who asks, as the page of a case shows it: identifiers with their proofs, and whom they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from requests.arriving import matching
from requests.arriving.codes import MESSAGES
from requests.casebook import names
from requests.forms.intake import CheckedForm
from requests.law.states import CLOSED, State
from requests.models import Case, IdentifierKind, Notice, Proof, ProofMethod
from requests.telling.notices import receipts

#: Identifiers that are ids of records: the person stands beside them by name.
_BY_ID = (IdentifierKind.ACCOUNT, IdentifierKind.RECORD)
#: The bare word is a verb as well: several languages would read "to record".
_POINTED_AT = _("Record of the person")


@dataclass(frozen=True)
class Line:
    """One identifier and whether it is proved."""

    id: UUID
    kind: object
    #: Empty where the role does not see it, and for an account or a record.
    value: str
    tone: str
    icon: str
    word: object
    at: datetime | None
    by: str
    seen: str
    may_send: bool


def part(actor: Actor, case: Case, at: datetime) -> dict[str, Any]:
    """The context of `case_proofs.html`."""
    proofs = list(Proof.objects.visible_to(actor).filter(case=case))
    decides = actor.may("cases.decide") and case.state not in CLOSED and not case.on_behalf
    waiting = _waiting(actor, proofs)
    searching = decides and case.subject is None and case.state == State.IN_REVIEW
    found = matching.candidates(case) if searching and case.proved_at else []
    people = names.persons(actor, {one.pk for one in found})
    return {
        "proof_lines": _lines(actor, case, proofs, may_send=decides),
        "proof_hidden": not actor.may("records.view"),
        "proof_searching": searching,
        "proof_candidates": [people[one.pk] for one in found],
        "proof_form": CheckedForm(waiting=waiting) if decides and waiting else None,
    }


def form(actor: Actor, case: Case, data: Mapping[str, Any]) -> CheckedForm:
    """What was entered about the identifiers of a case that nobody proved yet."""
    proofs = Proof.objects.visible_to(actor).filter(case=case)
    return CheckedForm(data, waiting=_waiting(actor, proofs))


def _waiting(actor: Actor, proofs: Iterable[Proof]) -> list[tuple[UUID, str]]:
    """The identifiers that an officer can check, each as the page names it."""
    named = actor.may("records.view")
    return [
        (one.pk, f"{IdentifierKind(one.kind).label} {one.value if named else ''}".strip())
        for one in proofs
        if one.proved_at is None
    ]


def _lines(actor: Actor, case: Case, proofs: list[Proof], *, may_send: bool) -> list[Line]:
    named = actor.may("records.view")
    users = names.users_by_id({proof.checked_by_id for proof in proofs if proof.checked_by_id})
    sent = Notice.objects.visible_to(actor).filter(case=case, kind=receipts.PROOF).count()
    again = may_send and sent < MESSAGES
    return [_line(actor, one, users, named=named, again=again) for one in proofs]


def _line(actor: Actor, proof: Proof, users: dict[int, Any], *, named: bool, again: bool) -> Line:
    proved = proof.proved_at is not None
    return Line(
        id=proof.pk,
        kind=_POINTED_AT if proof.kind == IdentifierKind.RECORD else IdentifierKind(proof.kind).label,
        value=proof.value if named and proof.kind not in _BY_ID else "",
        tone="good" if proved else "warn",
        icon="circle-check" if proved else "circle-dashed",
        word=ProofMethod(proof.method).label if proved else _("Not proved: it is not used"),
        at=proof.proved_at,
        by=names.called(actor, users.get(proof.checked_by_id or 0)),
        seen=proof.seen if named else "",
        may_send=again and not proved and proof.kind == IdentifierKind.EMAIL,
    )
