"""Digests of what a person was shown and decided. Pure: equal facts give equal digests, for ever.

Canonical form: JSON with sorted keys, no spaces, UTF-8; moments in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID


def text_digest(
    *,
    purpose: str,
    language: str,
    version: int,
    title: str,
    body: str,
    statement: str,
    before_submit: str,
    remarks_label: str,
    channels: Sequence[str],
    show_channels: bool,
    facts: Mapping[str, object],
    renew_by: datetime | None,
) -> str:
    """The digest of one published text with everything that is shown beside it (Art. 7(1))."""
    shown = {
        "purpose": purpose,
        "language": language,
        "version": version,
        "title": title,
        "body": body,
        "statement": statement,
        "before_submit": before_submit,
        "remarks_label": remarks_label,
        "channels": list(channels),
        "show_channels": show_channels,
        "facts": facts,
        "renew_by": _moment(renew_by) if renew_by else None,
    }
    return _digest("consent-text/2", shown)


def decision_digest(
    *,
    subject: UUID,
    purpose: str,
    number: int,
    state: str,
    text: str,
    authority: str,
    method: str,
    channels: Sequence[str],
    remarks: str,
    proof_sha256: str,
    at: datetime,
    recorded_at: datetime,
    ends_at: datetime | None,
) -> str:
    """The digest of one decision; `text` is the digest of what was shown, `proof_sha256` that of a file."""
    facts = {
        "subject": str(subject),
        "purpose": purpose,
        "number": number,
        "state": state,
        "text": text,
        "authority": authority,
        "method": method,
        "channels": list(channels),
        "remarks": remarks,
        "proof_sha256": proof_sha256,
        "at": _moment(at),
        "recorded_at": _moment(recorded_at),
        "ends_at": _moment(ends_at) if ends_at else None,
    }
    return _digest("consent-decision/2", facts)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _digest(kind: str, facts: Mapping[str, object]) -> str:
    canonical = json.dumps({"kind": kind, **facts}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()
