"""Set-up by page: modules, fields, layouts (F4, F11, T1)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.access.actor import system
from portals_core.ledger.models import LedgerEntry
from portals_core.records import catalogue, descriptions, projects
from portals_core.records.models import Module
from tests import cast
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
NEW_FIELD = {"type": "text", "personal": "normal", "link": "mentions", "provided": "on"}


@pytest.fixture
def made():
    return cast.set_up()


@pytest.fixture
def desk(made):
    return seat(made, "administrator")


def _fields(key):
    return {field.key: field for field in catalogue.fields(catalogue.module(key))}


def test_a_module_begins_with_its_name_and_one_field(made, desk):
    sent = {"label": "Счёт", "label_plural": "Счета", "first": "Номер"}
    answer = desk.post("/desk/setup/new/", sent)
    assert answer.status_code == 302
    module = catalogue.module("счета")
    assert (module.title_key, module.identity) == ("номер", False)
    assert _fields("счета")["номер"].required
    assert desk.get(answer.url).status_code == 200
    again = desk.post("/desk/setup/new/", sent)
    assert again.status_code == 400 and again.context["form"].errors["key"]


def test_a_module_of_people_has_personal_names(made, desk):
    desk.post(
        "/desk/setup/new/", {"label": "Lead", "label_plural": "Leads", "first": "Name", "identity": "on"}
    )
    assert catalogue.module("leads").identity and _fields("leads")["name"].personal == "normal"


def test_a_field_needs_only_its_name_and_a_word_on_whether_it_is_personal(made, desk):
    """F4: the form asks for the mark; it proposes none, and without an answer there is no field."""
    form = desk.get("/desk/setup/modules/contacts/fields/").context["form"]
    assert form["personal"].value() is None and form["type"].value() == "text"
    unsaid = {key: value for key, value in NEW_FIELD.items() if key != "personal"} | {"label": "Shoe size"}
    answer = desk.post("/desk/setup/modules/contacts/fields/", unsaid)
    assert answer.status_code == 400 and "personal" in answer.context["form"].errors
    assert "shoe_size" not in _fields("contacts")
    answer = desk.post("/desk/setup/modules/contacts/fields/", NEW_FIELD | {"label": "Shoe size"})
    assert answer.status_code == 302
    added = _fields("contacts")["shoe_size"]
    assert (added.label, added.personal, added.type) == ("Shoe size", "normal", "text")
    assert catalogue.layouts(made.contacts).first().sections[-1]["keys"][-1] == "shoe_size"
    assert list(_fields("contacts")) == ["name", "email", "phone", "health", "shoe_size"]


def test_whoever_adds_several_fields_stays_where_they_are_added(made, desk):
    """F4: one button leads back to the module, the other to the next field; both store."""
    for label, then, leads_to in (("Hat", {}, ""), ("Coat", {"then": "another"}, "fields/")):
        answer = desk.post("/desk/setup/modules/contacts/fields/", NEW_FIELD | {"label": label} | then)
        assert (answer.status_code, answer.url) == (302, f"/desk/setup/modules/contacts/{leads_to}")
        assert label.lower() in _fields("contacts")


def test_every_mark_is_set_on_a_new_field_and_changed_later(made, desk):
    """F5, F7, F11, F12, F13: what the form says is what is stored."""
    projects.define(actor=made.actor("administrator"), name="Calls")
    place = "/desk/setup/modules/contacts/fields/"
    marks = {"masked": "on", "encrypted": "on", "projects": ["calls"], "withheld": ["api", "export"]}
    sent = NEW_FIELD | marks | {"label": "Card", "personal": "sensitive"}
    # The customers of the portal add contacts and could never fill in what they do not see.
    assert desk.post(place, sent | {"required": "on"}).status_code == 409
    assert desk.post(place, sent).status_code == 302
    card = _fields("contacts")["card"]
    assert (card.masked, card.encrypted, card.required, card.system) == (True, True, False, False)
    assert (card.projects, card.withheld, card.personal) == (["calls"], ["api", "export"], "sensitive")
    assert desk.get(place + "card/").context["form"]["withheld"].value() == ["api", "export"]
    kept = {"label": "Card", "personal": "normal", "encrypted": "on", "system": "on"}
    assert desk.post(place + "card/", kept).status_code == 302
    card = _fields("contacts")["card"]
    assert (card.masked, card.encrypted, card.required, card.system) == (False, True, False, True)
    assert (card.projects, card.withheld, card.personal) == ([], [], "normal")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"label": "Name"}, "key"),
        ({"label": "Tone", "type": "picklist"}, "__all__"),
        ({"label": "Boss", "type": "lookup"}, "__all__"),
        ({"label": "X", "key": "two words"}, "__all__"),
        ({"label": "Id"}, "__all__"),
        ({"label": ""}, "label"),
        ({"label": "X", "type": "colour"}, "type"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused_with_the_reason(made, desk, change, where):
    answer = desk.post("/desk/setup/modules/contacts/fields/", NEW_FIELD | change)
    assert answer.status_code == 400 and answer.context["form"].errors[where]
    assert list(_fields("contacts")) == ["name", "email", "phone", "health"]


def test_lists_and_links_are_added(made, desk):
    place = "/desk/setup/modules/contacts/fields/"
    desk.post(place, NEW_FIELD | {"label": "Tone", "type": "picklist", "choices": "warm\r\n\r\ncold "})
    desk.post(place, NEW_FIELD | {"label": "Boss", "type": "lookup", "target": "contacts", "link": "belongs"})
    fields = _fields("contacts")
    assert fields["tone"].choices == ["warm", "cold"]
    assert (fields["boss"].target_id, fields["boss"].link) == (made.contacts.pk, "belongs")


def test_marks_of_a_field_change_and_the_rest_of_the_module_stays(made, desk):
    before = descriptions.described(made.orders)
    place = "/desk/setup/modules/orders/fields/total/"
    form = desk.get(place).context["form"]
    assert form["label"].value() == "Total" and form["provided"].value() is True
    assert desk.post(place, {"label": "Sum", "personal": "sensitive"}).status_code == 302
    wanted = {"label": "Sum", "personal": "sensitive", "provided": False}
    before["fields"][3] |= wanted
    assert descriptions.described(Module.objects.visible_to(_LOOK).get(pk=made.orders.pk)) == before
    assert "1 sensitive field" in desk.get("/desk/setup/modules/orders/").content.decode()
    assert desk.get("/desk/setup/modules/orders/fields/nothing/").status_code == 404


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", 'key = "a"\nlabel = "A"\nfields = [{ key = "x" }]'),
        ("a.json", '{"modules": [{"key": "a", "label": "A", "fields": [{"key": "x"}]}]}'),
    ],
)
def test_modules_come_from_a_file(made, desk, name, text):
    answer = desk.post("/desk/setup/upload/", {"file": SimpleUploadedFile(name, text.encode())})
    assert answer.status_code == 302 and list(_fields("a")) == ["x"]


@pytest.mark.parametrize(
    "text",
    [
        "not a description",
        "[[modules]]\nkey = 'a'\nfields = [{ key = 'x' }]\n[[modules]]\nkey = 'b'\nfields = []",
        "modules = 3",
    ],
)
def test_of_a_wrong_file_nothing_is_stored(made, desk, text):
    answer = desk.post("/desk/setup/upload/", {"file": SimpleUploadedFile("a.toml", text.encode())})
    assert answer.status_code == 400 and answer.context["form"].errors
    assert not catalogue.modules().filter(key__in=["a", "b"]).exists()


def test_every_change_reaches_the_ledger(made, desk):
    def count():
        return LedgerEntry.objects.filter(code="module.defined").count()

    before = count()
    desk.post("/desk/setup/new/", {"label": "A", "label_plural": "As", "first": "Name"})
    desk.post("/desk/setup/modules/as/fields/", NEW_FIELD | {"label": "B"})
    assert count() == before + 2


def test_only_who_may_set_up_does(made, desk):
    for who in ("officer", "operator", "auditor", "subject"):
        client = seat(made, who)
        for place in ("/desk/setup/", "/desk/setup/new/", "/desk/setup/modules/contacts/"):
            assert client.get(place).status_code == 403
        assert (
            client.post("/desk/setup/modules/contacts/fields/", NEW_FIELD | {"label": "B"}).status_code == 403
        )
    assert desk.get("/desk/setup/").status_code == 200


def test_a_module_costs_the_same_queries_whatever_its_number_of_fields(made, desk):
    counts = []
    for batch in (0, 30):
        for number in range(batch):
            descriptions.add_field(actor=_LOOK, of=made.lines, row={"label": f"F{number}"})
        with CaptureQueriesContext(connection) as queries:
            assert desk.get("/desk/setup/modules/lines/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
