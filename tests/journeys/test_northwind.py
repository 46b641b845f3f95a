"""Real input, by commands only: the Northwind files come in to the letter, and every right is done on them.

Each command is a process of its own. The import runs once in a run of the suite, and so does the walk of the
four cases on a copy of it; whatever a test changes, it changes on a copy.
"""

import csv
import json
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests import northwind
from tests.installation import Installation, once
from tests.northwind import ADMINISTRATOR, AUDITOR, OFFICER, OPERATOR, PASSWORD, SECOND, email

pytestmark = [pytest.mark.realdata, pytest.mark.journey, pytest.mark.timeout(420)]

#: One customer for each right; BERGS has prices with odd digits.
EXPORTED, ERASED, STOPPED, CORRECTED = "BERGS", "DRACD", "BLAUS", "AROUT"
NEW_PHONE = "+44 20 7946 0958"
#: Notes and legal bases have pages and no command; an erasure must find them, and leave those of others.
FURTHER = f"""
import json
from portals_core.management.command import acting_as
from portals_core.records.models import Record
from portals_core.access.actor import system
from portals_core.plumbing import clock
from portals_core.writing.notes import add_note
from consent.grounds.recording import record_basis
found = Record.objects.visible_to(system("look in a test")).filter(module__key="customers")
for one in found.filter(values__customer_id__in={[EXPORTED, ERASED, STOPPED, CORRECTED]!r}):
    add_note(actor=acting_as({OPERATOR!r}), record=one.pk, body="Called back.", at=clock.now())
    record_basis(actor=acting_as({OFFICER!r}), subject=one.pk, basis="A6-1-b", at=clock.now())
"""
#: What any installation writes whatever it does: work, log, mail, cases; compared by what it must not lose.
MACHINERY = {
    "portals_core_job",
    "portals_core_lease",
    "portals_core_treestate",
    "portals_core_ledgerentry",
    "portals_core_ledgerdetail",
    "portals_core_mail",
    "portals_core_spent",
    "sqlite_sequence",
}
OF_THE_CASE = {
    f"dsr_requests_{name}"
    for name in (
        "approval",
        "case",
        "casedetail",
        "counter",
        "effect",
        "notice",
        "plan",
        "proof",
        "transition",
    )
}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Every row of every file; not to be changed."""
    return northwind.imported(tmp_path_factory)


@pytest.fixture
def copy(imported: Installation, tmp_path: Path) -> Installation:
    """The same, to be changed."""
    return imported.copied(tmp_path / "state")


@dataclass(frozen=True)
class Worked:
    """An installation on which all four rights were done, and what its commands said."""

    place: Installation

    @property
    def told(self) -> dict[str, Any]:
        answers: dict[str, Any] = json.loads((self.place.state / "told.json").read_text())
        return answers

    def kept(self, name: str) -> dict[str, set[tuple[Any, ...]]]:
        """Every table of a database that was put aside under this name."""
        with closing(sqlite3.connect(self.place.state / f"{name}.sqlite3")) as aside:
            names = [row[0] for row in aside.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {table: set(aside.execute(f'SELECT * FROM "{table}"')) for table in names}


@pytest.fixture(scope="module")
def worked(imported: Installation, tmp_path_factory: pytest.TempPathFactory) -> Worked:
    """Export, deletion, stop and correction, one customer each; not to be changed."""

    def build(place: Installation) -> None:
        shutil.copytree(imported.state, place.state)
        place.inside(FURTHER)
        told: dict[str, Any] = {}
        for who in (EXPORTED, ERASED, STOPPED, CORRECTED):
            words = ("--portal", email(who), "--password-stdin", "--language", "pl")
            told[f"account of {who}"] = place.run("add_person", *words, acting=ADMINISTRATOR, stdin=PASSWORD)
        told["export"] = _export(place)
        _put_aside(place, "before")
        told["delete"] = _erase(place)
        _put_aside(place, "after")
        told["stop"] = _carried(place, "stop", STOPPED)
        told["rectify"] = _carried(place, "rectify", CORRECTED, "--set", f"phone={NEW_PHONE}")
        for words in (("seal_ledger", "--once"), ("sign_checkpoints", "--once")):
            assert place.command(*words).returncode == 0
        (place.state / "told.json").write_text(json.dumps(told))

    return Worked(once(tmp_path_factory, "northwind-worked", build))


def _decided(place: Installation, kind: str, who: str, *words: str) -> str:
    number = str(place.run("file_case", "--kind", kind, *words, acting=email(who))["number"])
    place.run("decide_case", number, "--approve", acting=OFFICER)
    return number


def _carried(place: Installation, kind: str, who: str, *words: str) -> dict[str, Any]:
    number = _decided(place, kind, who, *words)
    return place.run("carry_out", number, acting=OFFICER)


def _export(place: Installation) -> dict[str, Any]:
    number = _decided(place, "export", EXPORTED)
    place.run("build_bundle", number, acting=OFFICER)
    taken = place.state / "taken"
    taken.mkdir()
    return place.run("build_bundle", number, "--output", taken, acting=email(EXPORTED))


def _erase(place: Installation) -> dict[str, Any]:
    number = _decided(place, "delete", ERASED)
    place.refused("approve_case", number, acting=OFFICER, status=77)
    place.run("approve_case", number, acting=SECOND)
    return place.run("carry_out", number, acting=OFFICER)


def _put_aside(place: Installation, name: str) -> None:
    with (
        closing(place.database()) as live,
        closing(sqlite3.connect(place.state / f"{name}.sqlite3")) as aside,
    ):
        live.backup(aside)


def _stored(place: Installation, module: str) -> dict[str, dict[str, Any]]:
    """The values of every record of a module by its id, read without the product."""
    found = place.rows(
        'SELECT r.id, r."values" FROM portals_core_record r '
        "JOIN portals_core_module m ON m.id = r.module_id WHERE m.key = ?",
        module,
    )
    return {_dashed(key): json.loads(values) for key, values in found}


def _dashed(key: str) -> str:
    return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"


def _customer(place: Installation, customer: str) -> str:
    return next(
        key for key, values in _stored(place, "customers").items() if values["customer_id"] == customer
    )


# --- what comes in --------------------------------------------------------------------------------


def test_every_row_of_every_file_is_accepted_and_kept_as_written(imported):
    """I1–I3: accents, line breaks in addresses, empty regions, odd digits."""
    for name in northwind.MODULES:
        runs = imported.rows(
            "SELECT i.total, i.accepted, i.refused FROM portals_core_importrun i "
            "JOIN portals_core_module m ON m.id = i.module_id WHERE m.key = ?",
            name,
        )
        there = len(northwind.rows(name))
        assert (len(_stored(imported, name)), runs) == (there, [(there, there, 0)]), name
    lines = sorted((r["unit_price"], r["quantity"]) for r in _stored(imported, "order_details").values())
    assert lines == sorted((r["unit_price"], r["quantity"]) for r in northwind.rows("order_details"))
    assert "9.80000019" in {price for price, _quantity in lines}
    customers = {values["customer_id"]: values for values in _stored(imported, "customers").values()}
    for row in northwind.rows("customers"):
        stored = customers[row["customer_id"]]
        assert stored["email"] == f"{row['customer_id']}@northwind.example"
        assert stored["address"] == row["address"].strip("\r\n")
        assert stored.get("region") == (row["region"] or None)


def test_links_follow_the_targets_unique_field_even_forward_in_the_same_file(imported):
    """I3: an employee reports to one who stands further down."""
    people = _stored(imported, "employees")
    keys = {key: values["employee_id"] for key, values in people.items()}
    chiefs = {one["employee_id"]: keys.get(one.get("reports_to")) for one in people.values()}
    assert chiefs == {row["employee_id"]: row["reports_to"] or None for row in northwind.rows("employees")}
    assert set(chiefs.values()) > {None}
    (linked,) = imported.rows(
        "SELECT count(*) FROM portals_core_edge e JOIN portals_core_field f ON f.id = e.field_id "
        "WHERE f.key = 'customer'"
    )
    assert linked == (sum(1 for row in northwind.rows("orders") if row["customer_id"]),)


def test_a_dry_run_writes_nothing_and_a_second_import_refuses_every_double(copy):
    """I8: a dry run says what would be refused."""
    before = _stored(copy, "customers")
    dry = northwind.bring_in(copy, "customers", "--dry-run", status=65)
    assert _stored(copy, "customers") == before
    again = northwind.bring_in(copy, "customers", status=65)
    assert _stored(copy, "customers") == before
    for told in (dry, again):
        assert (told["accepted"], told["refused"]) == (0, len(northwind.rows("customers")))
        assert all("unique" in row["sentence"] for row in told["rows"])


# --- export ---------------------------------------------------------------------------------------


def _bundle(worked: Worked, to: Path) -> Path:
    """The person's archive, unpacked; bagit's own program has accepted it."""
    with zipfile.ZipFile(worked.told["export"]["file"].replace(".draft/", "/")) as archive:
        archive.extractall(to)
    (bag,) = to.iterdir()
    checked = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", str(bag)], capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    return bag


def test_the_bundle_holds_exactly_that_customers_orders_and_lines(worked, tmp_path):
    """R5, D13: counted in the files and compared value by value, prices exact to the digit."""
    data = json.loads((_bundle(worked, tmp_path) / "data" / "data.json").read_text(encoding="utf-8"))
    tables = data["tables"]
    wanted, lines = northwind.orders_of(EXPORTED), northwind.lines_of(EXPORTED)
    assert (len(wanted), len(lines)) == (18, 52)
    assert [row["customer_id"] for row in tables["customers"]] == [EXPORTED]
    assert Counter(_order(row) for row in tables["orders"]) == Counter(_order(row) for row in wanted)
    numbers = {row["id"]: row["order_id"] for row in tables["orders"]}
    products = {key: one["product_id"] for key, one in _stored(worked.place, "products").items()}
    held = [
        (numbers[row["order"]], products[row["product"]], *_amounts(row)) for row in tables["order_details"]
    ]
    assert Counter(held) == Counter((row["order_id"], row["product_id"], *_amounts(row)) for row in lines)
    assert any(len(row["unit_price"]) > 8 for row in lines)
    assert sum(Decimal(row["freight"]) for row in tables["orders"]) == sum(
        Decimal(row["freight"]) for row in wanted
    )
    assert not set(tables) & {"employees", "products"}
    strangers = {row["customer_id"] for row in northwind.rows("customers")} - {EXPORTED}
    assert not [one for one in strangers if f'"{one}"' in json.dumps(tables)]


def _order(row: dict[str, str]) -> tuple[str | None, ...]:
    names = ("order_id", "order_date", "shipped_date", "freight", "ship_name", "ship_address", "ship_city")
    return tuple((row[name] or "").replace("\r\n", "\n") for name in names)


def _amounts(row: dict[str, str]) -> tuple[str, str, str]:
    return row["unit_price"], row["quantity"], row["discount"]


def test_the_tables_of_the_bundle_say_the_same_as_its_data(worked, tmp_path):
    bag = _bundle(worked, tmp_path)
    tables = json.loads((bag / "data" / "data.json").read_text(encoding="utf-8"))["tables"]
    for name in ("orders", "order_details"):
        with (bag / "data" / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            read = list(csv.DictReader(file))
        assert read == [{key: value or "" for key, value in row.items()} for row in tables[name]]
        assert read


def test_nobody_but_the_person_takes_the_bundle(worked, tmp_path):
    """R5: the file is for one person; staff may have it made and not read it."""
    place, case = worked.place.copied(tmp_path / "state"), worked.told["export"]["case"]
    (tmp_path / "out").mkdir()
    for who, status in ((OFFICER, 77), (ADMINISTRATOR, 66), (AUDITOR, 77), (email(CORRECTED), 66)):
        place.refused("build_bundle", case, "--output", tmp_path / "out", acting=who, status=status)
    assert list((tmp_path / "out").iterdir()) == []
    place.run("build_bundle", case, "--output", tmp_path / "out", acting=email(EXPORTED))
    assert len(list((tmp_path / "out").iterdir())) == 1


# --- deletion -------------------------------------------------------------------------------------


def test_a_deletion_takes_what_the_plan_names_and_nothing_of_anybody_else(worked):
    """W10, promise 9: every row of every other person is byte for byte what it was."""
    before, after = worked.kept("before"), worked.kept("after")
    gone = {table: rows - after[table] for table, rows in before.items()}
    new = {table: rows - before[table] for table, rows in after.items()}
    person = _hexed(next(r[0] for r in before["portals_core_record"] if f'"{ERASED}"' in r[2]))
    planned = _planned(worked)
    orders, lines = len(northwind.orders_of(ERASED)), len(northwind.lines_of(ERASED))
    assert len(planned) == 1 + orders + lines == 17
    assert worked.told["delete"]["plan"]["counts"]["records:order_details"] == lines

    assert {row[0] for row in gone.pop("portals_core_record")} == planned
    for table, column in (("portals_core_note", "record_id"), ("portals_core_edge", "source_id")):
        place = _columns(worked.place, table).index(column)
        assert gone[table] and {row[place] for row in gone.pop(table)} <= planned, table
    place = _columns(worked.place, "portals_core_uniquevalue").index("record_id")
    assert {row[place] for row in gone.pop("portals_core_uniquevalue")} <= planned
    (basis,) = gone.pop("consent_basis")
    assert person in basis
    # The account stays as an empty shell, so that what it did keeps its author.
    (was,), (shell,) = gone.pop("portals_core_user"), new.pop("portals_core_user")
    assert email(ERASED).lower() in was and email(ERASED).lower() not in shell

    untouched = set(before) - MACHINERY - OF_THE_CASE
    assert {table for table, rows in gone.items() if rows} <= MACHINERY | OF_THE_CASE
    assert {table for table in untouched if new.get(table)} == set()
    # The log only grows, apart from indexes given meanwhile and the details of the erased person.
    leaf = _columns(worked.place, "portals_core_ledgerentry").index("leaf")
    leaves = [{row[leaf] for row in kept["portals_core_ledgerentry"]} for kept in (before, after)]
    assert leaves[0] < leaves[1]
    own = {row for row in before["portals_core_mail"] if person in row}
    assert {row for row in gone["portals_core_mail"] if row not in own} == set()


def _hexed(key: str) -> str:
    return key.replace("-", "")


def _planned(worked: Worked) -> set[str]:
    """The records that the stored plan of the deletion names."""
    (row,) = worked.place.rows(
        "SELECT p.items FROM dsr_requests_plan p JOIN dsr_requests_case c ON c.id = p.case_id "
        "WHERE c.number = ?",
        worked.told["delete"]["number"],
    )
    return {_hexed(ref) for source, _kind, ref, *_rest in json.loads(row[0]) if source == "records"}


def _columns(place: Installation, table: str) -> list[str]:
    return [row[1] for row in place.rows(f'PRAGMA table_info("{table}")')]


def test_nothing_of_the_erased_customer_is_left_in_the_database(worked):
    """W10: what only that customer had stands nowhere any more, and the products they bought stay."""
    (row,) = (one for one in northwind.rows("customers") if one["customer_id"] == ERASED)
    others = worked.kept("before")
    tables = worked.place.tables()
    # The closing message is kept for a week where no mail server is set: it is the person's own copy.
    closing_mail = tables.pop("portals_core_mail")
    assert {row for row in closing_mail if email(ERASED).lower() in str(row).lower()}
    for told in (row["phone"], row["contact_name"], row["address"], email(ERASED).lower()):
        assert _tables_with(others, told), told
        assert _tables_with(tables, told) == [], told
    assert len(_stored(worked.place, "products")) == len(northwind.rows("products"))
    worked.place.refused("file_case", "--kind", "export", acting=email(ERASED), status=66)


def _tables_with(tables: dict[str, set[tuple[Any, ...]]], told: str) -> list[str]:
    def says(cell: object) -> bool:
        return told.encode() in cell if isinstance(cell, bytes) else told in str(cell)

    return [name for name, rows in tables.items() if any(says(cell) for row in rows for cell in row)]


# --- stop and correction --------------------------------------------------------------------------

TRY_TO_EDIT = """
import json
from portals_core.management.command import acting_as
from portals_core.plumbing import clock
from portals_core.plumbing.errors import DsrError
from portals_core.writing.records import change_record
def tried(who, record):
    try:
        given, at = {"city": "Elsewhere"}, clock.now()
        return len(change_record(actor=acting_as(who), record=record, given=given, at=at))
    except DsrError as refusal:
        return [refusal.code, str(refusal.public)]
"""


def test_a_restricted_customer_is_edited_by_nobody(worked, tmp_path):
    """R9, L9: whoever tries reads why; another customer is edited by the same people."""
    place = worked.place.copied(tmp_path / "state")
    locked, free = _customer(place, STOPPED), _customer(place, CORRECTED)
    tries = dict.fromkeys((OPERATOR, ADMINISTRATOR, email(STOPPED)), locked)
    refused = place.inside(
        f"{TRY_TO_EDIT}\nprint(json.dumps({{who: tried(who, record) for who, record in {tries!r}.items()}}))"
    )
    assert {code for code, _sentence in refused.values()} == {"restriction"}
    assert "restricted" in refused[OPERATOR][1]
    assert _stored(place, "customers")[locked]["city"] == "Mannheim"
    passing = place.inside(f"{TRY_TO_EDIT}\nprint(json.dumps([tried({OPERATOR!r}, {free!r})]))")
    assert passing == [1] and _stored(place, "customers")[free]["city"] == "Elsewhere"


def test_an_import_changes_no_restricted_customer(worked, tmp_path):
    """L10: the row is refused with the lock's sentence, and the row of somebody else is taken."""
    place = worked.place.copied(tmp_path / "state")
    (tmp_path / "rows.csv").write_text(f"id,phone\n{STOPPED},1\n{CORRECTED},+44 20 7946 0000\n")
    (tmp_path / "map.toml").write_text(
        'match = "customer_id"\n[values]\ncustomer_id = "{{id}}"\nphone = "{{phone}}"\n'
    )
    words = ("customers", tmp_path / "rows.csv", "--map", tmp_path / "map.toml")
    told = place.run("import_records", *words, acting=ADMINISTRATOR, status=65)
    assert [(row["number"], row["accepted"]) for row in told["rows"] if not row["accepted"]] == [(2, False)]
    assert "locked" in told["rows"][0]["sentence"] and (told["accepted"], told["refused"]) == (1, 1)
    stored = {values["customer_id"]: values for values in _stored(place, "customers").values()}
    assert (stored[STOPPED]["phone"], stored[CORRECTED]["phone"]) == ("0621-08460", "+44 20 7946 0000")


def test_the_lock_covers_the_person_and_every_record_that_hangs_on_them(worked):
    """R9, L14: person, orders and lines, and nothing else."""
    locks = worked.place.rows("SELECT record_id, ground FROM portals_core_lock WHERE ended_at IS NULL")
    orders, lines = len(northwind.orders_of(STOPPED)), len(northwind.lines_of(STOPPED))
    assert (len(locks), {ground for _record, ground in locks}) == (1 + orders + lines, {"restriction"})
    assert _hexed(_customer(worked.place, STOPPED)) in {record for record, _ground in locks}


def test_a_corrected_phone_shows_before_and_after(worked):
    """R7, W4: what stood there, what stands there now, and everybody else's as it was."""
    told = worked.told["rectify"]
    old = next(row["phone"] for row in northwind.rows("customers") if row["customer_id"] == CORRECTED)
    assert told["state"] == "fulfilled"
    assert [(row["before"], row["proposed"], row["approved"]) for row in told["corrections"]] == [
        (old, NEW_PHONE, True)
    ]
    shown = worked.place.run("show_case", told["number"], acting=OFFICER)
    assert shown["corrections"] == told["corrections"]
    phones = {one["customer_id"]: one["phone"] for one in _stored(worked.place, "customers").values()}
    files = {row["customer_id"]: row["phone"] for row in northwind.rows("customers")}
    files.pop(ERASED)
    assert phones == {**files, CORRECTED: NEW_PHONE}


# --- the log --------------------------------------------------------------------------------------


def test_the_log_of_all_this_is_whole_and_signed(worked):
    told = worked.place.run("verify_ledger")
    assert (told["clean"], told["findings"]) == (True, [])
    assert told["entries"] == told["size"] == told["covered"] > sum(map(len, map(northwind.rows, ["orders"])))
    assert told["erased"] > 0


def _flip(content: bytes) -> bytes:
    """One bit of one byte in the middle, so that text stays text."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _flip_cell(place: Installation, table: str, column: str, which: str = "1") -> None:
    """Change one byte of one stored value, past whatever the product does to prevent it."""
    with closing(place.database()) as broken:
        for (name,) in broken.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            broken.execute(f'DROP TRIGGER "{name}"')
        row, value = broken.execute(f'SELECT rowid, "{column}" FROM {table} WHERE {which} LIMIT 1').fetchone()
        content = _flip(value if isinstance(value, bytes) else value.encode())
        stored = content if isinstance(value, bytes) else content.decode()
        broken.execute(f'UPDATE {table} SET "{column}" = ? WHERE rowid = ?', (stored, row))
        broken.commit()


RESEAL = """
from portals_core.access.actor import system
from portals_core.ledger.append import context
from portals_core.ledger.models import LedgerDetail
from portals_core.plumbing import keyring
row = LedgerDetail.objects.select_related("entry").get(entry__index=1500)
opened = bytearray(keyring.decrypt(row.subject, bytes(row.sealed), context=context(row.entry_id)))
opened[{byte}] ^= 1
sealed = keyring.encrypt(row.subject, bytes(opened), context=context(row.entry_id))
LedgerDetail.objects.filter(pk=row.pk).update(sealed=sealed)
"""


def _leaf(place: Installation) -> None:
    _flip_cell(place, "portals_core_ledgerentry", "leaf", '"index" = 1500')


def _sealed_detail(place: Installation) -> None:
    entry = place.rows('SELECT id FROM portals_core_ledgerentry WHERE "index" = 1500')[0][0]
    _flip_cell(place, "portals_core_ledgerdetail", "sealed", f"entry_id = '{entry}'")


def _salt(place: Installation) -> None:
    place.inside(RESEAL.format(byte=0))


def _detail(place: Installation) -> None:
    place.inside(RESEAL.format(byte=-1))


def _stored_checkpoint(place: Installation) -> None:
    _flip_cell(place, "portals_core_checkpoint", "note")


def _published_checkpoint(place: Installation) -> None:
    path = place.state / "checkpoints" / "latest.txt"
    path.write_bytes(_flip(path.read_bytes()))


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (_leaf, {"leaf_hash", "columns", "leaf", "root", "commitment"}),
        (_sealed_detail, {"detail"}),
        (_salt, {"commitment"}),
        (_detail, {"commitment"}),
        (_stored_checkpoint, {"checkpoint", "published"}),
        (_published_checkpoint, {"checkpoint", "published"}),
    ],
)
def test_one_changed_byte_is_found(worked, tmp_path, change, codes):
    """Promise 21: in a leaf, in a salt or detail, sealed or resealed by the operator, in a checkpoint."""
    place = worked.place.copied(tmp_path / "state")
    change(place)
    told = place.run("verify_ledger", status=1)
    found = {finding["code"] for finding in told["findings"]}
    assert not told["clean"] and found and found <= codes


def test_the_same_check_passes_on_an_untouched_copy(worked, tmp_path):
    """The twin of the changed bytes: copying changes nothing."""
    assert worked.place.copied(tmp_path / "state").run("verify_ledger")["clean"]


def test_the_report_of_the_export_can_be_read(worked, tmp_path):
    """R5: report and tables stand beside the data, in the person's language and in English."""
    bag = _bundle(worked, tmp_path)
    names = {path.name for path in (bag / "data").iterdir()}
    assert {"report.html", "report.pdf", "README.en.txt", "README.pl.txt"} <= names
    assert (bag / "data" / "report.pdf").read_bytes().startswith(b"%PDF")
    report = (bag / "data" / "report.html").read_text(encoding="utf-8")
    assert (
        next(r["contact_name"] for r in northwind.rows("customers") if r["customer_id"] == EXPORTED) in report
    )
