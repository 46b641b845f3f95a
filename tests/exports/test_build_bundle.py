"""`build_bundle` without the web: staff have a copy made, only its person gets it (decision 21, W24)."""

import hashlib
import io
import json

import pytest
from django.core.management import call_command

from exports.models import Bundle
from portals_core.plumbing import clock
from requests.arriving import intake
from tests.exports.export_cast import READ, approved

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SUBJECT, OFFICER, AUDITOR = "sage@people.example", "officer@staff.example", "auditor@staff.example"


def run(*arguments: str) -> dict:
    out = io.StringIO()
    call_command("build_bundle", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def refused(*arguments: str) -> tuple[object, str]:
    err = io.StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("build_bundle", *arguments, stderr=err)
    return caught.value.code, err.getvalue()


def test_an_officer_has_it_made_and_the_person_takes_it(made, tmp_path):
    case = approved(made)
    told = run(case.number, "--as", OFFICER)
    assert (told["state"], told["file"]) == ("ready", None)
    taken = run(str(case.pk), "--as", SUBJECT, "--output", str(tmp_path))
    content = (tmp_path / f"{told['bundle']}.zip").read_bytes()
    assert hashlib.sha512(content).hexdigest() == told["sha512"] == taken["sha512"]
    assert Bundle.objects.visible_to(READ).get().downloads.model.objects.visible_to(READ).count() == 1


@pytest.mark.parametrize("who", [OFFICER, AUDITOR, "operator@staff.example", "robin@people.example"])
def test_nobody_else_reads_it(made, tmp_path, who):
    case = approved(made)
    status, told = refused(case.number, "--as", who, "--output", str(tmp_path))
    assert status in (66, 77) and told.strip()
    assert list(tmp_path.glob("*.zip")) == []


def test_evidence_is_for_an_auditor(made, tmp_path):
    case = approved(made)
    assert refused(case.number, "--as", OFFICER, "--evidence")[0] == 77
    told = run(case.number, "--as", AUDITOR, "--evidence", "--output", str(tmp_path))
    assert told["kind"] == "evidence" and (tmp_path / f"{told['bundle']}.zip").stat().st_size == told["size"]


def test_a_request_that_is_not_approved_has_no_copy(made):
    case = intake.file_case(actor=made.actor("subject"), kind="export", at=clock.now())
    status, told = refused(case.number, "--as", OFFICER)
    assert status == 75 and "approved" in told


def test_a_missing_folder_or_case_is_said(made, tmp_path):
    case = approved(made)
    assert refused(case.number, "--as", SUBJECT, "--output", str(tmp_path / "none"))[0] == 64
    assert refused("2026-99999", "--as", OFFICER)[0] == 66
