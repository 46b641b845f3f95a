"""Keyed forms: by which encrypted addresses and numbers of people a record is found (F13, RD3)."""

from hashlib import sha256

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from portals_core import checks
from portals_core.access.actor import system
from portals_core.plumbing import duties, keyfiles, keyring, outbox
from portals_core.records import descriptions, keyed
from portals_core.records.models import Field, KeyedForm, Record
from portals_core.writing.records import change_record, create_record, delete_record
from tests import cast

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
MAIL, PHONE = "Vera@Home.Example", "+48 600 100 207"
ROWS = [
    {"key": "home", "label": "Home address", "type": "email", "encrypted": True},
    {"key": "mobile", "label": "Mobile", "type": "phone", "encrypted": True},
    {"key": "plain", "label": "Work address", "type": "email"},
    {"key": "iban", "label": "Account number", "encrypted": True},
]


@pytest.fixture
def made():
    made = cast.set_up()
    for row in ROWS:
        descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row=row)
    return made


@pytest.fixture
def vera(made):
    return cast.contact(made.contacts, "Vera", home=MAIL, mobile=PHONE, plain=MAIL, iban="DE89 3704")


def field(key):
    return Field.objects.visible_to(_LOOK).select_related("module").get(key=key, module__key="contacts")


def kept():
    return KeyedForm.objects.visible_to(_LOOK)


def change(record, **given):
    return change_record(actor=_LOOK, record=record.pk, given=given, at=cast.NOW)


@pytest.mark.parametrize("key", ["home", "mobile"])
def test_a_record_is_found_by_its_encrypted_value(made, vera, key):
    """In every spelling that means the same; somebody else's value finds somebody else."""
    other = {"home": "uma@home.example", "mobile": "+48 600 100 208"}
    uma = cast.contact(made.contacts, "Uma", **other)
    spelt = {
        "home": ["vera@home.example", "VERA@home.example."],
        "mobile": ["+48600100207", "+48 600-100-207"],
    }
    for one in spelt[key]:
        assert keyed.holders(field(key), one) == {vera.pk}, one
    assert keyed.holders(field(key), other[key]) == {uma.pk}
    assert keyed.holders(field(key), {"home": "vera+x@home.example", "mobile": "+48600100209"}[key]) == set()


def test_only_encrypted_addresses_and_numbers_of_people_have_a_form(made, vera):
    """Attack 73: a field with few values would tell them by how often they come. The plain address, the
    account number and the order's address are the bait."""
    row = {"key": "to", "label": "To", "type": "email", "encrypted": True}
    descriptions.add_field(actor=cast.SETTING_UP, of=made.orders, row=row)
    order = cast.order(made, "N1", vera, to=MAIL)
    assert set(kept().values_list("record", "field__key")) == {(vera.pk, "home"), (vera.pk, "mobile")}
    assert Record.objects.visible_to(_LOOK).get(pk=order.pk).sealed["to"]


def test_a_form_follows_the_value(made, vera):
    change(vera, home="new@home.example")
    assert keyed.holders(field("home"), MAIL) == set()
    assert keyed.holders(field("home"), "new@home.example") == {vera.pk}
    assert keyed.holders(field("mobile"), PHONE) == {vera.pk}
    change(vera, home=None, mobile=None)
    assert not kept().exists()


def test_a_form_goes_with_its_record(made, vera):
    """RD3; the same address of somebody else stays."""
    uma = cast.contact(made.contacts, "Uma", home=MAIL)
    delete_record(actor=_LOOK, record=vera.pk, at=cast.NOW)
    assert [row.record_id for row in kept()] == [uma.pk]


def test_what_is_rolled_back_leaves_no_form(made, vera):
    """Rollback: of a new record, and of a change that comes to nothing."""
    before = list(kept().order_by("pk").values())
    with pytest.raises(IntegrityError), transaction.atomic():
        given = {"name": "Uma", "email": "uma@people.example", "home": "uma@home.example"}
        create_record(actor=cast.SETTING_UP, module=made.contacts, given=given, source="test", at=cast.NOW)
        change(vera, home="new@home.example")
        assert kept().count() == len(before) + 1
        raise IntegrityError
    assert list(kept().order_by("pk").values()) == before


def test_a_hash_counts_only_if_the_value_opens_to_the_same(made, vera):
    """A row put there by hand leads to nobody."""
    uma = cast.contact(made.contacts, "Uma", home="uma@home.example")
    row = kept().get(record=vera, field=field("home"))
    kept().filter(record=uma).update(digest=row.digest)
    assert keyed.holders(field("home"), MAIL) == {vera.pk}


def test_nobody_is_found_by_what_was_erased_with_its_key(made, vera):
    assert keyed.holders(field("home"), MAIL) == {vera.pk}
    keyring.destroy(vera.pk)
    assert keyed.holders(field("home"), MAIL) == set()


def test_the_hash_is_of_its_field_and_under_a_key_of_its_own(made, settings):
    """Neither another field, nor the address alone, nor another key gives the same."""
    row = {"key": "second", "label": "Second address", "type": "email", "encrypted": True}
    descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row=row)
    vera = cast.contact(made.contacts, "Vera", home=MAIL, second=MAIL)
    home, second = (kept().get(record=vera, field__key=key).digest for key in ("home", "second"))
    assert home != second and sha256(MAIL.lower().encode()).hexdigest() not in (home, second)
    others = {path.name: path.read_bytes() for path in keyfiles.path(keyed.KEY).parent.iterdir()}
    assert len(set(others.values())) == len(others) > 1
    settings.SECRET_KEY = "another secret of forty characters or more, for sure"
    assert keyed.holders(field("home"), MAIL) == {vera.pk}
    keyfiles.path(keyed.KEY).write_bytes(bytes(32))
    assert keyed.holders(field("home"), MAIL) == set()


def test_what_was_encrypted_before_there_was_a_table_gets_its_forms(made, vera):
    """The daily duty; a second run finds nothing to do, and what has a form keeps it."""
    uma = cast.contact(made.contacts, "Uma", home="uma@home.example")
    kept().filter(record=vera).delete()
    standing = list(kept().values())
    for day in (1, 2):
        duties.promise_due(at=cast.NOW.replace(day=day))
        outbox.drain(about=f"duty:{keyed.DUTY}")
        assert keyed.holders(field("home"), MAIL) == {vera.pk}
        assert keyed.holders(field("mobile"), PHONE) == {vera.pk}
    assert list(kept().filter(record=uma).values()) == standing


def test_who_was_erased_meanwhile_is_passed_over(made, vera):
    uma = cast.contact(made.contacts, "Uma", home="uma@home.example")
    kept().delete()
    keyring.destroy(vera.pk)
    with transaction.atomic():
        outbox.enqueue(keyed.JOB, about="test")
    assert outbox.drain(about="test") == 1
    assert [row.record_id for row in kept()] == [uma.pk]


def test_a_value_changed_after_it_was_looked_for_keeps_the_form_it_has_now(made, vera):
    """The race of the job with a writer: what the job stores is read under the lock."""
    kept().delete()
    missing = list(keyed._without_form(field("home")))
    change(vera, home="new@home.example")
    for key in missing:
        keyed._give(field("home"), key)
    assert missing == [vera.pk] and keyed.holders(field("home"), "new@home.example") == {vera.pk}
    assert kept().filter(field__key="home").count() == 1


def test_a_record_deleted_after_it_was_looked_for_is_passed_over(made, vera):
    kept().delete()
    missing = list(keyed._without_form(field("home")))
    delete_record(actor=_LOOK, record=vera.pk, at=cast.NOW)
    keyed._give(field("home"), missing[0])
    assert missing == [vera.pk] and not kept().exists()


def test_the_key_is_made_once_and_never_beside_hashes_of_another(made, vera, capsys):
    path = keyfiles.path(keyed.KEY)
    held = path.read_bytes()
    assert keyed.create_key() is False and path.read_bytes() == held
    assert checks.index_key_is_there() == []
    path.unlink()
    assert [one.id for one in checks.index_key_is_there()] == ["keyed.E001"]
    with pytest.raises(keyfiles.KeyFileMissing):
        keyed.create_key()
    kept().delete()
    call_command("make_keys")
    assert str(path) in capsys.readouterr().out and path.read_bytes() != held


def test_without_such_fields_it_starts_without_the_key(made):
    for one in keyed.fields():
        Field.objects.visible_to(_LOOK).filter(pk=one.pk).delete()
    keyfiles.path(keyed.KEY).unlink()
    assert checks.index_key_is_there() == []
