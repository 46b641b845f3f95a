"""The signer: signs growth, never a contradiction (RD1, attacks 66 to 68)."""

import json

import pytest
from django.core.management import call_command

from portals_core.ledger import checkpoint, merkle, note, seal
from portals_core.ledger.append import record
from portals_core.ledger.checkpoint import Inconsistent, sign_next
from portals_core.ledger.models import Checkpoint, LedgerDetail, LedgerEntry, TreeState
from portals_core.plumbing import keyfiles
from portals_core.records import keyed
from tests.portals_core.ledger_cast import CASE, CLERK, happened, keys  # noqa: F401

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"]), pytest.mark.usefixtures("keys")]


@pytest.fixture
def grow(happened):  # noqa: F811
    def by(count: int) -> None:
        for number in range(count):
            record(happened, actor=CLERK, about=CASE, detail={"n": number})
        seal.seal()

    return by


@pytest.fixture
def folder(settings, keys):  # noqa: F811
    return settings.CHECKPOINT_DIR


def reseal() -> None:
    """What somebody with the database does after a rewrite: give every hash and node anew."""
    leaves = []
    for place, entry in enumerate(LedgerEntry.objects.exclude(index=None).order_by("index")):
        hashed = merkle.leaf_hash(bytes(entry.leaf))
        LedgerEntry.objects.filter(id=entry.id).update(index=place, leaf_hash=hashed)
        leaves.append(hashed)
    frontier = merkle.Frontier().extended(leaves)
    TreeState.objects.update(size=frontier.size, frontier=frontier.packed())


def test_a_checkpoint_is_published_where_an_auditor_can_keep_it(grow, folder):
    grow(3)
    signed = sign_next() or ""
    key = note.parse_verifier((folder / "ledger.vkey").read_text())
    head = note.head_of(signed, key)
    leaves = LedgerEntry.objects.order_by("index").values_list("leaf", flat=True)
    assert head.size == 3
    assert head.root == merkle.root(merkle.leaf_hash(bytes(one)) for one in leaves)
    for name in ("3.txt", "latest.txt", "last-signed.txt"):
        assert (folder / name).read_text() == signed
    assert Checkpoint.objects.get().note == signed
    assert not list(folder.glob("*.new"))


def test_nothing_new_is_not_signed_again(grow):
    assert sign_next() is None
    grow(2)
    assert sign_next() is not None
    assert sign_next() is None
    grow(1)
    assert sign_next() is not None
    assert [row.size for row in Checkpoint.objects.order_by("size")] == [2, 3]


def test_entries_that_wait_for_an_index_are_not_covered_yet(grow, happened, folder):  # noqa: F811
    grow(2)
    record(happened, actor=CLERK, about=CASE)
    assert "\n2\n" in (sign_next() or "")


def test_a_log_that_shrank_is_not_signed(grow):
    """Attack 67."""
    grow(4)
    sign_next()
    last = LedgerEntry.objects.get(index=3)
    LedgerDetail.objects.filter(entry=last).delete()
    LedgerEntry.objects.filter(id=last.id).delete()
    reseal()
    with pytest.raises(Inconsistent):
        sign_next()


@pytest.mark.parametrize("more", [0, 2])
def test_a_rewritten_leaf_is_not_signed_though_every_hash_was_recomputed(grow, more):
    """Attacks 66 and 68: at the same size and at a greater one."""
    grow(4)
    sign_next()
    entry = LedgerEntry.objects.get(index=1)
    LedgerEntry.objects.filter(id=entry.id).update(leaf=bytes(entry.leaf).replace(b"done", b"fine"))
    reseal()
    grow(more)
    before = Checkpoint.objects.count()
    with pytest.raises(Inconsistent):
        sign_next()
    assert Checkpoint.objects.count() == before


def test_a_gap_is_not_signed(grow):
    grow(4)
    LedgerEntry.objects.filter(index=3).update(index=7)
    with pytest.raises(Inconsistent):
        sign_next()


def test_a_tree_that_the_sealer_does_not_know_is_not_signed(grow):
    grow(4)
    TreeState.objects.update(size=2)
    with pytest.raises(Inconsistent):
        sign_next()


def test_a_sealers_tree_with_another_root_is_not_signed(grow):
    grow(4)
    TreeState.objects.update(frontier=bytes(32))
    with pytest.raises(Inconsistent):
        sign_next()


def test_a_signer_that_lost_its_memory_refuses(grow, folder):
    grow(2)
    sign_next()
    (folder / "last-signed.txt").unlink()
    grow(1)
    with pytest.raises(Inconsistent):
        sign_next()


def test_a_memory_that_somebody_else_wrote_is_refused(grow, folder):
    grow(2)
    signed = sign_next() or ""
    (folder / "last-signed.txt").write_text(signed.replace("\n2\n", "\n1\n"))
    with pytest.raises(note.BadNote):
        sign_next()


def test_what_a_crash_left_unpublished_is_published_by_the_next_run(grow, folder):
    grow(2)
    signed = sign_next() or ""
    for name in ("2.txt", "latest.txt", "ledger.vkey"):
        (folder / name).unlink()
    Checkpoint.objects.all().delete()
    assert sign_next() is None
    assert (folder / "2.txt").read_text() == (folder / "latest.txt").read_text() == signed
    assert Checkpoint.objects.get().note == signed


def test_another_origin_does_not_continue_this_log(grow, settings):
    """Attack 67: a restored log needs a new origin, and a new origin a new memory."""
    grow(2)
    sign_next()
    settings.LEDGER_ORIGIN = "ledger.example/other"
    with pytest.raises(note.BadNote):
        sign_next()


def test_a_lost_signing_key_is_not_replaced_in_silence(grow, keys):  # noqa: F811
    grow(1)
    sign_next()
    keyfiles.path(checkpoint.SIGNING_KEY).unlink()
    with pytest.raises(keyfiles.KeyFileMissing):
        checkpoint.create_signing_key()
    with pytest.raises(keyfiles.KeyFileMissing):
        sign_next()


def test_the_command_signs_once_and_stops_at_an_inconsistency(grow, capsys):
    grow(2)
    call_command("sign_checkpoints", once=True)
    assert "ledger.example/tests\n2\n" in capsys.readouterr().out
    LedgerEntry.objects.filter(index=0).update(leaf=b"x")
    with pytest.raises(SystemExit) as ended:
        call_command("sign_checkpoints", once=True)
    assert ended.value.code == Inconsistent.exit_status
    assert "does not continue" in capsys.readouterr().err


def test_keys_are_made_once_by_the_command(keys, capsys):  # noqa: F811
    before = {path.name: path.read_bytes() for path in keys.iterdir()}
    (keys / "ledger-signing.key").unlink()
    keyed.create_key()
    call_command("make_keys")
    call_command("make_keys")
    lines = capsys.readouterr().out.splitlines()
    assert [line.rsplit(": ")[1] for line in lines] == ["was there", "made", *["was there"] * 4]
    assert (keys / "master.key").read_bytes() == before["master.key"]
    assert (keys / "ledger-signing.key").read_bytes() != before["ledger-signing.key"]


def test_the_sealing_command_integrates_what_waits(happened, capsys):  # noqa: F811
    record(happened, actor=CLERK, about=CASE)
    call_command("seal_ledger", once=True)
    assert capsys.readouterr().out == "1 integrated\n"
    call_command("verify_ledger", json=True)
    assert json.loads(capsys.readouterr().out)["clean"] is True
