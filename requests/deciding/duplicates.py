"""The same request twice: each keeps its number and its clock, and none rides on another (W18).

A link between two requests is a remark for officers. It proves nothing about who asks: what nobody proved is
not answered by it (attack 3), and what somebody else asked never stands in the way of the person's own.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import keyring
from portals_core.plumbing.errors import BadInput, Conflict
from requests.casebook import attempts, barriers, lifecycle, reads
from requests.holding import planning
from requests.law import states
from requests.law.states import State, Who
from requests.models import Case, Proof
from requests.telling.notices import answers

LINKED, UNLINKED = "case.linked", "case.unlinked"
#: Requests offered for a link; more than these are found by their number.
SHOWN = 10
_LOOK = system("find requests that ask the same")
#: How a duplicate ends, by how the first request ended.
_ENDINGS = {
    State.FULFILLED: "settle",
    State.PARTLY_FULFILLED: "settle_partly",
    State.REFUSED: "refuse",
}


def candidates(actor: Actor, case: Case) -> list[Case]:
    """Other requests of the same kind about the same person, newest first: by the person found, and by what
    was proved in both. What was only claimed finds nothing."""
    same = Q(pk__in=_proven_under(_names(case, proven=True)))
    if case.subject is not None:
        same |= Q(subject=case.subject)
    rows = Case.objects.visible_to(actor, "decide").filter(same, kind=case.kind, duplicate_of=None)
    return list(rows.exclude(pk=case.pk).order_by("-filed_at", "-id")[:SHOWN])


def linked(actor: Actor, case: Case) -> QuerySet[Case]:
    """The requests that are duplicates of this one."""
    return Case.objects.visible_to(actor).filter(duplicate_of=case.pk).order_by("number")


def link(*, actor: Actor, case: UUID | str, of: UUID | str, at: datetime) -> Case:
    """An officer notes that an open request asks the same as another; returns the case.

    `of` is the id or the number of the other; a duplicate of a duplicate is one of the first. Both must be
    of one kind and name the same person, proved or not: a link gives no right. Raises `Absent`, `Forbidden`,
    `BadInput`, `Conflict`.
    """
    with attempts.watched(actor=actor, act="link", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found, first = _both(actor, case, of)
        barriers.not_about_oneself(actor, found)
        if not found.is_open:
            raise Conflict(_("This request is closed. It stays as it is."), code="duplicate.closed")
        if first.pk == found.pk or linked(actor, found).exists():
            raise Conflict(
                _("Another request is already a duplicate of this one. Link that way round only."),
                code="duplicate.circle",
            )
        if first.kind != found.kind or not _same_person(found, first):
            raise BadInput(
                _("These two do not ask the same for the same person. Answer this request by itself."),
                code="duplicate.other",
                fields={"of": _("asks something else")},
            )
        return _write(found, first, LINKED, actor=actor, at=at)


def unlink(*, actor: Actor, case: UUID | str, at: datetime) -> Case:
    """The request is no duplicate after all; it is answered by itself."""
    with attempts.watched(actor=actor, act="link", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, case, "decide")
        barriers.not_about_oneself(actor, found)
        if found.duplicate_of_id is None or not found.is_open:
            raise Conflict(_("This request is no open duplicate."), code="duplicate.none")
        return _write(found, None, UNLINKED, actor=actor, at=at)


def settle(*, actor: Actor, case: UUID | str, at: datetime) -> Case:
    """Answer a duplicate as the first request was answered, and tell the person so; returns the case.

    Raises `Conflict` unless the case is in review, while the first is not answered, and until it is proved
    who asks here and that it is the same person (attack 3); `Absent` and `Forbidden` as every decision.
    """
    with attempts.watched(actor=actor, act="settle", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, case, "decide")
        barriers.not_about_oneself(actor, found)
        why = hindrance(actor, found)
        if why is not None:
            raise why
        first = Case.objects.fetch(actor, str(found.duplicate_of_id), "decide")
        step = _ENDINGS[State(first.state)]
        # Whatever the ending: what waits for a second officer is refused by itself, not as the first one.
        states.next_state(found.state, "settle", kind=found.kind)
        moved = lifecycle.move(
            found,
            step,
            actor=actor,
            who=Who.OFFICER,
            at=at,
            ground=first.ground,
            sentence=first.sentence,
            nothing_held=first.nothing_held,
            decided_by=barriers.user_of(actor),
            decided_at=at,
        )
        if step == "refuse":
            answers.refused(moved, at=at)
        else:
            answers.settled(moved, of=first, at=at)
        return moved


def hindrance(actor: Actor, found: Case) -> Conflict | None:
    """Why a duplicate cannot be answered as the first one now; None where it can."""
    first = found.duplicate_of
    if first is None:
        return Conflict(_("Link this request to the first one before."), code="duplicate.none")
    try:
        barriers.proven(found)
    except Conflict as unproven:
        return unproven
    if found.subject != first.subject:
        return Conflict(
            _("The first request is about another person. Answer this one by itself."),
            code="duplicate.other_person",
        )
    if first.state not in _ENDINGS:
        return Conflict(
            _("Request %(number)s has no answer yet. Answer that one first.") % {"number": first.number},
            code="duplicate.unanswered",
        )
    return None


def _both(actor: Actor, case: UUID | str, of: UUID | str) -> tuple[Case, Case]:
    """The case and the first request, after every lock of the two in the order that holds everywhere."""
    found, named = Case.objects.fetch(actor, case, "decide"), reads.case_for(actor, of)
    first = named.duplicate_of or named
    for subject in sorted({found.subject, first.subject} - {None}, key=str):
        planning.lock_subject(subject)
    locked = {
        key: Case.objects.fetch(actor, key, "decide", lock=True) for key in sorted({found.pk, first.pk})
    }
    return locked[found.pk], locked[first.pk]


def _same_person(one: Case, other: Case) -> bool:
    if one.subject is not None and one.subject == other.subject:
        return True
    return bool(_names(one) & _names(other))


def _names(case: Case, *, proven: bool = False) -> set[str]:
    rows = Proof.objects.visible_to(_LOOK).filter(case=case)
    if proven:
        rows = rows.exclude(proved_at=None)
    return set(rows.values_list("name_hash", flat=True))


def _proven_under(names: set[str]) -> list[UUID]:
    rows = Proof.objects.visible_to(_LOOK).filter(name_hash__in=names).exclude(proved_at=None)
    return list(rows.values_list("case_id", flat=True))


def _write(found: Case, first: Case | None, code: str, *, actor: Actor, at: datetime) -> Case:
    rows = Case.objects.visible_to(_LOOK).filter(pk=found.pk, version=found.version)
    if rows.update(duplicate_of=first, version=F("version") + 1) != 1:
        raise Conflict(
            _("Somebody else worked on this request meanwhile. Reload the page to see where it stands."),
            code="request.changed",
        )
    known = found.subject and not keyring.is_destroyed(found.subject)
    append.record(
        code,
        actor=actor,
        about=found.ref,
        subject=found.subject if known else None,
        at=at,
        detail={"of": str(first.pk) if first else None},
    )
    return Case.objects.fetch(_LOOK, found.pk)
