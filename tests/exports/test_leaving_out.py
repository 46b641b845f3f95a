"""A copy without what a decision refuses, and evidence of a partial deletion (Art. 15(4), W5, N4)."""

import io
import json
import zipfile

import pytest

from exports import deliver, evidence
from exports.models import Bundle
from portals_core.ledger import checkpoint, seal
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.models import Mail
from portals_core.writing import notes
from requests import approvals, intake, verdicts
from requests.models import Case
from tests import cast
from tests.exports.export_cast import READ, bundle_of
from tests.exports.test_bundle import validate
from tests.requests import partly_cast

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
OTHERS = {"ground": "OwnA15RightsOfOthers", "sentence": "It is about somebody else, too."}


def filed(made, kind="export"):
    return intake.file_case(actor=made.actor("subject"), kind=kind, at=clock.now())


def put(made, case, kind, verdict, *, source="records", **given):
    verdicts.put(
        actor=made.actor("officer"), case=case.pk, source=source, kind=kind, verdict=verdict,
        at=clock.now(), **given,
    )  # fmt: skip


def decided(made, case):
    approvals.decide(actor=made.actor("officer"), case=case.pk, outcome="as_drafted", at=clock.now())


def content(handout, top):
    with handout.file, zipfile.ZipFile(io.BytesIO(handout.file.read())) as archive:
        return {name.removeprefix(f"{top}/"): archive.read(name) for name in archive.namelist()}


def copy_of(made, case):
    """The tables of the copy, and the case afterwards."""
    decided(made, case)
    return built(made, case)


def built(made, case):
    outbox.drain(about=case.ref)
    bundle = bundle_of(case)
    handout = deliver.hand_out(actor=made.actor("subject"), bundle=bundle.pk, at=clock.now())
    files = content(handout, bundle.pk)
    stored = Case.objects.visible_to(READ).get(pk=case.pk)
    return json.loads(files["data/data.json"])["tables"], stored


def orders(made):
    found = [cast.order(made, f"A{n}", made.subject, agent=str(made.stranger.pk)) for n in range(3)]
    for record in found:
        notes.add_note(actor=READ, record=record.pk, body=f"note on {record.values['number']}", at=cast.NOW)
    return found


def test_a_refused_item_is_not_in_the_copy_and_the_person_is_told(made):
    """Art. 15(4), 12(4): with its notes; the request is fulfilled in part."""
    first = orders(made)[0]
    case = filed(made)
    put(made, case, "orders", "refuse", ref=str(first.pk), **OTHERS)
    tables, stored = copy_of(made, case)
    assert sorted(row["number"] for row in tables["orders"]) == ["A1", "A2"]
    assert sorted(row["body"] for row in tables["notes"]) == ["note on A1", "note on A2"]
    assert stored.state == "partly_fulfilled"
    body = Mail.objects.get(kind="case.left_out").body
    assert "Orders (1)" in body and OTHERS["sentence"] in body and "court" in body


def test_a_refused_kind_is_left_out_except_for_what_is_given_all_the_same(made):
    """Also what came in between the decision and the copy."""
    first = orders(made)[0]
    case = filed(made)
    put(made, case, "orders", "refuse", **OTHERS)
    put(made, case, "orders", "fulfil", ref=str(first.pk))
    decided(made, case)
    cast.order(made, "A9", made.subject)
    tables, _stored = built(made, case)
    assert [row["number"] for row in tables["orders"]] == ["A0"]
    assert [row["body"] for row in tables["notes"]] == ["note on A0"]
    assert tables["contacts"] and tables["account"]


def test_a_redacted_item_names_nobody_else(made):
    """Art. 15(4): the row stays, links to other people go; those to the person stay."""
    first = orders(made)[0]
    case = filed(made)
    put(made, case, "orders", "redact", ref=str(first.pk))
    tables, stored = copy_of(made, case)
    agents = {row["number"]: (row["customer"], row["agent"]) for row in tables["orders"]}
    mine, other = str(made.subject.pk), str(made.stranger.pk)
    assert agents == {"A0": (mine, None), "A1": (mine, other), "A2": (mine, other)}
    assert stored.state == "partly_fulfilled"


@pytest.mark.parametrize(
    ("source", "kind", "table"), [("mail", "mail", "messages"), ("account", "account", "account")]
)
def test_other_sources_are_left_out_as_a_whole(made, source, kind, table):
    case = filed(made)
    put(made, case, kind, "refuse", source=source, **OTHERS)
    tables, _stored = copy_of(made, case)
    assert table not in tables and tables["contacts"] and tables["requests"]


def test_a_copy_nobody_drafted_about_is_whole(made):
    orders(made)
    tables, stored = copy_of(made, filed(made))
    assert (len(tables["orders"]), stored.state, stored.plan_digest) == (3, "fulfilled", "")


def test_the_public_checker_accepts_the_evidence_of_a_partial_deletion(made, settings, tmp_path):
    """N4: what was kept stands in the procedure as a fact, without the person."""
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"
    checkpoint.create_signing_key()
    partly_cast.bought(made)
    case = filed(made, "delete")
    decided(made, case)
    approvals.approve(actor=made.actor("second_officer"), case=case.pk, at=clock.now())
    outbox.drain(about=case.ref)
    while seal.seal():
        pass
    checkpoint.sign_next()
    asked = evidence.ask(actor=made.actor("auditor"), case=case.pk, at=clock.now())
    outbox.drain(about=asked.ref)
    bundle = Bundle.objects.visible_to(READ).get(pk=asked.pk)
    handout = deliver.hand_out(actor=made.actor("auditor"), bundle=bundle.pk, at=clock.now())
    for name, held in content(handout, bundle.pk).items():
        target = tmp_path / "out" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(held)
        assert b"Sage" not in held
    done = validate(tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert Case.objects.visible_to(READ).get(pk=case.pk).state == "partly_fulfilled"
