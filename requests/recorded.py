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
from requests import asked as requests_asked
from requests import attempts, barriers, identifiers, intake, lifecycle, notices, proofs, states
from requests.models import Case, Channel, IdentifierKind, Proof
from requests.states import Who


def record(
    *,
    actor: Actor,
    kind: str,
    channel: str,
    at: datetime,
    email: str = "",
    phone: str = "",
    number: str = "",
    text: str = "",
    seen: str | None = None,
    received_at: datetime | date | None = None,
    language: str = "",
    country: str | None = None,
    subdivision: str = "",
    asked: Mapping[str, object] | None = None,
) -> Case:
    """Record a request of somebody who is yet to be found. Call it outside of a transaction.

    Without `seen` the case waits for the proof of the address. With it, every identifier given counts as
    checked, and the person is searched by them. Raises `BadInput` with sentences for the fields, `Forbidden`.
    """
    given = {IdentifierKind.EMAIL: email, IdentifierKind.PHONE: phone, IdentifierKind.NUMBER: number}
    with attempts.watched(actor=actor, act="file", at=at), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        states.start(kind)
        wanted = requests_asked.read(kind, asked)
        words = None if seen is None else proofs.said(seen)
        address = identifiers.normal(IdentifierKind.EMAIL, email) if email.strip() else ""
        _refuse_if_nobody(given, address, checked=words is not None)
        arrival = intake.Arrival(kind, Channel(channel), at, received_at, country, subdivision, wanted)
        case = intake.store(arrival, actor=actor, proved=words is not None)
        intake.keep_words(case, text, to=address, language=language or settings.LANGUAGE_CODE)
        kept = [proofs.give(case, one, value, at=at) for one, value in given.items() if value.strip()]
        if words is None:
            return intake.ask_proof(case, _mail(kept), actor=actor, at=at)
        notices.acknowledged(case, to=address, language=language, mailbox_of=None, at=at)
        lifecycle.move(case, "review", actor=actor, who=Who.OFFICER, at=at)
        return proofs.vouch(actor=actor, case=case.pk, seen=words, at=at)


def _mail(kept: list[Proof]) -> Proof:
    return next(one for one in kept if one.kind == IdentifierKind.EMAIL)


def _refuse_if_nobody(given: dict[IdentifierKind, str], address: str, *, checked: bool) -> None:
    if not checked and not address:
        raise BadInput(
            _("Give the e-mail address to which the code goes, or check in person who asks."),
            code="recorded.no_address",
            fields={"email": _("The code goes to this address.")},
        )
    if not any(value.strip() for value in given.values()):
        raise BadInput(
            _("Give at least one thing by which the person can be found: address, phone or number."),
            code="recorded.nobody",
        )
