"""`write_receipt`."""

from __future__ import annotations

import json
import stat
from io import StringIO

import pytest
from django.core.management import call_command

from tests.consent import consent_cast
from tests.consent.consent_cast import leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
OFFICER, STRANGER = "officer@staff.example", "auditor@staff.example"


@pytest.fixture
def decision():
    return consent_cast.set_up().give()


def write(decision, target, *, acting=OFFICER, form="dpv.json", status=0):
    """The answer, or what stderr says of a refusal with that status."""
    out, err = StringIO(), StringIO()
    named = ["--decision", str(decision), "--format", form, "--output", str(target), "--as", acting, "--json"]
    if status:
        with pytest.raises(SystemExit) as ended:
            call_command("write_receipt", *named, stdout=out, stderr=err)
        assert ended.value.code == status
        return err.getvalue()
    call_command("write_receipt", *named, stdout=out, stderr=err)
    return json.loads(out.getvalue())


@pytest.mark.parametrize(("form", "begins"), [("pdf", b"%PDF-"), ("dpv.json", b"{"), ("kantara.json", b"{")])
def test_an_officer_writes_it_for_their_own_eyes(decision, tmp_path, form, begins):
    target = tmp_path / f"receipt.{form}"
    answer = write(decision.pk, target, form=form)
    assert answer["file"] == str(target) and answer["bytes"] == target.stat().st_size
    assert target.read_bytes().startswith(begins)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert leaves("consent.receipt_taken") == 1


def test_who_may_not_have_it_gets_no_file(decision, tmp_path):
    target = tmp_path / "receipt.json"
    assert "nothing here" in write(decision.pk, target, acting=STRANGER, status=66)
    unknown = "00000000-0000-4000-8000-000000000000"
    assert "nothing here" in write(unknown, target, status=66)
    assert not target.exists() and leaves("consent.receipt_taken") == 0


def test_a_folder_that_is_not_there_is_said(decision, tmp_path):
    assert "folder" in write(decision.pk, tmp_path / "no" / "receipt.json", status=64)
    assert leaves("consent.receipt_taken") == 0
