"""Why the demo's people are on record, and what they agreed to, refused and withdrew."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from consent.catalogue import purposes, texts
from consent.deciding import answers, decisions
from consent.grounds import recording
from consent.law.bases import Basis, Special
from consent.models import Text
from consent.standing import reads
from dsr_portal.demo import mailbox, register
from dsr_portal.demo.house import HERE, House
from dsr_portal.demo.visitors import Visitor
from portals_core.plumbing import outbox
from portals_core.records.models import Record

#: What each portal user decided, purpose by purpose, in turns.
WISHES: tuple[Mapping[str, tuple[str, ...]], ...] = (
    {"newsletter": ("give",), "guided-tours": ("give", "withdraw"), "product-survey": ("refuse",)},
    {"newsletter": ("give", "withdraw", "give"), "guided-tours": ("give",)},
    {"newsletter": ("refuse",), "product-survey": ("give",)},
    {"newsletter": ("give",), "guided-tours": ("refuse",), "product-survey": ("give", "withdraw")},
    {},
)
_CONFIRM = re.compile(r"/consent/confirm/([\w-]+)/")


def publish(house: House) -> None:
    """Purposes, what the register says about them, and their texts in every language."""
    administrator = house.actor("administrator")
    described = tomllib.loads((HERE / "purposes.toml").read_text(encoding="utf-8"))["purposes"]
    written = {purpose["key"]: purpose.pop("texts") for purpose in described}
    for purpose in described:
        purposes.define(actor=administrator, **purpose)
    register.enter(house)
    for key, versions in written.items():
        for text in versions:
            at = house.ago(days=text.pop("days_ago", 400))
            texts.publish(actor=administrator, purpose=key, at=at, **text)


def found(house: House, contacts: Mapping[str, list[Record]]) -> None:
    """The basis on which each contact is kept: mostly their orders; for some a wish not yet followed up."""
    officer = house.actor("officer")
    for people in contacts.values():
        for number, record in enumerate(people):
            if number % 9 == 8:
                continue  # Undecided: the overview at the desk has something to show.
            ordered = number % 4 != 3
            recording.record_basis(
                actor=officer,
                subject=record.pk,
                basis=Basis.CONTRACT if ordered else Basis.LEGITIMATE_INTERESTS,
                reason="Orders with us" if ordered else "Asked for an offer",
                assessment="" if ordered else "Assessment 2026-02, offers to those who asked",
                condition=Special.EXPLICIT_CONSENT if recording.holds_sensitive(record) else "",
                at=record.created_at,
            )


def decide(house: House, visitors: Mapping[tuple[str, int], Visitor]) -> None:
    """What portal users decided for themselves, and what they asked people they added."""
    for number, visitor in enumerate(visitors.values()):
        at = house.some_time(28, 20)
        for purpose, steps in WISHES[number % len(WISHES)].items():
            for step in steps:
                at += timedelta(days=2, minutes=7)
                _decide(visitor, purpose, step, at)
    for visitor in visitors.values():
        for number, person in enumerate(visitor.added):
            _ask(house, visitor, person, number)


def _decide(visitor: Visitor, purpose: str, step: str, at: datetime) -> None:
    actor = visitor.actor
    if step == "withdraw":
        decisions.withdraw(actor=actor, subject=visitor.record.pk, purpose=purpose, at=at)
        return
    text = _shown(visitor, visitor.record.pk, purpose, at)
    said: dict[str, Any] = {"actor": actor, "subject": visitor.record.pk, "purpose": purpose, "text": text.pk}
    if step == "give":
        decisions.give(**said, channels=text.channels, at=at)
    else:
        decisions.refuse(**said, at=at)


def _ask(house: House, visitor: Visitor, person: Record, number: int) -> None:
    """They ask the person; every other one follows the link from the mail and agrees."""
    at = person.created_at + timedelta(days=1)
    text = _shown(visitor, person.pk, "newsletter", at)
    decisions.give(actor=visitor.actor, subject=person.pk, purpose="newsletter", text=text.pk, at=at)
    if number % 2:
        return
    letter = mailbox.page(to=person.values["email"]).messages[0]
    # It leaves before the answer: a question that was answered is not sent any more.
    outbox.drain(about=f"mail:{letter.pk}")
    token = _CONFIRM.search(letter.body)
    assert token is not None, "the question holds the link that answers it"
    answers.confirm(token=token[1], text=text.pk, channels=text.channels, at=at + timedelta(days=1))


def _shown(visitor: Visitor, subject: UUID, purpose: str, at: datetime) -> Text:
    """The text the portal shows this person's reader, which a decision is bound to."""
    standings = reads.current(visitor.actor, subject, language=visitor.tongue.language, at=at)
    text = next(one.text for one in standings if one.purpose.key == purpose)
    assert text is not None, "every purpose of the demo has published texts"
    return text
