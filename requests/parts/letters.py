"""The letters of a case: part of the officer's page and of the person's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portals_core.access.actor import Actor, Kind
from requests.law.states import State
from requests.models import Case, CaseDetail, Letter, LetterKind
from requests.telling import letters, reached
from requests.telling.letter_paper import Draft

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
    rows = lines(letters.listed(actor, case))
    detail = reached.detail_of(case) if staff else None
    return {
        "letters": {
            "case": case,
            "rows": rows,
            "preview": _preview(actor, case, detail, at) if staff else None,
            "may_post": staff and actor.may("cases.decide"),
            **(_post(actor, case, detail, rows) if staff else {}),
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


def _post(actor: Actor, case: Case, detail: CaseDetail | None, rows: list[Line]) -> dict[str, Any]:
    """Whether letters of this case go by post, and where to."""
    waits = [one.letter for one in rows if one.waits]
    address = detail.postal if detail else next((one.address for one in waits), "")
    by_post = bool(waits) or (detail is not None and not detail.reply_to and not case.unasked)
    named = actor.may("records.view") or actor.may("cases.decide")
    return {"by_post": by_post, "address": address, "named": named, "last": detail is None}


def _preview(actor: Actor, case: Case, detail: CaseDetail | None, at: datetime) -> Draft | None:
    """Only for who decides, and reads records: the letter names the person."""
    if case.state not in _PREPARED or not (actor.may("cases.decide") and actor.may("records.view")):
        return None
    if detail is None:
        return None
    return letters.preview(case, LetterKind.DECISION, at=at, detail=detail)
