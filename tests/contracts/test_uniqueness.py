"""What the database keeps unique tells nobody whose value it is (attack 15)."""

from __future__ import annotations

import ast

import pytest

from portals_core.plumbing.errors import DsrError
from portals_core.writing.records import change_record, create_record
from tests import cast
from tests.contracts.test_leaves import sources

#: Where the product meets a value that is there already: of people, or of what the organisation set up.
PEOPLE = {"portals_core/writing/alongside.py", "portals_core/people/accounts.py"}
SET_UP = {
    "consent/jobs/campaigns.py",
    "consent/register/checks.py",
    "portals_core/people/profiles.py",
    "portals_core/people/role_definitions.py",
    "portals_core/people/usertypes.py",
    "portals_core/records/projects.py",
    "requests/telling/letter_templates.py",
    "requests/desk/rules.py",
    "requests/desk/saved_views.py",
}
#: Nothing of it is told anybody: another worker was first.
UNTOLD = {"exports/evidence.py", "portals_core/locks/place.py", "requests/casebook/effects.py"}


def meeting() -> set[str]:
    """Files that catch what the database refuses."""
    return {
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and node.type and "IntegrityError" in ast.unparse(node.type)
    }


def test_every_place_that_meets_a_value_that_is_there_is_known():
    """A new one has to be looked at, and its sentence tried below if it is about people."""
    assert meeting() == PEOPLE | SET_UP | UNTOLD


@pytest.fixture
def made(db):
    made = cast.set_up()
    made.hidden = cast.contact(made.contacts, "Hidden Person", email="held@people.example")
    return made


def refused(write) -> tuple[str, str, dict]:
    with pytest.raises(DsrError) as caught:
        write()
    error = caught.value
    return error.code, str(error.public), {key: str(one) for key, one in error.fields.items()}


@pytest.mark.django_db(databases=["default", "keyring"])
@pytest.mark.parametrize("who", ["subject", "administrator"])
@pytest.mark.parametrize("act", ["create", "change"])
def test_a_value_of_somebody_hidden_is_refused_as_one_in_sight(made, who, act):
    """The person one added is in sight and the other is not: the same words, with nothing of either."""
    actor = made.actor(who)

    def write(address):
        if act == "create":
            given = {"name": "New Person", "email": address}
            return lambda: create_record(
                actor=actor, module=made.contacts, given=given, source="test", at=cast.NOW
            )
        return lambda: change_record(
            actor=actor, record=made.subject.pk, given={"email": address}, at=cast.NOW
        )

    seen, hidden = (refused(write(one)) for one in ("ada@people.example", "Held@People.example"))
    assert seen == hidden and hidden[0] == "value.not_unique"
    told = str(hidden)
    for word in ("Hidden", "held@", str(made.hidden.pk), "Ada", "people.example", "exist"):
        assert word not in told
    write("free@people.example")()


@pytest.mark.django_db(databases=["default", "keyring"])
def test_an_address_that_has_an_account_is_refused_without_naming_anybody(made):
    """Portal users and staff alike: who invites learns that it cannot be used, not whose it is."""

    def invite(address):
        spare = cast.contact(made.contacts, "Spare Person", email=f"spare-{address}")
        spare.values["email"] = address
        return lambda: cast.portal_user(spare, made.user_type)

    of_portal, of_staff = (refused(invite(one)) for one in ("robin@people.example", "auditor@staff.example"))
    assert of_portal == of_staff
    for word in ("Robin", "robin@", "Stranger", "Auditor", "staff", str(made.stranger.pk)):
        assert word not in str(of_portal)
    invite("free@people.example")()
