"""Evidence of a case: facts and log entries, checked by others' tools, without the person (N4)."""

import base64
import hashlib
import io
import json
import zipfile

import pytest

from exports import deliver, evidence
from exports.models import Bundle
from portals_core.ledger import checkpoint, leaf, note, seal
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Absent, Conflict, Forbidden
from requests.arriving import intake
from requests.deciding import approvals
from tests.exports.export_cast import READ
from tests.exports.test_bundle import validate
from tests.exports.web import browser

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def erased(made, settings, tmp_path):
    """A deletion from filing to its last effect, its log sealed and signed; words of the person as bait."""
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"
    checkpoint.create_signing_key()
    case = intake.file_case(
        actor=made.actor("subject"), kind="delete", text="I am Sage Winter, forget me", at=clock.now()
    )
    approvals.decide(
        actor=made.actor("officer"), case=case.pk, outcome="approve", sentence="Dear Sage", at=clock.now()
    )
    approvals.approve(actor=made.actor("second_officer"), case=case.pk, at=clock.now())
    outbox.drain(about=case.ref)
    while seal.seal():
        pass
    checkpoint.sign_next()
    return case


def taken(made, case) -> Bundle:
    bundle = evidence.ask(actor=made.actor("auditor"), case=case.pk, at=clock.now())
    outbox.drain(about=bundle.ref)
    return Bundle.objects.visible_to(READ).get(pk=bundle.pk)


def files(made, bundle) -> dict[str, bytes]:
    handout = deliver.hand_out(actor=made.actor("auditor"), bundle=bundle.pk, at=clock.now())
    with handout.file, zipfile.ZipFile(io.BytesIO(handout.file.read())) as archive:
        return {name.removeprefix(f"{bundle.pk}/"): archive.read(name) for name in archive.namelist()}


def test_the_public_checker_accepts_it(made, erased, tmp_path):
    bundle = taken(made, erased)
    for name, content in files(made, bundle).items():
        target = tmp_path / "out" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    done = validate(tmp_path / "out")
    assert done.returncode == 0, done.stderr


def test_it_holds_the_procedure_and_its_entries(made, erased):
    found = files(made, taken(made, erased))
    facts = json.loads(found["data/case.json"])
    assert facts["number"] == erased.number and facts["state"] == "fulfilled"
    assert facts["decision"]["by"] == made.users["officer"].ref
    assert facts["approval"]["by"] == made.users["second_officer"].ref
    assert [one["name"] for one in facts["transitions"]][-1] == "finish"
    assert facts["plans"][-1]["digest"] == facts["plan_digest"]
    assert found["data/effects.jsonl"].count(b"\n") > 1
    entries = [json.loads(line) for line in found["data/ledger.jsonl"].splitlines()]
    signed = [one for one in entries if one["index"] is not None]
    assert signed and [one["index"] for one in signed] == sorted(one["index"] for one in signed)
    for one in entries:
        parsed = leaf.parse(one["leaf"].encode())
        assert parsed.about == erased.ref
        assert base64.b64decode(one["leaf_hash"]) == hashlib.sha256(b"\0" + one["leaf"].encode()).digest()
    key = note.parse_verifier(found["data/ledger.vkey"].decode())
    assert note.head_of(found["data/checkpoint.txt"].decode(), key).size > signed[-1]["index"]


def test_it_holds_nothing_personal(made, erased):
    """The bait: name, address, text and sentence were all stored with the case."""
    everything = b"".join(files(made, taken(made, erased)).values()).lower()
    for word in (
        b"sage",
        b"winter",
        b"people.example",
        b"forget me",
        b"dear",
        b"officer@",
        b"second_officer",
    ):
        assert word not in everything


@pytest.mark.parametrize("who", ["officer", "administrator", "operator"])
def test_nobody_but_an_auditor_asks_for_it(made, erased, who):
    with pytest.raises(Forbidden):
        evidence.ask(actor=made.actor(who), case=erased.pk, at=clock.now())
    assert not Bundle.objects.visible_to(READ).filter(kind="evidence").exists()
    assert evidence.ask(actor=made.actor("auditor"), case=erased.pk, at=clock.now()).case_id == erased.pk


@pytest.mark.parametrize("who", ["stranger", "officer", "administrator", "operator"])
def test_nobody_but_an_auditor_takes_it(made, erased, who):
    bundle = taken(made, erased)
    with pytest.raises(Absent):
        deliver.hand_out(actor=made.actor(who), bundle=bundle.pk, at=clock.now())


def test_one_is_made_at_a_time_and_again_later(made, erased):
    first = evidence.ask(actor=made.actor("auditor"), case=erased.pk, at=clock.now())
    with pytest.raises(Conflict):
        evidence.ask(actor=made.actor("auditor"), case=erased.pk, at=clock.now())
    outbox.drain(about=first.ref)
    assert taken(made, erased).pk != first.pk


def test_the_auditor_asks_and_takes_on_pages_with_a_fresh_proof(made, erased):
    auditor, page = browser(made, "auditor"), f"/audit/cases/{erased.pk}/"
    assert erased.number in auditor.get("/audit/").content.decode()
    assert auditor.post(f"{page}evidence/").status_code == 302
    bundle = Bundle.objects.visible_to(READ).get(kind="evidence")
    outbox.drain(about=bundle.ref)
    bundle = Bundle.objects.visible_to(READ).get(kind="evidence")
    shown = auditor.get(page).content.decode()
    assert f"/audit/evidence/{bundle.pk}/" in shown and "Sage" not in shown
    response = auditor.post(f"/audit/evidence/{bundle.pk}/")
    assert response.status_code == 200 and response["Cache-Control"] == "no-store"
    assert hashlib.sha512(b"".join(response.streaming_content)).hexdigest() == bundle.sha512
    stale = browser(made, "auditor", fresh=False)
    for address in (f"{page}evidence/", f"/audit/evidence/{bundle.pk}/"):
        assert stale.post(address).url.startswith("/confirm/")
        assert stale.get(address).status_code == 405
