"""Pages of files: listed, added, downloaded, removed; who is offered what, what a lock says (P1, T14, L8)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.people import usertypes
from portals_core.people.models import ModuleAccess
from portals_core.records.models import Attachment
from tests import cast, storage
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")


@pytest.fixture
def made(settings, tmp_path):
    storage.of_this_test(settings, tmp_path)
    made = cast.set_up()
    allow(made, can_attach=True)
    return made


@pytest.fixture
def subject(made):
    return seat(made, "subject")


def allow(made, **rights):
    shares = ModuleAccess.objects.visible_to(_LOOK).filter(user_type=made.user_type, module=made.contacts)
    shares.update(**rights)


def url(record, *rest, room="m"):
    return "/".join([f"/{room}", record.module.key, str(record.pk), *(str(part) for part in rest), ""])


def sent(name="letter.pdf", content=storage.CONTENT):
    return SimpleUploadedFile(name, content, content_type="text/html")


def text(response):
    return response.content.decode()


def stored():
    return list(Attachment.objects.visible_to(_LOOK))


def lock(record):
    place.place(
        actor=_LOOK,
        record=record.pk,
        ground="restriction",
        reason="INTERNAL",
        placed_by="case:1",
        at=cast.NOW,
    )


def test_a_file_is_added_on_the_record_and_comes_back_as_a_download(made, subject):
    """The sort is told by the name, never by what the browser claimed."""
    page = subject.post(url(made.subject, "files"), {"file": sent("счёт 1.pdf")}, follow=True)
    assert "The file was added." in text(page) and "счёт 1.pdf" in text(page)
    (file,) = stored()
    answer = subject.get(url(made.subject, "files", file.pk))
    assert b"".join(answer.streaming_content) == storage.CONTENT
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(("name", "content"), [("a.txt", b""), ("a.txt", b"x" * 101)])
def test_a_refusal_is_said_beside_the_field_and_nothing_is_kept(made, subject, settings, name, content):
    settings.LIMIT_FILE_BYTES = 100
    page = subject.post(url(made.subject, "files"), {"file": sent(name, content)})
    assert page.status_code == 400 and page.context["form"].errors["file"]
    assert subject.post(url(made.subject, "files"), {}).status_code == 400
    assert (stored(), storage.shelf()) == ([], [])


def test_without_the_permission_the_form_is_not_offered_and_not_taken(made, subject):
    """T14: listing goes on; the twin is the page with the permission."""
    storage.add(made.actor("operator"), made.subject)
    assert 'type="file"' in text(subject.get(url(made.subject)))
    allow(made, can_attach=False)
    page = text(subject.get(url(made.subject)))
    assert "letter.pdf" in page and 'type="file"' not in page
    assert subject.get(url(made.subject, "files")).status_code == 403
    assert subject.post(url(made.subject, "files"), {"file": sent()}).status_code == 403
    assert len(stored()) == 1


def test_a_lock_takes_the_form_away_and_says_why(made, subject):
    """L8, L9: the plain ground in the portal, the reason at the desk; downloads go on."""
    own = storage.add(made.actor("subject"), made.subject)
    assert url(made.subject, "files", own.pk, "remove") in text(subject.get(url(made.subject)))
    lock(made.subject)
    page, desk = text(subject.get(url(made.subject))), seat(made, "operator")
    files = page[page.index('id="files-title"') :]
    assert 'type="file"' not in files and "its processing is restricted" in files
    assert "/remove/" not in files and "INTERNAL" not in page
    there = text(desk.get(url(made.subject, room="desk/records")))
    assert "attaching files" in there and 'type="file"' not in there
    assert subject.post(url(made.subject, "files"), {"file": sent()}).status_code == 423
    assert subject.post(url(made.subject, "files", own.pk, "remove")).status_code == 423
    assert "<form" not in text(subject.get(url(made.subject, "files"))).split("<main")[1].split("</main")[0]
    assert subject.get(url(made.subject, "files", own.pk)).status_code == 200 and stored() == [own]


def test_a_file_is_removed_after_a_confirming_page(made, subject):
    own = storage.add(made.actor("subject"), made.subject, "<b>.txt")
    asked = subject.get(url(made.subject, "files", own.pk, "remove"))
    assert asked.status_code == 200 and stored() == [own] and "_b_.txt" in text(asked)
    done = subject.post(url(made.subject, "files", own.pk, "remove"), follow=True)
    assert "The file was removed." in text(done) and stored() == []


def test_files_of_others_carry_no_button_and_are_not_removed(made, subject):
    theirs = storage.add(made.actor("operator"), made.subject)
    assert "/remove/" not in text(subject.get(url(made.subject)))
    for method in (subject.get, subject.post):
        assert method(url(made.subject, "files", theirs.pk, "remove")).status_code == 403
    allow(made, can_detach=True)
    assert url(made.subject, "files", theirs.pk, "remove") in text(subject.get(url(made.subject)))
    assert subject.post(url(made.subject, "files", theirs.pk, "remove")).status_code == 302


def test_files_out_of_sight_are_absent_under_every_address(made, subject):
    """C10, promise 3: a stranger's file, a file for staff, and a file under another record's address."""
    theirs = storage.add(made.actor("stranger"), made.stranger)
    inside = storage.add(made.actor("operator"), made.subject, "inside.txt", internal=True)
    assert "inside.txt" not in text(subject.get(url(made.subject)))
    for record, file in ((made.stranger, theirs), (made.subject, inside), (made.subject, theirs)):
        for rest in ((), ("remove",)):
            assert subject.get(url(record, "files", file.pk, *rest)).status_code == 404
            assert subject.post(url(record, "files", file.pk, "remove")).status_code == 404
    assert subject.post(url(made.stranger, "files"), {"file": sent()}).status_code == 404
    assert len(stored()) == 2


def test_staff_add_files_for_staff_only_unless_they_say_otherwise(made, subject):
    desk, address = seat(made, "operator"), url(made.subject, "files", room="desk/records")
    assert desk.post(address, {"file": sent("inside.txt"), "internal": "on"}).status_code == 302
    assert desk.post(address, {"file": sent("open.txt")}).status_code == 302
    page = text(subject.get(url(made.subject)))
    assert "open.txt" in page and "inside.txt" not in page
    assert 'id="file_internal" checked' in text(desk.get(url(made.subject, room="desk/records")))
    inside = next(file for file in stored() if file.internal)
    taken = desk.get(url(made.subject, "files", inside.pk, room="desk/records"))
    assert b"".join(taken.streaming_content) == storage.CONTENT
    gone = desk.post(url(made.subject, "files", inside.pk, "remove", room="desk/records"))
    assert gone.status_code == 302 and len(stored()) == 1


def test_the_list_costs_the_same_queries_for_1_file_and_for_10(made, subject):
    counts = []
    for number in (1, 9):
        for _one in range(number):
            storage.add(made.actor("subject"), made.subject)
        with CaptureQueriesContext(connection) as queries:
            page = text(subject.get(url(made.subject)))
        assert page.count("/remove/") == len(stored())
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_page_before_a_deletion_counts_the_files(made, subject):
    """As far as the person sees them."""
    allow(made, can_delete=True)
    assert "file on it" not in text(subject.get(url(made.added, "delete")))
    storage.add(made.actor("operator"), made.added)
    storage.add(made.actor("operator"), made.added, internal=True)
    assert "1 file on it is removed." in text(subject.get(url(made.added, "delete")))


def test_the_permissions_are_set_in_the_grid_of_a_user_type(made):
    """T14: two tick boxes, off unless ticked, told again as they were stored."""
    described = usertypes.description_of(made.user_type)
    row = next(one for one in described["modules"] if one["module"] == "contacts")
    assert (row["attach"], row["detach"]) == (True, False)
    page = text(seat(made, "administrator").get(f"/desk/user-types/{made.user_type.pk}/"))
    assert "Add files, and remove those they added" in page and "Remove any file they see" in page
