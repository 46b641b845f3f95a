"""The register at the desk."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.models import PartyKind, Role
from consent.register import activities, parties, recipients
from tests.consent import consent_cast, pages, register_cast
from tests.consent.consent_cast import LOOK, leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
NOWHERE = "00000000-0000-4000-8000-000000000000"
ACTIVITY = {"name": "Orders", "role": "controller", "description": "Selling.", "active": "on"}
RECIPIENT = {"name": "Posti", "kind": "processor", "country": "FI", "told": "elsewhere", "active": "on"}
PARTY = {"kind": "controller", "name": "Lindgren & Sowa", "country": "PL"}


@pytest.fixture
def made():
    return consent_cast.set_up()


@pytest.fixture
def browsers(made):
    return {
        who: pages.at_the_desk(made.org.users[who])
        for who in ("administrator", "officer", "auditor", "operator")
    }


def page(client, name, *args, status=200, **asked) -> str:
    answer = client.get(reverse(f"consent:{name}", args=args), asked)
    assert answer.status_code == status
    return answer.content.decode()


def send(client, address, /, *args, **given):
    return client.post(reverse(f"consent:{address}", args=args), given)


def test_an_empty_register_says_how_to_begin(browsers):
    for name, words in (
        ("register", "No activity is entered yet."),
        ("register-recipients", "No recipient is entered yet."),
        ("register-parties", "Nobody is entered yet."),
    ):
        for who, offers in (("administrator", True), ("officer", False), ("auditor", False)):
            found = page(browsers[who], name)
            assert words in found and ("/new/" in found) is offers, (who, name)
    assert "The controller is not entered." in page(browsers["auditor"], "register")


def test_an_administrator_enters_the_register_and_an_auditor_reads_it(browsers):
    """D6, Art. 30."""
    administrator = browsers["administrator"]
    assert send(administrator, "new-party", **PARTY, email="a@b.example").status_code == 302
    assert send(administrator, "new-recipient", **RECIPIENT).status_code == 302
    posti = recipients.recipients(LOOK).get()
    given = {
        **ACTIVITY,
        "purposes": ["news"],
        "recipients": [str(posti.pk)],
        "subjects": "customers\r\nstaff",
    }
    assert send(administrator, "new-activity", **given).status_code == 302
    entry = activities.activities(LOOK).get()
    assert entry.subjects == ["customers", "staff"] and entry.data == []
    listed = page(browsers["auditor"], "register")
    assert "Orders" in listed and "customers, staff" in listed and "3 points" in listed
    shown = page(browsers["auditor"], "activity", entry.pk)
    assert "Posti (Processor, Finland)" in shown and "Newsletter" in shown
    assert "When data is erased (Art. 30(1)(f))" in shown and "edit/" not in shown
    assert "Posti" in page(browsers["auditor"], "register-recipients")
    assert "Lindgren &amp; Sowa" in page(browsers["auditor"], "register-parties")


def test_what_was_entered_comes_back_in_the_form_and_is_changed(browsers):
    entry = register_cast.activity(of=[register_cast.recipient()], purposes=["news"])
    administrator = browsers["administrator"]
    form = page(administrator, "edit-activity", entry.pk)
    assert "Two years after the last order." in form and "name\ne-mail address</textarea>" in form
    assert form.count(" checked") == 4  # role, purpose, recipient, in use
    given = {**ACTIVITY, "categories": "shoe size", "limits": "Soon."}
    assert send(administrator, "edit-activity", entry.pk, **given).status_code == 302
    found = activities.activity(LOOK, entry.pk)
    assert (found.name, found.data, found.limits) == ("Orders", ["shoe size"], "Soon.")
    assert not found.recipients.all()
    ended = {**ACTIVITY, "active": ""}
    send(administrator, "edit-activity", entry.pk, **ended)
    assert "Orders" not in page(administrator, "register") and "Orders" in page(
        administrator, "register", show="ended"
    )


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("new-activity", {**ACTIVITY, "description": ""}, "Orders"),
        ("new-activity", {**ACTIVITY, "recipients": [NOWHERE]}, "Orders"),
        ("new-recipient", {**RECIPIENT, "country": "US"}, "lies outside the European Economic Area"),
        ("new-recipient", {**RECIPIENT, "told": "email"}, "Give the e-mail address they are told at."),
        ("new-party", {**PARTY, "email": "nobody"}, "Lindgren"),
    ],
)
def test_what_cannot_be_is_400_with_what_was_entered(browsers, name, given, words):
    register_cast.recipient("Somebody")
    answer = send(browsers["administrator"], name, **given)
    assert answer.status_code == 400
    found = answer.content.decode()
    assert words in found and f'value="{given["name"].replace("&", "&amp;")}"' in found
    assert "field-wrong" in found


def test_what_is_there_already_is_409_with_what_was_entered(browsers):
    register_cast.controller()
    register_cast.activity("Orders")
    register_cast.recipient("Posti")
    for name, given in (("new-activity", ACTIVITY), ("new-recipient", RECIPIENT), ("new-party", PARTY)):
        answer = send(browsers["administrator"], name, **given)
        assert answer.status_code == 409 and "field-wrong" in answer.content.decode(), name


def test_a_party_is_taken_out_unless_it_is_named(browsers):
    administrator = browsers["administrator"]
    controller, client, other = (
        register_cast.controller(),
        register_cast.party(),
        register_cast.party(name="B"),
    )
    register_cast.activity("Repairs", role=Role.PROCESSOR, clients=[client.pk])
    assert "Take out" in page(administrator, "edit-party", client.pk)
    assert "Take out" not in page(administrator, "edit-party", controller.pk)
    for kept in (controller, client):
        answer = send(administrator, "remove-party", kept.pk)
        assert answer.status_code == 409 and kept.name.split()[0] in answer.content.decode()
    assert send(administrator, "remove-party", other.pk).status_code == 302
    assert set(parties.parties(LOOK)) == {controller, client}


def test_the_register_says_what_is_missing_and_leads_there(browsers):
    register_cast.controller()
    register_cast.activity("Whole")
    bare = register_cast.bare("Half")
    found = page(browsers["officer"], "register")
    assert "points of Art. 30 missing" in found and "?show=incomplete" in found
    found = page(browsers["officer"], "register", show="incomplete")
    assert "Half" in found and "Whole" not in found
    assert "Which data it is (Art. 30(1)(c))" in page(browsers["officer"], "activity", bare.pk)
    register_cast.activity("Half", activity=bare.pk)
    assert "Nothing is missing." in page(browsers["officer"], "register", show="incomplete")


def test_two_hundred_activities_come_in_pages_of_constant_cost(browsers):
    def spent():
        with CaptureQueriesContext(connection) as found:
            page(browsers["auditor"], "register")
        return len(found)

    posti = register_cast.recipient()
    register_cast.activity("A000", of=[posti], purposes=["news"])
    page(browsers["auditor"], "register")
    few = spent()
    for at in range(1, 200):
        register_cast.activity(f"A{at:03}", of=[posti], purposes=["news"])
    assert spent() == few
    seen, address = [], reverse("consent:register")
    while address:
        answer = browsers["auditor"].get(address)
        seen += [one.name for one, _missing in answer.context["rows"]]
        following = answer.context["next"]
        address = reverse("consent:register") + following if following else ""
    assert seen == [f"A{at:03}" for at in range(200)]


def test_a_page_of_a_filtered_list_leads_on_within_it(browsers):
    for at in range(51):
        register_cast.bare(f"B{at:03}")
        register_cast.activity(f"C{at:03}")
    answer = browsers["auditor"].get(reverse("consent:register"), {"show": "incomplete"})
    following = browsers["auditor"].get(reverse("consent:register") + answer.context["next"])
    assert [one.name for one, _missing in following.context["rows"]] == ["B050"]


@pytest.mark.parametrize("who", ["administrator", "officer", "auditor"])
def test_the_register_is_downloaded(browsers, who):
    """Art. 30(4)."""
    register_cast.activity("Orders")
    assert "/desk/register/export/csv/" in page(browsers[who], "register")
    table = send(browsers[who], "export-register", "csv")
    assert table["Content-Type"] == "text/csv; charset=utf-8" and table["Cache-Control"] == "no-store"
    assert table["Content-Disposition"].startswith('attachment; filename="register-')
    read = csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"), newline=""))
    assert [row["Activity"] for row in read] == ["Orders"]
    document = send(browsers[who], "export-register", "pdf")
    assert document["Content-Type"] == "application/pdf" and document.content.startswith(b"%PDF-")
    assert leaves("register.exported") == 2
    assert send(browsers[who], "export-register", "xlsx").status_code == 400


READ = [("register", False), ("register-recipients", False), ("register-parties", False), ("activity", True)]
WRITE = [
    ("new-activity", ""), ("new-recipient", ""), ("new-party", ""),
    ("edit-activity", "activity"), ("edit-recipient", "recipient"), ("edit-party", "party"),
]  # fmt: skip


def test_who_opens_which_page(made, browsers):
    """Roles: who keeps consent, sets up or audits reads; only who sets up writes."""
    keys = {
        "activity": register_cast.activity().pk,
        "recipient": register_cast.recipient().pk,
        "party": register_cast.party(PartyKind.OFFICER, "Ewa").pk,
    }
    portal = pages.signed_in(made.org.users["subject"])
    reading = [(name, (keys["activity"],) if keyed else ()) for name, keyed in READ]
    writing = [(name, (keys[of],) if of else ()) for name, of in WRITE]
    for name, args in [*reading, *writing]:
        address = reverse(f"consent:{name}", args=args)
        assert Client().get(address).status_code == 302
        assert portal.get(address).status_code == browsers["operator"].get(address).status_code == 403
        assert browsers["administrator"].get(address).status_code == 200
    for name, args in writing:
        for who in ("officer", "auditor"):
            address = reverse(f"consent:{name}", args=args)
            assert browsers[who].get(address).status_code == 403
            assert browsers[who].post(address, ACTIVITY).status_code == 403
    for name, args in reading:
        for who in ("officer", "auditor"):
            page(browsers[who], name, *args)
    for who in ("officer", "auditor"):
        assert send(browsers[who], "remove-party", keys["party"]).status_code == 403


def test_what_is_not_there_is_404(browsers):
    for name in ("activity", "edit-activity", "edit-recipient", "edit-party"):
        page(browsers["administrator"], name, NOWHERE, status=404)
    assert send(browsers["administrator"], "remove-party", NOWHERE).status_code == 404


def test_staff_find_the_register_in_the_navigation(browsers):
    for who in ("administrator", "officer", "auditor"):
        assert f'href="{reverse("consent:register")}"' in page(browsers[who], "register")
    home = browsers["operator"].get("/", follow=True).content.decode()
    assert reverse("consent:register") not in home
