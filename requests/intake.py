"""How a request comes in: from the person, from somebody who added that person, or through an officer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.access.actor import Kind as ActorKind
from portals_core.people import accounts
from portals_core.people.models import User, normalise_email
from portals_core.plumbing import limits
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, TooMany
from portals_core.records.models import Record
from requests import asked as requests_asked
from requests import (
    attempts,
    deadlines,
    lifecycle,
    mandates,
    notices,
    offers,
    planning,
    proofs,
    rectify,
    states,
)
from requests.models import Case, CaseDetail, Channel, Counter, IdentifierKind, Kind, Mandate, Proof
from requests.states import State, Who

LONGEST_TEXT = 10_000
#: Questions one person may be sent in a day, whoever asks: a flood ends here and not in their mailbox.
QUESTIONS_A_DAY = 8
_FILE = system("file a request")


@dataclass(frozen=True)
class _About:
    """The person a request is about and how they are reached."""

    record: Record
    on_behalf: bool
    #: Where the answer goes; empty for a person who is answered by letter.
    address: str
    language: str


@dataclass(frozen=True)
class Arrival:
    """How, when and for which calendar a request came in."""

    kind: str
    channel: str
    at: datetime
    received_at: datetime | date | None = None
    country: str | None = None
    subdivision: str = ""
    #: What exactly is asked, as `requests.asked` reads it.
    asked: Mapping[str, object] = field(default_factory=dict)


def file_case(
    *,
    actor: Actor,
    kind: str,
    at: datetime,
    subject: UUID | str | None = None,
    text: str = "",
    proposals: Mapping[str, object] | None = None,
    received_at: datetime | date | None = None,
    country: str | None = None,
    subdivision: str = "",
    channel: str | None = None,
    seen: str | None = None,
    asked: Mapping[str, object] | None = None,
) -> Case:
    """File a request and return it with number and due date. Call it outside of a transaction.

    Without `subject` it is about the actor, who is proved by the session. A portal user may name a person
    they added; that person is asked first. Staff who decide cases may name anybody and a day of receipt that
    is past: with `seen`, what they saw of the person, it is proved at once, otherwise a code goes to the
    address on the record. Anybody else is `Absent`, missing or not, and the attempt is recorded. Raises
    `BadInput`, `Conflict` for a request that is open already, `TooMany`, `Forbidden`.
    `asked` says what exactly, as `requests.asked` reads it; a part of the data can only be named for oneself.
    """
    with attempts.watched(actor=actor, act="file", at=at, on=subject), transaction.atomic():
        states.start(kind)
        about = _about(actor, subject)
        shown = _shown(actor, about, seen)
        planning.lock_subject(about.record.pk)
        _refuse_if_pointless(actor, about, kind, at)
        _refuse_flood(actor, at)
        wanted = requests_asked.read(kind, asked)
        offers.check(actor, kind, about.record.pk, wanted)
        arrival = Arrival(kind, _way(actor, channel), at, received_at, country, subdivision, wanted)
        case = store(
            arrival,
            actor=actor,
            subject=about.record.pk,
            on_behalf=about.on_behalf,
            proved=_proves(actor, about, shown),
        )
        keep_words(case, text, to=about.address, language=about.language)
        if kind == Kind.RECTIFY:
            rectify.propose(case, about.record, proposals or {}, actor=actor)
        elif proposals:
            raise BadInput(_("Only a correction names fields and values."), code="request.proposals")
        return _first_step(case, actor, about, shown, at)


def _about(actor: Actor, subject: UUID | str | None) -> _About:
    if actor.kind is ActorKind.PORTAL and actor.identity is not None:
        if subject is None or str(subject) == str(actor.identity):
            return _reached(_person(pk=actor.identity), on_behalf=False)
        # No module permission is asked: a right does not depend on what the portal shows (P1).
        return _reached(_person(pk=subject, creator_id=actor.user_id), on_behalf=True, asker=actor)
    if actor.kind is not ActorKind.STAFF or not actor.may("cases.decide"):
        raise Forbidden(
            _("You cannot file requests. Sign in to the portal, or ask a privacy officer to record it."),
            code="request.may_not_file",
        )
    if subject is None:
        raise BadInput(_("Say which person the request is about."), code="request.subject")
    return _reached(_person(pk=subject), on_behalf=False)


def _person(**narrow: object) -> Record:
    rows = Record.objects.visible_to(_FILE).select_related("module").filter(module__identity=True)
    try:
        return rows.get(**narrow)
    except (Record.DoesNotExist, ValidationError, ValueError, TypeError):
        raise Absent(_("There is nothing here, or it is not shared with you.")) from None


def _reached(record: Record, *, on_behalf: bool, asker: Actor | None = None) -> _About:
    account = accounts.account_of(record.pk)
    address = account.email if account else str(record.values.get(record.module.email_key) or "")
    about = _About(record, on_behalf, address, account.language if account else settings.LANGUAGE_CODE)
    if asker is not None:
        _own_mailbox(about, asker)
    return about


def _own_mailbox(about: _About, asker: Actor) -> None:
    """The person must be asked in a mailbox of their own (W17, attack 1)."""
    if not about.address:
        raise BadInput(
            _("This person has no e-mail address here, so we cannot ask them. Add it, or write to us."),
            code="mandate.no_address",
        )
    if normalise_email(about.address) == normalise_email(_user(asker).email):
        raise BadInput(
            _("This person has the same e-mail address as you, so we cannot ask them. Write to us instead."),
            code="mandate.same_address",
        )


def _user(actor: Actor) -> User:
    return User.objects.fetch(_FILE, actor.user_id)


def _refuse_if_pointless(actor: Actor, about: _About, kind: str, at: datetime) -> None:
    """Raise for a person being erased, for a request of the asker that is open already, for a flood."""
    rows = Case.objects.visible_to(_FILE).filter(subject=about.record.pk)
    if rows.filter(kind=Kind.DELETE, state=State.CARRYING_OUT).exists():
        raise Conflict(
            _("This data is being deleted right now. No other request is possible meanwhile."),
            code="request.being_erased",
        )
    same = rows.filter(kind=kind, requester_id=actor.user_id, state__in=states.OPEN).first()
    if same is not None:
        raise Conflict(
            _("You asked for this already: request %(number)s is open.") % {"number": same.number},
            code="request.duplicate",
        )
    if about.on_behalf:
        today = Mandate.objects.visible_to(_FILE).filter(subject=about.record.pk)
        if today.filter(asked_at__gt=at - timedelta(days=1)).count() >= QUESTIONS_A_DAY:
            raise TooMany(
                _("This person was asked %(limit)s times today. Try again tomorrow.")
                % {"limit": QUESTIONS_A_DAY},
                code="mandate.flood",
            )


def _refuse_flood(actor: Actor, at: datetime) -> None:
    """Raise `TooMany` where one account files more in a day than anybody needs (W18)."""
    if actor.kind is ActorKind.PORTAL:
        most = settings.REQUESTS_PER_REQUESTER
        limits.spend("request.requester", actor.ref, limit=most, seconds=limits.DAY, at=at)


def _shown(actor: Actor, about: _About, seen: str | None) -> str:
    """What an officer saw, checked; without it the person needs an address for the code."""
    if actor.kind is not ActorKind.STAFF:
        return ""
    if seen is not None:
        return proofs.said(seen)
    if not about.address:
        raise BadInput(
            _("This person has no e-mail address here. Check in person who asks, and write what you saw."),
            code="proof.no_address",
            fields={"seen": _("Say what you saw.")},
        )
    return ""


def _proves(actor: Actor, about: _About, seen: str) -> bool:
    """Whether it is certain at filing who asks: by the session, or by what an officer saw."""
    return not about.on_behalf and (actor.kind is not ActorKind.STAFF or bool(seen))


def _way(actor: Actor, channel: str | None) -> str:
    if channel:
        return Channel(channel)
    return Channel.COUNTER if actor.kind is ActorKind.STAFF else Channel.PORTAL


def store(
    arrival: Arrival,
    *,
    actor: Actor,
    subject: UUID | None = None,
    on_behalf: bool = False,
    proved: bool = False,
) -> Case:
    """A new case with its number and due date, in its first state, inside the caller's transaction.

    The clock starts with the receipt (W2). Raises `BadInput` for a day of receipt that is to come, or that
    somebody of the portal names.
    """
    at, received = arrival.at, arrival.received_at or arrival.at
    if arrival.received_at and actor.kind is not ActorKind.STAFF and arrival.channel != Channel.COMMAND:
        raise BadInput(_("Only an officer records an earlier day of receipt."), code="request.received")
    place = (
        (arrival.country, arrival.subdivision)
        if arrival.country
        else (settings.COUNTRY, arrival.subdivision or settings.SUBDIVISION)
    )
    due = deadlines.due(received, *place)
    if not isinstance(received, datetime):
        received = datetime.combine(received, time.min, tzinfo=due.zone)
    if received > at:
        raise BadInput(
            _("The day of receipt lies in the future. Give the day on which the request arrived."),
            code="request.received",
            fields={"received_on": _("This day lies in the future.")},
        )
    case = Case(
        number=next_number(at.year),
        kind=arrival.kind,
        subject=subject,
        requester_id=actor.user_id,
        on_behalf=on_behalf,
        channel=arrival.channel,
        received_at=received,
        filed_at=at,
        country=due.place.country,
        subdivision=due.place.subdivision,
        asked=dict(arrival.asked),
        due_on=due.due_on,
        unpaused_on=due.due_on,
        ends_at=due.ends_at,
        proved_at=at if proved else None,
    )
    return lifecycle.begin(case, actor=actor, at=at)


def next_number(year: int) -> str:
    """The next number of the year; the counter's row lock makes numbers unique and free of gaps."""
    rows = Counter.objects.visible_to(_FILE)
    rows.bulk_create([Counter(year=year)], ignore_conflicts=True)
    rows.filter(year=year).update(last=F("last") + 1)
    return f"{year}-{rows.get(year=year).last:05d}"


def keep_words(case: Case, text: str, *, to: str, language: str) -> None:
    """The person's own words, and where the answer goes: fixed here, so that nobody redirects it later.
    Raises `BadInput`."""
    words = text.strip()
    if len(words) > LONGEST_TEXT or "\x00" in words:
        raise BadInput(
            _("Write at most %(longest)s characters.") % {"longest": LONGEST_TEXT},
            code="request.text",
            fields={"text": _("too long")},
        )
    CaseDetail(case=case, text=words, reply_to=to, language=language).save(force_insert=True)


def _first_step(case: Case, actor: Actor, about: _About, seen: str, at: datetime) -> Case:
    staff = actor.kind is ActorKind.STAFF
    if about.on_behalf:
        asker = _user(actor)
        notices.acknowledged(case, to=asker.email, language=asker.language, mailbox_of=actor.identity, at=at)
        return mandates.ask(case, actor=_FILE, address=about.address, language=about.language, at=at)
    if staff and not seen:
        return ask_proof(
            case, proofs.give(case, IdentifierKind.EMAIL, about.address, at=at), actor=actor, at=at
        )
    notices.acknowledged(case, to=about.address, language=about.language, mailbox_of=about.record.pk, at=at)
    if staff:
        proofs.by_record(case, actor=actor, seen=seen, at=at)
        return lifecycle.move(case, "review", actor=actor, who=Who.OFFICER, at=at)
    proofs.by_session(case, at=at)
    return lifecycle.move(case, "review", actor=_FILE, who=Who.SYSTEM, at=at)


def ask_proof(case: Case, proof: Proof, *, actor: Actor, at: datetime) -> Case:
    """Ask whoever gave this address to prove it, inside the transaction of filing. One message holds number,
    due date, code and link. The case waits, and nothing is shown, changed or erased meanwhile."""
    who = Who.OFFICER if actor.kind is ActorKind.STAFF else Who.SYSTEM
    waiting = lifecycle.move(case, "ask_proof", actor=actor, who=who, at=at)
    proof.case = waiting
    proofs.send_code(proof, at=at, actor=actor)
    return waiting
