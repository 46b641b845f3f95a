"""Requests of people without an account: what they ask is kept, and they are asked to prove an address (W23).

Before that nobody is looked up: the same is done, written and answered for every address, whether somebody
here has it or not (promise 2). A flood is stopped without telling whom it named (attack 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from portals_core.access.actor import Actor, Kind
from portals_core.plumbing import limits
from portals_core.plumbing.errors import TooMany
from requests.arriving import filing, identifiers, proofs
from requests.holding import asked as requests_asked
from requests.law import states
from requests.models import Channel, IdentifierKind

#: Seconds for which the requests of one network are counted.
HOUR = 3_600
LONGEST_NAME = 200
_SOMEBODY = Actor(kind=Kind.ANONYMOUS, ref="person:form")


def ask(
    *,
    kind: str,
    email: str,
    at: datetime,
    network: str,
    phone: str = "",
    number: str = "",
    name: str = "",
    text: str = "",
    language: str = "",
    asked: Mapping[str, object] | None = None,
) -> UUID:
    """Keep a request and write to the address given; returns the id under which the code is entered.

    Call it outside of a transaction. Raises `BadInput` with sentences for the fields, and `TooMany` for a
    network that asks too often. Where too many requests name one address, nothing is kept or sent and the
    answer looks the same.
    """
    states.start(kind)
    wanted = requests_asked.read(kind, asked)
    form = identifiers.normal(IdentifierKind.EMAIL, email)
    limits.spend("request.form", network, limit=settings.REQUESTS_PER_NETWORK, seconds=HOUR, at=at)
    try:
        named = identifiers.keyed(IdentifierKind.EMAIL, form)
        limits.spend("request.named", named, limit=settings.REQUESTS_PER_PERSON, seconds=limits.DAY, at=at)
    except TooMany:
        return uuid4()
    with transaction.atomic():
        case = filing.store(filing.Arrival(kind, Channel.FORM, at, asked=wanted), actor=_SOMEBODY)
        filing.keep_words(case, _words(name, text), to=form, language=language or settings.LANGUAGE_CODE)
        proof = proofs.give(case, IdentifierKind.EMAIL, email, at=at)
        for other, value in ((IdentifierKind.PHONE, phone), (IdentifierKind.NUMBER, number)):
            if value.strip():
                proofs.give(case, other, value, at=at)
        filing.ask_proof(case, proof, actor=_SOMEBODY, at=at)
    return proof.pk


def _words(name: str, text: str) -> str:
    """The name stands with the words: nobody is searched by it."""
    called = " ".join(name.split())[:LONGEST_NAME]
    line = gettext("Name given: %(name)s") % {"name": called} if called else ""
    return "\n\n".join(filter(None, [line, text.strip()]))
