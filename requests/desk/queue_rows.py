"""The rows of the queue as its page shows them: lines with the names that belong to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portals_core.access.actor import Actor
from requests.casebook import names, words
from requests.casebook.lines import Line


@dataclass(frozen=True)
class Row:
    """One line of the queue."""

    case: Line
    person: names.Person
    asked_by: str
    badge: words.Badge
    due: words.Due
    assignee: str


def rows(actor: Actor, cases: Sequence[Line], *, at: datetime) -> list[Row]:
    """Cases with the names that belong to them, in two queries more, whatever their number."""
    people = names.persons(actor, {case.subject for case in cases})
    users = names.users_by_id({key for case in cases for key in (case.requester_id, case.assignee_id) if key})
    return [
        Row(
            case,
            people[case.subject],
            names.asked_by(actor, case, users),
            words.badge(case.state),
            words.due(case, at=at),
            names.called(actor, users.get(case.assignee_id or 0)),
        )
        for case in cases
    ]
