"""Bases at the desk, and who reaches which page."""

import pytest
from django.test import Client
from django.urls import reverse

from consent.standing import reads
from tests import cast
from tests.consent import consent_cast, pages

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return consent_cast.set_up()


@pytest.fixture
def officer(made):
    return pages.at_the_desk(made.org.users["officer"])


@pytest.fixture
def administrator(made):
    return pages.at_the_desk(made.org.users["administrator"])


def text_of(response) -> str:
    return response.content.decode()


def test_recording_a_basis_for_a_person(made, officer):
    """D1, D8."""
    address = reverse("consent:desk-subject", args=[made.org.subject.pk])
    made.give()
    page = text_of(officer.get(address))
    assert "Sage Winter" in page and "No basis was recorded yet." in page and made.text.body in page
    assert officer.post(address, {"basis": "A6-1-b", "reason": "Sale"}).status_code == 302
    assert (
        officer.post(address, {"basis": "A6-1-f", "purpose": "news", "assessment": "LIA 7"}).status_code
        == 302
    )
    page = text_of(officer.get(address))
    assert (
        "Nobody asked yet" in page
        and "Contract" in page
        and "Legitimate interests" in page
        and "Sale" in page
        and "LIA 7" in page
    )
    found = reads.bases_of(made.actor("officer"), made.org.subject.pk)
    assert {(one.basis, one.purpose and one.purpose.key) for one in found} == {
        ("A6-1-b", None),
        ("A6-1-f", "news"),
    }


def test_a_basis_that_cannot_be_is_400_with_what_was_entered(made, officer):
    address = reverse("consent:desk-subject", args=[made.org.subject.pk])
    for wrong in ({"basis": "A6-1-z"}, {"basis": "A6-1-b", "valid_from": "2999-01-01"}, {}):
        answer = officer.post(address, {"reason": "Kept words", **wrong})
        assert answer.status_code == 400 and "Kept words" in text_of(answer)
    assert not reads.bases_of(made.actor("officer"), made.org.subject.pk).exists()


def test_what_is_no_person_is_404(made, officer):
    order = cast.order(made.org, "A1", made.org.subject)
    for subject in (order.pk, "00000000-0000-4000-8000-000000000000"):
        address = reverse("consent:desk-subject", args=[subject])
        assert officer.get(address).status_code == 404
        assert officer.post(address, {"basis": "A6-1-b"}).status_code == 404


PAGES = [
    ("desk", ()),
    ("desk-people", ()),
    ("purpose", ("news",)),
    ("publish", ("news",)),
    ("compare", ("news",)),
    ("withdraw-version", ("news", 1)),
    ("new-purpose", ()),
    ("edit-purpose", ("news",)),
]


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_only_the_permission_opens_a_page(made, officer, administrator, name, args):
    """Roles: portal users and other staff 403, nobody 302, the right one 200; officers set up nothing."""
    address = reverse(f"consent:{name}", args=args)
    assert Client().get(address).status_code == 302
    for who in ("operator", "auditor"):
        assert pages.at_the_desk(made.org.users[who]).get(address).status_code == 403
    assert pages.signed_in(made.org.users["subject"]).get(address).status_code == 403
    assert administrator.get(address).status_code == 200
    expected = 403 if name in ("new-purpose", "edit-purpose") else 200
    assert officer.get(address).status_code == expected
