"""Answers that come by a link in a message: yes, no, and withdrawing later.

Opening a link changes nothing (W16); an answer is one transaction with its decision and leaf, and uses the
link up.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.contact import askable, asking, questions
from consent.deciding import agreeing
from consent.models import Authority, Decision, Method, Purpose, Question, State
from consent.standing import history, reach
from consent.standing.history import WITHDRAW
from portals_core.access.actor import Actor, Kind
from portals_core.plumbing import links
from portals_core.plumbing.errors import Absent
from portals_core.records.models import Record


def confirm(
    *, token: str, text: int, at: datetime, channels: Collection[str] | None = None, remarks: str = ""
) -> Decision:
    """The person's own yes, by the link they were sent. From now on the consent holds (W17).

    `text` is the id of the text that was shown, `channels` the ways of contact chosen where it shows them.
    Uses the link up. Raises `Absent` for a link that does not work, `BadInput` where no channel was chosen or
    the text is not the one asked on, `Conflict` when the version is no longer asked (the link stays good, to
    have the new question sent), `Locked` under a restriction.
    """
    with transaction.atomic():
        record, asked = _behind(token, at)
        reach.refuse_if_restricted(record.pk)
        reach.refuse_child(record, asked.purpose, at)
        questions.refuse_unless_asked(questions.look(asked, asked.text.language))
        shown = questions.read_by(asked, text)
        named, words = agreeing.channels(shown, channels), agreeing.answered(shown, remarks)
        actor = questions.redeemed(token, at=at)
        before, held = _before(record, shown.purpose, at)
        decision = history.add(
            State.RENEWED if held else State.OBTAINED,
            actor=actor,
            subject=record.pk,
            purpose=shown.purpose,
            text=shown,
            before=before,
            authority=Authority.SELF,
            method=Method.LINK,
            channels=named,
            remarks=words,
            at=at,
            ends_at=agreeing.end(shown.purpose, at),
        )
        asking.confirm_receipt(record=record, purpose=shown.purpose, text=shown, at=at)
    return decision


def decline(*, token: str, at: datetime, text: int | None = None, remarks: str = "") -> Decision:
    """The person's own no, by the link they were sent: refused, or withdrawn where an older consent held.

    Uses the link up. A no is taken whatever became of the version. Raises `Absent`, and `BadInput` for
    remarks that are too long or a text the person was not asked on.
    """
    with transaction.atomic():
        record, asked = _behind(token, at)
        shown = questions.read_by(asked, text)
        words = agreeing.answered(shown, remarks)
        actor = questions.redeemed(token, at=at)
        before, held = _before(record, asked.purpose, at)
        return history.add(
            State.WITHDRAWN if held else State.REFUSED,
            actor=actor,
            subject=record.pk,
            purpose=asked.purpose,
            text=shown,
            before=before,
            authority=Authority.SELF,
            method=Method.LINK,
            remarks=words,
            at=at,
        )


def withdraw_by_link(*, token: str, at: datetime) -> Decision:
    """The person's withdrawal, by the link that came with what they agreed to. Uses the link up."""
    with transaction.atomic():
        subject, purpose = asking.target(token, WITHDRAW, at=at)
        record = reach.lock(subject)
        latest = history.latest(subject, purpose)
        if latest is None:
            raise Absent(_("There is nothing here, or it is not shared with you."))
        used = links.redeem(token, WITHDRAW, at=at)
        return history.add(
            State.WITHDRAWN,
            actor=Actor(kind=Kind.ANONYMOUS, ref=f"link:{used.pk}"),
            subject=record.pk,
            purpose=purpose,
            text=latest.text,
            before=latest,
            authority=Authority.SELF,
            method=Method.LINK,
            at=at,
        )


def _behind(token: str, at: datetime) -> tuple[Record, Question]:
    """The question of a link, with the person's record locked."""
    record = reach.lock(questions.behind(token, at=at).subject)
    return record, questions.behind(token, at=at)


def _before(record: Record, purpose: Purpose, at: datetime) -> tuple[Decision | None, bool]:
    """The decision that counted until now, and whether it was a consent that held."""
    latest = history.latest(record.pk, purpose)
    return latest, askable.holds(latest, at, askable.floor(purpose, at))
