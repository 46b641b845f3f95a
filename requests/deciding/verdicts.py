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
from portals_core.locks import decide
from portals_core.locks.decide import InForce
from portals_core.plumbing.errors import Absent, BadInput, Conflict
from portals_core.plumbing.sources import SOURCES, Item
from requests.casebook import attempts, barriers
from requests.deciding.board import Board, GroupRow, ItemRow, board, page
from requests.holding import duties, planning, suggestions
from requests.holding.book import batches
from requests.holding.judging import Rows, rows_of
from requests.law import grounds
from requests.law.states import State
from requests.models import Case, Kind, Verdict, VerdictKind

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
    meant = [_Meant(draft, by_lock=_asks_locks(case, draft)) for draft in drafts]
    for source in sorted({draft.source for draft in drafts}):
        if source not in dict(SOURCES.items()):
            raise Absent(_("There is nothing here, or it is not shared with you."))
        of_source = [one for one in meant if one.draft.source == source]
        for items in batches(planning.items_for(case, source=source)):
            for one in of_source:
                one.look(case, items)
            if all(one.settled for one in of_source):
                break
    return [_checked_one(case, one) for one in meant]


@dataclass
class _Meant:
    """What a draft is about, as far as it must be known: whether there is anything, and for a refusal without
    words whether locks give the ground for all of it."""

    draft: Draft
    by_lock: bool
    found: bool = False
    locked: bool = True
    lock: InForce | None = None

    @property
    def settled(self) -> bool:
        """Whether further items can change nothing."""
        return self.found and (not self.by_lock or not self.locked)

    def look(self, case: Case, items: list[Item]) -> None:
        mine = [one for one in items if one.kind == self.draft.kind and self.draft.ref in ("", one.ref)]
        self.found = self.found or bool(mine)
        if mine and self.by_lock:
            locks = duties.keeping(case.person, mine)
            self.locked = self.locked and all((one.source, one.ref) in locks for one in mine)
            known = [*locks.values(), *([self.lock] if self.lock else [])]
            self.lock = decide.strictest(known)

    def ground(self) -> str:
        """The ground that locks give for all of it; empty where one item is under no duty to keep."""
        return suggestions.BY_LOCK[self.lock.ground] if self.found and self.locked and self.lock else ""


def _asks_locks(case: Case, draft: Draft) -> bool:
    given = draft.sentence.strip() and draft.ground
    return case.kind == Kind.DELETE and draft.verdict == VerdictKind.REFUSE and not given


def _checked_one(case: Case, meant: _Meant) -> Draft:
    draft = meant.draft
    if not meant.found and draft.verdict:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    if not draft.verdict:
        return draft
    if draft.verdict not in VerdictKind.values:
        raise _bad(draft, "verdict", _("Choose what is done about it."))
    if draft.verdict == VerdictKind.REDACT:
        _refuse_unless_redactable(case, draft)
    if draft.verdict != VerdictKind.REFUSE:
        ground = OTHERS if draft.verdict == VerdictKind.REDACT else ""
        return Draft(draft.source, draft.kind, draft.ref, draft.verdict, ground)
    return _refusal(case, meant)


def redactable(kind: str, source: str) -> bool:
    """Whether what is about others can be left out of such an item: a record with its notes, in a copy."""
    return kind == Kind.EXPORT and source == planning.RECORDS


def _refuse_unless_redactable(case: Case, draft: Draft) -> None:
    if redactable(case.kind, draft.source):
        return
    if case.kind != Kind.EXPORT:
        sentence = _(
            "Only a copy can leave out what is about others. Here an item goes whole or stays whole."
        )
    elif draft.source == planning.FILES:
        sentence = _(
            "A file cannot be redacted: nobody can be taken out of it. Give it whole or leave it out."
        )
    else:
        sentence = _("Of this nothing can be left out in part. Give it whole or leave it out.")
    raise _bad(draft, "verdict", sentence)


def _refusal(case: Case, meant: _Meant) -> Draft:
    draft = meant.draft
    words, ground = draft.sentence.strip(), draft.ground
    if len(words) > LONGEST_SENTENCE:
        raise _bad(draft, "sentence", _("The answer is too long."))
    if meant.by_lock:
        given = meant.ground()
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
