"""The receipt in the format of the Kantara Initiative, version 1.1.0. Pure.

The format knows consent that was given, and nothing else: there is no field for a state.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from consent.receipts.facts import Controller, Receipt
from portals_core.plumbing.errors import Conflict


def _(sentence: str) -> str:
    """Marks a sentence for translation; whoever shows it calls gettext."""
    return sentence


VERSION = "KI-CR-v1.1.0"
#: Jurisdiction where no country is known.
_UNION = "EU"


def written(receipt: Receipt) -> bytes:
    """The receipt as a file: equal receipts give equal bytes. Raises `Conflict` where nobody agreed."""
    text = json.dumps(document(receipt), ensure_ascii=False, indent=2, sort_keys=True)
    return f"{text}\n".encode()


def document(receipt: Receipt) -> dict[str, Any]:
    """The receipt as plain values. Raises `Conflict` where nobody agreed."""
    act = receipt.act
    if not act.given:
        raise Conflict(
            _("This format can only tell of a consent that was given. Choose another format."),
            code="receipt.not_given",
        )
    return {
        "version": VERSION,
        "jurisdiction": receipt.jurisdiction or _UNION,
        "consentTimestamp": int(act.at.timestamp()),
        "collectionMethod": f"{act.method}, {act.authority}",
        "consentReceiptID": str(receipt.id),
        "language": act.notice.language,
        "piiPrincipalId": str(receipt.subject),
        "piiControllers": [_controller(receipt.controller)],
        "policyUrl": receipt.privacy_page,
        "services": [{"service": receipt.controller.name, "purposes": [_purpose(receipt)]}],
        "sensitive": bool(receipt.special),
        "spiCat": list(receipt.special),
    }


def _controller(controller: Controller) -> dict[str, Any]:
    """The controller speaks for itself, hence `onBehalf` is no; decisions for others stand in the method."""
    address = {
        "streetAddress": controller.street,
        "postalCode": controller.postcode,
        "addressLocality": controller.city,
        "addressCountry": controller.country,
    }
    told: dict[str, Any] = {
        "piiController": controller.name,
        "onBehalf": False,
        "contact": controller.contact or controller.name,
        "address": {name: value for name, value in address.items() if value},
        "email": controller.email,
        "phone": controller.phone,
    }
    return {**told, "piiControllerUrl": controller.website} if controller.website else told


def _purpose(receipt: Receipt) -> dict[str, Any]:
    act, others = receipt.act, receipt.third_parties
    until = act.ends_at.astimezone(UTC).isoformat().replace("+00:00", "Z") if act.ends_at else "withdrawal"
    told: dict[str, Any] = {
        "purpose": act.notice.title,
        "purposeCategory": [receipt.purpose],
        "consentType": "EXPLICIT",
        "piiCategory": [*receipt.data, *receipt.special],
        "termination": f"{until}; {receipt.privacy_page}",
        "thirdPartyDisclosure": bool(others),
    }
    return {**told, "thirdPartyName": "; ".join(one.name for one in others)} if others else told
