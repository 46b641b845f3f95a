"""An officer writes down what came in by phone, mail, letter or at the counter (R4, W2).

Whoever calls or writes has proved nothing by that: a sender of mail is forged in a minute (attack 4). Either
a code goes to the address they gave and the case waits, or the officer checked who it is and says what they
saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.plumbing.errors import BadInput
from requests.arriving import filing, identifiers, proofs
from requests.casebook import attempts, barriers, lifecycle
from requests.holding import asked as requests_asked
from requests.law import states
from requests.law.states import Who
from requests.models import Case, Channel, IdentifierKind, Proof
from requests.telling import letter_paper
from requests.telling.notices import receipts


def record(
    *,
    actor: Actor,
    kind: str,
    channel: str,
    at: datetime,
    email: str = "",
    phone: str = "",
    number: str = "",
    postal: str = "",
    text: str = "",
    seen: str | None = None,
    received_at: datetime | date | None = None,
    language: str = "",
    country: str | None = None,
    subdivision: str = "",
    asked: Mapping[str, object] | None = None,
) -> Case:
    """Record a request of somebody who is yet to be found. Call it outside of a transaction.

    Without `seen` the case waits for the proof of the address; who has a `postal` one only is asked by
    letter. With it, every identifier given counts as checked, and the person is searched by them. Raises
    `BadInput` with sentences for the fields, `Forbidden`.
    """
    given = {IdentifierKind.EMAIL: email, IdentifierKind.PHONE: phone, IdentifierKind.NUMBER: number}
    with attempts.watched(actor=actor, act="file", at=at), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        states.start(kind)
        wanted = requests_asked.read(kind, asked)
        words = None if seen is None else proofs.said(seen)
        address = identifiers.normal(IdentifierKind.EMAIL, email) if email.strip() else ""
        paper = letter_paper.checked_postal(postal)
        _refuse_if_nobody(given, address or paper, checked=words is not None)
        arrival = filing.Arrival(kind, Channel(channel), at, received_at, country, subdivision, wanted)
        case = filing.store(arrival, actor=actor, proved=words is not None)
        spoken = language or settings.LANGUAGE_CODE
        filing.keep_words(case, text, to=address, postal=paper, language=spoken)
        kept = [proofs.give(case, one, value, at=at) for one, value in given.items() if value.strip()]
        if words is None and address:
            return filing.ask_proof(case, _mail(kept), actor=actor, at=at)
        receipts.acknowledged(case, at=at)
        if words is None:
            return filing.ask_by_letter(case, actor=actor, at=at)
        lifecycle.move(case, "review", actor=actor, who=Who.OFFICER, at=at)
        return proofs.vouch(actor=actor, case=case.pk, seen={one.pk: words for one in kept}, at=at)


def _mail(kept: list[Proof]) -> Proof:
    return next(one for one in kept if one.kind == IdentifierKind.EMAIL)


def _refuse_if_nobody(given: dict[IdentifierKind, str], way: str, *, checked: bool) -> None:
    if not checked and not way:
        raise BadInput(
            _("Give the e-mail address for the code or a postal address, or check in person who asks."),
            code="recorded.no_address",
            fields={"email": _("The code goes to this address.")},
        )
    if not any(value.strip() for value in given.values()):
        raise BadInput(
            _("Give at least one thing by which the person can be found: address, phone or number."),
            code="recorded.nobody",
        )
