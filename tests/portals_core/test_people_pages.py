"""The people pages of the desk and one's own account, as a browser without scripts uses them."""

import re
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portals_core.people import desk, factors, usertypes
from portals_core.plumbing import clock
from portals_core.plumbing.models import Mail
from tests import cast
from tests.portals_core.door import KEY, code_at, give_device, key_of, sign_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture(autouse=True)
def time():
    with time_machine.travel(cast.NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made():
    return cast.set_up()


@pytest.fixture
def admin(made, time) -> Client:
    """The administrator, signed in with both factors a moment ago."""
    return staff_client(made.users["administrator"], time)


def staff_client(user, time) -> Client:
    give_device(user)
    time.shift(30)
    client = Client()
    sign_in(client, user)
    client.post("/sign-in/code/", {"code": code_at(clock.now())})
    return client


def names(response) -> list[str]:
    return [account.name for account in response.context["page"].rows]


def test_portal_users_are_listed_by_state(made, admin):
    """U11."""
    desk.deactivate(
        actor=made.actor("administrator"), user=made.users["stranger"], at=cast.NOW, reason="test"
    )
    admin.post(f"/desk/people/invite/{made.added.pk}/", {"user_type": made.user_type.pk, "language": "en"})
    assert names(admin.get("/desk/people/")) == ["Ada Added", "Robin Stranger", "Sage Winter"]
    assert names(admin.get("/desk/people/?state=active")) == ["Ada Added", "Sage Winter"]
    assert names(admin.get("/desk/people/?state=confirmed")) == ["Sage Winter"]
    assert names(admin.get("/desk/people/?state=unconfirmed")) == ["Ada Added"]
    assert names(admin.get("/desk/people/?state=deactivated")) == ["Robin Stranger"]


def test_lists_cost_the_same_whatever_their_length(made, admin):
    """Constant queries: with two accounts and with twelve."""
    pages = ["/desk/people/", "/desk/staff/", "/desk/people/uninvited/", "/desk/user-types/"]
    before = [queries(admin, page) for page in pages]
    for number in range(10):
        record = cast.contact(made.contacts, f"Person{number} X")
        cast.portal_user(record, made.user_type)
        cast.contact(made.contacts, f"Waiting{number} X")
        cast.staff(f"colleague{number}", "operator")
    assert len(names(admin.get("/desk/people/"))) == 12
    assert [queries(admin, page) for page in pages] == before


def queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as counted:
        assert client.get(page).status_code == 200
    return len(counted)


def test_long_lists_come_in_pages_without_gap_or_double(made, admin, monkeypatch):
    monkeypatch.setattr(desk, "PAGE", 3)
    for number in range(5):
        cast.portal_user(cast.contact(made.contacts, f"Person{number} X"), made.user_type)
    seen, page = [], "/desk/people/"
    while page:
        response = admin.get(page)
        seen += names(response)
        found = re.search(r'href="(\?[^"]*after=\d+)"', response.content.decode())
        page = "/desk/people/" + found[1].replace("&amp;", "&") if found else ""
    assert sorted(seen) == sorted([*(f"Person{n} X" for n in range(5)), "Sage Winter", "Robin Stranger"])


def test_an_invitation_starts_at_a_record_without_an_account(made, admin):
    """U1."""
    cast.contact(made.contacts, "Noel Nomail", email="")
    page = admin.get("/desk/people/uninvited/").content.decode()
    assert "Ada Added" in page and "Noel Nomail" in page and "Sage Winter" not in page
    assert page.count("/desk/people/invite/") == 1
    address = f"/desk/people/invite/{made.added.pk}/"
    assert "ada@people.example" in admin.get(address).content.decode()
    response = admin.post(address, {"user_type": made.user_type.pk, "language": "pl"})
    assert response.status_code == 302 and Mail.objects.get().language == "pl"
    again = admin.post(address, {"user_type": made.user_type.pk, "language": "pl"})
    assert again.status_code == 409 and "account already" in again.content.decode()


def test_one_account_is_closed_opened_retyped_and_removed(made, admin):
    """U5, U7, U8."""
    user = made.users["subject"]
    page = f"/desk/people/{user.public_id}/"
    other = usertypes.define_user_type(
        actor=made.actor("administrator"),
        name="Partners",
        identity_module="contacts",
        modules=[{"module": "contacts", "fields": {"name": "visible"}}],
    )
    assert admin.post(page + "deactivate/").status_code == 302
    assert "Deactivated" in admin.get(page).content.decode()
    assert admin.post(page + "activate/").status_code == 302
    assert admin.post(page + "type/", {"user_type": other.pk}).status_code == 302
    assert admin.post(page + "type/", {"user_type": 999}).status_code == 400
    assert admin.post(page + "reinvite/").status_code == 409
    user.refresh_from_db()
    assert user.is_active and user.user_type_id == other.pk
    assert "no erasure" in admin.get(page + "remove/").content.decode()
    assert admin.post(page + "remove/").status_code == 302
    assert admin.get(page).status_code == 404


def test_foreign_and_missing_accounts_are_alike(made, admin):
    """A member of staff is not found among the portal users, nor the other way round."""
    staff, subject = made.users["officer"].public_id, made.users["subject"].public_id
    missing = "00000000-0000-4000-8000-000000000000"
    for page in (f"/desk/people/{staff}/", f"/desk/people/{missing}/", f"/desk/staff/{subject}/"):
        assert admin.get(page).status_code == 404
    assert (
        admin.get(f"/desk/people/{subject}/").status_code
        == 200
        == admin.get(f"/desk/staff/{staff}/").status_code
    )


def test_pages_are_for_those_who_manage_people(made, time):
    officer = staff_client(made.users["officer"], time)
    subject = Client()
    sign_in(subject, made.users["subject"])
    for page in ("/desk/people/", "/desk/staff/", "/desk/user-types/"):
        assert officer.get(page).status_code == 403 == subject.get(page).status_code
        assert urlsplit(Client().get(page)["Location"]).path == "/sign-in/"
    assert officer.get("/account/").status_code == 200


def test_a_colleague_is_added_and_given_other_roles(made, admin):
    """F9."""
    given = {"name": "New", "email": "new@staff.example", "roles": ["officer"], "language": "en"}
    response = admin.post("/desk/staff/add/", given)
    assert response.status_code == 302 and Mail.objects.get().to == "new@staff.example"
    page = response["Location"]
    assert "Compliance officer" in admin.get("/desk/staff/").content.decode()
    assert admin.post(page, {"roles": ["auditor", "operator"]}).status_code == 302
    assert admin.get(page).context["form"].initial["roles"] == ["auditor", "operator"]
    assert admin.post(page, {"roles": ["emperor"]}).status_code == 400
    assert admin.post("/desk/staff/add/", given).status_code == 409
    assert admin.post(page + "deactivate/").status_code == 302


def test_roles_are_given_only_after_a_recent_code(made, admin, time):
    """6."""
    page = f"/desk/staff/{made.users['officer'].public_id}/"
    time.shift(301)
    refused = admin.post(page, {"roles": ["auditor"]}, headers={"Referer": f"http://testserver{page}"})
    assert urlsplit(refused["Location"]).path == "/confirm/"
    assert made.actor("officer").may("cases.decide")
    back = admin.post(refused["Location"], {"code": code_at(clock.now())})
    assert back["Location"] == page
    assert admin.post(page, {"roles": ["auditor"]}).status_code == 302
    assert not made.actor("officer").may("cases.decide")


def test_a_lost_second_factor_is_removed_by_an_administrator(made, admin, time):
    officer = made.users["officer"]
    theirs = staff_client(officer, time)
    assert theirs.get("/account/").status_code == 200
    assert admin.post(f"/desk/staff/{officer.public_id}/reset-factor/").status_code == 302
    assert theirs.get("/account/").status_code == 302
    assert factors.device_of(officer) is None


def test_the_grid_of_a_user_type_says_and_stores_what_is_opened(made, admin):
    """T2, F1, F2: the form shows the type as it is and stores what was chosen."""
    page = f"/desk/user-types/{made.user_type.pk}/"
    form = admin.get(page).context["form"]
    assert [sheet.offer.module.key for sheet in form.sheets()] == ["contacts", "orders", "lines"]
    given = {name: form[name].value() for name in form.fields}
    assert (given["orders-via"], given["orders-field-total"], given["orders-field-margin"]) == (
        ["customer"],
        "visible",
        "hidden",
    )
    before = usertypes.description_of(made.user_type)
    assert admin.post(page, posted(given)).status_code == 302
    assert usertypes.description_of(made.user_type) == before
    given |= {"orders-field-total": "hidden", "contacts-field-phone": "editable"}
    admin.post(page, posted(given))
    rows = {row["module"]: row["fields"] for row in usertypes.description_of(made.user_type)["modules"]}
    assert "total" not in rows["orders"] and rows["contacts"]["phone"] == "editable"
    refused = admin.post(page, posted({**given, "orders-via": []}))
    assert refused.status_code == 400 and "which link" in refused.content.decode()


def posted(given: dict) -> dict:
    """Values of a form as a browser sends them: unticked boxes are not sent at all."""
    return {
        name: ("on" if value is True else value)
        for name, value in given.items()
        if value not in (None, False)
    }


def test_a_new_type_is_set_up_and_deleted_with_its_users_moved(made, admin):
    """P9, P11."""
    page = "/desk/user-types/new/?identity_module=contacts"
    given = {
        name: admin.get(page).context["form"][name].value() for name in admin.get(page).context["form"].fields
    }
    response = admin.post(page, posted({**given, "name": "Suppliers", "contacts-field-name": "visible"}))
    key = int(response["Location"].strip("/").split("/")[-1])
    assert usertypes.user_type(key).name == "Suppliers"
    usertypes.change_user_type(
        actor=made.actor("administrator"), user=made.users["subject"], user_type=key, at=cast.NOW
    )
    delete = f"/desk/user-types/{key}/delete/"
    assert "1 user has this type" in admin.get(delete).content.decode()
    assert admin.post(delete).status_code == 400  # nothing chosen: asked again, nothing deleted
    assert usertypes.user_types().filter(pk=key).exists()
    default = f"/desk/user-types/{made.user_type.pk}/delete/"
    assert admin.post(default, {"to": key}).status_code == 409
    assert admin.post(delete, {"to": made.user_type.pk}).status_code == 302
    assert not usertypes.user_types().filter(pk=key).exists()


def test_ones_account_keeps_what_is_chosen(made):
    """U3."""
    client = Client()
    sign_in(client, made.users["subject"])
    chosen = {"language": "fi", "time_zone": "Europe/Helsinki", "time_format": "12", "country": "FI"}
    assert client.post("/account/", chosen).status_code == 302
    assert client.get("/account/").context["form"].initial == chosen
    assert client.post("/account/", {**chosen, "time_zone": "Mars/Base"}).status_code == 400


def test_changing_the_password_ends_every_session(made):
    client, other = Client(), Client()
    for one in (client, other):
        sign_in(one, made.users["subject"])
    given = {"current": "wrong", "password": "another long sentence"}
    assert client.post("/account/password/", given).status_code == 400
    assert other.get("/account/").status_code == 200
    response = client.post("/account/password/", {**given, "current": cast.PASSWORD})
    assert response["Location"] == "/sign-in/"
    assert client.get("/account/").status_code == 302 == other.get("/account/").status_code


def test_ones_second_factor_goes_only_with_a_code_of_it(made, time):
    client = Client()
    user = made.users["subject"]
    sign_in(client, user)
    key = key_of(client.get("/sign-in/enrol/").context["secret"])
    assert key != KEY
    client.post("/sign-in/enrol/", {"code": code_at(clock.now(), key)})
    time.shift(301)
    assert urlsplit(client.post("/account/second-factor/remove/")["Location"]).path == "/confirm/"
    assert client.post("/confirm/", {"password": cast.PASSWORD}).status_code == 400
    client.post("/confirm/", {"code": code_at(clock.now(), key)})
    assert client.post("/account/second-factor/remove/").status_code == 302
    assert factors.device_of(user) is None
