"""The production settings as Django's own deployment checklist sees them."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from tests.parts import ROOT


def check_deploy(state: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("DSR_", "DJANGO_"))
    }
    production = {"DJANGO_SETTINGS_MODULE": "dsr_portal.settings.production", "DSR_STATE": str(state)}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**inherited, **production, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_checklist_is_clean(tmp_path):
    """27: it will not start unsafe."""
    done = check_deploy(
        tmp_path, DSR_SECRET_KEY=secrets.token_urlsafe(50), DSR_POSTAL_ADDRESS="Ours\\nLane 1"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_weak_secret_is_refused(tmp_path):
    done = check_deploy(tmp_path, DSR_SECRET_KEY="short")
    assert done.returncode == 1
    assert "security.W009" in done.stderr


def test_production_does_not_start_without_a_secret(tmp_path):
    done = check_deploy(tmp_path)
    assert done.returncode != 0
    assert "DSR_SECRET_KEY" in done.stderr
