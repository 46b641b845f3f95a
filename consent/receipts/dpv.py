"""The consent receipt as JSON-LD: the DPV 2.3 profile of ISO/IEC TS 27560, for the GDPR. Pure.

The context stands inside, so nothing is loaded from anywhere. A property that has several values has an
array; one without a value is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from consent.law.bases import Basis, Right, rights_opened
from consent.receipts.facts import Act, Controller, Notice, Receipt, Recipient

CONTEXT = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
PROFILE = "https://w3id.org/dpv/schema/dpv-27560#"
#: One way: our states as DPV knows them.
STATES = {
    "pending": "dpv:ConsentUnknown",
    "waiting": "dpv:ConsentRequested",
    "obtained": "dpv:ConsentGiven",
    "renewed": "dpv:RenewedConsentGiven",
    "refused": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
    "revoked": "dpv:ConsentRevoked",
    "expired": "dpv:ConsentExpired",
    "invalidated": "dpv:ConsentInvalidated",
    "not_responded": "dpv:ConsentRequestDeferred",
}
_RECIPIENTS = {
    "processor": "dpv:DataProcessor",
    "controller": "dpv:DataController",
    "joint": "dpv:JointDataControllers",
    "authority": "dpv:Authority",
}
_CONTROLLER = "_:controller"
Node = dict[str, Any]


def written(receipt: Receipt) -> bytes:
    """The receipt as a file: equal receipts give equal bytes."""
    text = json.dumps(document(receipt), ensure_ascii=False, indent=2, sort_keys=True)
    return f"{text}\n".encode()


def document(receipt: Receipt) -> Node:
    """The receipt, with the consent record it is a copy of."""
    return {
        "@context": CONTEXT,
        "@id": receipt.id.urn,
        "@type": "dpv:ConsentReceipt",
        "dpv:hasIdentifier": str(receipt.id),
        "dct:conformsTo": {"@id": f"{PROFILE}receipt-eu-gdpr"},
        "dct:created": _moment(receipt.act.recorded_at),
        "dct:publisher": {"@id": _CONTROLLER},
        "dpv:hasRecordOfActivity": [record(receipt)],
    }


def record(receipt: Receipt) -> Node:
    """The consent record: who, what for, on which text, and every status so far."""
    return _told(
        {
            "@id": receipt.record_id.urn,
            "@type": "dpv:ConsentRecord",
            "dct:conformsTo": {"@id": f"{PROFILE}record-eu-gdpr"},
            "dct:identifier": str(receipt.record_id),
            "dpv:hasDataSubject": _subject(receipt.subject),
            "dpv:hasDataController": _controller(receipt.controller),
            "dpv:hasJurisdiction": _country(receipt.jurisdiction),
            "dpv:hasNotice": [_notice(notice, receipt.purpose) for notice in receipt.notices],
            "dpv:hasProcess": [_process(receipt)],
            "dpv:hasConsentControl": {
                "@type": "dpv:WithdrawConsent",
                "dpv:isExercisedAt": {"@id": receipt.privacy_page},
            },
            "dpv:hasRight": [_right(right, receipt) for right in _rights()],
            "dpv:hasConsentStatus": [_status(act, receipt.subject) for act in receipt.acts],
        }
    )


def _rights() -> list[Right]:
    opened = rights_opened(Basis.CONSENT.value)
    return [right for right in Right if right in opened]


def _right(right: Right, receipt: Receipt) -> Node:
    return {
        "@type": ["dpv:DataSubjectRight", f"eu-gdpr:{right.value}"],
        "dpv:isExercisedAt": {"@id": receipt.privacy_page},
    }


def _subject(subject: UUID) -> Node:
    return {"@id": subject.urn, "@type": "dpv:DataSubject"}


def _controller(controller: Controller) -> Node:
    return _told(
        {
            "@id": _CONTROLLER,
            "@type": "dpv:DataController",
            "dpv:hasName": controller.name,
            "dpv:hasAddress": controller.address,
            "dpv:hasContact": [
                told
                for told in (controller.contact, controller.email, controller.phone, controller.website)
                if told
            ],
        }
    )


def _country(code: str) -> Node | None:
    return {"@type": "dpv:Country", "dct:identifier": code} if code else None


def _notice(notice: Notice, purpose: str) -> Node:
    return {
        "@id": notice.id.urn,
        "@type": "dpv:ConsentNotice",
        "dct:date": _moment(notice.published_at),
        "dct:language": notice.language,
        "dct:title": _words(notice.title, notice.language),
        "dct:description": _words("\n\n".join(notice.words), notice.language),
        "dct:identifier": [f"{purpose}/{notice.version}/{notice.language}", _digest(notice.digest)],
    }


def _process(receipt: Receipt) -> Node:
    language = receipt.act.notice.language
    purpose = {
        "@type": "dpv:Purpose",
        "dct:identifier": receipt.purpose,
        "dct:title": _words(receipt.act.notice.title, language),
    }
    return _told(
        {
            "@type": "dpv:Process",
            "dpv:hasPurpose": purpose,
            "dpv:hasLegalBasis": {"@id": f"eu-gdpr:{Basis.CONSENT.value}"},
            "dpv:hasService": [_channel(channel) for channel in receipt.act.channels],
            "dpv:hasPersonalData": [
                *(_data("dpv:PersonalData", name, language) for name in receipt.data),
                *(_data("dpv:SpecialCategoryPersonalData", name, language) for name in receipt.special),
            ],
            "dpv:hasStorageCondition": receipt.limits
            and {"@type": "dpv:StorageCondition", "dct:description": _words(receipt.limits, language)},
            "dpv:hasRecipient": [_recipient(recipient) for recipient in receipt.recipients],
        }
    )


def _channel(channel: str) -> Node:
    return {"@type": "dpv:Service", "dct:identifier": channel}


def _data(kind: str, name: str, language: str) -> Node:
    return {"@type": kind, "dct:title": _words(name, language)}


def _recipient(recipient: Recipient) -> Node:
    kinds = [kind for kind in ("dpv:Recipient", _RECIPIENTS.get(recipient.kind)) if kind]
    return _told(
        {"@type": kinds, "dpv:hasName": recipient.name, "dpv:hasCountry": _country(recipient.country)}
    )


def _status(act: Act, subject: UUID) -> Node:
    return _told(
        {
            "@id": f"{act.id.urn}#status",
            "@type": STATES[act.state],
            "dpv:isIndicatedAtTime": _moment(act.at),
            "dpv:isIndicatedBy": _decider(act.authority, subject),
            "dpv:hasIndicationMethod": act.method,
            "dpv:hasDuration": _duration(act),
            "dpv:hasNotice": {"@id": act.notice.id.urn},
            "dct:created": _moment(act.recorded_at),
            "dct:description": ", ".join(act.channels),
            "dct:abstract": act.remarks,
            "dct:identifier": [str(act.id), _digest(act.evidence)],
            "dct:references": act.proof_sha256 and _digest(act.proof_sha256),
        }
    )


def _decider(authority: str, subject: UUID) -> Node:
    """Who indicated it. Where staff noted it down, or a period ended by itself, that is the controller."""
    if authority == "self":
        return {"@id": subject.urn}
    if authority == "parent":
        return {"@type": "dpv:ParentOfDataSubject", "dpv:isRepresentativeFor": {"@id": subject.urn}}
    if authority == "by representative":
        return {"@type": "dpv:Entity", "dpv:isRepresentativeFor": {"@id": subject.urn}}
    return {"@id": _CONTROLLER}


def _duration(act: Act) -> Node | None:
    if not act.given:
        return None
    if act.ends_at is None:
        return {"@type": "dpv:UntilEventDuration", "rdf:value": _words("Withdrawal of consent", "en")}
    return {"@type": "dpv:UntilTimeDuration", "rdf:value": _moment(act.ends_at)}


def _moment(at: datetime) -> Node:
    return {"@type": "xsd:dateTime", "@value": at.astimezone(UTC).isoformat().replace("+00:00", "Z")}


def _words(text: str, language: str) -> Node:
    return {"@language": language, "@value": text}


def _digest(sha256: str) -> str:
    return f"sha256:{sha256}"


def _told(node: Mapping[str, Any]) -> Node:
    """The properties that have a value."""
    return {name: value for name, value in node.items() if value not in (None, "", [])}
