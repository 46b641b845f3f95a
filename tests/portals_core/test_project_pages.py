"""Pages of projects: their room, a colleague's projects, and what they mean for records (F5, F8, F15)."""

from __future__ import annotations

import pytest

from portals_core.people import projects as work
from portals_core.people import stepup
from portals_core.plumbing import clock
from portals_core.records import catalogue, projects, reads
from portals_core.writing.records import change_record
from tests import cast
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SECRET = "Owes 900"


@pytest.fixture
def made():
    made = cast.set_up()
    made.users["winter"] = cast.staff("winter", "operator")
    return made


@pytest.fixture
def desk(made):
    """The administrator, who gave the second factor a moment ago."""
    client = seat(made, "administrator")
    session = client.session
    stepup.mark(session, at=clock.now())
    session.save()
    return client


@pytest.fixture
def house(made, desk):
    """Two projects over contacts, made by page alone: phone is the one's, health the other's."""
    for name in ("Winter", "Debt"):
        assert desk.post("/desk/setup/projects/", {"name": name}).status_code == 302
    assert desk.post("/desk/setup/projects/winter/", {"contacts": ["phone"]}).status_code == 302
    assert desk.post("/desk/setup/projects/debt/", {"contacts": ["health", "email"]}).status_code == 302
    assert desk.post("/desk/setup/projects/winter/", {"contacts": ["phone", "email"]}).status_code == 302
    assert desk.post("/desk/setup/modules/contacts/projects/", {"by_project": "on"}).status_code == 302
    account = made.users["winter"].public_id
    answer = desk.post(f"/desk/staff/{account}/projects/", {"projects": ["winter"]})
    assert answer.status_code == 302 and answer.url == f"/desk/staff/{account}/"
    given = {"phone": "+48 600 100 200", "health": SECRET}
    change_record(actor=cast.SETTING_UP, record=made.subject.pk, given=given, at=cast.NOW)
    return made


def test_dividing_makes_what_names_a_record_everybodys(house, made):
    """F15: the name is a system field from then on."""
    fields = {one.key: one for one in catalogue.fields(catalogue.module("contacts"))}
    assert catalogue.module("contacts").by_project and fields["name"].system
    assert not fields["phone"].system and fields["phone"].projects == ["winter"]


def test_an_operator_meets_nothing_of_the_other_project(house, made):
    """F8: page, list, search, form, and a crafted POST; the other way round they do."""
    client, place = seat(made, "winter"), f"/desk/records/contacts/{made.subject.pk}/"
    for address in (place, place + "edit/", "/desk/records/contacts/", "/desk/records/contacts/new/"):
        page = client.get(address).content.decode()
        assert SECRET not in page and "Health" not in page, address
        assert "Phone" in page, address
    assert "+48 600 100 200" in client.get(place).content.decode()
    sent = {"f-version": reads.record(made.actor("winter"), made.contacts, made.subject.pk).version}
    sent |= {"f-name": "Sage Winter", "f-email": "sage@people.example", "f-phone": "+48 1"}
    assert client.post(place + "edit/", {**sent, "f-health": "crafted"}).status_code == 302
    made.subject.refresh_from_db()
    assert (made.subject.values["phone"], made.subject.values["health"]) == ("+48 1", SECRET)
    work.set_projects(
        actor=made.actor("administrator"), user=made.users["winter"], projects_=["debt"], at=cast.NOW
    )
    page = client.get(place).content.decode()
    assert SECRET in page and "+48 1" not in page


def test_the_edit_form_says_what_counts_for_several_projects(house, made):
    """F15: beside the shared field and the system field, not beside the project's own."""
    form = seat(made, "winter").get(f"/desk/records/contacts/{made.subject.pk}/edit/").context["form"]
    assert "Winter, Debt" in form["email"].help_text
    assert form["name"].help_text == "Used in every project."
    assert form["phone"].help_text == ""
    mine = seat(made, "subject").get(f"/m/contacts/{made.subject.pk}/edit/").context["form"]
    assert [mine[name].help_text for name in mine.fields] == [""] * len(mine.fields)


def test_the_room_shows_fields_and_people(house, made, desk):
    listed = desk.get("/desk/setup/projects/").context["projects"]
    assert [(one.name, fields, people) for one, fields, people in listed] == [
        ("Winter", 2, 1),
        ("Debt", 2, 0),
    ]
    page = desk.get("/desk/setup/projects/winter/")
    assert [one.name for one in page.context["people"]] == ["Winter"]
    first = next(iter(page.context["form"].sheets()))
    assert (first.module.key, first.chosen.value()) == ("contacts", ["email", "phone"])
    assert [one.key for one in first.system] == ["name"]
    assert desk.get("/desk/setup/projects/nothing/").status_code == 404


def test_the_module_says_which_fields_nobody_sees(house, made, desk):
    """Decision 11."""
    assert not desk.get("/desk/setup/modules/contacts/projects/").context["unplaced"]
    desk.post("/desk/setup/projects/debt/", {"contacts": ["email"]})
    page = desk.get("/desk/setup/modules/contacts/projects/")
    assert [one.key for one in page.context["unplaced"]] == ["health"]
    assert "nobody sees it" in desk.get("/desk/setup/modules/contacts/").content.decode()
    assert desk.post("/desk/setup/modules/contacts/projects/", {}).status_code == 302
    assert not catalogue.module("contacts").by_project


def test_a_project_is_renamed_and_deleted_by_page(house, made, desk):
    assert desk.post("/desk/setup/projects/debt/rename/", {"name": "winter"}).status_code == 400
    assert desk.post("/desk/setup/projects/debt/rename/", {"name": "Reminders"}).status_code == 302
    assert projects.project("debt").name == "Reminders"
    page = desk.get("/desk/setup/projects/debt/delete/").content.decode()
    assert "Health note" in page and "Delete the project" not in page
    assert desk.post("/desk/setup/projects/debt/delete/").status_code == 409
    desk.post("/desk/setup/projects/debt/", {"contacts": []})
    assert "Delete the project" in desk.get("/desk/setup/projects/debt/delete/").content.decode()
    assert desk.post("/desk/setup/projects/debt/delete/").status_code == 302
    assert [one.key for one in projects.projects()] == ["winter"]


@pytest.mark.parametrize(
    ("place", "sent", "where"),
    [
        ("/desk/setup/projects/", {"name": "WINTER"}, "name"),
        ("/desk/setup/projects/", {"name": ""}, "name"),
        ("/desk/setup/projects/winter/", {"contacts": ["colour"]}, "contacts"),
        ("/desk/setup/projects/winter/", {"contacts": ["name"]}, "contacts"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(house, desk, place, sent, where):
    answer = desk.post(place, sent)
    assert answer.status_code == 400 and where in answer.context["form"].errors


def test_a_colleague_cannot_be_put_into_a_project_that_is_not_there(house, made, desk):
    account = made.users["winter"].public_id
    answer = desk.post(f"/desk/staff/{account}/projects/", {"projects": ["nothing"]})
    assert answer.status_code == 400 and "projects" in answer.context["work"].errors
    assert desk.post(f"/desk/staff/{account}/projects/", {}).status_code == 302
    made.users["winter"].refresh_from_db()
    assert made.users["winter"].projects == []


def test_the_projects_of_a_colleague_need_a_fresh_second_factor(house, made, desk, settings):
    settings.STEP_UP_SECONDS = -1
    account = made.users["winter"].public_id
    answer = desk.post(f"/desk/staff/{account}/projects/", {"projects": []})
    assert answer.status_code == 302 and "/confirm/" in answer.url
    made.users["winter"].refresh_from_db()
    assert made.users["winter"].projects == ["winter"]
