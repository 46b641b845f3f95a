"""What is done about each item a request touches: suggested, and drafted by officers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.locks import decide, place
from portals_core.plumbing.errors import BadInput, Conflict
from requests import barriers, grounds, holdings, planning
from requests.models import Case, Kind, Verdict, VerdictKind
from requests.states import State

_READ = system("read verdicts")
PAGE = 50


@dataclass
class ItemRow:
    ref: str
    name: str
    verdict: str
    ground: str
    sentence: str
    suggestion: str
    why: Any
    locked_by: Any = ""
    ends: date | None = None
    third_persons: list[str] = field(default_factory=list)


@dataclass
class GroupRow:
    source: str
    kind: str
    label: Any
    count: int
    personal: int
    sensitive: int
    names: list[str]
    verdict: str
    ground: str
    sentence: str
    suggestion: str
    why: Any
    locked_by: Any
    ends: date | None
    third_persons: list[str]
    recipients: int
    items: list[ItemRow]
    more: bool


@dataclass(frozen=True)
class Draft:
    source: str
    kind: str
    ref: str = ""
    verdict: str = ""
    ground: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Page:
    items: list[ItemRow]
    after: str


def page(actor: Actor, case: Case, source: str, kind: str, *, after: str = "") -> Page:
    (found,) = [
        row for row in board(actor, case, case.filed_at).groups if (row.source, row.kind) == (source, kind)
    ]
    return Page(found.items, "")


def put_all(*, actor: Actor, case: UUID, drafts: Iterable[Draft], at: datetime) -> None:
    with transaction.atomic():
        for one in drafts:
            given = {"source": one.source, "kind": one.kind, "ref": one.ref, "at": at}
            if not one.verdict:
                clear(actor=actor, case=case, **given)
                continue
            try:
                put(
                    actor=actor,
                    case=case,
                    verdict=one.verdict,
                    ground=one.ground,
                    sentence=one.sentence,
                    **given,
                )
            except BadInput as error:
                name = ":".join(filter(None, (one.source, one.kind, one.ref)))
                raise BadInput(
                    error.public, fields={f"{key}-{name}": said for key, said in error.fields.items()}
                ) from error


@dataclass(frozen=True)
class Board:
    groups: list[GroupRow]
    nothing: bool
    all_kept: bool


def board(actor: Actor, case: Case, at: datetime) -> Board:
    act = planning.ACTS.get(Kind(case.kind), planning.ACTS[Kind.DELETE])
    named = actor.may("records.view")
    items = list(planning.items_of(case.person, act))
    locks = _locks(item.ref for item in items if item.source == planning.RECORDS)
    rows = Verdict.objects.visible_to(actor).filter(case=case)
    drafts = {(row.source, row.kind, row.ref): row for row in rows}
    labels = holdings._labels()
    groups: dict[tuple[str, str], GroupRow] = {}
    for item in items:
        key = (item.source, item.kind)
        label = labels.get(key) or labels.get((item.source, ""), item.kind)
        if key not in groups:
            draft = drafts.get((*key, ""))
            groups[key] = GroupRow(
                *key, label, 0, 0, 0, [], draft.verdict if draft else "", draft.ground if draft else "",
                draft.sentence if draft else "", "", "", "", None, [], 0, [], False,
            )  # fmt: skip
        group = groups[key]
        group.count += 1
        if named and item.label and len(group.names) < holdings.NAMED:
            group.names.append(item.label)
        if len(group.items) < PAGE:
            group.items.append(_item(case, item, locks, drafts, named))
        else:
            group.more = True
    for group in groups.values():
        said = {one.suggestion for one in group.items}
        group.suggestion = said.pop() if len(said) == 1 else ""
        group.why = group.items[0].why if group.suggestion else _("Look at the items one by one.")
        kept = [one for one in group.items if one.locked_by]
        group.locked_by, group.ends = (kept[0].locked_by, kept[0].ends) if kept else ("", None)
        if not group.verdict and group.suggestion == "refuse":
            group.ground = group.items[0].ground
        group.verdict = group.verdict or group.suggestion
    all_kept = bool(groups) and all(group.suggestion == "refuse" for group in groups.values())
    return Board(list(groups.values()), not groups, all_kept)


def _locks(refs: Iterable[str]) -> dict[str, Any]:
    found = place.in_force(UUID(ref) for ref in refs)
    kept = {key: [one for one in locks if one.ground in decide.KEEPING] for key, locks in found.items()}
    return {str(key): locks[0] for key, locks in kept.items() if locks}


def _item(case: Case, item: Any, locks: dict[str, Any], drafts: dict[Any, Verdict], named: bool) -> ItemRow:
    lock = locks.get(item.ref) if case.kind == Kind.DELETE else None
    ground = "JustificationA17LegallyRequired" if lock else ""
    draft = drafts.get((item.source, item.kind, item.ref)) or drafts.get((item.source, item.kind, ""))
    suggestion = "refuse" if lock else "fulfil"
    return ItemRow(
        item.ref,
        item.label if named else "",
        draft.verdict if draft else suggestion,
        draft.ground if draft else ground,
        draft.sentence if draft else "",
        suggestion,
        lock.reason if lock else _("Nothing stands against it."),
        lock.reason if lock else "",
        lock.ends_on if lock else None,
    )


def put(
    *, actor: Actor, case: UUID, source: str, kind: str, ref: str, verdict: str, ground: str, sentence: str,
    at: datetime,
) -> Verdict:  # fmt: skip
    with transaction.atomic():
        found = barriers.taken(actor, case, "decide")
        if found.state != State.IN_REVIEW:
            raise Conflict(_("This request is not in review any more."), code="verdict.state")
        if verdict not in VerdictKind.values:
            raise BadInput(_("Choose what is done."), fields={"verdict": _("choose")})
        if verdict == VerdictKind.REFUSE:
            grounds.refusal(ground, found.kind)
        Verdict.objects.visible_to(_READ).filter(case=found, source=source, kind=kind, ref=ref).delete()
        row = Verdict(case=found, source=source, kind=kind, ref=ref, verdict=verdict, ground=ground,
                      sentence=sentence, by=barriers.user_of(actor), at=at)  # fmt: skip
        row.save(force_insert=True)
    return row


def clear(*, actor: Actor, case: UUID, source: str, kind: str, ref: str, at: datetime) -> None:
    with transaction.atomic():
        found = barriers.taken(actor, case, "decide")
        Verdict.objects.visible_to(_READ).filter(case=found, source=source, kind=kind, ref=ref).delete()
