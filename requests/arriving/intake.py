"""How a request comes in: from the person, from somebody who added that person, or through an officer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.access.actor import Kind as ActorKind
from portals_core.people import accounts
from portals_core.people.models import User, normalise_email
from portals_core.plumbing import limits
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, TooMany
from portals_core.records.models import Record
from requests.arriving import filing, mandates, proofs
from requests.casebook import attempts, lifecycle, rectify
from requests.holding import asked as requests_asked
from requests.holding import offers, planning
from requests.law import states
from requests.law.states import State, Who
from requests.models import Case, Channel, IdentifierKind, Kind, Mandate
from requests.telling import letter_paper
from requests.telling.notices import receipts

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
    #: Where letters go, for a person without a mail address.
    postal: str = ""


def file_case(
    *,
    actor: Actor,
    kind: str,
    at: datetime,
    subject: UUID | str | None = None,
    text: str = "",
    postal: str = "",
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
    `asked` says what exactly, as `requests.holding.asked` reads it; a part of the data can only be named for
    oneself.
    """
    with attempts.watched(actor=actor, act="file", at=at, on=subject), transaction.atomic():
        states.start(kind)
        about = replace(_about(actor, subject), postal=letter_paper.checked_postal(postal))
        shown = _shown(actor, about, seen)
        planning.lock_subject(about.record.pk)
        # Looked at again: whoever held the lock before may have deleted or changed the record.
        about = replace(about, record=_person(pk=about.record.pk))
        _refuse_if_pointless(actor, about, kind, at)
        _refuse_flood(actor, at)
        wanted = requests_asked.read(kind, asked)
        offers.check(actor, kind, about.record.pk, wanted)
        arrival = filing.Arrival(kind, _way(actor, channel), at, received_at, country, subdivision, wanted)
        case = filing.store(
            arrival,
            actor=actor,
            subject=about.record.pk,
            on_behalf=about.on_behalf,
            proved=_proves(actor, about, shown),
        )
        filing.keep_words(case, text, to=about.address, postal=about.postal, language=about.language)
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
    if not about.address and not about.postal:
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


def _first_step(case: Case, actor: Actor, about: _About, seen: str, at: datetime) -> Case:
    staff = actor.kind is ActorKind.STAFF
    if about.on_behalf:
        asker = _user(actor)
        receipts.acknowledged_to(
            case, asker=asker.email, language=asker.language, mailbox_of=actor.identity, at=at
        )
        return mandates.ask(case, actor=_FILE, address=about.address, language=about.language, at=at)
    if staff and not seen and about.address:
        return filing.ask_proof(
            case, proofs.give(case, IdentifierKind.EMAIL, about.address, at=at), actor=actor, at=at
        )
    receipts.acknowledged(case, at=at)
    if staff and not seen:
        return filing.ask_by_letter(case, actor=actor, at=at)
    if staff:
        proofs.by_record(case, actor=actor, seen=seen, at=at)
        return lifecycle.move(case, "review", actor=actor, who=Who.OFFICER, at=at)
    proofs.by_session(case, at=at)
    return lifecycle.move(case, "review", actor=_FILE, who=Who.SYSTEM, at=at)
