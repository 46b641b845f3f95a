"""One archive: the same every time, whole by a checker nobody here wrote, exact and harmless (R6, R8, R12,
promise 24, attacks 52, 55)."""

import csv
import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from datetime import UTC, datetime
from uuid import UUID

import pytest

from exports import bundle, collect
from portals_core.access.actor import system
from portals_core.plumbing.sources import Row
from tests import cast
from tests.consent import register_cast

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])

AT = datetime(2026, 3, 6, 10, 30, 15, tzinfo=UTC)
BUNDLE, CASE = UUID(int=7), UUID(int=8)
READ = system("test")


def order(subject: UUID, **given) -> bundle.Order:
    values = {
        "bundle": BUNDLE,
        "case": CASE,
        "number": "2026-00007",
        "subject": subject,
        "received_at": cast.NOW,
        "at": AT,
        "country": "PL",
    }
    return bundle.Order(**{**values, **given})


def build(folder, subject, rows=None, **given):
    folder.mkdir(exist_ok=True)
    found = collect.collect(subject, actor=READ) if rows is None else iter(rows)
    return bundle.write(order(subject, **given), found, folder)


def read(built, name: str) -> bytes:
    with zipfile.ZipFile(built.path) as archive:
        return archive.read(f"{BUNDLE}/{name}")


def validate(folder) -> subprocess.CompletedProcess:
    """The public checker, from a folder where our app of its library's name does not stand."""
    return subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", str(folder)],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_export_holds_all_of_the_person_and_nobody_else_and_passes_the_public_checker(made, tmp_path):
    """R6, R8: own record, what belongs to it, the account; the bait is the stranger's order."""
    mine, theirs = (
        cast.order(made, "A-mine", made.subject, margin="3"),
        cast.order(made, "B-theirs", made.stranger),
    )
    cast.line(made, mine, "Lamp"), cast.line(made, theirs, "Stolen lamp")
    built = build(tmp_path / "work", made.subject.pk)
    data = json.loads(read(built, "data/data.json"))
    assert [row["number"] for row in data["tables"]["orders"]] == ["A-mine"]
    assert [row["product"] for row in data["tables"]["lines"]] == ["Lamp"]
    assert data["tables"]["contacts"][0]["id"] == data["subject"] == str(made.subject.pk)
    assert data["tables"]["account"][0]["email"] == "sage@people.example"
    everything = b"".join(read(built, name) for name in names(built) if not name.endswith(".pdf"))
    assert b"A-mine" in everything and b"B-theirs" not in everything and b"Robin" not in everything
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(tmp_path / "out")
    done = validate(tmp_path / "out" / str(BUNDLE))
    assert done.returncode == 0, done.stderr


def names(built) -> list[str]:
    with zipfile.ZipFile(built.path) as archive:
        return [name.removeprefix(f"{BUNDLE}/") for name in archive.namelist()]


def test_the_archive_has_one_folder_and_every_part(made, tmp_path):
    cast.order(made, "A1", made.subject)
    built = build(tmp_path / "work", made.subject.pk, language="fi")
    assert names(built) == sorted(names(built))
    assert set(names(built)) >= {
        "bagit.txt", "bag-info.txt", "manifest-sha512.txt", "tagmanifest-sha512.txt", "data/report.pdf",
        "data/report.html", "data/data.json", "data/tables/orders.csv", "data/tables/contacts.csv",
        "data/README.en.txt", "data/README.fi.txt",
    }  # fmt: skip
    info = dict(line.split(": ", 1) for line in read(built, "bag-info.txt").decode().splitlines())
    assert info["Bagging-Date"] == "2026-03-06" and info["External-Identifier"] == str(BUNDLE)
    assert read(built, "bagit.txt").startswith(b"BagIt-Version: 1.0\n")
    assert read(built, "data/report.pdf").startswith(b"%PDF-")


def test_equal_input_gives_equal_bytes(made, tmp_path):
    cast.order(made, "A1", made.subject)
    first, second = (build(tmp_path / name, made.subject.pk) for name in ("one", "two"))
    assert first.path.read_bytes() == second.path.read_bytes()
    other = build(tmp_path / "three", made.subject.pk, at=AT.replace(day=7))
    assert other.sha512 != first.sha512


def test_one_flipped_byte_in_any_file_is_noticed_by_the_public_checker(tmp_path, made):
    """Promise 24."""
    built = build(tmp_path / "work", made.subject.pk)
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(tmp_path / "out")
    folder = tmp_path / "out" / str(BUNDLE)
    assert validate(folder).returncode == 0
    for name in ("data/data.json", "data/report.pdf", "bag-info.txt", "manifest-sha512.txt"):
        path = folder / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:])
        assert validate(folder).returncode != 0, name
        path.write_bytes(whole)
    assert validate(folder).returncode == 0


DANGEROUS = ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠1", " =1", "\u200b=1"]


def test_a_spreadsheet_runs_no_cell_and_the_json_stays_exact(made, tmp_path):
    """Attack 52."""
    rows = [
        ("records", Row("things", {"value": value})) for value in [*DANGEROUS, "5", "plain", "a\x00b", None]
    ]
    built = build(tmp_path / "work", made.subject.pk, rows)
    raw = read(built, "data/tables/things.csv").decode()
    cells = [line[0] if line else "" for line in csv.reader(io.StringIO(raw, newline=""))][1:]
    assert cells == ["'" + value for value in DANGEROUS] + ["5", "plain", "a\ufffdb", ""]
    assert raw.startswith("value\r\n")
    exact = [row["value"] for row in json.loads(read(built, "data/data.json"))["tables"]["things"]]
    assert exact == [*DANGEROUS, "5", "plain", "a\x00b", None]


def test_markup_and_template_language_in_a_value_stay_text(made, tmp_path):
    """Attacks 53, 55, 56: nothing is run, nothing is fetched, the export succeeds."""
    evil = [
        "<script>alert(1)</script>",
        "{{ settings.SECRET_KEY }}",
        "{% include 'x' %}",
        "<img src=file:///etc/passwd>",
    ]
    built = build(
        tmp_path / "work", made.subject.pk, [("records", Row("things", {"a": one})) for one in evil]
    )
    html = read(built, "data/report.html").decode()
    assert "<script" not in html and "<img" not in html
    assert "&lt;script&gt;" in html and "{{ settings.SECRET_KEY }}" in html


def test_the_report_names_who_receives_data(made, tmp_path):
    """Art. 15(1)(c): by name, as the register says now; without a register it says so."""
    rows = [("records", Row("things", {"a": "1"}))]
    before = read(build(tmp_path / "before", made.subject.pk, rows), "data/report.html").decode()
    assert "none are recorded yet" in before
    register_cast.activity(of=[register_cast.recipient("Posti")])
    after = read(build(tmp_path / "after", made.subject.pk, rows), "data/report.html").decode()
    assert "<li>Posti (Processor, Finland)</li>" in after and "none are recorded yet" not in after


def test_exact_values_survive(made, tmp_path):
    values = {
        "money": "9.80000019",
        "big": 2**70,
        "text": "数据 Ślad 🂡",
        "list": ["a", "b"],
        "no": False,
        "half": "\ud800",
        "control": "".join(map(chr, range(32))),
    }
    built = build(tmp_path / "work", made.subject.pk, [("records", Row("things", values))])
    assert json.loads(read(built, "data/data.json"))["tables"]["things"] == [values]


def test_a_long_table_is_summarised_with_a_pointer_and_stands_whole_in_its_files(made, tmp_path, settings):
    """R12."""
    settings.EXPORT_REPORT_ROWS = 3
    rows = [("records", Row("few", {"n": f"few-{n}"})) for n in range(3)]
    rows += [("records", Row("many", {"n": f"many-{n}"})) for n in range(4)]
    built = build(tmp_path / "work", made.subject.pk, rows)
    html = read(built, "data/report.html").decode()
    assert "few-2" in html and "many-1" not in html and "data/tables/many.csv" in html
    assert "many-3" in read(built, "data/tables/many.csv").decode()


def test_the_portable_part_is_what_the_person_provided_under_consent_or_contract(made, tmp_path):
    """Art. 20: the margin is the organisation's own; without a fitting basis nothing is portable."""
    cast.order(made, "A1", made.subject, margin="3")
    rows = list(collect.collect(made.subject.pk, actor=READ))
    rows = [(source, row) for source, row in rows if row.table != "processing_bases"]

    def portable(name, *codes, ended=None):
        held = [
            ("consent", Row("processing_bases", {"basis": c, "valid_to": ended}, provided=False))
            for c in codes
        ]
        return json.loads(read(build(tmp_path / name, made.subject.pk, rows + held), "data/data.json"))[
            "portable"
        ]

    assert portable("contract", "A6-1-b")["tables"]["orders"] == ["number", "customer", "agent", "total"]
    assert portable("law", "A6-1-c")["tables"] == {}
    assert portable("ended", "A6-1-b", ended="2026-01-01")["tables"] == {}


def test_two_sources_that_use_one_name_get_a_table_each(made, tmp_path):
    rows = [("mail", Row("notes", {"a": "one"})), ("records", Row("Notes", {"b": "two"}))]
    data = json.loads(read(build(tmp_path / "work", made.subject.pk, rows), "data/data.json"))
    assert sorted(data["tables"]) == ["notes", "records.Notes"]


def test_memory_stays_flat_however_many_rows_there_are(made, tmp_path, settings, monkeypatch):
    """The rows stream: ten times as many take no more memory (measured in Python's own allocations)."""
    peaks = []
    for number in (2_000, 20_000):
        rows = (("records", Row("many", {"n": n, "text": "x" * 200})) for n in range(number))
        tracemalloc.start()
        built = build(tmp_path / str(number), made.subject.pk, rows)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert built.rows == number
    assert peaks[1] < peaks[0] + 1_000_000
