"""What the pages show on which staff enter an answer, or find a consent invalid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent.catalogue import purposes, versions
from consent.contact import letters
from consent.models import PERMITTING, Channel, Decision, Purpose, State, Text
from consent.standing import children, history, reads
from portals_core.access.actor import Actor
from portals_core.locks import place
from portals_core.records.models import Record


@dataclass(frozen=True)
class Sheet:
    """One person and one purpose, as they stand."""

    record: Record
    name: str
    purpose: Purpose
    latest: Decision | None
    texts: Sequence[Text]
    #: Where the person is told; empty where there is no address.
    address: str
    restricted: bool
    #: Too young to agree alone.
    child: bool

    @property
    def can_give(self) -> bool:
        return self.purpose.active and not self.restricted and bool(self.texts)

    @property
    def can_refuse(self) -> bool:
        return bool(self.texts) and not (self.latest and self.latest.state in PERMITTING)

    @property
    def can_end(self) -> bool:
        return self.latest is not None and self.latest.state in PERMITTING | {State.WAITING}

    @property
    def channels(self) -> list[tuple[str, str]]:
        """Every way of contact that one of the texts names, with its name."""
        named = {channel for text in self.texts for channel in text.channels}
        return [(value, str(label)) for value, label in Channel.choices if value in named]


def sheet(actor: Actor, subject: UUID, purpose: str, *, at: datetime) -> Sheet:
    """The sheet of one person and purpose, for staff who keep consent. Constant queries. Raises `Absent`."""
    record = reads.person(actor, subject)
    wanted = purposes.purpose(purpose)
    return Sheet(
        record=record,
        name=reads.name_of(actor, record),
        purpose=wanted,
        latest=history.latest(record.pk, wanted),
        texts=versions.offered(wanted),
        address=letters.address_of(record),
        restricted=place.restricted(record.pk),
        child=children.is_child(record, wanted, at),
    )
