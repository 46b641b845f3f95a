"""The recipients of a case, as the case page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent import register
from consent.models import Recipient, Told
from portals_core.access.actor import Actor
from portals_core.plumbing.errors import Absent
from portals_core.plumbing.models import Mail, MailState
from requests.carrying_out import recipients
from requests.casebook import names
from requests.casebook.words import Badge
from requests.forms.recipients import STEPS
from requests.models import Case, RecipientNotice, Standing

ACTS: Mapping[str, Promise] = {
    "rectify": _("correct the data"),
    "erase": _("delete the data"),
    "restrict": _("stop using the data"),
    "lift": _("they may use the data again"),
}
_BADGES = {
    Standing.OPEN: ("warn", "clock"),
    Standing.TOLD: ("info", "send"),
    Standing.ANSWERED: ("good", "circle-check"),
    Standing.IMPOSSIBLE: ("quiet", "circle-slash"),
}


@dataclass(frozen=True)
class Line:
    """One recipient: what they are told, how they are reached, where it stands."""

    row: RecipientNotice
    act: object
    way: object
    #: Mail address, phone number or postal address, as the register has them.
    contact: str
    badge: Badge
    #: What became of the message, where one was sent.
    mail: object
    by: str
    open: bool
    #: A letter to them can be printed; or it is on its way to be.
    printable: bool


def part(actor: Actor, case: Case, *, at: datetime) -> dict[str, Any]:
    """Context of `case_recipients.html`: nothing before the request is fulfilled."""
    done = case.state in recipients.DONE
    return {
        "recipients": _lines(actor, recipients.listed(actor, case)) if done else [],
        "may_tell": done and actor.may("cases.decide"),
    }


def line(actor: Actor, case: Case, notice: UUID) -> Line:
    """One recipient of the case. Raises `Absent`."""
    row = next((one for one in recipients.listed(actor, case) if one.pk == notice), None)
    if row is None:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return _lines(actor, [row])[0]


def _lines(actor: Actor, rows: list[RecipientNotice]) -> list[Line]:
    known = register.recipients_with(row.recipient for row in rows)
    mails = Mail.objects.in_bulk([row.mail for row in rows if row.mail])
    return [
        Line(
            row,
            ACTS[row.act],
            Told(row.way).label,
            _contact(known.get(row.recipient)),
            _badge(row),
            _sent(row, mails),
            names.called(actor, row.by) or "",
            bool(STEPS[Standing(row.standing)]),
            bool(getattr(row, "printable", False)),
        )
        for row in rows
    ]


def _badge(row: RecipientNotice) -> Badge:
    tone, icon = _BADGES[Standing(row.standing)]
    return Badge(tone, icon, str(Standing(row.standing).label))


def _sent(row: RecipientNotice, mails: Mapping[UUID, Mail]) -> object:
    if row.mail is None:
        return ""
    mail = mails.get(row.mail)
    return MailState(mail.state).label if mail is not None else _("sent and forgotten")


def _contact(known: Recipient | None) -> str:
    if known is None:
        return ""
    values: Iterable[str] = (known.contact, known.email, known.phone, known.address)
    return ", ".join(filter(None, values))
