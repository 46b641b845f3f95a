"""A new request on record: its number, its due day, its first state, the person's words (W2, Art. 12(2)).

Every way in ends here: the portal, an officer, the public form, a time limit that ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.access.actor import Kind as ActorKind
from portals_core.plumbing.errors import BadInput
from requests.arriving import codes
from requests.casebook import lifecycle
from requests.law import deadlines
from requests.law.states import Who
from requests.models import Case, CaseDetail, Channel, Counter, Proof
from requests.telling import reached
from requests.telling.notices import receipts

LONGEST_TEXT = 10_000
_FILE = system("file a request")


@dataclass(frozen=True)
class Arrival:
    """How, when and for which calendar a request came in."""

    kind: str
    channel: str
    at: datetime
    received_at: datetime | date | None = None
    country: str | None = None
    subdivision: str = ""
    #: What exactly is asked, as `requests.holding.asked` reads it.
    asked: Mapping[str, object] = field(default_factory=dict)


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
        user_type=actor.user_type,
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


def keep_words(case: Case, text: str, *, to: str, language: str, postal: str = "") -> None:
    """The person's own words, and where the answer goes: fixed here, so that nobody redirects it later. The
    postal address is kept only where there is no other. Raises `BadInput`."""
    words = text.strip()
    if len(words) > LONGEST_TEXT or "\x00" in words:
        raise BadInput(
            _("Write at most %(longest)s characters.") % {"longest": LONGEST_TEXT},
            code="request.text",
            fields={"text": _("too long")},
        )
    kept = {"text": words, "reply_to": to, "postal": "" if to else postal, "language": language}
    CaseDetail(case=case, **kept).save(force_insert=True)


def ask_by_letter(case: Case, *, actor: Actor, at: datetime) -> Case:
    """The same question to somebody who has a postal address only: a letter waits to be posted, and an
    officer who hears from the person says what they saw (`proofs.vouch`)."""
    waiting = lifecycle.move(case, "ask_proof", actor=actor, who=Who.OFFICER, at=at)
    days = settings.PROOF_DAYS + reached.post_days(case)
    receipts.asked_by_letter(waiting, until=at + timedelta(days=days), at=at)
    return waiting


def ask_proof(case: Case, proof: Proof, *, actor: Actor, at: datetime) -> Case:
    """Ask whoever gave this address to prove it, inside the transaction of filing. One message holds number,
    due date, code and link. The case waits, and nothing is shown, changed or erased meanwhile."""
    who = Who.OFFICER if actor.kind is ActorKind.STAFF else Who.SYSTEM
    waiting = lifecycle.move(case, "ask_proof", actor=actor, who=who, at=at)
    proof.case = waiting
    codes.send_code(proof, at=at, actor=actor)
    return waiting
