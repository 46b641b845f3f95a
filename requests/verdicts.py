"""The officer's drafts about the items of a case, one by one or by kind; `board` is the page of them (W5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing.errors import Absent, BadInput, Conflict
from portals_core.plumbing.sources import SOURCES, Item
from requests import attempts, barriers, grounds, planning, suggestions
from requests.board import Board, GroupRow, ItemRow, board, page
from requests.judging import Rows, rows_of
from requests.models import Case, Kind, Verdict, VerdictKind
from requests.states import State

__all__ = ["Board", "Draft", "GroupRow", "ItemRow", "board", "clear", "page", "put", "put_all"]
LONGEST_SENTENCE = 2_000
#: What is left out of a copy is what is about others.
OTHERS = "OwnA15RightsOfOthers"
_WRITE = system("keep the verdicts of a case")


@dataclass(frozen=True)
class Draft:
    """What an officer wants about one item, or with an empty `ref` about all of a kind. An empty `verdict`
    takes back what was drafted."""

    source: str
    kind: str
    ref: str = ""
    verdict: str = ""
    ground: str = ""
    sentence: str = ""


def put(
    *,
    actor: Actor,
    case: UUID | str,
    source: str,
    kind: str,
    at: datetime,
    ref: str = "",
    verdict: str,
    ground: str = "",
    sentence: str = "",
) -> Verdict:
    """Draft what is done about one item, or with an empty `ref` about all of a kind; returns the draft.

    A refusal needs a ground from the list of its kind and words for the person; a lock that must be kept
    gives both. Of two officers who draft about the same item the later one stands. Raises `Absent`,
    `Forbidden`, `BadInput`, and `Conflict` for a case that is not in review.
    """
    draft = Draft(source, kind, ref, verdict, ground, sentence)
    if not verdict:
        raise BadInput(_("Choose what is done about it."), code="verdict.kind")
    stored = put_all(actor=actor, case=case, drafts=[draft], at=at)
    return stored[source, kind, ref]


def clear(*, actor: Actor, case: UUID | str, source: str, kind: str, at: datetime, ref: str = "") -> None:
    """Take back what was drafted, so that the next one holds. Harmless where nothing was."""
    put_all(actor=actor, case=case, drafts=[Draft(source, kind, ref)], at=at)


def put_all(*, actor: Actor, case: UUID | str, drafts: Iterable[Draft], at: datetime) -> Rows:
    """Draft all of these or none; what stands already is left as it is. As `put`; the fields of a
    `BadInput` are named after the draft: "ground-records:orders:<ref>"."""
    with attempts.watched(actor=actor, act="verdict", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, case, "decide")
        barriers.not_about_oneself(actor, found)
        _refuse_unless_open(found)
        rows = rows_of(found)
        for draft in _checked(found, list(drafts)):
            _store(found, rows, draft, actor=actor, at=at)
        return rows


def _refuse_unless_open(found: Case) -> None:
    if found.kind == Kind.RECTIFY:
        raise BadInput(_("A correction is decided field by field."), code="verdict.rectify")
    if found.state != State.IN_REVIEW:
        raise Conflict(
            _("Items are decided while a request is in review. Reload the page to see where it stands."),
            code="verdict.state",
        )


def _checked(case: Case, drafts: list[Draft]) -> list[Draft]:
    """The drafts with what a lock gives filled in. Walks only the sources that are drafted about."""
    known: dict[tuple[str, str], list[Item]] = {}
    for source in sorted({draft.source for draft in drafts}):
        if source not in dict(SOURCES.items()):
            raise Absent(_("There is nothing here, or it is not shared with you."))
        for item in planning.items_for(case, source=source):
            known.setdefault((item.source, item.kind), []).append(item)
    return [_checked_one(case, draft, known.get((draft.source, draft.kind), [])) for draft in drafts]


def _checked_one(case: Case, draft: Draft, items: list[Item]) -> Draft:
    meant = [item for item in items if draft.ref in ("", item.ref)]
    if not meant and draft.verdict:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    if not draft.verdict:
        return draft
    if draft.verdict not in VerdictKind.values or (
        draft.verdict == VerdictKind.REDACT and case.kind != Kind.EXPORT
    ):
        raise _bad(draft, "verdict", _("Choose what is done about it."))
    if draft.verdict != VerdictKind.REFUSE:
        ground = OTHERS if draft.verdict == VerdictKind.REDACT else ""
        return Draft(draft.source, draft.kind, draft.ref, draft.verdict, ground)
    return _refusal(case, draft, meant)


def _refusal(case: Case, draft: Draft, meant: list[Item]) -> Draft:
    words, ground = draft.sentence.strip(), draft.ground
    if len(words) > LONGEST_SENTENCE:
        raise _bad(draft, "sentence", _("The answer is too long."))
    if case.kind == Kind.DELETE and not (words and ground):
        given = _given_by_locks(meant)
        ground = ground or given
        words_owed = not given
    else:
        words_owed = True
    try:
        grounds.refusal(ground, case.kind)
    except BadInput as error:
        raise _bad(draft, "ground", error) from error
    if words_owed and not words:
        raise _bad(draft, "sentence", _("Tell the person in plain words why."))
    return Draft(draft.source, draft.kind, draft.ref, draft.verdict, ground, words)


def _given_by_locks(meant: list[Item]) -> str:
    """The ground that locks give for all of these; empty where one of them is under no duty to keep."""
    keys = [planning.record_of(item) for item in meant]
    locks = planning.keeping(key for key in keys if key is not None)
    if not all(key in locks for key in keys):
        return ""
    return suggestions.BY_LOCK[min(lock.ground for lock in locks.values())]


def _bad(draft: Draft, field: str, sentence: object) -> BadInput:
    name = ":".join(part for part in (draft.source, draft.kind, draft.ref) if part)
    return BadInput(str(sentence), code=f"verdict.{field}", fields={f"{field}-{name}": str(sentence)})


def _store(case: Case, rows: Rows, draft: Draft, *, actor: Actor, at: datetime) -> None:
    key = (draft.source, draft.kind, draft.ref)
    before = rows.get(key)
    wanted = (draft.verdict, draft.ground, draft.sentence)
    if (before and (before.verdict, before.ground, before.sentence) == wanted) or not (
        before or draft.verdict
    ):
        return
    if not draft.verdict:
        Verdict.objects.visible_to(_WRITE).filter(case=case, source=key[0], kind=key[1], ref=key[2]).delete()
        del rows[key]
    else:
        row = before or Verdict(case=case, source=key[0], kind=key[1], ref=key[2])
        row.verdict, row.ground, row.sentence = wanted
        row.by, row.at = barriers.user_of(actor), at
        row.save()
        rows[key] = row
    append.record(
        "case.verdict",
        actor=actor,
        about=case.ref,
        subject=case.subject or None,
        at=at,
        detail={"item": ":".join(key), "verdict": draft.verdict, "ground": draft.ground},
    )
