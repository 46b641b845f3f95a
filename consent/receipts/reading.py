"""For whom a receipt is, and what the tables say about it.

Everybody has receipts of their own decisions, a parent those of their own decisions for their child, and
staff who keep consent all of them. Who added somebody else may see where that person's consent stands and
gets no receipt of it: nothing about the person is disclosed to them on paper (W17).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from consent.contact import asking
from consent.models import Authority, Decision, Text
from consent.receipts import facts
from consent.receipts.files import File, check, file
from consent.standing import reach
from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.plumbing import links
from portals_core.plumbing.errors import Absent

_TELL = system("tell a person what they decided")


def hand_out(*, actor: Actor, decision: UUID, form: str, at: datetime) -> File:
    """The receipt of one decision as a file; who took it is on record, as it leaves our sight (W9).

    Raises `Absent` for a decision out of reach and for an unknown format, `Conflict` for a format that cannot
    tell it.
    """
    check(form)
    found = _decision(actor, decision)
    made = file(receipt_of(found), form)
    with transaction.atomic():
        append.record(
            "consent.receipt_taken",
            actor=actor,
            about=f"record:{found.subject}",
            subject=found.subject,
            at=at,
            detail={"decision": str(found.pk), "format": form},
        )
    return made


def by_link(*, token: str, form: str, at: datetime) -> File:
    """The receipt of what a link to withdraw was sent for. Changes nothing, however often it is fetched, and
    leaves the link as it is (W16). Raises `Absent` for a link that does not work, and as `hand_out`."""
    check(form)
    subject, purpose = asking.target(token, asking.WITHDRAW, at=at)
    found = _all().filter(subject=subject, purpose=purpose, superseded_at=None).first()
    if found is None:
        raise _absent()
    return file(receipt_of(found), form)


def receipt_of(decision: Decision) -> facts.Receipt:
    """What the receipt of this decision tells, with every decision that led to it."""
    rows = _all().filter(subject=decision.subject, purpose=decision.purpose_id, number__lte=decision.number)
    return facts.receipt(
        subject=decision.subject,
        purpose=decision.purpose.key,
        acts=[_act(one) for one in rows.order_by("number")],
        frozen=decision.text.facts,
        otherwise=facts.Controller(
            name=settings.ORGANISATION, email=settings.CONTACT_EMAIL, country=settings.COUNTRY
        ),
        privacy_page=links.address(reverse("privacy")),
    )


def _decision(actor: Actor, decision: UUID) -> Decision:
    rows = Decision.objects.visible_to(actor).select_related("purpose", "text")
    found = rows.filter(pk=decision).first() or _as_parent(actor, decision)
    if found is None:
        raise _absent()
    return found


def _as_parent(actor: Actor, decision: UUID) -> Decision | None:
    """What this person decided as a parent, for a child that is still in their charge."""
    if actor.kind is not Kind.PORTAL or actor.user_id is None:
        return None
    children = reach.people_added(actor).order_by().values("pk")
    own = _all().filter(authority=Authority.PARENT, decided_by=actor.user_id, subject__in=children)
    return own.filter(pk=decision).first()


def _all() -> QuerySet[Decision]:
    return Decision.objects.visible_to(_TELL).select_related("purpose", "text")


def _act(decision: Decision) -> facts.Act:
    return facts.Act(
        id=decision.pk,
        state=decision.state,
        authority=decision.authority,
        method=decision.method,
        channels=tuple(decision.channels),
        remarks=decision.remarks,
        proof_sha256=decision.proof_sha256,
        at=decision.at,
        recorded_at=decision.recorded_at,
        ends_at=decision.ends_at,
        evidence=decision.evidence,
        notice=_notice(decision.text),
    )


def _notice(text: Text) -> facts.Notice:
    return facts.Notice(
        version=text.version,
        language=text.language,
        title=text.title,
        words=tuple(part for part in (text.body, text.statement, text.before_submit) if part),
        published_at=text.published_at,
        digest=text.digest,
    )


def _absent() -> Absent:
    return Absent(_("There is nothing here, or it is not shared with you."))
