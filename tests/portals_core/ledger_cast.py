"""What the ledger's tests share: fresh key files, one known event code, an actor who may read."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from portals_core.ledger import checkpoint, codes, reads
from portals_core.plumbing import keyring
from tests import registering


@dataclass(frozen=True)
class Somebody:
    ref: str = "user:5a3a1f0e-8a54-4c2e-9a68-0f6f0a2f7f11"


CLERK = Somebody()
AUDITOR = Somebody("user:00000000-0000-4000-8000-00000000a0d1")
CASE = "case:7a0f4a53-6d1b-4a0e-a7a8-61c60c2e7f00"


@pytest.fixture
def keys(settings, tmp_path: Path) -> Path:
    """An installation with its own key files and an empty folder for checkpoints."""
    settings.KEYS_DIR = tmp_path / "keys"
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"
    settings.LEDGER_ORIGIN = "ledger.example/tests"
    keyring.create_master()
    checkpoint.create_signing_key()
    return settings.KEYS_DIR


@pytest.fixture
def happened(monkeypatch) -> str:
    """A registered event code."""
    registering.stand_in(monkeypatch, codes.CODES, "test.happened", "Something happened in a test")
    return "test.happened"


@pytest.fixture
def gate(monkeypatch) -> None:
    """Only the auditor reads the ledger."""
    registering.stand_in(monkeypatch, reads.GATE, "admits", lambda actor: actor == AUDITOR)
