"""Decide a case, have a second officer approve a deletion, or send it back.

No single person erases (decision 22, promise 10): who approves is neither the one who decided, nor the one
who filed, nor the person it is about, whatever account they use.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.ledger import append
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import BadInput, Conflict
from requests.casebook import attempts, barriers, lifecycle, rectify
from requests.deciding import cooling, signatures
from requests.holding import asked, duties, judging, planning
from requests.holding.book import Book
from requests.law import grounds, states
from requests.law.states import State, Who
from requests.models import Case, Kind, VerdictKind
from requests.telling.notices import answers

APPROVE, REFUSE, AS_DRAFTED = "approve", "refuse", "as_drafted"
CARRY_OUT = cooling.CARRY_OUT
COUNTERSIGNED = "case.countersigned"
LONGEST_SENTENCE = 2_000


def decide(
    *,
    actor: Actor,
    case: UUID | str,
    outcome: str,
    at: datetime,
    ground: str = "",
    sentence: str = "",
    proposals: Mapping[str, bool] | None = None,
) -> Case:
    """An officer's decision on a case in review; returns the case as it is then.

    "refuse" needs a ground from the closed list and a sentence for the person (W19). "as_drafted" does about
    each item what was drafted or, where nothing was, what is suggested (W5); "approve" does what is asked
    about every item nobody drafted otherwise. Both send a deletion with its stored plan to a second officer
    and have the other kinds carried out at once. For a correction `proposals` says yes or no by field key;
    left out, all are approved; a field refused needs ground and sentence, too. Raises `Absent`, `Forbidden`,
    `BadInput`, `Conflict`, and `Locked` when a record must be kept that would go.
    """
    if outcome not in (APPROVE, REFUSE, AS_DRAFTED):
        raise BadInput(_("Decide to approve or to refuse."), code="decision.outcome")
    words = sentence.strip()
    if len(words) > LONGEST_SENTENCE:
        raise BadInput(
            _("The answer is too long. Write at most %(longest)s characters.")
            % {"longest": LONGEST_SENTENCE},
            fields={"sentence": _("too long")},
        )
    with attempts.watched(actor=actor, act="decide", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, case, "decide")
        barriers.not_about_oneself(actor, found)
        decided = {
            "decided_by": barriers.user_of(actor),
            "decided_at": at,
            "ground": ground,
            "sentence": words,
        }
        if outcome == REFUSE:
            return _refuse(found, actor=actor, at=at, decided=decided)
        if found.state != State.IN_REVIEW:
            # The table would say the same, but later, after a plan was collected for nothing.
            states.next_state(
                found.state, "submit" if found.kind == Kind.DELETE else "carry_out", kind=found.kind
            )
        barriers.proven(found)
        barriers.no_erasure_under_way(found)
        if found.kind == Kind.RECTIFY:
            return _correct(found, actor=actor, at=at, decided=decided, answers=proposals)
        _no_answers(proposals)
        entries = _planned(found, suggested=outcome == AS_DRAFTED)
        return _APPROVED[Kind(found.kind)](found, entries, actor=actor, at=at, decided=decided)


def _planned(found: Case, *, suggested: bool) -> Book:
    """What is done about each item. A copy that nobody drafted about is whole and needs no list."""
    if found.kind == Kind.EXPORT and not judging.rows_of(found):
        return Book()
    entries = judging.entries(found, suggested=suggested)
    if entries.verdicts() == {VerdictKind.REFUSE}:
        raise BadInput(
            _("Nothing would be done: every item is refused. Refuse the request as a whole."),
            code="decision.all_refused",
        )
    return entries


def _refuse(found: Case, *, actor: Actor, at: datetime, decided: dict[str, Any]) -> Case:
    _grounded(found, decided)
    refused = lifecycle.move(found, "refuse", actor=actor, who=Who.OFFICER, at=at, **decided)
    answers.refused(refused, at=at)
    return refused


def _grounded(found: Case, decided: dict[str, Any]) -> None:
    grounds.refusal(str(decided["ground"]), found.kind)
    if not decided["sentence"]:
        raise BadInput(
            _("Tell the person in plain words why. Nobody is refused without a reason."),
            code="refusal.sentence",
            fields={"sentence": _("write why")},
        )


def _submit(found: Case, entries: Book, *, actor: Actor, at: datetime, decided: dict[str, Any]) -> Case:
    if decided["ground"] and decided["ground"] not in {ground.code for ground in grounds.ERASURES}:
        raise BadInput(
            _("This is no reason to erase. Choose one from the list, or none."), code="erasure.ground"
        )
    duties.refuse_if_kept(found.person, entries)
    stored = planning.store(found, entries, at=at)
    return lifecycle.move(
        found,
        "submit",
        actor=actor,
        who=Who.OFFICER,
        at=at,
        plan_digest=stored.digest,
        approvals_needed=signatures.needed(stored),
        **decided,
    )


def _stop(found: Case, entries: Book, *, actor: Actor, at: datetime, decided: dict[str, Any]) -> Case:
    if decided["ground"]:
        asked.stop_ground(decided["ground"])
    stored = planning.store(found, entries, at=at)
    return _carry_out(found, actor=actor, at=at, plan_digest=stored.digest, **decided)


def _correct(
    found: Case,
    *,
    actor: Actor,
    at: datetime,
    decided: dict[str, Any],
    answers: Mapping[str, bool] | None,
) -> Case:
    if rectify.answer(found, answers):
        _grounded(found, decided)
    else:
        _no_ground(decided)
    rectify.rehearse(found, at=at)
    return _carry_out(found, actor=actor, at=at, **decided)


def _export(found: Case, entries: Book, *, actor: Actor, at: datetime, decided: dict[str, Any]) -> Case:
    _no_ground(decided)
    digest = planning.store(found, entries, at=at).digest if entries else ""
    moved = lifecycle.move(
        found, "carry_out", actor=actor, who=Who.OFFICER, at=at, plan_digest=digest, **decided
    )
    outbox.announce("export.approved", about=moved.ref, case=str(moved.pk), subject=str(moved.subject))
    return moved


_APPROVED = {Kind.DELETE: _submit, Kind.STOP: _stop, Kind.EXPORT: _export}


def _carry_out(found: Case, *, actor: Actor, at: datetime, **changes: Any) -> Case:
    moved = lifecycle.move(found, "carry_out", actor=actor, who=Who.OFFICER, at=at, **changes)
    cooling.promise(moved)
    return moved


def approve(*, actor: Actor, case: UUID | str, at: datetime, seen: str = "") -> Case:
    """A second officer approves exactly the plan that was submitted; returns the case as it is then.

    `seen` is the digest of the plan that stood on the officer's page; another one now is `Conflict`, and the
    same officer's yes to the same plan once more changes nothing (attack 80). While more officers are needed
    the case waits for them; after the last one the time to change one's mind begins.

    The plan is computed anew under lock. If what is stored changed meanwhile the case goes back to review
    and `Conflict` says so (W11, attack 37). Raises `Forbidden` for anybody who had another part in it.
    """
    with attempts.watched(actor=actor, act="approve", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.approve")
        found = barriers.taken(actor, case, "approve")
        if signatures.given_before(found, actor.user_id, seen):
            return found
        states.next_state(found.state, "approve", kind=found.kind)
        if seen and seen != found.plan_digest:
            raise Conflict(
                _("The plan was submitted anew since you opened the page. Reload it and look again."),
                code="plan.other",
            )
        barriers.second_person(actor, found)
        barriers.another_signer(actor, signatures.officers(found))
        barriers.proven(found)
        barriers.nothing_else_open(found)
        drifted = cooling.drifted(found)
        if drifted:
            reason = str(_("What is stored about the person changed after the decision."))
            _back(found, actor=actor, at=at, reason=reason)
        else:
            found = _sign(found, actor=actor, at=at)
    if drifted:
        raise Conflict(
            _(
                "What is stored about this person changed after the decision. The request is in review "
                "again: look at the new plan and decide anew."
            ),
            code="plan.drift",
        )
    return found


def _sign(found: Case, *, actor: Actor, at: datetime) -> Case:
    missing = signatures.sign(found, barriers.user_of(actor), at=at)
    if not missing:
        return cooling.approved(found, actor=actor, at=at)
    append.record(
        COUNTERSIGNED,
        actor=actor,
        about=found.ref,
        subject=found.subject,
        at=at,
        detail={"plan": found.plan_digest, "missing": missing},
    )
    return found


def send_back(*, actor: Actor, case: UUID | str, at: datetime, reason: str) -> Case:
    """The second officer does not agree: back to review, with a reason for the colleague."""
    if not reason.strip():
        raise BadInput(_("Tell your colleague why you send it back."), fields={"reason": _("write why")})
    with attempts.watched(actor=actor, act="send_back", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.approve")
        found = barriers.taken(actor, case, "approve")
        states.next_state(found.state, "send_back", kind=found.kind)
        barriers.second_person(actor, found)
        return _back(found, actor=actor, at=at, reason=reason.strip())


def _back(found: Case, *, actor: Actor, at: datetime, reason: str) -> Case:
    return cooling.back(found, "send_back", actor=actor, who=Who.SECOND_OFFICER, at=at, reason=reason)


def resume(*, actor: Actor, case: UUID | str, at: datetime) -> Case:
    """Try again to carry out a case whose job stopped; what was done already is not done twice (W21)."""
    barriers.needs(actor, "cases.decide")
    with transaction.atomic():
        found = barriers.taken(actor, case, "decide")
        if found.state != State.CARRYING_OUT:
            raise Conflict(_("Nothing is being carried out for this request."), code="request.resume")
        if found.kind == Kind.EXPORT:
            outbox.announce(
                "export.approved", about=found.ref, case=str(found.pk), subject=str(found.subject)
            )
        else:
            cooling.promise(found)
    return found


def _no_answers(answers: object) -> None:
    if answers:
        raise BadInput(_("Only a correction is decided field by field."), code="decision.fields")


def _no_ground(decided: dict[str, Any]) -> None:
    if decided["ground"]:
        raise BadInput(_("A ground belongs to a refusal. Leave it out."), code="decision.ground")
