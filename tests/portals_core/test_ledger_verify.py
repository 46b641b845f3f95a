"""One changed byte is found; a rewrite is found by whoever kept a checkpoint (promises 21, 23, 24)."""

import json
import subprocess
import sys
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as django_settings
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from portals_core.ledger import leaf as leaves
from portals_core.ledger import merkle, note, seal
from portals_core.ledger.append import record, redact
from portals_core.ledger.audit import audit, write_export
from portals_core.ledger.checkpoint import sign_next
from portals_core.ledger.models import Checkpoint, LedgerDetail, LedgerEntry, TreeState
from portals_core.ledger.transcript import Detail, Row
from portals_core.ledger.verify import verify
from portals_core.plumbing import keyring
from portals_core.plumbing.keyring_models import SubjectKey
from tests.portals_core.ledger_cast import AUDITOR, CASE, CLERK, happened, keys  # noqa: F401
from tests.portals_core.test_ledger_checkpoint import reseal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    living: uuid.UUID
    erased: uuid.UUID
    entries: list[uuid.UUID]
    folder: Path


@pytest.fixture
def world(db, happened, keys, settings) -> World:  # noqa: F811
    """Six entries of two people and nobody, one redaction, one person erased, two checkpoints."""
    living, erased = uuid.uuid4(), uuid.uuid4()
    made = [
        record(happened, actor=CLERK, about=CASE, subject=subject, detail={"n": n, "mail": "x@example.org"})
        for n, subject in enumerate([living, erased, None, living])
    ]
    seal.seal()
    sign_next()
    made += [redact(made[3], actor=AUDITOR), record(happened, actor=CLERK, about=CASE)]
    keyring.destroy(erased)
    seal.seal()
    sign_next()
    return World(living, erased, made, settings.CHECKPOINT_DIR)


pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def codes(**given) -> set[str]:
    return {found.code for found in audit(**given).findings}


def flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def test_an_untouched_ledger_is_clean_erasures_included(world):
    """Promise 23: the redacted and the erased detail are gone, every proof holds."""
    result = audit()
    assert result.findings == []
    assert (result.entries, result.head.size, result.erased, result.covered) == (6, 6, 2, 6)


def test_a_flip_of_any_byte_of_a_leaf_is_found(world):
    entry = LedgerEntry.objects.get(id=world.entries[0])
    raw = bytes(entry.leaf)
    for at in range(len(raw)):
        LedgerEntry.objects.filter(id=entry.id).update(leaf=flipped(raw, at))
        assert {"leaf_hash", "root"} <= codes()


def test_a_flip_of_any_byte_of_salt_or_detail_is_found(world):
    row = LedgerDetail.objects.get(entry=world.entries[0])
    raw = bytes(row.sealed)
    for at in range(len(raw)):
        LedgerDetail.objects.filter(entry=row.entry_id).update(sealed=flipped(raw, at))
        assert codes() == {"detail"}


def test_a_salt_or_detail_sealed_anew_by_somebody_with_the_keys_is_found(world):
    context = f"ledgerdetail:{world.entries[0]}:sealed"
    row = LedgerDetail.objects.get(entry=world.entries[0])
    opened = keyring.decrypt(world.living, bytes(row.sealed), context=context)
    for at in (0, 31, 32, len(opened) - 1):
        forged = keyring.encrypt(world.living, flipped(opened, at), context=context)
        LedgerDetail.objects.filter(entry=row.entry_id).update(sealed=forged)
        assert codes() == {"commitment"}


@pytest.mark.parametrize("name", ["4.txt", "6.txt", "latest.txt", "last-signed.txt", "ledger.vkey"])
def test_a_flip_of_any_byte_of_a_published_file_is_found(world, name):
    path = world.folder / name
    raw = path.read_bytes()
    # The key's last byte is a line feed, which is not part of the key.
    for at in range(len(raw) - (name == "ledger.vkey")):
        path.write_bytes(flipped(raw, at))
        assert codes()
    path.write_bytes(raw)
    assert codes() == set()


def test_a_flip_of_any_character_of_a_stored_checkpoint_is_found(world):
    row = Checkpoint.objects.get(size=4)
    for at, character in enumerate(row.note):
        changed = row.note[:at] + chr(ord(character) ^ 1) + row.note[at + 1 :]
        Checkpoint.objects.filter(pk=row.pk).update(note=changed)
        assert {"checkpoint", "published"} <= codes()


@pytest.mark.parametrize(
    ("model", "column", "change"),
    [
        (LedgerEntry, "at", lambda value: value + timedelta(microseconds=1)),
        (LedgerEntry, "code", lambda value: "test.other"),
        (LedgerEntry, "actor", lambda value: value + "0"),
        (LedgerEntry, "about", lambda value: "case:other"),
        (LedgerEntry, "outcome", lambda value: "refused"),
        (LedgerEntry, "leaf_hash", lambda value: flipped(bytes(value), 31)),
        (LedgerEntry, "index", lambda value: value + 100),
        (LedgerEntry, "index", lambda value: None),
        (LedgerDetail, "subject", lambda value: uuid.uuid4()),
        (LedgerDetail, "subject", lambda value: keyring.ORGANISATION),
        (TreeState, "size", lambda value: value + 1),
        (TreeState, "size", lambda value: value - 1),
        (TreeState, "frontier", lambda value: flipped(bytes(value), 40)),
        (TreeState, "frontier", lambda value: bytes(value)[:-1]),
        (Checkpoint, "size", lambda value: value + 1),
        (Checkpoint, "origin", lambda value: value + "x"),
        (Checkpoint, "root", lambda value: flipped(bytes(value), 0)),
        (SubjectKey, "wrapped", lambda value: flipped(bytes(value), 20)),
        (SubjectKey, "key_id", lambda value: uuid.uuid4()),
    ],
)
def test_a_changed_column_is_found(world, model, column, change):
    chosen = {
        LedgerEntry: {"id": world.entries[0]},
        LedgerDetail: {"entry": world.entries[0]},
        TreeState: {},
        Checkpoint: {"size": 4},
        SubjectKey: {"subject": world.living},
    }[model]
    row = model.objects.get(**chosen)
    model.objects.filter(**chosen).update(**{column: change(getattr(row, column))})
    assert codes()


@pytest.mark.parametrize("model", [LedgerDetail, Checkpoint, TreeState])
def test_a_deleted_row_is_found(world, model):
    chosen = {LedgerDetail: {"entry": world.entries[0]}, Checkpoint: {}, TreeState: {}}[model]
    assert model.objects.filter(**chosen).delete()[0]
    found = codes()
    # The published files hold without their rows: only the signer's own row of them is gone.
    assert found == {LedgerDetail: {"detail_missing"}, Checkpoint: {"unstored"}, TreeState: {"tree"}}[model]


def test_a_detail_that_vanished_is_told_from_a_redacted_one(world):
    redacted = LedgerEntry.objects.get(about=f"entry:{world.entries[3]}")
    assert redacted.code == "ledger.redacted"
    LedgerDetail.objects.filter(entry=world.entries[2]).delete()
    findings = audit().findings
    assert [(found.code, found.where) for found in findings] == [
        ("detail_missing", f"entry {LedgerEntry.objects.get(id=world.entries[2]).index}")
    ]


def test_a_missing_key_is_told_from_a_destroyed_one(world):
    """Attack 71."""
    SubjectKey.objects.filter(subject=world.living).delete()
    assert codes() == {"key_missing"}


def test_a_detail_filed_under_an_erased_person_is_found(world):
    LedgerDetail.objects.filter(entry=world.entries[0]).update(subject=world.erased)
    assert codes() == {"detail"}


def test_a_tombstone_that_was_deleted_is_found(world):
    SubjectKey.objects.filter(subject=world.erased).delete()
    assert codes() == {"key_missing"}


def test_a_key_and_checkpoints_of_another_log_are_found(world, settings):
    settings.LEDGER_ORIGIN = "ledger.example/this-one"
    assert codes() == {"origin"}


def test_an_entry_that_waits_too_long_is_an_alarm_and_a_fresh_one_is_not(world, happened):  # noqa: F811
    late = record(happened, actor=CLERK, about=CASE)
    assert codes() == set()
    LedgerEntry.objects.filter(id=late).update(created=datetime.now(UTC) - timedelta(seconds=11))
    assert codes() == {"late"}
    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger")
    assert ended.value.code == 1
    call_command("verify_ledger", seal=True)
    assert seal.waiting() == 0


@pytest.mark.parametrize("attack", ["rewrite", "truncate", "reorder"])
def test_a_rewrite_with_every_hash_recomputed_and_every_checkpoint_thrown_away_meets_the_one_kept_outside(
    world, attack, tmp_path
):
    """Attacks 66 and 67; without the kept checkpoint it passes, which is why one must be kept (section 6)."""
    kept, vkey = tmp_path / "kept.txt", tmp_path / "kept.vkey"
    kept.write_bytes((world.folder / "6.txt").read_bytes())
    vkey.write_bytes((world.folder / "ledger.vkey").read_bytes())
    Checkpoint.objects.all().delete()
    for path in world.folder.glob("*"):
        path.unlink()
    _attack(attack)
    reseal()
    call_command("verify_ledger")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger", checkpoint=[kept], vkey=str(vkey))
    assert ended.value.code == 1


def _attack(name: str) -> None:
    if name == "truncate":
        last = LedgerEntry.objects.get(index=5)
        LedgerDetail.objects.filter(entry=last).delete()
        LedgerEntry.objects.filter(id=last.id).delete()
    elif name == "reorder":
        LedgerEntry.objects.filter(index=0).update(index=99)
        LedgerEntry.objects.filter(index=2).update(index=0)
        LedgerEntry.objects.filter(index=99).update(index=2)
    else:
        entry = LedgerEntry.objects.get(index=1)
        changed = replace(leaves.parse(bytes(entry.leaf)), outcome="refused")
        LedgerEntry.objects.filter(index=1).update(leaf=leaves.encode(changed), outcome="refused")


# --- the stand-alone checker, without a database -------------------------------------------------

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "ledger.example/tests"
VKEY = str(note.verifier(NAME, KEY))


def row(number: int, text: bytes = b"{}") -> Row:
    salt = bytes([number % 256]) * 32
    leaf = leaves.Leaf(
        uuid.UUID(int=number), NOON, "test.happened", CLERK.ref, CASE, "done", leaves.commit(salt, text)
    )
    return Row(number, leaves.encode(leaf), Detail(salt, text))


def signed(rows: list[Row]) -> str:
    root = merkle.root(merkle.leaf_hash(one.leaf) for one in rows)
    return note.sign(note.body(note.Head(NAME, len(rows), root)), NAME, KEY)


def renumbered(rows: list[Row]) -> list[Row]:
    return [replace(one, index=place) for place, one in enumerate(rows)]


@given(st.integers(1, 20), st.integers(0, 5), st.data())
def test_whoever_kept_a_checkpoint_sees_any_rewrite_of_what_it_covers(covered, later, data):
    """Promise 21: change, reorder, delete, insert, truncate, with all hashes recomputed by the forger."""
    honest = [row(number) for number in range(covered + later)]
    kept = [("kept", signed(honest[:covered]))]
    assert verify(honest, kept, VKEY).findings == []
    at = data.draw(st.integers(0, covered - 1))
    forged = list(honest)
    attack = data.draw(st.sampled_from(["change", "reorder", "delete", "insert", "truncate"]))
    if attack == "change":
        forged[at] = row(500, b'{"forged":true}')
    elif attack == "reorder":
        other = data.draw(st.integers(0, len(honest) - 1).filter(lambda one: one != at or len(honest) == 1))
        forged[at], forged[other] = forged[other], forged[at]
    elif attack == "delete":
        del forged[at]
    elif attack == "insert":
        forged.insert(at, row(501))
    else:
        del forged[at:]
    forged = renumbered(forged)
    if [one.leaf for one in forged[:covered]] == [one.leaf for one in honest[:covered]]:
        return
    assert {found.code for found in verify(forged, kept, VKEY).findings} & {"root", "truncated"}
    assert verify(forged, [], VKEY).findings == []


def test_a_log_rolled_back_behind_a_kept_checkpoint_is_found():
    """Attack 67."""
    honest = [row(number) for number in range(9)]
    found = verify(honest[:5], [("kept", signed(honest))], VKEY).findings
    assert [one.code for one in found] == ["truncated"]


def test_two_checkpoints_of_one_size_cannot_both_hold():
    """Attack 68."""
    honest, other = [row(0), row(1)], [row(0), row(7)]
    found = verify(honest, [("one", signed(honest)), ("two", signed(renumbered(other)))], VKEY).findings
    assert [(one.code, one.where) for one in found] == [("root", "two")]


def test_a_repeated_entry_and_a_gap_are_found():
    again = [row(0), replace(row(0), index=1)]
    assert {one.code for one in verify(again, [], VKEY).findings} == {"duplicate"}
    assert {one.code for one in verify([row(0), row(2)], [], VKEY).findings} == {"gap"}


def test_a_checkpoint_of_an_empty_log_holds():
    assert verify([], [("empty", signed([]))], VKEY).findings == []
    wrong = note.sign(note.body(note.Head(NAME, 0, bytes(32))), NAME, KEY)
    assert [one.code for one in verify([], [("empty", wrong)], VKEY).findings] == ["root"]


def test_checkpoints_without_a_readable_key_do_not_pass():
    assert [one.code for one in verify([row(0)], [("a", signed([row(0)]))], "").findings] == ["vkey"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "portals_core.ledger.verify", *map(str, arguments)]
    return subprocess.run(
        command, check=False, cwd=django_settings.BASE_DIR, env={}, capture_output=True, text=True, timeout=60
    )


def test_an_export_verifies_offline_without_this_product_running(world, tmp_path):
    """Promise 24."""
    path, kept, vkey = tmp_path / "ledger.jsonl", tmp_path / "kept.txt", world.folder / "ledger.vkey"
    kept.write_text((world.folder / "4.txt").read_text())
    call_command("verify_ledger", export=path)
    assert path.stat().st_mode & 0o777 == 0o600
    clean = run(path, "--vkey", vkey, "--checkpoint", kept)
    assert (clean.returncode, clean.stdout.splitlines()[-1]) == (0, "clean")
    assert "2 details erased" in clean.stdout
    lines = path.read_text().splitlines()
    first = next(place for place, line in enumerate(lines) if '"index": 0' in line)
    for wrong in (
        [*lines[:first], *lines[first + 1 :]],
        [*lines[:-1]],
        [*lines[:first], json.dumps(json.loads(lines[first]) | {"salt": "AAAA"}), *lines[first + 1 :]],
    ):
        path.write_text("\n".join(wrong) + "\n")
        assert run(path, "--vkey", vkey).returncode == 1
    path.write_text("{}\n")
    assert run(path).returncode == 2
    path.write_text(lines[0] + "\nnot json\n")
    assert run(path).returncode == 2


def test_an_export_never_overwrites_a_file(world, tmp_path):
    path = tmp_path / "there.jsonl"
    path.write_text("kept")
    with pytest.raises(FileExistsError):
        write_export(path)
    with pytest.raises(SystemExit):
        call_command("verify_ledger", export=path)
    assert path.read_text() == "kept"


def test_the_checker_needs_no_django():
    """Part 5: the verifier is independent of the product's imports."""
    asked = (
        "import sys; import portals_core.ledger.verify; "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'django', 'celery', 'rfc8785'}))"
    )
    seen = subprocess.run(
        [sys.executable, "-c", asked],
        check=False,
        cwd=django_settings.BASE_DIR,
        env={},
        capture_output=True,
        text=True,
    )
    assert seen.stdout == "[]\n"


def test_findings_are_printed_without_control_characters(world, happened, capsys):  # noqa: F811
    """Attack 69."""
    (world.folder / "evil\x1b[2K.txt").write_text("x")
    with pytest.raises(SystemExit):
        call_command("verify_ledger")
    printed = capsys.readouterr().out
    assert "evil" in printed
    assert "\x1b" not in printed


def test_the_json_answer_names_every_finding(world, capsys):
    call_command("verify_ledger", json=True)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["clean"], answer["findings"], answer["size"], answer["covered"]) == (True, [], 6, 6)
    LedgerEntry.objects.filter(index=0).update(outcome="refused")
    with pytest.raises(SystemExit):
        call_command("verify_ledger", json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["clean"] is False
    assert [found["code"] for found in answer["findings"]] == ["columns"]
