"""The clock of a case: for officers the count and what they can do about it, for the person the question."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portals_core.access.actor import Actor
from requests.casebook import counting
from requests.forms.clock import AnswerForm, AskForm, ExtendForm, RecordAnswerForm
from requests.law import states
from requests.law.states import Who
from requests.models import Case, Clarification
from requests.timing import clock


def part(actor: Actor, case: Case, at: datetime, **bound: Any) -> dict[str, Any]:
    """Context of `case_clock.html`; `bound` holds forms that were refused, under the same names."""
    question = _question(actor, case)
    count = counting.arithmetic(case, at=at)
    steps = states.allowed(case.state, Who.OFFICER, kind=case.kind) if actor.may("cases.decide") else ()
    in_time = counting.local_day(case, at) <= count.extend_until
    forms: dict[str, Any] = {}
    if "ask_subject" in steps:
        forms["clock_ask"] = AskForm(signed_in=clock.signed_in(case))
    if "answered" in steps:
        forms["clock_answer"] = RecordAnswerForm(initial=_named(question))
    if case.is_open and case.extended_at is None and in_time and actor.may("cases.decide"):
        forms["clock_extend"] = ExtendForm()
    if question and "clock_answer" in bound:
        bound["clock_answer"].put_below(question.pk)
    return {
        "clock": count,
        "clock_due": counting.in_words(count.due_on),
        "clock_unpaused": counting.in_words(count.unpaused_on),
        "clock_extend_until": counting.in_words(count.extend_until),
        "clock_stops": clock.without_delay(case, at),
        "clock_question": question,
        **forms,
        **bound,
    }


def own(actor: Actor, case: Case) -> dict[str, Any]:
    """What the status page says of the clock; nothing for who asked for somebody else."""
    if actor.identity is None or actor.identity != case.subject:
        return {"question": None, "due_explained": ()}
    question = _question(actor, case) if case.state == states.State.WAITING else None
    return {
        "question": question,
        "answer_until": counting.in_words(clock.last_day(case, question.asked_at)) if question else "",
        "answer_form": AnswerForm(initial=_named(question)) if question else None,
        "due_explained": counting.arithmetic(case).short[1:] if case.is_open else (),
    }


def _named(question: Clarification | None) -> dict[str, Any]:
    return {"question": question.pk} if question else {}


def _question(actor: Actor, case: Case) -> Clarification | None:
    """The question that waits for its answer, as far as it is for the one who looks."""
    rows = Clarification.objects.visible_to(actor).filter(case=case, answered_at=None)
    found: Clarification | None = rows.last()
    return found
