"""The Kantara receipt against the fields and types of the format (N4)."""

from __future__ import annotations

import json
from datetime import timedelta

import jsonschema
import pytest
from hypothesis import given

from consent.models import State
from consent.receipts import facts, kantara
from portals_core.plumbing.errors import Conflict
from tests.consent import receipt_facts
from tests.consent.receipt_facts import AT, act, receipt
from tests.parts import ROOT

SCHEMA = json.loads(
    (ROOT / "tests" / "data" / "kantara" / "consent-receipt-1.1.schema.json").read_text(encoding="utf-8")
)
CHECK = jsonschema.Draft4Validator(SCHEMA)
GIVEN = tuple(sorted(facts.GIVEN))


def test_the_schema_is_one():
    jsonschema.Draft4Validator.check_schema(SCHEMA)


@given(receipt_facts.receipts(GIVEN))
def test_every_receipt_has_the_fields_and_types(found):
    assert [error.message for error in CHECK.iter_errors(json.loads(kantara.written(found)))] == []


def _without(made, *path):
    for key in path[:-1]:
        made = made[key]
    del made[path[-1]]


PURPOSE = ("services", 0, "purposes", 0)
REQUIRED = [
    *((name,) for name in SCHEMA["required"]),
    *(("piiControllers", 0, name) for name in SCHEMA["definitions"]["controller"]["required"]),
    *((*PURPOSE, name) for name in SCHEMA["definitions"]["purpose"]["required"]),
    (*PURPOSE, "thirdPartyName"),
]


@pytest.mark.parametrize("path", REQUIRED, ids=lambda path: str(path[-1]))
def test_a_field_that_lacks_would_be_seen(path):
    made = json.loads(kantara.written(receipt()))
    assert CHECK.is_valid(made)
    _without(made, *path)
    assert not CHECK.is_valid(made)


def test_a_moment_that_is_no_integer_would_be_seen():
    made = json.loads(kantara.written(receipt()))
    assert made["consentTimestamp"] == 1_772_701_200 and isinstance(made["consentTimestamp"], int)
    for wrong in (1_772_701_200.0, 1_772_701_200.25, "1772701200"):
        assert not CHECK.is_valid({**made, "consentTimestamp": wrong})


def test_what_it_tells():
    made = kantara.document(receipt(act(ends_at=AT + timedelta(days=365), authority="parent")))
    (controller,) = made["piiControllers"]
    assert controller["piiController"] == "Harjula Outdoor Oy" and controller["contact"] == "Aino Laine"
    assert controller["address"]["addressLocality"] == "Helsinki" and controller["onBehalf"] is False
    (purpose,) = made["services"][0]["purposes"]
    assert purpose["termination"].startswith("2027-03-05T09:00:00.250000Z; https://portal.example/")
    assert (made["sensitive"], made["spiCat"]) == (True, ["Allergies"])
    assert made["collectionMethod"] == "portal, parent"


def test_a_processor_is_no_third_party():
    """Art. 4(10)."""
    (told,) = kantara.document(receipt())["services"][0]["purposes"]
    assert told["thirdPartyName"] == "Weather Office; Trail Partners"
    alone = {"recipients": [{"name": "Postman Ltd", "kind": "processor", "country": "IE"}]}
    (told,) = kantara.document(receipt(frozen=alone))["services"][0]["purposes"]
    assert told["thirdPartyDisclosure"] is False and "thirdPartyName" not in told


@pytest.mark.parametrize("state", sorted(set(State.values) - facts.GIVEN))
def test_it_never_tells_a_consent_that_nobody_gave(state):
    with pytest.raises(Conflict) as refusal:
        kantara.written(receipt(act(1), act(2, state=state)))
    assert refusal.value.code == "receipt.not_given"
    assert kantara.written(receipt(act(1, state=state), act(2)))
