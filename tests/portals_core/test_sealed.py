"""Encrypted fields: ciphertext under the record's own key, in clear only where it is shown (F13, F14)."""

import io
import json

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from portals_core import sources
from portals_core.access.actor import system
from portals_core.imports import runs
from portals_core.ledger.models import LedgerDetail
from portals_core.plumbing import keyring, outbox
from portals_core.plumbing.errors import BadInput
from portals_core.records import descriptions, reads, sealed
from portals_core.records.models import Record
from portals_core.writing.records import change_record, create_record
from tests import cast
from tests.portals_core import trail
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
SECRET, OTHER = "DE89 3704 0044", "FR14 2004 1010"


@pytest.fixture
def made():
    made = cast.set_up()
    for row in ({"label": "Iban", "encrypted": True, "personal": "normal"}, {"label": "City"}):
        descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row=row)
    return made


def _now(record):
    return Record.objects.visible_to(_LOOK).get(pk=record.pk)


def _everything_stored() -> str:
    """Every table as text, but for what is sealed."""
    texts = []
    for alias in ("default", "keyring"):
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')
                texts += [str(row) for row in cursor.fetchall()]
    return "\n".join(texts)


def _change(record, **given):
    return change_record(actor=_LOOK, record=record.pk, given=given, at=cast.NOW)


def test_a_value_is_stored_as_ciphertext_and_nowhere_in_clear(made):
    """F13; the city beside it is the bait that would be found."""
    person = cast.contact(made.contacts, "Vera Sealed", iban=SECRET, city="Gothenburg")
    stored, tables = _now(person), _everything_stored()
    assert "iban" not in stored.values and set(stored.sealed) == {"iban"}
    assert stored.folded["iban"] == "•" and stored.folded["city"] == "gothenburg"
    assert "Gothenburg" in tables and SECRET not in tables and SECRET.casefold() not in tables
    assert sealed.opened(stored) == {**stored.values, "iban": SECRET}


def test_changing_seals_what_changed_and_leaves_the_rest_as_it_was(made):
    person = cast.contact(made.contacts, "Vera Sealed", iban=SECRET)
    before = _now(person).sealed["iban"]
    _change(person, city="Oslo")
    assert _now(person).sealed["iban"] == before
    assert _change(person, iban=SECRET) == []
    assert [(one.before, one.after) for one in _change(person, iban=OTHER)] == [(SECRET, OTHER)]
    stored = _now(person)
    assert stored.sealed["iban"] != before and sealed.opened(stored)["iban"] == OTHER
    assert OTHER not in _everything_stored() and SECRET not in _everything_stored()
    _change(person, iban=None)
    stored = _now(person)
    assert stored.sealed == {} and "iban" not in stored.folded


def test_equal_values_have_unequal_ciphertexts_and_one_form(made):
    """F14: neither the ciphertext nor the form tells which two people have the same value."""
    one, two = (_now(cast.contact(made.contacts, name, iban=SECRET)) for name in ("Uma One", "Tea Two"))
    three = _now(cast.contact(made.contacts, "Rex Three", iban=OTHER))
    assert one.sealed["iban"] != two.sealed["iban"]
    assert one.folded["iban"] == two.folded["iban"] == three.folded["iban"]


def test_a_ciphertext_moved_to_another_record_or_field_does_not_open(made):
    descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row={"label": "Card", "encrypted": True})
    one = _now(cast.contact(made.contacts, "Uma One", iban=SECRET))
    two = _now(cast.contact(made.contacts, "Tea Two", iban=OTHER))
    rows = Record.objects.visible_to(_LOOK)
    rows.filter(pk=two.pk).update(sealed=one.sealed)
    rows.filter(pk=one.pk).update(sealed={"card": one.sealed["iban"]})
    for record in (one, two):
        with pytest.raises(keyring.Tampered):
            sealed.opened(_now(record))
    rows.filter(pk=one.pk).update(sealed=one.sealed)
    assert sealed.opened(_now(one))["iban"] == SECRET


def test_the_leaf_of_a_change_holds_it_only_under_the_records_own_key(made):
    """What the log says of an encrypted value goes with the key that held the value."""
    person = cast.contact(made.contacts, "Vera Sealed", iban=SECRET)
    _change(person, iban=OTHER)
    about = f"record:{person.pk}"
    assert trail.details("record.changed", about)[0]["before"] == {"iban": SECRET}
    assert {row.subject for row in LedgerDetail.objects.filter(entry__code="record.changed")} == {person.pk}
    keyring.destroy(person.pk)
    with pytest.raises(keyring.KeyDestroyed):
        trail.details("record.changed", about)
    with pytest.raises(keyring.KeyDestroyed):
        sealed.opened(_now(person))


def test_the_record_page_and_its_form_show_it_and_lists_never(made):
    """F13: staff who may read the field; a list has every other field of the record."""
    person = cast.contact(made.contacts, "Vera Sealed", iban=SECRET, city="Gothenburg")
    desk = seat(made, "operator")
    page, form = (
        desk.get(f"/desk/records/contacts/{person.pk}/{rest}").content.decode() for rest in ("", "edit/")
    )
    assert SECRET in page and SECRET in form
    listed = desk.get("/desk/records/contacts/")
    assert "iban" not in {one.key for one in listed.context["page"].columns}
    assert "Vera Sealed" in listed.content.decode() and SECRET not in listed.content.decode()


@pytest.mark.parametrize("words", [SECRET, SECRET[:6], "•"])
def test_no_search_finds_it(made, words):
    """F14, a probe: nothing but the value of another field finds the record."""
    descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row={"label": "Plain", "unique": True})
    cast.contact(made.contacts, "Vera Sealed", iban=SECRET, plain="K-77")
    desk = seat(made, "operator")

    def found(text):
        rows = desk.get("/desk/records/contacts/", {"find": text}).context["page"].rows
        return [row.title for row in rows]

    assert found("k-77") == ["Vera Sealed"] and found(words) == []
    assert "iban" not in {one.key for one in reads.askable(made.actor("operator"), made.contacts)}


def test_an_import_encrypts(made):
    """F13: rows added, rows changed, and a check, which compares with what is stored."""
    cast.contact(made.contacts, "Vera Sealed", iban=SECRET)
    text = f"name,mail,iban\nVera Sealed,vera@people.example,{OTHER}\nAnn New,ann@people.example,{SECRET}\n"
    for dry_run in (True, False):
        run = runs.start(
            actor=made.actor("administrator"),
            module=made.contacts,
            file=io.BytesIO(text.encode()),
            file_name="people.csv",
            mapping={
                "values": {"name": "{{name}}", "email": "{{mail}}", "iban": "{{iban}}"},
                "match": "email",
            },
            at=cast.NOW,
            dry_run=dry_run,
        )
        outbox.drain(about=f"import:{run.pk}")
        run.refresh_from_db()
        assert (run.accepted, run.refused) == (2, 0)
    people = {
        one.values["name"]: one for one in Record.objects.visible_to(_LOOK).filter(module=made.contacts)
    }
    assert sealed.opened(people["Vera Sealed"])["iban"] == OTHER
    assert sealed.opened(people["Ann New"])["iban"] == SECRET
    assert SECRET not in _everything_stored() and OTHER not in _everything_stored()


def test_the_persons_own_copy_has_it_in_clear(made):
    """F13, decision 10: masked, encrypted and withheld at once, and in the copy."""
    change = {"masked": True, "withheld": ["export", "api"]}
    descriptions.change_field(actor=cast.SETTING_UP, of=made.contacts, key="iban", change=change)
    person = cast.contact(made.contacts, "Vera Sealed", iban=SECRET)
    rows = list(sources.Records().export(person.pk, actor=_LOOK))
    assert [row.values["iban"] for row in rows if row.table == "contacts"] == [SECRET]


def test_a_copy_opens_many_records_with_one_query_for_their_keys(made):
    """Constant queries, whatever the number of encrypted values; none where nothing is encrypted."""
    change = {"personal": "normal"}
    row = {"label": "Card", "encrypted": True, **change}
    descriptions.add_field(actor=cast.SETTING_UP, of=made.orders, row=row)

    def asked():
        with CaptureQueriesContext(connections["keyring"]) as queries:
            rows = list(sources.Records().export(made.subject.pk, actor=_LOOK))
        return len(queries), [
            one.values["card"] for one in rows if one.table == "orders" and one.values["card"]
        ]

    cast.order(made, "N0", made.subject)
    assert asked() == (0, [])
    counts = []
    for number in range(1, 6):
        cast.order(made, f"N{number}", made.subject, card=f"card {number}")
        counts.append(asked()[0])
    assert set(counts) == {1} and sorted(asked()[1]) == [f"card {number}" for number in range(1, 6)]


def test_every_type_comes_back_as_it_was_stored(made):
    """F13: the stored form of each type, digit by digit."""
    given = {
        "text": "Ærø", "multiline": "a\nb", "email": "a@b.example", "phone": "+47 22 00",
        "url": "https://x.example", "number": "12.500", "currency": "-0.10", "date": "2026-01-31",
        "datetime": "2026-01-31T10:00:00.000000Z",
    }  # fmt: skip
    for kind in given:
        row = {"key": f"s_{kind}", "label": kind, "type": kind, "encrypted": True}
        descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row=row)
    person = cast.contact(made.contacts, "Vera Sealed", **{f"s_{kind}": one for kind, one in given.items()})
    stored = _now(person)
    assert {kind: sealed.opened(stored)[f"s_{kind}"] for kind in given} == given
    assert set(stored.values) == {"name", "email"} and json.dumps(stored.folded).count("\\u2022") == len(
        given
    )
    page = seat(made, "operator").get(f"/desk/records/contacts/{person.pk}/")
    assert page.status_code == 200 and "Ærø" in page.content.decode()


def test_a_wrong_value_is_refused_before_anything_is_sealed(made):
    kind = {"key": "born", "label": "Born", "type": "date", "encrypted": True}
    descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row=kind)
    given = {"name": "Vera Wrong", "born": "yesterday"}
    with pytest.raises(BadInput, match="write a date"):
        create_record(actor=_LOOK, module=made.contacts, given=given, source="test", at=cast.NOW)
    given["born"] = "1990-02-03"
    made_now = create_record(actor=_LOOK, module=made.contacts, given=given, source="test", at=cast.NOW)
    assert sealed.opened(_now(made_now))["born"] == "1990-02-03"
