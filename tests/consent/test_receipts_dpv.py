"""The JSON-LD receipt against the vocabulary itself, offline (N4)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from rdflib import RDF, XSD, Graph, Literal, Namespace, URIRef

from consent.law.bases import Basis, rights_opened
from consent.models import Authority, Method, State
from consent.receipts import dpv
from tests.consent import receipt_facts
from tests.consent.receipt_facts import AT, PAGE, SUBJECT, act, notice, receipt
from tests.parts import ROOT

DPV = Namespace("https://w3id.org/dpv#")
GDPR = Namespace("https://w3id.org/dpv/legal/eu/gdpr#")
DCT = Namespace("http://purl.org/dc/terms/")
LISTS = {DPV: "dpv-2.3-terms.txt", GDPR: "eu-gdpr-2.3-terms.txt"}
TERMS = {
    str(space): set((ROOT / "tests" / "data" / "dpv" / name).read_text(encoding="utf-8").split())
    for space, name in LISTS.items()
}
SUBJECT_NODE = URIRef(SUBJECT.urn)
#: The guide shows them, the vocabulary does not have them.
ONLY_IN_THE_GUIDE = {"ConsentTerminated", "WithdrawingFromActivity"}
#: What the profile for the GDPR asks of a record.
OF_A_RECORD = {
    "hasConsentControl", "hasConsentStatus", "hasDataController", "hasDataSubject", "hasJurisdiction",
    "hasNotice", "hasProcess", "hasRight",
}  # fmt: skip


def graph(found) -> Graph:
    return Graph().parse(data=dpv.written(found), format="json-ld")


def used(made: Graph) -> set[str]:
    """Everything of the two vocabularies that stands in a graph."""
    return {
        str(node)
        for triple in made
        for node in triple
        if isinstance(node, URIRef) and node.startswith("https://w3id.org/dpv") and "/schema/" not in node
    }


def unknown(made: Graph) -> set[str]:
    """What stands in a graph and not in the vocabularies."""
    known = {space + name for space, names in TERMS.items() for name in names}
    return used(made) - known


#: A wrong term names itself; making the receipt around it smaller takes minutes and tells no more.
@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(receipt_facts.receipts())
def test_every_term_of_every_receipt_exists(found):
    made = graph(found)
    assert unknown(made) == set()
    record = made.value(None, RDF.type, DPV.ConsentRecord)
    told = {str(name).removeprefix(DPV) for name in made.predicates(record)}
    assert told >= OF_A_RECORD - (set() if found.jurisdiction else {"hasJurisdiction"})
    assert len(set(made.objects(record, DPV.hasConsentStatus))) == len({one.id for one in found.acts})
    assert [str(one) for one in made.objects(record, DCT.identifier)] == [str(found.record_id)]


def test_every_state_authority_and_method_has_its_term():
    """Beside the random ones: none is left to chance."""
    for state in State.values:
        assert dpv.STATES[state].removeprefix("dpv:") in TERMS[str(DPV)]
    for authority in Authority.values:
        for method in Method.values:
            assert unknown(graph(receipt(act(authority=authority, method=method)))) == set()
    assert set(dpv.STATES) == set(State.values)


@pytest.mark.parametrize("term", sorted(ONLY_IN_THE_GUIDE))
def test_a_term_that_only_the_guide_has_would_be_seen(term, monkeypatch):
    assert term not in TERMS[str(DPV)]
    monkeypatch.setitem(dpv.STATES, "withdrawn", f"dpv:{term}")
    assert unknown(graph(receipt(act(state="withdrawn")))) == {f"{DPV}{term}"}


def test_a_right_that_does_not_exist_would_be_seen():
    made = graph(receipt())
    made.add((SUBJECT_NODE, RDF.type, GDPR["A99"]))
    assert unknown(made) == {f"{GDPR}A99"}


def test_the_record_tells_who_what_for_and_how_to_withdraw():
    made = graph(receipt())
    record = made.value(None, RDF.type, DPV.ConsentRecord)
    whole = made.value(None, RDF.type, DPV.ConsentReceipt)
    assert (whole, DPV.hasRecordOfActivity, record) in made
    assert str(made.value(whole, DCT.conformsTo)).endswith("/dpv-27560#receipt-eu-gdpr")
    assert str(made.value(record, DCT.conformsTo)).endswith("/dpv-27560#record-eu-gdpr")
    assert made.value(record, DPV.hasDataSubject) == SUBJECT_NODE
    controller = made.value(record, DPV.hasDataController)
    assert str(made.value(controller, DPV.hasName)) == "Harjula Outdoor Oy"
    assert "Rantatie 1, 00100 Helsinki, FI" in str(made.value(controller, DPV.hasAddress))
    control = made.value(record, DPV.hasConsentControl)
    assert (control, RDF.type, DPV.WithdrawConsent) in made
    assert made.value(control, DPV.isExercisedAt) == URIRef(PAGE)
    rights = {kind for right in made.objects(record, DPV.hasRight) for kind in made.objects(right, RDF.type)}
    assert rights == {DPV.DataSubjectRight, *(GDPR[one.value] for one in rights_opened(Basis.CONSENT))}
    process = made.value(record, DPV.hasProcess)
    assert made.value(process, DPV.hasLegalBasis) == GDPR["A6-1-a"]
    assert {str(made.value(one, DPV.hasName)) for one in made.objects(process, DPV.hasRecipient)} == {
        "Postman Ltd",
        "Weather Office",
        "Trail Partners",
    }
    channels = {str(made.value(one, DCT.identifier)) for one in made.objects(process, DPV.hasService)}
    assert channels == {"email", "post"}
    special = made.value(None, RDF.type, DPV.SpecialCategoryPersonalData)
    assert str(made.value(special, DCT.title)) == "Allergies"


def test_the_history_is_told_whole_and_in_its_own_words():
    """W15: each status with its moment, its text and the digest in our log."""
    old, new = notice(), notice(version=3, digest="e" * 64, words=("Every day.",))
    later = AT + timedelta(days=30)
    found = receipt(
        act(1, notice=old),
        act(2, state="renewed", notice=new, ends_at=later),
        act(3, state="withdrawn", notice=new, channels=(), at=later),
    )
    made = graph(found)
    statuses = {
        str(made.value(one, RDF.type)).removeprefix(DPV): one
        for one in made.objects(URIRef(found.record_id.urn), DPV.hasConsentStatus)
    }
    assert set(statuses) == {"ConsentGiven", "RenewedConsentGiven", "ConsentWithdrawn"}
    withdrawn = statuses["ConsentWithdrawn"]
    told = made.value(withdrawn, DPV.isIndicatedAtTime)
    assert isinstance(told, Literal) and told.datatype == XSD.dateTime and told.toPython() == later
    assert Literal(f"sha256:{3:064d}") in set(made.objects(withdrawn, DCT.identifier))
    assert made.value(withdrawn, DPV.hasDuration) is None
    until = made.value(statuses["RenewedConsentGiven"], DPV.hasDuration)
    assert (until, RDF.type, DPV.UntilTimeDuration) in made
    assert made.value(until, RDF.value).toPython() == later
    shown = made.value(withdrawn, DPV.hasNotice)
    assert str(made.value(shown, DCT.description)) == "Every day."
    assert {str(one) for one in made.objects(shown, DCT.identifier)} == {"news/3/en", f"sha256:{'e' * 64}"}


@pytest.mark.parametrize(
    ("authority", "kind"),
    [
        ("self", DPV.DataSubject),
        ("parent", DPV.ParentOfDataSubject),
        ("by representative", DPV.Entity),
        ("staff", DPV.DataController),
        ("rule", DPV.DataController),
    ],
)
def test_who_decided(authority, kind):
    """D5, Art. 8: who acts for somebody is told as acting for them."""
    made = graph(receipt(act(authority=authority)))
    decider = made.value(URIRef(f"{act().id.urn}#status"), DPV.isIndicatedBy)
    assert set(made.objects(decider, RDF.type)) == {kind}
    for_them = made.value(decider, DPV.isRepresentativeFor)
    assert for_them == (SUBJECT_NODE if authority in ("parent", "by representative") else None)


def test_what_is_not_known_is_left_out():
    bare = json.loads(dpv.written(receipt(frozen={})))["dpv:hasRecordOfActivity"][0]
    assert bare["dpv:hasDataController"]["dpv:hasName"] == "Harjula Outdoor"
    process = bare["dpv:hasProcess"][0]
    assert not {"dpv:hasPersonalData", "dpv:hasRecipient", "dpv:hasStorageCondition"} & set(process)
    full = json.loads(dpv.written(receipt()))["dpv:hasRecordOfActivity"][0]["dpv:hasProcess"][0]
    assert {"dpv:hasPersonalData", "dpv:hasRecipient", "dpv:hasStorageCondition"} <= set(full)


@given(receipt_facts.receipts())
def test_the_file_needs_nothing_from_elsewhere(found):
    """The context stands inside: an address in its place would be fetched by whoever reads it."""
    context = json.loads(dpv.written(found))["@context"]
    assert isinstance(context, dict)
    assert all(isinstance(value, str) and value.endswith(("#", "/")) for value in context.values())
