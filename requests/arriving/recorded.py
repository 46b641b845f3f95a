"""An officer writes down what came in by phone, mail, letter or at the counter (R4, W2).

Whoever calls or writes has proved nothing by that: a sender of mail is forged in a minute (attack 4). Either
a code goes to the address they gave and the case waits, or the officer checked something of what was given
and says what they saw of it. What nobody checked stays unproved (promise 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.plumbing.errors import BadInput
from requests.arriving import codes, filing, identifiers, proofs
from requests.casebook import attempts, barriers, lifecycle
from requests.holding import asked as requests_asked
from requests.law import states
from requests.law.states import Who
from requests.models import Case, Channel, IdentifierKind, Proof
from requests.telling import letter_paper
from requests.telling.notices import receipts

#: Words by the kind of identifier they are about.
Given = dict[IdentifierKind, str]


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
    seen: Mapping[str, str] | None = None,
    received_at: datetime | date | None = None,
    language: str = "",
    country: str | None = None,
    subdivision: str = "",
    asked: Mapping[str, object] | None = None,
) -> Case:
    """Record a request of somebody who is yet to be found. Call it outside of a transaction.

    `seen` says, for each kind of identifier the officer checked, what they saw; the person is searched by
    those and by nothing else. A mail address beside them gets a code, and the answer does not go there before
    it is proved. Without any the case waits for the proof of the address; who has a `postal` one only is
    asked by letter. Raises `BadInput` with sentences for the fields, `Forbidden`.
    """
    entered = {IdentifierKind.EMAIL: email, IdentifierKind.PHONE: phone, IdentifierKind.NUMBER: number}
    given = {one: value for one, value in entered.items() if value.strip()}
    with attempts.watched(actor=actor, act="file", at=at), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        states.start(kind)
        wanted = requests_asked.read(kind, asked)
        words = _seen(seen or {}, given)
        address = identifiers.normal(IdentifierKind.EMAIL, email) if email.strip() else ""
        paper = letter_paper.checked_postal(postal)
        _refuse_if_nobody(given, address or paper, checked=bool(words))
        arrival = filing.Arrival(kind, Channel(channel), at, received_at, country, subdivision, wanted)
        case = filing.store(arrival, actor=actor, proved=bool(words))
        spoken = language or settings.LANGUAGE_CODE
        # An address that another proof stands beside is answered once it is proved itself.
        to = "" if words and IdentifierKind.EMAIL not in words else address
        filing.keep_words(case, text, to=to, postal=paper, language=spoken)
        kept = {one: proofs.give(case, one, value, at=at) for one, value in given.items()}
        if words:
            return _checked(case, kept, words, actor=actor, at=at)
        if address:
            return filing.ask_proof(case, kept[IdentifierKind.EMAIL], actor=actor, at=at)
        receipts.acknowledged(case, at=at)
        return filing.ask_by_letter(case, actor=actor, at=at)


def _seen(seen: Mapping[str, str], given: Given) -> Given:
    """What was seen of each kind. Raises `BadInput` for a kind that was not given at all."""
    words: Given = {}
    for name, text in seen.items():
        one = next((kind for kind in given if kind == name), None)
        if one is None:
            raise BadInput(
                _("You say that you checked something that is not written down here."),
                code="recorded.not_given",
                fields={name: _("Write down what you checked, or take the tick away.")},
            )
        words[one] = proofs.said(text, field=f"seen_{name}")
    return words


def _checked(
    case: Case, kept: Mapping[IdentifierKind, Proof], words: Given, *, actor: Actor, at: datetime
) -> Case:
    """What the officer checked is proved, and nothing beside it. An address that is not gets its code, and
    the receipt in the same message."""
    moved = lifecycle.move(case, "review", actor=actor, who=Who.OFFICER, at=at)
    if IdentifierKind.EMAIL in kept and IdentifierKind.EMAIL not in words:
        asked = kept[IdentifierKind.EMAIL]
        asked.case = moved
        codes.send_code(asked, at=at, actor=actor)
    else:
        receipts.acknowledged(moved, at=at)
    seen = {kept[one].pk: text for one, text in words.items()}
    return proofs.vouch(actor=actor, case=moved.pk, seen=seen, at=at)


def _refuse_if_nobody(given: Given, way: str, *, checked: bool) -> None:
    if not checked and not way:
        raise BadInput(
            _("Give the e-mail address for the code or a postal address, or check in person who asks."),
            code="recorded.no_address",
            fields={"email": _("The code goes to this address.")},
        )
    if not given:
        raise BadInput(
            _("Give at least one thing by which the person can be found: address, phone or number."),
            code="recorded.nobody",
        )
