"""A copy without what a decision refuses, and evidence of a partial deletion (Art. 15(4), W5, N4)."""

import io
import json
import zipfile

import pytest

from exports import cases, deliver, evidence
from exports.models import Bundle
from portals_core.ledger import checkpoint, seal
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import BadInput, Broken
from portals_core.plumbing.models import Mail
from portals_core.writing import attachments, notes
from portals_core.writing.records import change_record
from requests.arriving import intake
from requests.deciding import approvals, verdicts
from requests.models import Case, Plan
from tests import cast, pdf_text, storage
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


def test_of_two_files_the_one_that_is_refused_is_left_out_and_the_other_is_given(made):
    """Art. 15(1): refusing one thing takes nothing else along."""
    order = cast.order(made, "A1", made.subject)
    refused, given = (storage.add(READ, order, name=name) for name in ("refused.txt", "given.txt"))
    case = filed(made)
    put(made, case, "file", "refuse", source="attachments", ref=str(refused.pk), **OTHERS)
    tables, _stored = copy_of(made, case)
    files = [row for name in ("files", "staff_files") for row in tables.get(name, [])]
    assert [row["id"] for row in files] == [str(given.pk)]


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


def test_what_names_somebody_else_is_unreadable_and_said_to_be_withheld(made):
    """Values and notes with the name, a part of it, or a strange address go whole; the rest stays."""
    first, second = orders(made)[:2]
    for record in (first, second):
        for body in (
            "Patricia Hall was rude",
            "ask pat@elsewhere.example",
            "Sage called",
            "nothing about anybody",
        ):
            notes.add_note(actor=READ, record=record.pk, body=body, at=cast.NOW)
    named = {"name": "Patricia Hall", "phone": "+48 22 555 01 99"}
    change_record(actor=READ, record=made.stranger.pk, given=named, at=cast.NOW)
    change_record(actor=READ, record=first.pk, given={"number": "for HALL, 1"}, at=cast.NOW)
    case = filed(made)
    put(made, case, "orders", "redact", ref=str(first.pk))
    tables, _stored = copy_of(made, case)
    row = next(row for row in tables["orders"] if row["id"] == str(first.pk))
    assert (row["number"], row["agent"], row["withheld"]) == (None, None, "number, agent")
    assert (row["total"], row["customer"]) == ("12.50", str(made.subject.pk))
    said = {
        one: sorted(note["body"] or "-" for note in tables["notes"] if note["record"] == str(one))
        for one in (first.pk, second.pk)
    }
    assert said[first.pk] == ["-", "-", "Sage called", "note on A0", "nothing about anybody"]
    # Its control: what was not redacted says it all.
    assert {"Patricia Hall was rude", "ask pat@elsewhere.example"} <= set(said[second.pk])


def test_the_whole_copy_holds_no_trace_of_who_was_redacted(made):
    """Also in the report and the tables. Bait: another copy has them."""
    record = cast.order(made, "Q1", made.subject, agent=str(made.stranger.pk))
    notes.add_note(actor=READ, record=record.pk, body="Zygmunt complained", at=cast.NOW)
    change_record(actor=READ, record=made.stranger.pk, given={"name": "Zygmunt Wild"}, at=cast.NOW)
    found = {}
    for verdict in ("fulfil", "redact"):
        case = filed(made)
        put(made, case, "orders", verdict)
        decided(made, case)
        outbox.drain(about=case.ref)
        bundle = bundle_of(case)
        handout = deliver.hand_out(actor=made.actor("subject"), bundle=bundle.pk, at=clock.now())
        files = content(handout, bundle.pk)
        found[verdict] = [
            name
            for name, held in files.items()
            if any(word in _read(name, held) for word in ("Zygmunt", str(made.stranger.pk)))
        ]
    assert {one.rpartition(".")[2] for one in found["fulfil"]} == {"json", "csv", "html", "pdf"}
    assert found["redact"] == []


def _read(name, held):
    """What a reader of a file gets to see: the text of a PDF is packed."""
    return pdf_text.words(held) if name.endswith(".pdf") else held.decode()


def test_no_copy_is_made_of_a_plan_that_is_damaged(made):
    """Art. 15(4): what was to be left out would be in it. Its control: the same plan whole."""
    first = orders(made)[0]
    case = filed(made)
    put(made, case, "orders", "refuse", ref=str(first.pk), **OTHERS)
    decided(made, case)
    stored = Plan.objects.visible_to(READ).filter(case=case)
    whole = stored.get().items
    for damaged in ([], [one for one in whole if one[2] != str(first.pk)]):
        stored.update(items=damaged)
        with pytest.raises(Broken) as stopped:
            cases.verdicts(Case.objects.visible_to(READ).get(pk=case.pk))
        assert stopped.value.code == "plan.damaged"
    stored.update(items=whole)
    tables, _stored = built(made, case)
    assert sorted(row["number"] for row in tables["orders"]) == ["A1", "A2"]


@pytest.mark.parametrize(("source", "kind"), [("attachments", "file"), ("mail", "mail")])
def test_what_is_no_record_cannot_be_redacted(made, source, kind):
    """A file goes whole or stays out; its passing twin is the refusal."""
    filed_with_it = attachments.attach(
        actor=READ, record=made.subject.pk, name="photo.txt", content=io.BytesIO(b"both of us"), at=cast.NOW
    )
    case = filed(made)
    with pytest.raises(BadInput) as refused:
        put(made, case, kind, "redact", source=source)
    assert refused.value.code == "verdict.verdict"
    assert ("file" in str(refused.value.public)) is (kind == "file")
    put(made, case, kind, "refuse", source=source, **OTHERS)
    tables, _stored = copy_of(made, case)
    assert str(filed_with_it.pk) not in {row["id"] for row in tables.get("staff_files", ())} or kind == "mail"


def test_a_deletion_redacts_nothing(made):
    """There an item goes whole or stays whole; links to the person are cleared in the records of others."""
    cast.order(made, "A1", made.subject)
    case = filed(made, "delete")
    with pytest.raises(BadInput):
        put(made, case, "orders", "redact")
    put(made, case, "orders", "fulfil")


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
