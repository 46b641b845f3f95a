"""Staff enter what a person said by phone, on paper or face to face (D12).

When it was said and when it was entered are both kept; the words that were read out or signed are one of the
published versions. A withdrawal never waits for anything: no age, restriction or missing file stops it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import IO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purposes, versions
from consent.contact import asking, telling
from consent.deciding import agreeing
from consent.models import ENTERED, PERMITTING, Authority, Decision, Method, Purpose, State, Text
from consent.standing import history, reach
from portals_core.access.actor import Actor
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from portals_core.records.models import Record
from portals_core.writing import attachments


class Answer(StrEnum):
    """What the person said."""

    GIVE = "give"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Upload:
    """A file that shows what was said: a signed page, a recording."""

    name: str
    content: IO[bytes]


@dataclass(frozen=True)
class Said:
    """What was said, checked for shape."""

    answer: Answer
    method: Method
    authority: Authority
    at: datetime
    remarks: str
    channels: Collection[str] | None


def enter(
    *,
    actor: Actor,
    subject: UUID,
    purpose: str,
    answer: str,
    method: str,
    at: datetime,
    text: int | None = None,
    channels: Collection[str] | None = None,
    remarks: str = "",
    proof: Upload | None = None,
    by_parent: bool = False,
) -> Decision:
    """Store what was said at `at`, with the file that shows it; the person is told by mail if they have an
    address. Needs "consent.manage" and the person's record in sight.

    `text` is the version read out or signed; withdrawing ends what was agreed to and needs none. A yes on
    paper, and every yes of a parent (`by_parent`, for a child only), needs a file. Entering the same twice
    stores nothing. Raises `BadInput` with a sentence per field; `Conflict` where there is nothing to withdraw
    or to refuse; `Forbidden` for a child's own yes; `Locked` for a yes under a restriction, and for a file
    where the record takes none.
    """
    if not actor.may("consent.manage"):
        raise Forbidden(_("Your role does not include deciding about consent."))
    said = _checked(answer, method, at, remarks, channels, proof, by_parent=by_parent)
    wanted = purposes.purpose(purpose)
    Record.objects.fetch(actor, subject)
    with transaction.atomic():
        record = reach.lock(subject)
        latest = history.latest(record.pk, wanted)
        if latest is not None and _is_same(latest, said):
            return latest
        _refuse_earlier(latest, at)
        if said.answer is Answer.WITHDRAW:
            return _withdraw(actor, record, latest, said, proof)
        shown = versions.read_out(wanted, text, at)
        if said.answer is Answer.REFUSE:
            return _refuse(actor, record, wanted, shown, latest, said, proof)
        return _give(actor, record, wanted, shown, latest, said, proof)


def _checked(
    answer: str,
    method: str,
    at: datetime,
    remarks: str,
    channels: Collection[str] | None,
    proof: Upload | None,
    *,
    by_parent: bool,
) -> Said:
    agreeing.refuse_future(at)
    if answer not in set(Answer):
        raise _wrong("answer", _("Say what the person answered."))
    if method not in ENTERED:
        raise _wrong("method", _("Say how you heard of it: by phone, on paper or face to face."))
    needed = by_parent or method == Method.PAPER
    if answer == Answer.GIVE and needed and proof is None:
        raise _wrong("file", _("Add the signed page: without it nobody can show that this was agreed to."))
    return Said(
        answer=Answer(answer),
        method=Method(method),
        authority=Authority.PARENT if by_parent else Authority.SELF,
        at=at,
        remarks=agreeing.remarks(remarks),
        channels=channels,
    )


def _wrong(field: str, sentence: object) -> BadInput:
    return BadInput(sentence, code=f"consent.entered_{field}", fields={field: sentence})


def _is_same(latest: Decision, said: Said) -> bool:
    """Whether this was entered already: a button pressed twice is one decision."""
    ends = {Answer.WITHDRAW: {State.WITHDRAWN, State.REVOKED}, Answer.REFUSE: {State.REFUSED}}
    if latest.state not in ends.get(said.answer, PERMITTING):
        return False
    chosen = set(said.channels or latest.channels) if said.answer is Answer.GIVE else set(latest.channels)
    there = (latest.method, latest.at, latest.authority, set(latest.channels))
    return there == (said.method, said.at, said.authority, chosen)


def _refuse_earlier(latest: Decision | None, at: datetime) -> None:
    if latest is not None and at < latest.at:
        raise BadInput(
            _("Something was decided later than this, so this no longer counts. Look at the history."),
            code="consent.before_last",
            fields={"at": _("earlier than the last decision")},
        )


def _give(
    actor: Actor,
    record: Record,
    wanted: Purpose,
    shown: Text,
    latest: Decision | None,
    said: Said,
    proof: Upload | None,
) -> Decision:
    if not wanted.active:
        raise BadInput(_("This purpose is no longer pursued. There is nothing to agree to."))
    reach.refuse_if_restricted(record.pk)
    if said.authority is Authority.PARENT:
        reach.refuse_parent_of_adult(record, wanted, said.at)
    else:
        reach.refuse_child(record, wanted, said.at)
    agreed = agreeing.channels(shown, said.channels)
    given = latest is not None and latest.permits(said.at)
    state = State.RENEWED if given else State.OBTAINED
    ends_at = agreeing.end(wanted, said.at)
    stored = _store(actor, record, state, shown, latest, said, proof, channels=agreed, ends_at=ends_at)
    if said.authority is Authority.PARENT:
        telling.agreed_by_parent(record=record, purpose=wanted, text=shown, at=stored.recorded_at)
    else:
        asking.confirm_receipt(record=record, purpose=wanted, text=shown, at=stored.recorded_at)
    return stored


def _refuse(
    actor: Actor,
    record: Record,
    wanted: Purpose,
    shown: Text,
    latest: Decision | None,
    said: Said,
    proof: Upload | None,
) -> Decision:
    if latest is not None and latest.permits(said.at):
        raise Conflict(
            _("This person agreed before. Enter that they withdraw."), code="consent.given_meanwhile"
        )
    return _store(actor, record, State.REFUSED, shown, latest, said, proof)


def _withdraw(
    actor: Actor, record: Record, latest: Decision | None, said: Said, proof: Upload | None
) -> Decision:
    if latest is None or latest.state not in PERMITTING | {State.WAITING}:
        raise Conflict(_("There is nothing to withdraw."), code="consent.nothing")
    state = State.REVOKED if said.authority is Authority.PARENT else State.WITHDRAWN
    stored = _store(actor, record, state, latest.text, latest, said, proof)
    telling.withdrawn_by_word(record=record, texts=[latest.text], at=stored.recorded_at)
    return stored


def _store(
    actor: Actor,
    record: Record,
    state: State,
    text: Text,
    latest: Decision | None,
    said: Said,
    proof: Upload | None,
    *,
    channels: Collection[str] = (),
    ends_at: datetime | None = None,
) -> Decision:
    now = clock.now()
    return history.add(
        state,
        actor=actor,
        subject=record.pk,
        purpose=text.purpose,
        text=text,
        before=latest,
        authority=said.authority,
        method=said.method,
        channels=channels,
        remarks=said.remarks,
        proof=_kept(actor, record, proof, at=now),
        at=said.at,
        recorded_at=now,
        ends_at=ends_at,
    )


def _kept(actor: Actor, record: Record, proof: Upload | None, *, at: datetime) -> history.Proof | None:
    """The file on the person's record, for staff only, stored in the caller's transaction."""
    if proof is None:
        return None
    file = attachments.attach(
        actor=_keeper(actor),
        record=record.pk,
        name=proof.name,
        content=proof.content,
        at=at,
        internal=True,
    )
    return history.Proof(file.pk, file.sha256)


def _keeper(actor: Actor) -> Actor:
    """The same member of staff: keeping consent includes keeping its proof, on any record in sight."""
    needed = {"records.edit"}
    return replace(actor, permissions=actor.permissions | needed, limited=actor.limited - needed)
