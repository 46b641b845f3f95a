"""The job that gives encrypted addresses their keyed forms, beside whoever changes or erases such an address
(F13, RD3, promise 16). PostgreSQL only: SQLite has one writer at a time by nature. Each race is run once with
its guard, the lock of the record, taken away, to show that it is one."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from portals_core.plumbing import outbox
from portals_core.records import descriptions, keyed, sealed
from portals_core.records.models import Field, KeyedForm, Record
from portals_core.writing import records as writing
from tests import cast
from tests.concurrency.test_lock_races import meeting, unguarded

__all__ = ["unguarded"]
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
]
_LOOK = cast.SETTING_UP
OLD, NEW = "vera@home.example", "new@home.example"
ROW = {"key": "home", "label": "Home address", "type": "email", "encrypted": True}


@pytest.fixture
def made(transactional_db):
    made = cast.set_up()
    descriptions.add_field(actor=_LOOK, of=made.contacts, row=ROW)
    return made


@pytest.fixture
def vera(made):
    """Somebody whose address has no form yet, as it was kept before there were any."""
    vera = cast.contact(made.contacts, "Vera", home=OLD)
    KeyedForm.objects.visible_to(_LOOK).delete()
    return vera


def back_fill():
    with transaction.atomic():
        key = outbox.enqueue(keyed.JOB, about="duty:race")
    return partial(outbox.run_now, key)


def change(vera, home):
    return partial(writing.change_record, actor=_LOOK, record=vera.pk, given={"home": home}, at=cast.NOW)


def delete(vera):
    return partial(writing.delete_record, actor=_LOOK, record=vera.pk, at=cast.NOW)


def kept(vera) -> list[str]:
    return list(KeyedForm.objects.visible_to(_LOOK).filter(record=vera.pk).values_list("digest", flat=True))


def form_of(address) -> str:
    field = Field.objects.visible_to(_LOOK).select_related("module").get(key="home")
    return keyed._digest(field, address)


def standing(vera) -> list[str]:
    """The forms that the stored value calls for."""
    record = Record.objects.visible_to(_LOOK).filter(pk=vera.pk).first()
    address = sealed.opened(record).get("home") if record else None
    return [form_of(address)] if address else []


@pytest.mark.parametrize("home", [NEW, None], ids=["changed", "erased"])
def test_who_changes_an_address_waits_for_the_job_that_has_read_it(vera, monkeypatch, home):
    """The job stores the form of what it read, and the writer takes it away again."""
    done, changed, waited = meeting(monkeypatch, back_fill(), keyed, "_opened", change(vera, home))
    assert waited and done == "done" and len(changed) == 1
    assert kept(vera) == standing(vera) == ([form_of(NEW)] if home else [])


@pytest.mark.parametrize("home", [NEW, None], ids=["changed", "erased"])
def test_without_the_lock_the_form_of_what_was_would_stay(vera, monkeypatch, unguarded, home):
    """The control of the test above: by the form the erased address could be recognised for good."""
    done, changed, waited = meeting(monkeypatch, back_fill(), keyed, "_opened", change(vera, home))
    assert not waited and done == "done" and len(changed) == 1
    assert kept(vera) == [form_of(OLD)] != standing(vera)


@pytest.mark.parametrize("home", [NEW, None], ids=["changed", "erased"])
def test_the_job_waits_for_who_changes_an_address(vera, monkeypatch, home):
    """The job found the record without a form; it takes the value as it is then."""
    changed, done, waited = meeting(monkeypatch, change(vera, home), writing.keyed, "replace", back_fill())
    assert waited and done == "done" and len(changed) == 1
    assert kept(vera) == standing(vera) == ([form_of(NEW)] if home else [])


def test_without_the_lock_it_would_give_a_form_to_what_is_being_erased(vera, monkeypatch, unguarded):
    """The control of the test above. An address that is changed is saved by the constraint on its forms, one
    that is erased by nothing."""
    changed, done, waited = meeting(monkeypatch, change(vera, None), writing.keyed, "replace", back_fill())
    assert not waited and done == "done" and len(changed) == 1
    assert kept(vera) == [form_of(OLD)] != standing(vera)


def test_a_record_is_deleted_with_the_form_it_was_just_given(vera, monkeypatch):
    done, deleted, waited = meeting(monkeypatch, back_fill(), keyed, "_opened", delete(vera))
    assert waited and (done, deleted) == ("done", None) and kept(vera) == []


def test_without_the_lock_the_job_would_fail_on_a_deleted_record(vera, monkeypatch, unguarded):
    """The control of the test above: the database keeps no form without its record, but the rest of the work
    would wait for another try."""
    done, deleted, waited = meeting(monkeypatch, back_fill(), keyed, "_opened", delete(vera))
    assert not waited and deleted is None and isinstance(done, IntegrityError) and kept(vera) == []
