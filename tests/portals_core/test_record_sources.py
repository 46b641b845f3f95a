"""D18, Art. 15(1)(g): a record says how it came here, and how it was changed last."""

import io
from uuid import uuid4

import pytest

from portals_core.access.actor import system
from portals_core.imports import runs
from portals_core.plumbing import outbox
from portals_core.plumbing.sources import SOURCES, Authority
from portals_core.records.models import Record
from portals_core.writing.records import change_record, delete_record
from tests import cast
from tests.consent import pages

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LOOK = system("look in a test")


@pytest.fixture
def made():
    return cast.set_up()


def origin(record):
    stored = Record.objects.visible_to(LOOK).get(pk=record.pk)
    return stored.source, stored.changed_source


def change(made, actor, *, under=None, **given):
    change_record(actor=actor, record=made.added.pk, given=given, at=cast.NOW, under=under)


def test_a_change_says_who_made_it_and_the_origin_stays(made):
    assert origin(made.added) == ("test", "")
    change(made, made.actor("operator"), phone="+48 22 555 01 00")
    assert origin(made.added) == ("test", "staff")
    change(made, made.actor("subject"), name="Ada Other")
    assert origin(made.added) == ("test", "portal")
    change(
        made, LOOK, under=Authority(case=uuid4(), act="rectify", subject=made.subject.pk), name="Ada Third"
    )
    assert origin(made.added) == ("test", "request")
    change(made, LOOK, name="Ada Fourth")
    assert origin(made.added) == ("test", "automatic")


def test_what_changes_nothing_leaves_no_trace(made):
    change(made, made.actor("operator"), name="Ada Added")
    assert origin(made.added) == ("test", "")


def test_an_import_leaves_the_name_of_its_file(made):
    run = runs.start(
        actor=made.actor("administrator"),
        module=made.contacts,
        file=io.BytesIO(b"n,m\nAda Newer,ada@people.example\n"),
        file_name="spring.csv",
        mapping={"values": {"name": "{{n}}", "email": "{{m}}"}, "match": "email"},
        at=cast.NOW,
    )
    outbox.drain(about=f"import:{run.pk}")
    assert origin(made.added) == ("test", "import spring.csv")


def test_a_link_lost_with_its_target_is_a_change_as_well(made):
    order = cast.order(made, "A1", made.subject, agent=str(made.added.pk))
    delete_record(actor=made.actor("operator"), record=made.added.pk, at=cast.NOW)
    assert origin(order) == ("test", "staff")


def test_the_copy_a_person_gets_and_the_desk_tell_both(made):
    change(made, made.actor("operator"), phone="+48 22 555 01 00")
    records = SOURCES.get("records")
    row = next(iter(records.export(made.added.pk, actor=LOOK))).values
    assert (row["source"], row["changed_source"]) == ("test", "staff")
    assert row["changed_at"] == cast.NOW.isoformat()
    address = f"/desk/records/contacts/{made.added.pk}/"
    page = pages.at_the_desk(made.users["administrator"]).get(address).content.decode()
    assert "Source of the last change" in page
