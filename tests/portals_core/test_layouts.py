"""Layouts: sections, order without dragging, required fields, their number (T3, T15, F3)."""

from __future__ import annotations

import pytest

from portals_core.access.actor import system
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from portals_core.records import catalogue, descriptions, layouts
from portals_core.records.layouts import Place, arranged
from portals_core.records.models import Layout
from portals_core.writing.records import create_record
from tests import cast
from tests.portals_core.trail import leaves
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
ONE = [{"title": "", "keys": ["name"]}]


@pytest.fixture
def made():
    return cast.set_up()


@pytest.fixture
def standard(made):
    return catalogue.layouts(made.contacts).get()


def places(**numbers):
    """Five fields a to e in one section, of which those named were given other numbers."""
    return [Place(key, 0, numbers.get(key, at), at) for at, key in enumerate("abcde", 1)]


@pytest.mark.parametrize(
    ("numbers", "order"),
    [
        ({}, "abcde"),
        ({"d": 2}, "adbce"),
        ({"b": 4}, "acdbe"),
        ({"a": 5}, "bcdea"),
        ({"e": 1}, "eabcd"),
        ({"a": 2, "b": 1}, "bacde"),
        ({"a": 99}, "bcdea"),
        ({"d": 1, "e": 1}, "deabc"),
    ],
)
def test_a_field_goes_where_its_number_says_and_the_others_make_room(numbers, order):
    assert arranged([""], places(**numbers)) == [{"title": "", "keys": list(order)}]


def test_sections_keep_their_order_and_empty_ones_go():
    found = arranged(
        ["First", "Empty", " Last  one "],
        [Place("a", 2, 1), Place("b", 0, 2), Place("c", 0, 1), Place("d", None, 1)],
    )
    assert found == [{"title": "First", "keys": ["c", "b"]}, {"title": "Last one", "keys": ["a"]}]


def store(made, *, who="administrator", **given):
    given = {"name": "Short", "sections": ONE, **given}
    return layouts.store_layout(actor=made.actor(who), of=made.contacts, **given)


def test_a_layout_is_added_and_renamed_and_the_others_stay(made, standard):
    """T3."""
    before = descriptions.described(made.contacts)["layouts"]
    added = store(made, required=["name"])
    assert descriptions.described(made.contacts)["layouts"] == [
        *before,
        {"name": "Short", "sections": ONE, "required": ["name"]},
    ]
    renamed = store(made, name="Brief", layout=added)
    assert (renamed.pk, renamed.required) == (added.pk, [])
    assert [one.name for one in catalogue.layouts(made.contacts)] == ["Standard", "Brief"]
    assert len(leaves("module.defined", "module:contacts")) == 3


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"name": " "}, "Name the layout"),
        ({"name": "sTANDARD"}, "Another layout"),
        ({"sections": []}, "at least one"),
        ({"sections": [{"title": "X", "keys": ["name", "name"]}]}, "twice"),
        ({"sections": [{"title": "X", "keys": ["colour"]}]}, "colour"),
    ],
)
def test_a_layout_that_makes_no_sense_is_refused_and_changes_nothing(made, given, word):
    before = descriptions.described(made.contacts)
    with pytest.raises(BadInput) as refused:
        store(made, **given)
    assert word in str(refused.value)
    assert descriptions.described(made.contacts) == before
    assert store(made).name == "Short"


def test_one_layout_too_many_is_refused_by_the_name_of_the_limit(made, settings):
    """T15, decision 17."""
    settings.LIMIT_LAYOUTS = 2
    second = store(made)
    with pytest.raises(Conflict, match="DSR_LIMIT_LAYOUTS") as refused:
        store(made, name="Third")
    assert refused.value.code == "layout.limit"
    store(made, name="Still mine", layout=second)


def test_only_who_sets_up_changes_layouts(made, standard):
    for who in ("officer", "operator", "auditor", "subject"):
        with pytest.raises(Forbidden):
            store(made, who=who)
        with pytest.raises(Forbidden):
            store(made, who=who, name="Mine", layout=standard)
    assert Layout.objects.visible_to(_LOOK).get(pk=standard.pk).name == "Standard"


def sent(form, **change):
    """What a browser sends for the form as it stands, with the given changes."""
    found = {name: form[name].value() for name in form.fields}
    kept = {name: value for name, value in found.items() if value is not None and value is not False}
    return {**kept, **change}


def test_the_page_arranges_sections_and_order(made, standard):
    """T3: without dragging and without a script."""
    desk = seat(made, "administrator")
    place = f"/desk/setup/modules/contacts/layouts/{standard.pk}/"
    form = desk.get(place).context["form"]
    change = {"title-1": "Reach", "section-phone": "1", "section-email": "1", "number-health": "1"}
    change |= {"required-phone": "on", "name": "Calls"}
    assert desk.post(place, sent(form, **change)).status_code == 302
    stored = Layout.objects.visible_to(_LOOK).get(pk=standard.pk)
    assert (stored.name, stored.required) == ("Calls", ["phone"])
    assert stored.sections == [
        {"title": "", "keys": ["health", "name"]},
        {"title": "Reach", "keys": ["email", "phone"]},
    ]
    form = desk.get(place).context["form"]
    assert [row.field.key for row in form.rows()] == ["health", "name", "email", "phone"]
    assert desk.post(place, sent(form, **{"section-health": ""})).status_code == 302
    assert Layout.objects.visible_to(_LOOK).get(pk=standard.pk).sections[0]["keys"] == ["name"]
    assert desk.get(f"/desk/setup/modules/orders/layouts/{standard.pk}/").status_code == 404


def test_the_page_refuses_and_keeps_what_was_entered(made, standard):
    desk = seat(made, "administrator")
    place = f"/desk/setup/modules/contacts/layouts/{standard.pk}/"
    form = desk.get(place).context["form"]
    for change, where in (
        ({"title-1": "Nobody here"}, "title-1"),
        ({"name": ""}, "name"),
        ({"number-phone": "0"}, "number-phone"),
        ({"section-phone": "7"}, "section-phone"),
    ):
        answer = desk.post(place, sent(form, **change))
        assert answer.status_code == 400 and list(answer.context["form"].errors) == [where]
    assert "Nobody here" in desk.post(place, sent(form, **{"title-1": "Nobody here"})).content.decode()
    assert Layout.objects.visible_to(_LOOK).get(pk=standard.pk).sections == standard.sections


def test_a_layout_is_added_by_page(made):
    desk = seat(made, "administrator")
    place = "/desk/setup/modules/contacts/layouts/"
    form = desk.get(place).context["form"]
    assert desk.post(place, sent(form, name="Second")).status_code == 302
    assert [one.name for one in catalogue.layouts(made.contacts)] == ["Standard", "Second"]


def test_a_field_required_in_the_layout_must_be_filled_in(made, standard):
    """F3: for everybody who adds a record in it."""
    operator = made.actor("operator")
    create_record(actor=operator, module=made.contacts, given={"name": "Ann"}, source="t", at=cast.NOW)
    store(made, name="Standard", layout=standard, sections=standard.sections, required=["phone"])
    with pytest.raises(BadInput) as refused:
        create_record(actor=operator, module=made.contacts, given={"name": "Bo"}, source="t", at=cast.NOW)
    assert list(refused.value.fields) == ["phone"]
