"""Marks of fields: masked, encrypted, system, projects, withheld; what goes together (F4–F15)."""

import pytest

from portals_core.access.actor import system
from portals_core.people.usertypes import define_user_type
from portals_core.plumbing.errors import BadInput, Conflict
from portals_core.records import catalogue, descriptions
from portals_core.records.models import Field, Layout, Project
from tests import cast

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")


@pytest.fixture
def made():
    return cast.set_up()


def _module(*fields, **more):
    rows = [{"key": "name", "label": "Name", **more.pop("title", {})}, *fields]
    description = {"key": "visits", "label": "Visit", "fields": rows, **more}
    return catalogue.define(actor=cast.SETTING_UP, description=description)


def _field(of, key):
    return next(one for one in catalogue.fields(of) if one.key == key)


def _project(key):
    project = Project(key=key, name=key.title())
    project.save()
    return project


def test_every_mark_is_stored_and_described_back(made):
    """F5, F7, F12, F15: what a description says of a field is what `described` gives back."""
    _project("north")
    of = _module(
        {"key": "code", "masked": True, "withheld": ["api", "export"], "projects": ["north"]},
        {"key": "iban", "encrypted": True, "system": True},
        title={"system": True},
        by_project=True,
        layouts=[
            {"name": "Short", "sections": [{"title": "", "keys": ["name", "code"]}], "required": ["code"]}
        ],
    )
    again = descriptions.described(of)
    assert again["by_project"] and again["layouts"][0]["required"] == ["code"]
    code, iban = again["fields"][1], again["fields"][2]
    assert (code["masked"], code["withheld"], code["projects"]) == (True, ["api", "export"], ["north"])
    assert (iban["encrypted"], iban["system"], iban["masked"]) == (True, True, False)
    catalogue.define(actor=cast.SETTING_UP, description=again)
    assert descriptions.described(of) == again


def test_a_field_needs_only_its_name(made):
    """F4: the key is made from the name; without a name there is nothing to make it from."""
    of = _module({"label": "Больничный лист"})
    assert _field(of, "больничный_лист").label == "Больничный лист"
    with pytest.raises(BadInput, match="cannot be a key"):
        _module({"label": "  "})


WRONG = {
    "encrypted and unique": ({"key": "a", "encrypted": True, "unique": True}, "encrypted and unique"),
    "encrypted list": (
        {"key": "a", "type": "picklist", "choices": ["x"], "encrypted": True},
        "cannot be encrypted: its type",
    ),
    "encrypted yes or no": ({"key": "a", "type": "boolean", "encrypted": True}, "cannot be encrypted"),
    "masked link": ({"key": "a", "type": "lookup", "target": "contacts", "masked": True}, "cannot be masked"),
    "encrypted link": ({"key": "a", "type": "lookup", "target": "contacts", "encrypted": True}, "its type"),
    "unknown channel": (
        {"key": "a", "withheld": ["fax"]},
        "“fax” is not a channel. Choose one of: vendor_apps",
    ),
    "unknown project": ({"key": "a", "projects": ["south"]}, "no project “south”. There are: north"),
    "mark that is no yes or no": ({"key": "a", "masked": "no"}, "“masked” is true or false"),
    "projects that are no list": ({"key": "a", "projects": "north"}, "“projects” is a list"),
    "choice with a separator": (
        {"key": "a", "type": "picklist", "choices": ["x\x1fy"]},
        "a character that cannot be printed",
    ),
}


@pytest.mark.parametrize(("row", "words"), WRONG.values(), ids=WRONG)
def test_marks_that_contradict_each_other_are_refused_with_the_reason(made, row, words):
    """F13, F14: never encrypted and unique; links decide who sees a record and are never hidden."""
    _project("north")
    with pytest.raises(BadInput, match=words):
        _module(row)
    assert not catalogue.modules().filter(key="visits").exists()


@pytest.mark.parametrize(
    "kind", ["text", "multiline", "email", "phone", "url", "number", "currency", "date", "datetime"]
)
def test_these_types_can_be_encrypted(made, kind):
    """F13: the passing twin of the refusals."""
    assert _field(_module({"key": "a", "type": kind, "encrypted": True}), "a").encrypted


@pytest.mark.parametrize("mark", ["masked", "encrypted"])
def test_what_names_a_record_and_where_a_person_is_written_to_stay_in_clear(made, mark):
    with pytest.raises(BadInput, match="“name” names the records"):
        _module(title={mark: True})
    mail = {"key": "mail", "type": "email", mark: True}
    with pytest.raises(BadInput, match="written to at “mail”"):
        _module(mail, identity=True)
    assert getattr(_field(_module(mail), "mail"), mark)


def test_where_fields_are_divided_the_title_belongs_to_all_projects(made):
    """F15: name and phone are system fields; a module whose records have no name for some is refused."""
    with pytest.raises(BadInput, match="make it a system field"):
        _module(by_project=True)
    assert _module(by_project=True, title={"system": True}).by_project


def test_a_layout_requires_only_what_it_shows(made):
    """F3"""
    layout = {"name": "Short", "sections": [{"title": "", "keys": ["name"]}], "required": ["note"]}
    with pytest.raises(BadInput, match="requires “note” and does not show it"):
        _module({"key": "note"}, layouts=[layout])
    shown = {**layout, "sections": [{"title": "", "keys": ["name", "note"]}]}
    of = _module({"key": "note"}, layouts=[shown])
    assert Layout.objects.visible_to(_LOOK).get(module=of).required == ["note"]


def test_encryption_of_a_filled_field_cannot_be_switched(made):
    """F13: the refusal says what to do; an empty field may still be switched."""
    contacts = made.contacts
    descriptions.add_field(actor=cast.SETTING_UP, of=contacts, row={"label": "Iban"})
    for key, filled in (("iban", False), ("name", True)):
        if filled:
            descriptions.change_field(
                actor=cast.SETTING_UP, of=contacts, key="iban", change={"encrypted": False}
            )
            cast.contact(contacts, "Vera Filled", iban="DE12")
            with pytest.raises(Conflict, match=r"holds values already.*Add a new field"):
                descriptions.change_field(
                    actor=cast.SETTING_UP, of=contacts, key="iban", change={"encrypted": True}
                )
        else:
            descriptions.change_field(actor=cast.SETTING_UP, of=contacts, key=key, change={"encrypted": True})
            assert _field(contacts, "iban").encrypted
    assert not _field(contacts, "iban").encrypted


# --- what is shared still fits ------------------------------------------------------------------------


def _share(made, *rows):
    own = {"module": "contacts", "fields": {"name": "visible", "phone": "visible"}}
    return define_user_type(
        actor=cast.SETTING_UP, name="Guests", identity_module="contacts", modules=[own, *rows]
    )


def _change(of, key, **change):
    return descriptions.change_field(actor=cast.SETTING_UP, of=of, key=key, change=change)


def test_a_public_module_cannot_become_personal(made):
    """T12: the change is refused whole, the user type named; a field that is not personal may change."""
    of = _module({"key": "note"}, {"key": "city"})
    _share(made, {"module": "visits", "sharing": "public", "fields": {"name": "visible"}})
    with pytest.raises(Conflict, match=r"“Guests” stands against it.*“note” is a personal field"):
        _change(of, "note", personal="normal")
    with pytest.raises(Conflict, match=r"“Guests” stands against it.*personal field"):
        descriptions.add_field(
            actor=cast.SETTING_UP, of=of, row={"label": "Diagnosis", "personal": "sensitive"}
        )
    with pytest.raises(Conflict, match="hold personal data"):
        catalogue.define(
            actor=cast.SETTING_UP, description={**descriptions.described(of), "compliance": True}
        )
    of.refresh_from_db()
    assert not of.compliance and [one.key for one in catalogue.fields(of)] == ["name", "note", "city"]
    _change(of, "note", label="Remark")
    assert _field(of, "note").label == "Remark" and _field(of, "note").personal == "none"


def test_a_shared_field_cannot_become_masked(made):
    """Decision 10: a masked field is in no portal; the field that is not shared may be masked."""
    _share(made)
    with pytest.raises(Conflict, match="“Customer Portal” stands against it: “Phone” is masked"):
        _change(made.contacts, "phone", masked=True)
    _change(made.contacts, "health", masked=True)
    assert _field(made.contacts, "health").masked and not _field(made.contacts, "phone").masked


@pytest.mark.parametrize("mark", ["masked", "encrypted"])
def test_a_field_that_conditions_ask_for_cannot_be_hidden(made, mark):
    """F14: neither a field compared with a value nor one of the person's own record."""
    of = _module({"key": "city"}, {"key": "zone"}, {"key": "free"})
    rows = [{"field": "city", "how": "is", "value": "Oslo"}, {"field": "zone", "how": "is", "own": "health"}]
    _share(made, {"module": "visits", "fields": {"name": "visible"}, "conditions": {"all": rows}})
    for module, key in ((of, "city"), (of, "zone"), (made.contacts, "health")):
        with pytest.raises(Conflict, match="“Guests” stands against it"):
            _change(module, key, **{mark: True})
    _change(of, "free", **{mark: True})
    assert getattr(_field(of, "free"), mark)


def test_whether_an_encrypted_field_is_empty_may_be_asked(made):
    """F14"""
    of = _module({"key": "city"})
    asked = {"field": "city", "how": "not_empty"}
    _share(made, {"module": "visits", "fields": {"name": "visible"}, "conditions": asked})
    _change(of, "city", encrypted=True)
    assert _field(of, "city").encrypted
    with pytest.raises(Conflict, match="is masked"):
        _change(of, "city", masked=True)


def test_a_module_stored_as_it_is_asks_nobody(made):
    """A user type that does not fit for another reason does not stand against what changes nothing."""
    _share(made)
    Field.objects.visible_to(_LOOK).filter(module=made.contacts, key="phone").update(masked=True)
    catalogue.define(actor=cast.SETTING_UP, description=descriptions.described(made.contacts))
    with pytest.raises(Conflict):
        _change(made.contacts, "health", label="Health")
