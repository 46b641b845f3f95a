"""What a receipt tells. Pure: equal facts give equal receipts, for ever.

Who is responsible, which data, who receives it and how long it is kept come from the snapshot that was frozen
with the text (`Text.facts`). What the snapshot lacks is left out, never made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

#: States in which somebody agreed, as `consent.models.State` names them.
GIVEN = frozenset({"obtained", "renewed"})
#: Separates identifiers of receipts and texts from those of the decisions they are derived from.
_NAMESPACE = UUID("6f0cba5d-3f0e-4b43-9f2c-6a5d0a4f0c11")


@dataclass(frozen=True)
class Notice:
    """The exact text that was shown."""

    version: int
    language: str
    title: str
    #: Body, privacy statement and what stands above the button, as far as there are any.
    words: tuple[str, ...]
    published_at: datetime
    digest: str

    @property
    def id(self) -> UUID:
        return uuid5(_NAMESPACE, self.digest)


@dataclass(frozen=True)
class Act:
    """One decision on the way, as it was recorded."""

    id: UUID
    state: str
    authority: str
    method: str
    channels: tuple[str, ...]
    remarks: str
    proof_sha256: str
    at: datetime
    recorded_at: datetime
    ends_at: datetime | None
    evidence: str
    notice: Notice

    @property
    def given(self) -> bool:
        """Whether somebody agreed."""
        return self.state in GIVEN


@dataclass(frozen=True)
class Controller:
    """Who answers for the processing (Art. 4(7)); what is not known is empty."""

    name: str
    contact: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""

    @property
    def address(self) -> str:
        """In one line."""
        town = " ".join(part for part in (self.postcode, self.city) if part)
        return ", ".join(part for part in (self.street, town, self.country) if part)


@dataclass(frozen=True)
class Recipient:
    """Somebody who receives data, in the role the register gives them (Art. 4(9))."""

    name: str
    kind: str = ""
    country: str = ""

    @property
    def is_third_party(self) -> bool:
        """Processors act for the controller and are no third parties (Art. 4(10))."""
        return self.kind != "processor"


@dataclass(frozen=True)
class Receipt:
    """One decision with everything that led to it."""

    subject: UUID
    purpose: str
    #: Every decision of this person about this purpose up to the one it is about, oldest first.
    acts: tuple[Act, ...]
    controller: Controller
    jurisdiction: str
    #: Where the person sees and withdraws it.
    privacy_page: str
    data: tuple[str, ...] = ()
    #: Which of the data is of a special category (Art. 9(1)).
    special: tuple[str, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    limits: str = ""

    @property
    def act(self) -> Act:
        """The decision it is about."""
        return self.acts[-1]

    @property
    def id(self) -> UUID:
        """Of the receipt: always the same for one decision."""
        return uuid5(_NAMESPACE, str(self.act.id))

    @property
    def record_id(self) -> UUID:
        """Of the consent record, which grows with every decision: that of the first one, a UUID version 4."""
        return self.acts[0].id

    @property
    def notices(self) -> list[Notice]:
        """Every text that was decided on, once each, in the order of the decisions."""
        return list({act.notice.digest: act.notice for act in self.acts}.values())

    @property
    def third_parties(self) -> list[Recipient]:
        return [recipient for recipient in self.recipients if recipient.is_third_party]


def receipt(
    *,
    subject: UUID,
    purpose: str,
    acts: Sequence[Act],
    frozen: Mapping[str, Any],
    otherwise: Controller,
    privacy_page: str,
) -> Receipt:
    """The receipt for the last of `acts`. `frozen` is the snapshot of its text; whoever is responsible
    according to `otherwise` fills in what the snapshot does not say of the controller."""
    controller = _controller(frozen.get("controller") or {}, otherwise)
    return Receipt(
        subject=subject,
        purpose=purpose,
        acts=tuple(acts),
        controller=controller,
        jurisdiction=controller.country or otherwise.country,
        privacy_page=privacy_page,
        data=tuple(frozen.get("data") or ()),
        special=tuple(frozen.get("special") or ()),
        recipients=tuple(
            Recipient(one["name"], one.get("kind", ""), one.get("country", ""))
            for one in frozen.get("recipients") or ()
        ),
        limits=frozen.get("limits") or "",
    )


def _controller(frozen: Mapping[str, Any], otherwise: Controller) -> Controller:
    if not frozen.get("name"):
        return otherwise
    told = {one.name: str(frozen.get(one.name) or "") for one in fields(Controller)}
    return Controller(**{**told, "email": told["email"] or otherwise.email})
