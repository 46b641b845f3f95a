"""The receipt for people: a PDF in the language of the text, in words and not in codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.law.bases import Basis, Right, rights_opened
from consent.models import Authority, Channel, Method, RecipientKind, State
from consent.receipts.facts import Controller, Receipt, Recipient
from portals_core.people.preferences import COUNTRIES
from portals_core.plumbing import render

#: What a right lets the person do; being informed is what the receipt itself serves.
RIGHTS = {
    Right.WITHDRAW_CONSENT: gettext_lazy("withdraw this consent at any time, without a reason"),
    Right.ACCESS: gettext_lazy("have a copy of your data"),
    Right.RECTIFICATION: gettext_lazy("have wrong data corrected"),
    Right.ERASURE: gettext_lazy("have data deleted"),
    Right.RESTRICTION: gettext_lazy("have the use of data stopped"),
    Right.PORTABILITY: gettext_lazy("take the data you gave us elsewhere"),
    Right.NO_AUTOMATED_DECISION: gettext_lazy("have a human look at a decision made by a machine alone"),
    Right.COMPLAINT: gettext_lazy("complain to the supervisory authority of your country"),
}


def written(receipt: Receipt) -> bytes:
    """The receipt as a PDF. Raises `RenderFailed`."""
    return render.pdf(html(receipt), title=title(receipt))


def title(receipt: Receipt) -> str:
    """What the file calls itself, in the language of the text."""
    with translation.override(receipt.act.notice.language):
        return _("Consent receipt: %(title)s") % {"title": receipt.act.notice.title}


def html(receipt: Receipt) -> str:
    """The receipt as one self-contained document in the language of the text, times in the site's zone."""
    with translation.override(receipt.act.notice.language), timezone.override(None):
        return render_to_string("consent/receipt_paper.html", _context(receipt))


def _context(receipt: Receipt) -> dict[str, Any]:
    act = receipt.act
    opened = rights_opened(Basis.CONSENT.value)
    return {
        "title": title(receipt),
        "language": act.notice.language,
        "receipt": receipt,
        "act": act,
        "state": State(act.state).label,
        "authority": Authority(act.authority).label,
        "method": Method(act.method).label,
        "address": _address(receipt.controller),
        "channels": [Channel(channel).label for channel in act.channels],
        "recipients": [(recipient.name, _role(recipient)) for recipient in receipt.recipients],
        "rights": [sentence for right, sentence in RIGHTS.items() if right in opened],
    }


def _role(recipient: Recipient) -> str:
    """Role and country in words, as far as they are known."""
    kind = RecipientKind(recipient.kind).label if recipient.kind in RecipientKind.values else ""
    return ", ".join(str(part) for part in (kind, _country(recipient.country)) if part)


def _address(controller: Controller) -> str:
    return replace(controller, country=_country(controller.country)).address


def _country(code: str) -> str:
    """The country's name; of one we have no name for, its code."""
    return str(COUNTRIES.get(code, code))
