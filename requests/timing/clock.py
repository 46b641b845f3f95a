"""The clock of a case: a question that stops it, the answer that starts it again, and more time.

The time runs from receipt through any channel. It stands still only while the person is asked, and only
where they were asked without undue delay (Recital 63, EDPB 01/2022, 159). More time is taken once, within
the first month, and the person is told why in the same breath (Art. 12(3)).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.access.actor import Kind as ActorKind
from portals_core.ledger import append
from portals_core.people.models import User
from portals_core.plumbing import keyring, links
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from requests.casebook import attempts, barriers, counting, lifecycle
from requests.casebook.counting import Arithmetic, arithmetic
from requests.law import grounds, states
from requests.law.calendars import place
from requests.law.grounds import Ground
from requests.law.states import Who
from requests.models import Case, Channel, Clarification, Direction, Message, Proof
from requests.models.proofs import ProofMethod
from requests.telling import questions, reached, reading, unread
from requests.telling.notices import period

__all__ = ["Arithmetic", "answer", "arithmetic", "ask", "extend", "last_day", "signed_in", "without_delay"]

EXTENDED = "case.extended"
IDENTITY = "JustificationA12IdentityRequired"
LONGEST_WORDS = 2_000
LONGEST_ANSWER = 10_000
_WRITE = system("keep the clock of a case")


def ask(*, actor: Actor, case: UUID | str, ground: str, question: str, at: datetime) -> Case:
    """Put a question to the person; the case waits for the answer.

    The clock stands still meanwhile where the question comes within `ASK_WITHIN_DAYS` of receipt, and goes
    on otherwise. Who signed in is not asked to prove who they are (EDPB 01/2022, 73). Raises `Absent`,
    `Forbidden`, `BadInput`, and `Conflict` for a case that is not in review.
    """
    with attempts.watched(actor=actor, act="ask", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, case, "decide")
        barriers.not_about_oneself(actor, found)
        states.next_state(found.state, "ask_subject", kind=found.kind)
        chosen = _listed(grounds.QUESTIONS, ground)
        words = _words(question, "question", LONGEST_WORDS)
        if chosen.code == IDENTITY and signed_in(found):
            raise BadInput(
                _("This person signed in, so it is certain who asks. Ask about the request only."),
                code="question.identity",
                fields={"ground": _("not for somebody who signed in")},
            )
        Clarification(
            case=found,
            ground=chosen.code,
            question=words,
            asked_by=barriers.user_of(actor),
            asked_at=at,
            pauses=without_delay(found, at),
        ).save(force_insert=True)
        moved = lifecycle.move(found, "ask_subject", actor=actor, who=Who.OFFICER, at=at, reason=words)
        until, identity = last_day(moved, at), chosen.code == IDENTITY
        page = questions.way(moved, until, at=at)
        period.question(moved, text=words, page=page, until=until, identity=identity, at=at)
        return moved


def signed_in(case: Case) -> bool:
    """Whether who asks is certain from a session: nothing more may be asked of their identity."""
    if case.channel == Channel.PORTAL and not case.on_behalf:
        return True
    proofs = Proof.objects.visible_to(_WRITE).filter(case=case, method=ProofMethod.SESSION)
    return proofs.exclude(proved_at=None).exists()


def last_day(case: Case, asked_at: datetime) -> date:
    """The last day on which a question put at that moment can be answered before the case lapses."""
    days = settings.ANSWER_DAYS + reached.post_days(case)
    return counting.local_day(case, asked_at) + timedelta(days=days)


def without_delay(case: Case, at: datetime) -> bool:
    """Whether a question put at that moment stops the clock."""
    passed = counting.local_day(case, at) - counting.local_day(case, case.received_at)
    return passed <= timedelta(days=settings.ASK_WITHIN_DAYS)


def answer(
    *,
    actor: Actor,
    case: UUID | str,
    text: str,
    at: datetime,
    received: datetime | date | None = None,
    question: int | None = None,
) -> Case:
    """The answer to the open question: the case goes back to review and the pause is added to its time.

    The person answers in the portal, and nobody else there; an officer records what came another way, with
    the day on which it came: the clock runs from that day. `question` is the one that was read, by its key.
    Raises `Absent`, `Forbidden`, `BadInput`, and `Conflict` where nothing is asked, or another question than
    the one that was read.
    """
    staff = actor.kind is ActorKind.STAFF
    with attempts.watched(actor=actor, act="answer", at=at, on=case), transaction.atomic():
        if staff:
            barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, case, "decide" if staff else "view")
        if staff:
            barriers.not_about_oneself(actor, found)
        who = Who.OFFICER if staff else _person(actor, found)
        states.next_state(found.state, "answered", kind=found.kind)
        _refuse_another(found, question)
        came = _came(found, received, at) if staff else at
        author = None if staff else barriers.user_of(actor)
        return _answered(found, text, actor=actor, who=who, author=author, came=came, at=at)


def answer_by_link(token: str, *, text: str, at: datetime) -> Case:
    """The same by a person without an account, who came by the link in the question; it is used up by it
    (W16). Raises `Absent` for a link that does not work, `BadInput`."""
    with transaction.atomic():
        # Looked at first, used second: the locks are taken in the order that holds everywhere.
        found = barriers.taken(_WRITE, questions.linked(token, at=at).case_id, "view")
        links.redeem(token, questions.LINK, at=at)
        person = reading.person(found)
        return _answered(found, text, actor=person, who=Who.SUBJECT, author=None, came=at, at=at)


def _answered(
    found: Case, text: str, *, actor: Actor, who: Who, author: User | None, came: datetime, at: datetime
) -> Case:
    words = _words(text, "text", LONGEST_ANSWER)
    still = Clarification.objects.visible_to(_WRITE).filter(case=found, answered_at=None)
    still.update(answered_at=came)
    links.revoke(questions.LINK, about=found.ref, at=at)
    # What an officer wrote down is read.
    seen = at if who is Who.OFFICER else None
    said = Message(case=found, direction=Direction.IN, author=author, text=words, at=came, seen_at=seen)
    said.save(force_insert=True)
    unread.announce(found, said, at=at)
    asked = counting.questions(found)
    due = counting.counted(found, asked, extended=found.extended_at is not None)
    return lifecycle.move(
        found, "answered", actor=actor, who=who, at=at, due_on=due.due_on, ends_at=due.ends_at
    )


def _refuse_another(found: Case, question: int | None) -> None:
    open_now = Clarification.objects.visible_to(_WRITE).filter(case=found, answered_at=None)
    if question is not None and not open_now.filter(pk=question).exists():
        raise Conflict(
            _("Another question has been asked since you opened this page. Read it before you answer."),
            code="question.another",
        )


def _person(actor: Actor, found: Case) -> Who:
    role = lifecycle.role_of(actor, found)
    if role not in (Who.SUBJECT, Who.PERSON):
        raise Forbidden(
            _("Only the person whose data it is can answer this question."), code="question.not_asked"
        )
    return role


def _came(found: Case, received: datetime | date | None, at: datetime) -> datetime:
    """The moment the answer came; on a day that is only named, as early as the question allows."""
    if received is None:
        return at
    moment = received
    if not isinstance(moment, datetime):
        zone = place(found.country, found.subdivision).zone
        moment = datetime.combine(moment, time.min, tzinfo=zone)
    asked = max((one.asked_at for one in counting.questions(found) if one.answered_at is None), default=at)
    if moment > at or counting.local_day(found, moment) < counting.local_day(found, asked):
        raise BadInput(
            _("The answer came between the question and today. Correct the day."),
            code="question.received",
            fields={"received_on": _("not between the question and today")},
        )
    return max(moment, asked)


def extend(*, actor: Actor, case: UUID | str, ground: str, sentence: str, at: datetime) -> Case:
    """Take two further months, once, and tell the person why, all within the first month (W1).

    Three months are counted from receipt. Raises `Absent`, `Forbidden`, `BadInput` without a listed ground
    or words, and `Conflict` for a closed case, a second time, and after the first month.
    """
    with attempts.watched(actor=actor, act="extend", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, case, "decide")
        barriers.not_about_oneself(actor, found)
        _may_extend(found, at)
        chosen = _listed(grounds.EXTENSIONS, ground)
        words = _words(sentence, "sentence", LONGEST_WORDS)
        due = counting.counted(found, counting.questions(found), extended=True)
        rows = Case.objects.visible_to(_WRITE).filter(pk=found.pk, version=found.version, extended_at=None)
        rows.update(
            extended_at=at,
            extension_ground=chosen.code,
            due_on=due.due_on,
            ends_at=due.ends_at,
            unpaused_on=due.unpaused.due_on,
            version=F("version") + 1,
        )
        detail = {"ground": chosen.code, "before": found.due_on.isoformat(), "due": due.due_on.isoformat()}
        append.record(
            EXTENDED,
            actor=actor,
            about=found.ref,
            subject=found.subject if found.subject and not keyring.is_destroyed(found.subject) else None,
            at=at,
            detail=detail,
        )
        moved: Case = Case.objects.visible_to(_WRITE).get(pk=found.pk)
        period.extended(moved, sentence=words, at=at)
        return moved


def _may_extend(found: Case, at: datetime) -> None:
    if not found.is_open:
        raise Conflict(_("This request is closed. It needs no more time."), code="request.closed")
    if found.extended_at is not None:
        raise Conflict(
            _("More time was already taken for this request. That is possible once."), code="extension.twice"
        )
    if at > counting.period(found, extended=False).ends_at:
        raise Conflict(
            _("More time can be taken within the first month only, and that is over. Answer now."),
            code="extension.late",
        )


def _listed(known: tuple[Ground, ...], code: str) -> Ground:
    for one in known:
        if one.code == code:
            return one
    raise BadInput(
        _("Choose one of the listed grounds."), code="clock.ground", fields={"ground": _("choose a ground")}
    )


def _words(text: str, field: str, longest: int) -> str:
    words = text.strip()
    if not words:
        raise BadInput(
            _("Write what the other side is to read."), code="clock.words", fields={field: _("write it here")}
        )
    if len(words) > longest or "\x00" in words:
        raise BadInput(
            _("Write at most %(longest)s characters.") % {"longest": longest},
            code="clock.words",
            fields={field: _("too long")},
        )
    return words
