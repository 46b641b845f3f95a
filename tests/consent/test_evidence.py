"""Digests of what was shown and decided."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from consent.law.evidence import decision_digest, text_digest
from tests.parts import ROOT

FACTS: dict[str, Any] = {
    "subject": UUID("00000000-0000-4000-8000-000000000001"),
    "purpose": "news",
    "number": 1,
    "state": "obtained",
    "text": "0" * 64,
    "authority": "self",
    "method": "portal",
    "at": datetime(2026, 3, 5, 9, 0, tzinfo=UTC),
    "recorded_at": datetime(2026, 3, 5, 9, 1, tzinfo=UTC),
    "ends_at": None,
    "channels": ["email"],
    "remarks": "",
    "proof_sha256": "",
}
TEXT = {
    "purpose": "news",
    "language": "pl",
    "version": 3,
    "title": "Biuletyn",
    "body": "Tak, zgadzam się.",
    "statement": "",
    "before_submit": "",
    "remarks_label": "",
    "channels": ["email"],
    "show_channels": True,
    "facts": {"limits": "2 lata"},
    "renew_by": None,
}


def test_a_text_digest_can_be_made_again_by_hand():
    """W15, N4: canonical JSON and SHA-256, computed here outside of Python."""
    canonical = (
        '{"before_submit":"","body":"Tak, zgadzam się.","channels":["email"],"facts":{"limits":"2 lata"},'
        '"kind":"consent-text/2","language":"pl","purpose":"news","remarks_label":"","renew_by":null,'
        '"show_channels":true,"statement":"","title":"Biuletyn","version":3}'
    )
    done = subprocess.run(["sha256sum"], input=canonical.encode(), capture_output=True, check=True)
    assert text_digest(**TEXT) == done.stdout.decode().split()[0]


def test_the_same_moment_in_another_zone_is_the_same_evidence():
    elsewhere = FACTS["at"].astimezone(timezone(timedelta(hours=2)))
    assert decision_digest(**FACTS) == decision_digest(**{**FACTS, "at": elsewhere})


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": UUID(int=2)},
        {"purpose": "other"},
        {"number": 2},
        {"state": "refused"},
        {"text": "1" * 64},
        {"authority": "staff"},
        {"method": "link"},
        {"at": FACTS["at"] + timedelta(microseconds=1)},
        {"ends_at": FACTS["at"]},
        {"recorded_at": FACTS["at"]},
        {"channels": ["email", "phone"]},
        {"remarks": "only in winter"},
        {"proof_sha256": "2" * 64},
    ],
)
def test_every_fact_counts(changed):
    assert decision_digest(**FACTS) != decision_digest(**{**FACTS, **changed})


def test_it_is_pure():
    """Architecture: no Django in a pure file."""
    program = "import sys, consent.law.evidence; print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
