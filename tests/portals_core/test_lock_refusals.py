"""What a refused try says: the act and the ground, on pages and in commands (L20)."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.urls import reverse

from portals_core.access.actor import system
from portals_core.locks import manual, place, words
from portals_core.locks.decide import ACTS, InForce
from tests import cast
from tests.requests import case_cast
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")


@pytest.fixture
def made():
    return cast.set_up()


def restrict(record):
    given = {"record": record.pk, "ground": "restriction", "reason": "File 7", "placed_by": "case:1"}
    place.place(actor=_LOOK, at=cast.NOW, **given)


def _form(record):
    return {"f-version": record.version, "f-name": "Sage Summer", "f-email": "sage@people.example"}


#: Page of staff, what is sent, and the act that is refused.
DESK = {
    "portals_core:desk-record-edit": (_form, "editing"),
    "portals_core:desk-record-note": (lambda _record: {"body": "Hello"}, "adding notes"),
}


@pytest.mark.parametrize("name", DESK)
def test_staff_read_which_act_is_refused(made, name):
    """L8, L20: 423, the act and the reason; done once the lock is gone."""
    given, act = DESK[name]
    address = reverse(name, args=["contacts", made.subject.pk])
    desk = seat(made, "administrator")
    restrict(made.subject)
    answer = desk.post(address, given(made.subject))
    assert answer.status_code == 423
    assert f"({act})" in answer.content.decode() and "File 7" in answer.content.decode()
    place.lift(actor=_LOOK, placed_by="case:1", at=cast.NOW, reason="over")
    assert desk.post(address, given(made.subject)).status_code == 302


@pytest.mark.parametrize(
    ("name", "given"), [("record-edit", _form), ("record-note", lambda _record: {"body": "Hello"})]
)
def test_portal_users_read_the_plain_ground_and_not_the_reason(made, name, given):
    """L8, L20: refused alike, in words for them."""
    address = reverse(f"portals_core:{name}", args=["contacts", made.subject.pk])
    restrict(made.subject)
    answer = seat(made, "subject").post(address, given(made.subject))
    assert answer.status_code == 423
    text = answer.content.decode()
    assert "processing is restricted" in text and "File 7" not in text
    place.lift(actor=_LOOK, placed_by="case:1", at=cast.NOW, reason="over")
    assert seat(made, "subject").post(address, given(made.subject)).status_code == 302


def test_an_invitation_that_is_refused_says_so_on_the_page_and_in_the_command(made):
    """L16, L20: exit status 75, the act on stderr, nothing on stdout."""
    restrict(made.added)
    err, out = io.StringIO(), io.StringIO()
    who = ["--portal", str(made.added.pk), "--as", "administrator@staff.example"]
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            call_command("add_person", *who, *more, stdout=out, stderr=err)
        assert ended.value.code == 75
    assert err.getvalue().count("(sending mail)") == 2 and out.getvalue() == ""
    place.lift(actor=_LOOK, placed_by="case:1", at=cast.NOW, reason="over")
    call_command("add_person", *who, stdout=out, stderr=err)
    assert "ada@people.example" in out.getvalue()


def test_a_deletion_that_must_wait_says_why_in_the_command(made):
    """L2, L20, decision 15: a duty to keep stops an officer's decision with its reason."""
    manual.lock_record(
        actor=made.actor("officer"),
        record=made.subject.pk,
        ground="legal_hold",
        reason="Court file 7",
        at=cast.NOW,
    )
    case = case_cast.file(made, "delete")
    err = io.StringIO()
    words_given = ["decide_case", case.number, "--approve", "--as", "officer@staff.example"]
    with pytest.raises(SystemExit) as ended:
        call_command(*words_given, stderr=err, stdout=io.StringIO())
    assert ended.value.code == 75 and "Court file 7" in err.getvalue()


@pytest.mark.parametrize("act", ACTS)
def test_every_act_has_its_word_in_the_sentence(act):
    """L20: acts that nothing does yet, too."""
    lock = InForce("business", "closed", "rule:1", cast.NOW, rule="Closed deals")
    assert f"({words.ACTS[act]})" in str(words.for_staff(lock, act))
