"""Save what an officer entered on the page of a case, whole or not at all, and submit it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.plumbing.errors import Conflict
from requests.casebook import attempts, barriers
from requests.deciding import approvals, verdicts
from requests.deciding.verdicts import Draft
from requests.models import Case, Verdict

#: Source, kind and reference of an item; an empty reference means its whole group.
Key = tuple[str, str, str]


def name_of(part: str, key: Key) -> str:
    """How an input of a group or an item is called: "verdict-records:orders", with ":<ref>" for an item."""
    return f"{part}-{':'.join(filter(None, key))}"


def drafts(actor: Actor, case: Case) -> dict[Key, Draft]:
    """The drafts in force of a case."""
    rows = Verdict.objects.visible_to(actor).filter(case=case)
    return {
        (row.source, row.kind, row.ref): Draft(
            row.source, row.kind, row.ref, row.verdict, row.ground, row.sentence
        )
        for row in rows
    }


def mark(case: Case, known: Mapping[Key, Draft]) -> str:
    """What an officer had before them: another mark later means that somebody worked on it meanwhile."""
    rows = sorted([*key, one.verdict, one.ground, one.sentence] for key, one in known.items())
    return sha256(json.dumps([case.version, case.state, rows]).encode()).hexdigest()


def save(*, actor: Actor, case: UUID, entered: Iterable[Draft], seen: str, at: datetime) -> None:
    """Store drafts, all or none. `Conflict` where the case or a draft changed since the page with this mark
    was drawn; `BadInput` names the inputs of the page."""
    with attempts.watched(actor=actor, act="draft", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, case, "decide")
        if mark(found, drafts(actor, found)) != seen:
            raise Conflict(
                _(
                    "Somebody else worked on this request since you opened it. What you entered is still "
                    "here: compare it with what is saved, then send it again."
                ),
                code="draft.changed",
            )
        if wanted := list(entered):
            verdicts.put_all(actor=actor, case=case, drafts=wanted, at=at)


def submit(
    *, actor: Actor, case: UUID, entered: Iterable[Draft], seen: str, ground: str, at: datetime
) -> Case:
    """Store drafts and decide the case by them; returns it as it is then.

    The drafts are stored first and stay where the decision is refused, so that nothing is entered twice.
    """
    save(actor=actor, case=case, entered=entered, seen=seen, at=at)
    return approvals.decide(
        actor=actor,
        case=case,
        outcome=approvals.AS_DRAFTED,
        ground=ground,
        at=at,
    )
