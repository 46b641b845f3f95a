"""Main users keep the people of their company; the scope follows a person's own record (M2, C3)."""

import pytest

from consent.standing import reach
from portals_core.access.actor import system
from portals_core.people import usertypes
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records.models import Record
from portals_core.writing.records import change_record, create_record, delete_record
from requests.arriving import intake
from requests.models import Kind
from tests import cast
from tests.portals_core import companies
from tests.portals_core.companies import BOUGHT, OWN, main, put, user_type
from tests.portals_core.trail import details, leaves
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")


@pytest.fixture
def made():
    return companies.set_up()


def test_a_main_user_sees_and_changes_the_people_of_the_company(made):
    """M2: colleagues yes, other companies no; before and after, nobody but oneself."""
    people = Record.objects.visible_to(made.actor("subject"), module=made.contacts.pk)
    assert set(people.values_list("pk", flat=True)) == {made.subject.pk, made.added.pk}
    actor = main(made)
    people = Record.objects.visible_to(actor, module=made.contacts.pk)
    assert set(people.values_list("pk", flat=True)) == {made.subject.pk, made.added.pk, made.colleague.pk}
    assert change_record(actor=actor, record=made.colleague.pk, given={"name": "Cole L."}, at=cast.NOW)
    with pytest.raises(Absent):
        change_record(actor=actor, record=made.stranger.pk, given={"name": "X"}, at=cast.NOW)
    assert made.colleague.pk not in set(
        Record.objects.visible_to(main(made, on=False)).values_list("pk", flat=True)
    )
    assert details("portal_user.main_user_changed", actor.ref) == [{"main_user": True}, {"main_user": False}]


def test_people_a_main_user_adds_belong_to_the_same_company(made):
    """M2: filled in without being asked, another one refused; somebody else's additions stay as given."""
    actor = main(made)

    def add(who, **given):
        return create_record(
            actor=who,
            module=made.contacts,
            given={"name": "New", **given},
            source="portal",
            at=cast.NOW,
        )

    assert add(actor).values["company"] == str(made.acme.pk)
    assert add(actor, company=str(made.acme.pk)).values["company"] == str(made.acme.pk)
    with pytest.raises(BadInput, match="your own company"):
        add(actor, company=str(made.other.pk))
    assert "company" not in add(made.actor("stranger")).values
    page = seat(made, "subject").get("/m/contacts/new/").content.decode()
    assert "f-company" not in page and "same company" in page


def test_a_main_user_moves_nobody_into_another_company(made):
    """M2: whoever could change the link would reach the people of any company."""
    user_type(made, OWN, BOUGHT, {"module": "companies", "sharing": "public", "fields": {"name": "visible"}})
    plain = made.actor("stranger")
    change_record(actor=plain, record=made.stranger.pk, given={"company": str(made.acme.pk)}, at=cast.NOW)
    actor = main(made)
    for record in (made.subject, made.colleague):
        with pytest.raises(Forbidden):
            change_record(actor=actor, record=record.pk, given={"company": str(made.other.pk)}, at=cast.NOW)
    put(made.subject, company=None)
    with pytest.raises(Forbidden):
        change_record(
            actor=made.actor("subject"),
            record=made.subject.pk,
            given={"company": str(made.other.pk)},
            at=cast.NOW,
        )


def test_a_main_user_gets_no_word_in_requests_and_consent_of_colleagues(made):
    """M2, decision 14: the person they added is the twin."""
    actor = main(made)
    assert made.colleague.pk in set(Record.objects.visible_to(actor).values_list("pk", flat=True))
    assert reach.authority(actor, made.added.pk)[1] == made.added.pk
    with pytest.raises(Absent):
        reach.authority(actor, made.colleague.pk)
    assert [one.pk for one in reach.people_added(actor)] == [made.added.pk]
    with pytest.raises(Absent):
        intake.file_case(actor=actor, kind=Kind.EXPORT, subject=made.colleague.pk, at=cast.NOW)
    assert intake.file_case(actor=actor, kind=Kind.EXPORT, subject=made.added.pk, at=cast.NOW)


def test_a_main_user_needs_a_type_that_names_the_company(made):
    usertypes.define_user_type(
        actor=made.actor("administrator"),
        name="Customer Portal",
        identity_module="contacts",
        modules=[OWN],
    )
    with pytest.raises(Conflict, match="which link"):
        main(made)
    user_type(made)
    assert main(made).main_user


# --- the scope follows the record -------------------------------------------------------------------


def test_a_change_of_ones_own_record_moves_the_scope_at_once_and_is_recorded(made):
    """C3: a leaf about the user, for fields that decide and for no others."""
    user_type(
        made,
        OWN,
        {**BOUGHT, "via": [], "conditions": {"field": "number", "how": "is", "own": "name"}},
    )
    theirs = cast.order(made, "Sage Winter", made.stranger)
    user = made.users["subject"]

    def reached():
        return Record.objects.visible_to(made.actor("subject"), module=made.orders.pk).filter(pk=theirs.pk)

    assert reached().exists()
    put(made.subject, phone="+48221234567")
    assert leaves("scope.changed") == []
    change_record(actor=made.actor("subject"), record=made.subject.pk, given={"name": "S."}, at=cast.NOW)
    assert not reached().exists()
    assert [about for _actor, about in leaves("scope.changed")] == [user.ref]
    assert details("scope.changed", user.ref) == [{"record": f"record:{made.subject.pk}", "fields": ["name"]}]
    put(made.added, name="Ada A.")
    assert len(leaves("scope.changed")) == 1


def test_a_main_users_company_decides_too(made):
    """C3, M2: also when the company itself is deleted."""
    main(made)
    put(made.stranger, company=str(made.acme.pk))
    assert leaves("scope.changed") == []
    delete_record(actor=_LOOK, record=made.acme.pk, at=cast.NOW)
    assert [about for _actor, about in leaves("scope.changed")] == [made.users["subject"].ref]
    assert made.actor("subject").grants[made.contacts.pk].company is None
