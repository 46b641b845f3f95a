"""The letters of a case: part of the officer's page and of the person's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portals_core.access.actor import Actor, Kind
from requests import letter_paper, letters
from requests.letter_paper import Draft
from requests.models import Case, Letter, LetterKind
from requests.states import State

#: Where a decision is prepared, and its letter can be looked at before.
_PREPARED = (State.IN_REVIEW, State.AWAITING_APPROVAL, State.COOLING_OFF)


@dataclass(frozen=True, slots=True)
class Line:
    """One letter in a list; `waits` says that it is to be printed and posted."""

    letter: Letter
    name: object
    ready: bool
    waits: bool


def part(actor: Actor, case: Case, at: datetime) -> dict[str, Any]:
    """Every letter, newest first, and for officers the decision as it would be written now."""
    staff = actor.kind is Kind.STAFF
    return {
        "letters": {
            "case": case,
            "rows": lines(letters.listed(actor, case)),
            "preview": _preview(actor, case, at) if staff else None,
            "may_post": staff and actor.may("cases.decide"),
        }
    }


def lines(found: Any) -> list[Line]:
    """Letters as lists show them."""
    return [
        Line(
            one,
            LetterKind(one.kind).label,
            bool(one.digest),
            one.mail is None and one.posted_at is None,
        )
        for one in found
    ]


def _preview(actor: Actor, case: Case, at: datetime) -> Draft | None:
    """Only for who decides, and reads records: the letter names the person."""
    if case.state not in _PREPARED or not (actor.may("cases.decide") and actor.may("records.view")):
        return None
    if letter_paper.detail_of(case) is None:
        return None
    return letters.preview(case, LetterKind.DECISION, at=at)
