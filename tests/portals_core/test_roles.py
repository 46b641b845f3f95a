"""Roles: what they hold, which modules and fields they reach, and who may still manage people (F9, F10)."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.people import accounts, role_definitions, roles
from portals_core.people.models import ModuleAccess, Role
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records import listing, reads
from portals_core.records.models import Record
from portals_core.writing.records import change_record, create_record, delete_record
from tests import cast
from tests.portals_core.trail import details, leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
CONTACTS = {
    "module": "contacts",
    "create": True,
    "edit": True,
    "fields": {"name": "editable", "email": "visible"},
}
ORDERS = {"module": "orders", "fields": {"number": "visible", "total": "visible"}}
LINES = {"module": "lines", "edit": True, "fields": {"product": "editable"}}
SALES = {
    "key": "sales_manager",
    "name": "Sales manager",
    "permissions": ["records.view", "records.edit"],
    "limited": True,
    "modules": [CONTACTS, ORDERS],
}
SUPPORT = {
    "key": "technical_support",
    "name": "Technical support",
    "permissions": ["records.view", "records.edit"],
    "limited": True,
    "modules": [LINES],
}


@pytest.fixture
def made():
    return cast.set_up()


def define(made, described, *, who="administrator", **change):
    return role_definitions.define_role(actor=made.actor(who), at=cast.NOW, **{**described, **change})


def hire(made, who, *described):
    """A member of staff with exactly these roles, as an actor."""
    made.users[who] = accounts.create_staff(
        actor=cast.SETTING_UP,
        email=f"{who}@staff.example",
        name=who.title(),
        roles=[one["key"] for one in described],
        at=cast.NOW,
    )
    return made.actor(who)


@pytest.fixture
def house(made):
    """F10's example: sales sees people and orders, support only order lines (which stand for cases)."""
    for described in (SALES, SUPPORT):
        define(made, described)
    order = cast.order(made, "A1", made.subject)
    return {
        "sales": hire(made, "sales", SALES),
        "support": hire(made, "support", SUPPORT),
        "order": order,
        "line": cast.line(made, order, "Lamp"),
    }


def seen(actor):
    return set(Record.objects.visible_to(actor).values_list("pk", flat=True))


def test_two_roles_meet_only_their_own_sections(made, house):
    """F9, F10: Sales manager sees clients and deals, Technical support only cases."""
    people = {made.subject.pk, made.added.pk, made.stranger.pk}
    assert seen(house["sales"]) == people | {house["order"].pk}
    assert seen(house["support"]) == {house["line"].pk}
    assert seen(made.actor("operator")) == people | {house["order"].pk, house["line"].pk}
    assert [one.key for one in reads.modules_in_reach(house["sales"])] == ["contacts", "orders"]
    assert [one.key for one in reads.modules_in_reach(house["support"])] == ["lines"]
    assert [one.key for one in reads.modules_in_reach(made.actor("operator"))] == [
        "contacts",
        "orders",
        "lines",
    ]
    with pytest.raises(Absent):
        reads.module_in_reach(house["support"], "contacts")
    with pytest.raises(Absent):
        reads.record(house["support"], made.contacts, made.subject.pk)
    assert reads.record(house["sales"], made.contacts, made.subject.pk) == made.subject


def test_staff_who_see_no_records_reach_no_module(made):
    """F9: an auditor has no section of records, whatever stands in other roles."""
    assert reads.modules_in_reach(made.actor("auditor")) == []


def test_a_limited_role_manages_only_its_fields(made, house):
    """F9: seeing and managing of fields are limited one by one."""
    change_record(actor=house["sales"], record=made.subject.pk, given={"name": "Sage Spring"}, at=cast.NOW)
    for key, value in {"email": "new@people.example", "phone": "+48 1", "health": "well"}.items():
        with pytest.raises(Forbidden):
            change_record(actor=house["sales"], record=made.subject.pk, given={key: value}, at=cast.NOW)
    assert [one.key for one in reads.readable(house["sales"], made.contacts)] == ["name", "email"]
    with pytest.raises(Forbidden):
        change_record(actor=house["sales"], record=house["order"].pk, given={"total": "1"}, at=cast.NOW)
    change_record(actor=made.actor("operator"), record=house["order"].pk, given={"total": "1"}, at=cast.NOW)


def test_a_limited_role_adds_and_deletes_only_where_its_acts_say(made, house):
    """F9: acts count per section."""
    create_record(actor=house["sales"], module=made.contacts, given={"name": "Nell"}, source="t", at=cast.NOW)
    with pytest.raises(Forbidden):
        create_record(
            actor=house["sales"], module=made.orders, given={"number": "B"}, source="t", at=cast.NOW
        )
    with pytest.raises(Forbidden):
        delete_record(actor=house["sales"], record=made.stranger.pk, at=cast.NOW)
    delete_record(actor=made.actor("operator"), record=made.stranger.pk, at=cast.NOW)


def test_links_into_foreign_sections_have_no_title(made, house):
    """F9: a line names its order, which support does not reach."""
    wide = {**LINES, "fields": {"product": "visible", "order": "visible"}}
    define(made, SUPPORT, modules=[wide])
    support = made.actor("support")
    cells = [cell.shown for part in reads.sections(support, made.lines, house["line"]) for cell in part.cells]
    assert [(one.field.key, one.kind) for one in cells] == [("order", "elsewhere"), ("product", "text")]
    cells = [
        cell.shown.kind
        for part in reads.sections(made.actor("operator"), made.lines, house["line"])
        for cell in part.cells
    ]
    assert "link" in cells


def test_what_is_hidden_is_not_found_either(made, house):
    """F9, F14: the phone is no column, and neither it nor a hidden title finds anything."""
    change_record(
        actor=made.actor("operator"), record=made.subject.pk, given={"phone": "+48 600"}, at=cast.NOW
    )
    page = listing.page(house["sales"], made.contacts, find="sage@people.example")
    assert [row.id for row in page.rows] == [made.subject.pk]
    assert [one.key for one in page.columns] == ["email"]
    nameless = {**CONTACTS, "create": False, "fields": {"email": "visible"}}
    define(made, SALES, modules=[nameless])
    page = listing.page(made.actor("sales"), made.contacts, find="Sage")
    assert (list(page.rows), page.title_finds) == ([], False)


def test_two_roles_open_what_either_opens(made, house):
    """F9: roles add up."""
    both = hire(made, "both", SALES, SUPPORT)
    assert seen(both) == seen(house["sales"]) | seen(house["support"])


def test_one_unlimited_role_reaches_everything(made, house):
    roles.ensure_default_roles(actor=made.actor("administrator"), at=cast.NOW)
    wide = hire(made, "wide", SALES, {"key": "operator"})
    assert house["line"].pk in seen(wide) and "records.view" not in wide.limited


def test_a_role_that_shrinks_counts_at_once_and_stays_provable(made, house):
    """F9: the leaf keeps the whole description, before and after."""
    define(made, SALES, name="Sales", modules=[ORDERS])
    assert seen(made.actor("sales")) == {house["order"].pk}
    told = details("role.defined", "role:sales_manager")
    first, second = sorted(told, key=lambda row: -len(row["modules"]))
    assert [row["module"] for row in first["modules"]] == ["contacts", "orders"]
    assert (second["name"], [row["module"] for row in second["modules"]]) == ("Sales", ["orders"])
    assert role_definitions.description_of(role_definitions.role("sales_manager")) == second
    again = role_definitions.description_of(define(made, second))
    assert again == second


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": " "}, "Name the role"),
        ({"name": "Operator"}, "Another role"),
        ({"key": "two words"}, "key"),
        ({"key": "_"}, "key"),
        ({"permissions": ["records.view", "everything"]}, "everything"),
        ({"limited": False}, "lists none"),
        ({"modules": []}, "Choose the modules"),
        ({"permissions": ["records.view"]}, "Change records"),
        ({"modules": [{**ORDERS, "export": True}]}, "Export"),
        ({"modules": [ORDERS, ORDERS]}, "twice"),
        ({"modules": [{**ORDERS, "via": ["customer"]}]}, "via"),
        ({"modules": [{**ORDERS, "fields": {"colour": "visible"}}]}, "no field"),
        ({"modules": [{**ORDERS, "create": True}]}, "required"),
        ({"modules": [{**CONTACTS, "create": False, "clone": True}]}, "add records"),
    ],
)
def test_a_role_that_makes_no_sense_is_refused_and_changes_nothing(made, change, word):
    with pytest.raises(BadInput) as refused:
        define(made, SALES, **change)
    assert word in str(refused.value)
    assert not roles.roles().filter(key=SALES["key"]).exists()
    assert define(made, SALES).name == "Sales manager"


def test_only_who_manages_people_defines_and_deletes(made):
    define(made, SALES)
    for who in ("officer", "auditor", "operator", "subject"):
        with pytest.raises(Forbidden):
            define(made, SALES, who=who)
        with pytest.raises(Forbidden):
            role_definitions.delete_role(actor=made.actor(who), key="sales_manager", at=cast.NOW)
    role_definitions.delete_role(actor=made.actor("administrator"), key="sales_manager", at=cast.NOW)


def test_a_role_goes_only_when_nobody_holds_it(made, house):
    admin = made.actor("administrator")
    with pytest.raises(Conflict, match="Give them other roles"):
        role_definitions.delete_role(actor=admin, key="sales_manager", at=cast.NOW)
    roles.set_roles(actor=admin, user=made.users["sales"], roles=["technical_support"], at=cast.NOW)
    role_definitions.delete_role(actor=admin, key="sales_manager", at=cast.NOW)
    assert not Role.objects.visible_to(_LOOK).filter(key="sales_manager").exists()
    assert not ModuleAccess.objects.visible_to(_LOOK).filter(role__key="sales_manager").exists()
    assert [row["name"] for row in details("role.deleted", "role:sales_manager")] == ["Sales manager"]
    with pytest.raises(Absent):
        role_definitions.delete_role(actor=admin, key="sales_manager", at=cast.NOW)


def test_the_last_right_to_manage_people_stays(made):
    """Nobody could give it back."""
    described = role_definitions.description_of(role_definitions.role("administrator"))
    less = [name for name in described["permissions"] if name != "people.manage"]
    with pytest.raises(Conflict) as refused:
        define(made, described, permissions=less)
    assert refused.value.code == "staff.last_administrator"
    assert made.actor("administrator").may("people.manage")
    define(made, {"key": "hr", "name": "People office", "permissions": ["people.manage"]})
    spare = hire(made, "spare", {"key": "hr"})
    define(made, described, permissions=less)
    assert not made.actor("administrator").may("people.manage") and spare.may("people.manage")


def test_the_command_reads_both_kinds_of_file(made, tmp_path, capsys):
    admin = {"acting": "administrator@staff.example"}
    (tmp_path / "role.json").write_text(json.dumps(SALES))
    call_command("define_role", tmp_path / "role.json", **admin, json=True)
    assert json.loads(capsys.readouterr().out) == {
        "key": "sales_manager",
        "name": "Sales manager",
        "limited": True,
    }
    (tmp_path / "role.toml").write_text(
        'key = "support"\nname = "Support"\npermissions = ["records.view"]\nlimited = true\n'
        '[[modules]]\nmodule = "lines"\n[modules.fields]\nproduct = "visible"\n'
    )
    call_command("define_role", tmp_path / "role.toml", **admin)
    assert role_definitions.role("support").limited
    assert {actor for actor, _ in leaves("role.defined", "role:support")} == {made.users["administrator"].ref}


@pytest.mark.parametrize(
    ("described", "acting", "status"),
    [
        ({"key": "x", "name": "X"}, "administrator", 64),
        ({**SALES, "colour": "red"}, "administrator", 64),
        ({**SALES, "permissions": "records.view"}, "administrator", 64),
        ({**SALES, "modules": ["orders"]}, "administrator", 64),
        (SALES, "officer", 77),
    ],
)
def test_the_command_refuses_with_the_status_of_its_error(made, tmp_path, described, acting, status):
    (tmp_path / "role.json").write_text(json.dumps(described))
    with pytest.raises(SystemExit) as ended:
        call_command("define_role", tmp_path / "role.json", acting=f"{acting}@staff.example")
    assert ended.value.code == status
    assert not roles.roles().filter(name="Sales manager").exists()


def test_locks_show_as_far_as_the_records_do(made, house):
    """F9: the register of a limited role has the locks of its modules alone."""
    for record in (house["order"], house["line"]):
        place.place(
            actor=cast.SETTING_UP,
            record=record.pk,
            ground="business",
            reason="test",
            placed_by="test",
            at=cast.NOW,
        )
    assert [lock.record_id for lock in place.register(house["sales"])] == [house["order"].pk]
    assert place.register(made.actor("administrator")).count() == 2
