"""Notes on records: who reads, writes and removes which, far readers, what locks forbid (T14, C6, C10)."""

import pytest

from portals_core.access.actor import system
from portals_core.ledger.models import LedgerEntry
from portals_core.locks import place
from portals_core.people import usertypes
from portals_core.people.models import ModuleAccess
from portals_core.plumbing.errors import Absent, BadInput, Forbidden, Locked
from portals_core.records import beside
from portals_core.records.beside import FILES, NOTES
from portals_core.records.models import Note
from portals_core.writing import attachments
from portals_core.writing.notes import add_note, remove_note
from tests import cast, storage
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
EVERYTHING = {"field": "number", "how": "not_empty"}


@pytest.fixture
def made(settings, tmp_path):
    storage.of_this_test(settings, tmp_path)
    return cast.set_up()


def allow(made, module, **rights):
    ModuleAccess.objects.visible_to(_LOOK).filter(user_type=made.user_type, module=module).update(**rights)


def write(made, who, record, body="Hello", **more):
    return add_note(actor=made.actor(who), record=record.pk, body=body, at=cast.NOW, **more)


def read(made, who, record, sort=NOTES):
    return [
        str(getattr(one, "body", "") or one.name)
        for one in beside.of_record(made.actor(who), record.pk, sort)
    ]


def remove(made, who, note):
    remove_note(actor=made.actor(who), note=note.pk, at=cast.NOW)


def leaves(record):
    rows = LedgerEntry.objects.filter(about=f"record:{record.pk}", code__startswith="note.")
    return sorted(rows.values_list("code", flat=True))


def url(record, *rest, room="m"):
    return "/".join(["", room, record.module.key, str(record.pk), *map(str, rest), ""])


def text(response):
    return response.content.decode()


# --- near ----------------------------------------------------------------------------------------


def test_reading_and_writing_are_permissions_of_their_own(made):
    """T14: neither follows from seeing or editing the record; the twin is where each is granted."""
    order = cast.order(made, "A1", made.subject)
    write(made, "operator", order, "seen")
    allow(made, made.orders, can_read_notes=False, can_note=False, can_edit=True, can_edit_shared=True)
    assert read(made, "subject", order) == []
    with pytest.raises(Forbidden):
        write(made, "subject", order)
    allow(made, made.orders, can_read_notes=True)
    assert read(made, "subject", order) == ["seen"]
    with pytest.raises(Forbidden):
        write(made, "subject", order)
    allow(made, made.orders, can_note=True)
    write(made, "subject", order, "mine")
    assert sorted(read(made, "subject", order)) == ["mine", "seen"] and leaves(order) == ["note.added"] * 2


def test_writing_alone_is_no_reading_and_opens_nothing(made):
    """T14: view must be on for others to work, also where the store says otherwise."""
    order = cast.order(made, "A1", made.subject)
    allow(made, made.orders, can_read_notes=False, can_note=True, can_remove_notes=True)
    note = write(made, "operator", order)
    with pytest.raises(Forbidden):
        write(made, "subject", order)
    with pytest.raises(Absent):
        remove(made, "subject", note)
    assert leaves(order) == ["note.added"]


def test_notes_on_ones_own_record_are_always_read(made):
    """T14: notes are mandatory. The bait is a record they added, in the same module."""
    allow(made, made.contacts, can_read_notes=False, can_note=False)
    for record in (made.subject, made.added):
        write(made, "operator", record, "for you")
    assert (read(made, "subject", made.subject), read(made, "subject", made.added)) == (["for you"], [])
    with pytest.raises(Forbidden):
        write(made, "subject", made.subject)


def test_people_remove_their_own_notes_and_those_of_others_only_where_granted(made):
    """T14: writing and removing are two permissions; internal notes stay out of sight (C10)."""
    own, of_staff = write(made, "subject", made.subject), write(made, "operator", made.subject)
    inside = write(made, "operator", made.subject, "inside", internal=True)
    with pytest.raises(Forbidden):
        remove(made, "subject", of_staff)
    remove(made, "subject", own)
    allow(made, made.contacts, can_note=False, can_remove_notes=True)
    remove(made, "subject", of_staff)
    for gone in (of_staff, inside):
        with pytest.raises(Absent):
            remove(made, "subject", gone)
    assert read(made, "operator", made.subject) == ["inside"]
    assert leaves(made.subject) == ["note.added"] * 3 + ["note.removed"] * 2


def test_what_is_written_in_the_portal_is_never_internal(made):
    """C10: nobody outside hides a note from those who read there; the twin is a member of staff."""
    for who, kept in (("subject", False), ("operator", True)):
        assert write(made, who, made.subject, f"of {who}", internal=True).internal is kept
    assert read(made, "subject", made.subject) == ["of subject"]


def test_own_notes_need_the_permission_too(made):
    own = write(made, "subject", made.subject)
    allow(made, made.contacts, can_note=False)
    with pytest.raises(Forbidden):
        remove(made, "subject", own)
    with pytest.raises(Absent):
        remove(made, "stranger", own)
    assert read(made, "operator", made.subject) == ["Hello"]


def test_staff_who_only_look_remove_their_own_notes_and_no_others(made):
    """Of staff, notes go with the record: who sees it reads and writes, who edits it removes any."""
    own, of_person = write(made, "operator", made.subject), write(made, "subject", made.subject)
    cast.take_away("records.edit", role="operator")
    with pytest.raises(Forbidden):
        remove(made, "operator", of_person)
    remove(made, "operator", own)
    remove(made, "administrator", of_person)
    assert read(made, "operator", made.subject) == []


def test_a_restriction_forbids_writing_and_removing_and_not_reading(made):
    """L9, L10, W3, Art. 18(2); the twin is the record before the lock."""
    note = write(made, "subject", made.subject)
    place.place(
        actor=_LOOK, record=made.subject.pk, ground="restriction", reason="x", placed_by="case:1", at=cast.NOW
    )
    for who in ("subject", "administrator"):
        with pytest.raises(Locked):
            write(made, who, made.subject)
        with pytest.raises(Locked):
            remove(made, who, note)
    assert read(made, "subject", made.subject) == ["Hello"]


# --- far -----------------------------------------------------------------------------------------


@pytest.fixture
def far(made):
    """The stranger's order, which a condition alone shows the subject; and one of their own."""
    tree = {"module": "orders", "via": ["customer"], "match": "any", "conditions": EVERYTHING}
    tree |= {"read_notes": True, "note": True, "attach": True, "remove_notes": True}
    tree |= {"fields": {"number": "visible"}, "far": ["number"]}
    described = usertypes.description_of(made.user_type)
    rows = [tree if one["module"] == "orders" else one for one in described["modules"]]
    usertypes.define_user_type(
        actor=cast.SETTING_UP, user_type=made.user_type.pk, **{**described, "modules": rows}
    )
    theirs, mine = cast.order(made, "F1", made.stranger), cast.order(made, "N1", made.subject)
    for record in (theirs, mine):
        write(made, "operator", record, "of the order")
        storage.add(made.actor("operator"), record, "of-the-order.txt")
    return theirs, mine


def test_a_far_reader_sees_neither_notes_nor_files(made, far):
    """C6: a condition shows the restricted list of fields, and nothing that lies beside them."""
    theirs, mine = far
    for sort, found in ((NOTES, "of the order"), (FILES, "of-the-order.txt")):
        assert read(made, "subject", theirs, sort) == []
        assert read(made, "subject", mine, sort) == [found]
    page, near = (text(seat(made, "subject").get(url(record))) for record in far)
    for sign in ("of the order", "of-the-order.txt", "notes-title", "files-title"):
        assert sign in near and sign not in page
    assert "F1" in page


def test_a_far_reader_adds_takes_and_removes_nothing(made, far):
    theirs, mine = far
    subject, client = made.actor("subject"), seat(made, "subject")
    note = Note.objects.visible_to(_LOOK).get(record=theirs)
    file = beside.of_record(_LOOK, theirs.pk, FILES).get()
    for refused in (
        lambda: write(made, "subject", theirs),
        lambda: storage.add(subject, theirs),
    ):
        with pytest.raises(Forbidden):
            refused()
    with pytest.raises(Absent):
        remove(made, "subject", note)
    with pytest.raises(Absent):
        attachments.hand_out(actor=subject, attachment=file.pk, at=cast.NOW)
    assert client.get(url(theirs, "files", file.pk)).status_code == 404
    assert client.post(url(theirs, "notes", note.pk, "remove")).status_code == 404
    assert client.post(url(theirs, "notes"), {"body": "x"}).status_code == 403
    kept = beside.of_record(_LOOK, mine.pk, FILES).get()
    assert client.get(url(mine, "files", kept.pk)).status_code == 200
    assert client.post(url(mine, "notes"), {"body": "x"}).status_code == 302


@pytest.mark.parametrize(("tick", "sort"), [("can_far_notes", NOTES), ("can_far_files", FILES)])
def test_a_tick_opens_one_of_them_to_far_readers(made, far, tick, sort):
    allow(made, made.orders, **{tick: True})
    other = FILES if sort is NOTES else NOTES
    assert len(read(made, "subject", far[0], sort)) == 1 and read(made, "subject", far[0], other) == []


# --- set up --------------------------------------------------------------------------------------


def test_more_than_reading_without_reading_is_refused(made):
    described = usertypes.description_of(made.user_type)
    for act in ("note", "remove_notes", "far_notes"):
        rows = [{**one, "read_notes": False, "note": False, act: True} for one in described["modules"]]
        with pytest.raises(BadInput, match="allowed to read them"):
            usertypes.define_user_type(
                actor=cast.SETTING_UP, user_type=made.user_type.pk, **{**described, "modules": rows}
            )
    assert usertypes.description_of(made.user_type) == described


def test_the_permissions_stand_in_the_grid_as_they_are_stored(made):
    page = text(seat(made, "administrator").get(f"/desk/user-types/{made.user_type.pk}/"))
    for act, ticked in (("read_notes", True), ("note", True), ("remove_notes", False), ("far_notes", False)):
        box = next(part for part in page.split("<input")[1:] if f'name="contacts-{act}"' in part)
        assert ("checked" in box.split(">")[0]) is ticked, act


# --- pages ---------------------------------------------------------------------------------------


def test_a_note_is_removed_in_two_steps(made):
    client, note = seat(made, "subject"), write(made, "subject", made.subject, "Mine to remove")
    address = url(made.subject, "notes", note.pk, "remove")
    assert address in text(client.get(url(made.subject)))
    asked = text(client.get(address))
    assert "Mine to remove" in asked and Note.objects.visible_to(_LOOK).count() == 1
    assert client.post(address).status_code == 302
    assert not Note.objects.visible_to(_LOOK).exists() and client.get(address).status_code == 404


def test_a_note_stands_on_its_own_record_alone(made):
    """Its address names the record; under another one that is in sight, too, it is not there."""
    client, note = seat(made, "subject"), write(made, "subject", made.subject)
    other = url(made.added, "notes", note.pk, "remove")
    assert client.get(url(made.added)).status_code == 200
    assert (client.get(other).status_code, client.post(other).status_code) == (404, 404)
    assert client.get(url(made.subject, "notes", note.pk, "remove")).status_code == 200


def test_only_notes_that_one_may_remove_offer_it_and_a_lock_takes_it_away(made):
    mine, theirs = write(made, "subject", made.subject), write(made, "operator", made.subject)
    client = seat(made, "subject")
    page = text(client.get(url(made.subject)))
    assert str(mine.pk) in page and str(theirs.pk) not in page
    assert client.get(url(made.subject, "notes", theirs.pk, "remove")).status_code == 403
    place.place(
        actor=_LOOK, record=made.subject.pk, ground="restriction", reason="x", placed_by="case:1", at=cast.NOW
    )
    page = text(client.get(url(made.subject)))
    assert str(mine.pk) not in page and "Add note" not in page and "Hello" in page
    assert client.post(url(made.subject, "notes", mine.pk, "remove")).status_code == 423


def test_staff_remove_notes_at_the_desk(made):
    note, desk = write(made, "subject", made.subject), seat(made, "operator")
    address = url(made.subject, "notes", note.pk, "remove", room="desk/records")
    assert address in text(desk.get(url(made.subject, room="desk/records")))
    assert desk.post(address).status_code == 302 and leaves(made.subject)[-1] == "note.removed"
