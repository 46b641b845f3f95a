"""The register as a file: every activity is in it, nothing in it runs, and the log knows who took it."""

import csv
import io
import json
from hashlib import sha256

import pytest
from django.core.management import call_command
from django.utils import translation

from consent.models import PartyKind, Role
from consent.register import export, table
from portals_core.ledger import reads as ledger
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing.errors import BadInput, Forbidden
from tests import cast, pdf_text
from tests.consent import consent_cast, register_cast
from tests.consent.consent_cast import leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return consent_cast.set_up()


@pytest.fixture
def filled(made):
    """A register with something under every point of Art. 30."""
    register_cast.controller()
    register_cast.party(PartyKind.JOINT, "Joint GmbH")
    register_cast.party(PartyKind.REPRESENTATIVE, "Represent SA")
    register_cast.party(PartyKind.OFFICER, "Dana Officer", email="dana@lindgren.example")
    client = register_cast.party(name="Client AB", country="SE")
    far = register_cast.recipient("Far Inc.", "US", safeguard="Standard clauses")
    register_cast.activity(of=[far], purposes=["news"], transfers="Backups in Japan.")
    register_cast.activity(
        "For others", role=Role.PROCESSOR, clients=[client.pk], description="Repairing.", limits=""
    )
    register_cast.bare("Bare")
    register_cast.activity("Long gone", active=False)
    return made


def taken(made, kind, who="auditor"):
    return export.export(actor=made.actor(who), kind=kind, at=cast.NOW)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def test_the_table_has_a_row_for_each_activity_and_a_column_for_each_point(filled):
    made = taken(filled, "csv")
    assert (made.name, made.count) == ("register-2026-03-05.csv", 4)
    found = {row["Activity"]: row for row in rows(made.content)}
    assert set(found) == {"Newsletter", "For others", "Bare", "Long gone"}
    news, others = found["Newsletter"], found["For others"]
    assert news["Role"] == "As controller" and news["State"] == "In use"
    assert news["Who processes (Art. 30(1)(a), 30(2)(a))"].startswith("Lindgren & Sowa, Ewa Sowa, Długa 7")
    assert news["Joint controllers (Art. 30(1)(a))"] == "Joint GmbH"
    assert news["Representative in the Union (Art. 30(1)(a), 30(2)(a))"] == "Represent SA"
    assert "dana@lindgren.example" in news["Data protection officer (Art. 30(1)(a), 30(2)(a))"]
    assert news["Purposes (Art. 30(1)(b))"] == "Telling customers what is new."
    assert news["Purposes people decide about"] == "Newsletter"
    assert news["Categories of people (Art. 30(1)(c))"] == "customers"
    assert news["Categories of data (Art. 30(1)(c))"] == "name; e-mail address"
    assert news["Recipients (Art. 30(1)(d))"] == "Far Inc. (Processor, United States)"
    abroad = news["Third countries and safeguards (Art. 30(1)(e), 30(2)(c))"]
    assert abroad == "Far Inc., United States: Standard clauses\nBackups in Japan."
    assert news["When data is erased (Art. 30(1)(f))"] == "Two years after the last order."
    assert news["What protects the data (Art. 30(1)(g), 30(2)(d))"] == "Encrypted at rest; access by role."
    assert others["Controllers it is done for (Art. 30(2)(a))"] == "Client AB, Sweden"
    assert others["Categories of processing (Art. 30(2)(b))"] == "Repairing."
    assert others["Purposes (Art. 30(1)(b))"] == "" and news["Categories of processing (Art. 30(2)(b))"] == ""
    assert "Art. 30(1)(f)" in found["Bare"]["Missing"] and news["Missing"] == ""
    assert found["Long gone"]["State"] == "Ended"


def test_the_table_is_as_rfc_4180_has_it(filled):
    """CRLF ends a record, a line break inside a cell is quoted, every record has every field."""
    content = taken(filled, "csv").content.decode("utf-8-sig")
    assert content.endswith("\r\n") and not content.endswith("\r\n\r\n")
    records = list(csv.reader(io.StringIO(content, newline=""), strict=True))
    assert len(records) == 5 and {len(one) for one in records} == {len(table.COLUMNS) + 4}
    assert '"Far Inc., United States: Standard clauses\nBackups in Japan."' in content


def test_no_cell_is_run_by_a_spreadsheet(made):
    for at, start in enumerate(("=", "+", "-", "@", "＝", "\u200b=")):
        register_cast.activity(f"{start}HYPERLINK({at})", subjects=["=1+1"], limits="-1")
    found = rows(taken(made, "csv").content)
    assert len(found) == 6
    for row in found:
        assert row["Activity"].startswith("'") and row["Categories of people (Art. 30(1)(c))"] == "'=1+1"
        assert row["When data is erased (Art. 30(1)(f))"] == "'-1"


def test_the_document_holds_every_activity_with_its_points(filled):
    made = taken(filled, "pdf")
    assert made.content.startswith(b"%PDF-") and made.name == "register-2026-03-05.pdf"
    words = pdf_text.words(made.content)
    for said in (
        "Register of processing activities", "March 5, 2026", "Lindgren & Sowa, Ewa Sowa, Długa 7",
        "Dana Officer", "Newsletter", "Telling customers what is new.", "For others", "Client AB, Sweden",
        "Bare", "Long gone", "Ended", "Far Inc., United States: Standard clauses", "Backups in Japan.",
        "Two years after the last order.", "Encrypted at rest; access by role.", "Art. 30(1)(f)", "1 / 2",
    ):  # fmt: skip
        assert said in words, said
    assert words.count("Dana Officer") == 1


def test_nothing_in_the_register_reaches_out_of_the_document(made):
    """What is entered is text: neither markup nor a reference of it counts (promise 26)."""
    register_cast.activity("<img src='file:///etc/passwd'>", security="<style>@import 'x';</style>")
    assert "<img src='file:///etc/passwd'>" in pdf_text.words(taken(made, "pdf").content)


@pytest.mark.timeout(300)
def test_a_register_of_three_hundred_activities_is_whole(made):
    for at in range(300):
        register_cast.activity(f"Activity-{at:03}", security="Encrypted. " * 30)
    found = taken(made, "pdf")
    words, number = pdf_text.words(found.content), pdf_text.pages(found.content)
    assert [at for at in range(300) if f"Activity-{at:03}" not in words] == []
    assert number > 50 and f"{number} / {number}" in words
    assert len(rows(taken(made, "csv").content)) == 300


def test_an_empty_register_says_so(made):
    assert rows(taken(made, "csv").content) == []
    assert "No activity is entered yet." in pdf_text.words(taken(made, "pdf").content)


def test_the_file_speaks_the_language_of_the_reader(filled):
    with translation.override("pl"):
        words = pdf_text.words(taken(filled, "pdf").content)
    assert "5 marca 2026" in words and "Polska" in words


def test_who_takes_the_register_is_on_record_with_the_digest_of_the_file(filled):
    for who in ("auditor", "officer", "administrator"):
        found = taken(filled, "csv", who)
        entry = LedgerEntry.objects.get(code="register.exported", actor=filled.actor(who).ref)
        detail = ledger.detail_of(entry, filled.actor("auditor"))
        assert detail == {"kind": "csv", "activities": 4, "sha256": sha256(found.content).hexdigest()}


def test_nobody_else_takes_it(filled):
    for who in ("operator", "subject"):
        with pytest.raises(Forbidden):
            taken(filled, "csv", who)
    with pytest.raises(BadInput):
        taken(filled, "xlsx")
    assert leaves("register.exported") == 0
    taken(filled, "csv")
    assert leaves("register.exported") == 1


# --- the command -----------------------------------------------------------------------------------------


def run(*words, who="auditor"):
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(
            "export_register", *words, "--as", f"{who}@staff.example", "--json", stdout=out, stderr=err
        )
    except SystemExit as end:
        return end.code, err.getvalue()
    return 0, json.loads(out.getvalue())


@pytest.mark.parametrize("kind", ["csv", "pdf"])
def test_the_command_writes_the_same_file(filled, tmp_path, kind):
    target = tmp_path / f"register.{kind}"
    status, answer = run("--format", kind, "--output", str(target))
    assert (status, answer["activities"], answer["size"]) == (0, 4, target.stat().st_size)
    if kind == "csv":
        assert {row["Activity"] for row in rows(target.read_bytes())} >= {"Newsletter", "Long gone"}
    else:
        assert "Newsletter" in pdf_text.words(target.read_bytes())
    assert leaves("register.exported") == 1


def test_the_command_refuses_as_the_page_does(filled, tmp_path):
    target = tmp_path / "register.csv"
    status, sentence = run("--format", "csv", "--output", str(target), who="operator")
    assert status == 77 and sentence.strip() and not target.exists()
    status, sentence = run("--format", "csv", "--output", str(tmp_path / "none" / "x.csv"))
    assert status == 64 and "folder" in sentence
    assert leaves("register.exported") == 0


def test_the_command_speaks_the_language_it_is_told(filled, tmp_path):
    target = tmp_path / "register.csv"
    run("--format", "csv", "--output", str(target), "--language", "fi")
    assert "Ruotsi" in target.read_text("utf-8-sig")
