"""Pages of roles, and the desk as a limited role meets it (F9, F10)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.access.actor import system
from portals_core.people import role_definitions, roles, stepup
from portals_core.plumbing import clock
from portals_core.records import descriptions
from tests import cast
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_SETTING_UP = system("set up a test")
NEW = {
    "name": "Technical support",
    "permissions": ["records.view", "records.edit"],
    "reach": "only",
    "modules": ["lines"],
}
GRID = {"every": "", "field-order": "hidden", "field-product": "editable", "field-price": "visible"}


@pytest.fixture
def made():
    return cast.set_up()


@pytest.fixture
def desk(made):
    """The administrator, who gave the second factor a moment ago."""
    client = seat(made, "administrator")
    session = client.session
    stepup.mark(session, at=clock.now())
    session.save()
    return client


@pytest.fixture
def support(made, desk):
    """A role made by page alone, and somebody who holds it."""
    answer = desk.post("/desk/new-role/", NEW)
    assert answer.status_code == 302 and answer.url == "/desk/roles/technical_support/"
    answer = desk.post("/desk/roles/technical_support/modules/lines/", GRID | {"act-edit": "on"})
    assert answer.status_code == 302
    made.users["support"] = cast.staff("support", "operator")
    roles.set_roles(
        actor=made.actor("administrator"),
        user=made.users["support"],
        roles=["technical_support"],
        at=cast.NOW,
    )
    return seat(made, "support")


def test_what_was_chosen_is_what_the_role_is(made, desk, support):
    """F9: permissions, modules, acts and fields."""
    assert role_definitions.description_of(role_definitions.role("technical_support")) == {
        "key": "technical_support",
        "name": "Technical support",
        "permissions": ["records.view", "records.edit"],
        "limited": True,
        "modules": [
            {
                "module": "lines",
                **dict.fromkeys(("create", "delete", "clone", "export"), False),
                "edit": True,
                "fields": {"product": "editable", "price": "visible"},
            }
        ],
    }
    form = desk.get("/desk/roles/technical_support/modules/lines/").context["form"]
    assert [row.reach.value() for row in form.rows()] == ["hidden", "editable", "visible"]


def test_the_desk_of_a_limited_role_has_only_its_sections(made, support):
    """F9, F10: navigation, list, counts; of the others not even that they are there."""
    order = cast.order(made, "A1", made.subject)
    line = cast.line(made, order, "Lamp")
    page = support.get("/desk/records/").content.decode()
    assert "Order lines" in page and "Contacts" not in page
    for place in (
        "/desk/records/contacts/",
        "/desk/records/contacts/new/",
        f"/desk/records/contacts/{made.subject.pk}/",
        f"/desk/records/orders/{order.pk}/edit/",
        f"/desk/records/lines/{made.subject.pk}/",
    ):
        assert support.get(place).status_code == 404, place
    place = f"/desk/records/lines/{line.pk}/"
    page = support.get(place).content.decode()
    assert "Lamp" in page and "A1" not in page and "/desk/records/orders/" not in page
    assert list(support.get(place + "edit/").context["form"].fields) == ["version", "product"]
    assert "A1" in seat(made, "operator").get(place).content.decode()
    home = support.get("/", follow=True)
    assert home.status_code == 200 and home.redirect_chain[-1][0] == "/desk/records/"


def test_a_role_keeps_what_it_does_when_its_modules_change(made, desk, support):
    change = NEW | {"modules": ["lines", "orders"]}
    assert desk.post("/desk/roles/technical_support/", change).status_code == 302
    rows = role_definitions.description_of(role_definitions.role("technical_support"))["modules"]
    assert [(row["module"], len(row["fields"])) for row in rows] == [("lines", 2), ("orders", 0)]
    page = desk.get("/desk/roles/technical_support/").content.decode()
    assert "none yet" in page
    assert desk.get("/desk/roles/technical_support/modules/contacts/").status_code == 404


def test_every_field_is_set_at_once(made, desk, support):
    place = "/desk/roles/technical_support/modules/lines/"
    assert desk.post(place, GRID | {"every": "visible", "act-edit": "on"}).status_code == 302
    rows = role_definitions.description_of(role_definitions.role("technical_support"))["modules"]
    assert rows[0]["fields"] == dict.fromkeys(("order", "product", "price"), "visible")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": ""}, "name"),
        ({"name": "Operator"}, "name"),
        ({"name": "technical-support"}, "name"),
        ({"permissions": []}, "permissions"),
        ({"permissions": ["everything"]}, "permissions"),
        ({"modules": []}, "modules"),
        ({"modules": ["deals"]}, "modules"),
        ({"reach": "far"}, "reach"),
    ],
)
def test_a_role_that_makes_no_sense_is_refused_beside_its_field(made, desk, support, change, where):
    answer = desk.post("/desk/new-role/", NEW | {"name": "Another"} | change)
    assert answer.status_code == 400 and where in answer.context["form"].errors
    assert desk.post("/desk/new-role/", NEW | {"name": "Another"}).status_code == 302


def test_a_grid_that_contradicts_the_role_is_refused(made, desk, support):
    place = "/desk/roles/technical_support/modules/lines/"
    answer = desk.post(place, GRID | {"act-export": "on"})
    assert answer.status_code == 400 and "Export lists" in answer.content.decode()
    answer = desk.post(place, GRID | {"act-create": "on", "field-product": "visible"})
    assert answer.status_code == 400 and "required" in answer.content.decode()


def test_the_last_right_to_manage_people_is_kept_by_page_too(made, desk):
    answer = desk.post(
        "/desk/roles/administrator/",
        {"name": "Administrator", "permissions": ["setup.manage"], "reach": "every"},
    )
    assert answer.status_code == 409 and "last account" in answer.content.decode()
    assert desk.get("/desk/roles/").status_code == 200


def test_a_role_is_deleted_only_when_nobody_holds_it(made, desk, support):
    place = "/desk/roles/technical_support/delete/"
    assert "Delete the role" not in desk.get(place).content.decode()
    answer = desk.post(place)
    assert answer.status_code == 409 and "Give them other roles" in answer.content.decode()
    roles.set_roles(
        actor=made.actor("administrator"), user=made.users["support"], roles=["operator"], at=cast.NOW
    )
    assert "Delete the role" in desk.get(place).content.decode()
    assert desk.post(place).status_code == 302
    assert desk.get("/desk/roles/technical_support/").status_code == 404


def test_the_list_says_what_each_role_reaches(made, desk, support):
    listed = {row[0].key: row[1:] for row in desk.get("/desk/roles/").context["roles"]}
    assert listed["technical_support"] == (["Order lines"], 1, 2)
    assert listed["operator"][:2] == ([], 1)
    page = desk.get("/desk/roles/").content.decode()
    assert "every module" in page and "no records" in page


def test_rights_need_a_fresh_second_factor(made, desk, settings):
    settings.STEP_UP_SECONDS = -1
    answer = desk.post("/desk/new-role/", NEW)
    assert answer.status_code == 302 and "/confirm/" in answer.url
    assert not roles.roles().filter(key="technical_support").exists()


def test_only_who_manages_people_has_the_room(made, support):
    for who in ("officer", "auditor", "operator", "support", "subject"):
        client = seat(made, who)
        for place in ("/desk/roles/", "/desk/new-role/", "/desk/roles/technical_support/modules/lines/"):
            assert client.get(place).status_code == 403


def test_a_grid_costs_the_same_queries_whatever_its_number_of_fields(made, desk, support):
    counts = []
    for batch in (0, 40):
        for number in range(batch):
            descriptions.add_field(actor=_SETTING_UP, of=made.lines, row={"label": f"F{number}"})
        with CaptureQueriesContext(connection) as queries:
            assert desk.get("/desk/roles/technical_support/modules/lines/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
