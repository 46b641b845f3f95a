"""The grid of a user type: what it offers, what it keeps, what it refuses (T1–T7, T13, T15, F1–F3, M2)."""

import pytest

from portals_core.access.actor import system
from portals_core.people import usertypes
from portals_core.plumbing.errors import BadInput
from portals_core.records import catalogue
from portals_core.records.models import Field, Layout
from tests import cast
from tests.portals_core.test_people_pages import posted
from tests.portals_core.trail import details
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
PRODUCTS = {
    "key": "products",
    "label": "Product",
    "label_plural": "Products",
    "title_key": "name",
    "fields": [{"key": "name", "label": "Name", "required": True}, {"key": "price", "label": "Price"}],
}
COMPANIES = {
    "key": "companies",
    "label": "Company",
    "label_plural": "Companies",
    "title_key": "name",
    "fields": [{"key": "name", "label": "Name", "required": True}],
}
OWN = {"module": "contacts", "edit": True, "fields": {"name": "editable"}}
BOUGHT = {
    "module": "orders",
    "via": ["customer"],
    "fields": {"number": "visible", "customer": "visible", "total": "visible"},
}


@pytest.fixture
def made():
    made = cast.set_up()
    for one in (PRODUCTS, COMPANIES):
        catalogue.define(actor=cast.SETTING_UP, description=one)
    link = {"key": "company", "label": "Company", "type": "lookup", "target": "companies"}
    catalogue.define(
        actor=cast.SETTING_UP, description={**cast.CONTACTS, "fields": [*cast.CONTACTS["fields"], link]}
    )
    for name, keys in (("Sale", ["number", "customer"]), ("Return", ["number", "customer", "total"])):
        Layout(module=made.orders, name=name, sections=[{"title": "", "keys": keys}]).save()
    return made


@pytest.fixture
def admin(made):
    return seat(made, "administrator")


def define(made, *modules, **more):
    return usertypes.define_user_type(
        actor=made.actor("administrator"),
        name="Suppliers",
        identity_module="contacts",
        modules=list(modules),
        **more,
    )


def grid(client, stored):
    """(address, the values a browser would send back unchanged)."""
    address = f"/desk/user-types/{stored.pk}/"
    form = client.get(address).context["form"]
    return address, {name: form[name].value() for name in form.fields}


def rows(stored):
    described = usertypes.description_of(usertypes.user_type(stored.pk))
    return {row["module"]: row for row in described["modules"]}


def test_every_module_is_offered_with_its_ways_to_the_person(made, admin):
    """T2: links straight to the person and over a second record, by their names; never a masked one."""
    Field.objects.visible_to(_LOOK).filter(module=made.orders, key="agent").update(masked=True)
    page = admin.get(f"/desk/user-types/{made.user_type.pk}/")
    found = {sheet.offer.module.key: list(sheet.offer.ways) for sheet in page.context["form"].sheets()}
    assert found == {
        "contacts": [],
        "orders": [("customer", "Customer")],
        "lines": [("order.customer", "Order › Customer")],
        "products": [],
        "companies": [],
    }
    assert list(found)[:3] == ["contacts", "orders", "lines"]
    assert "Order › Customer" in page.content.decode()
    Field.objects.visible_to(_LOOK).filter(module=made.orders, key="agent").update(masked=False)
    form = admin.get(f"/desk/user-types/{made.user_type.pk}/").context["form"]
    assert ("agent", "Agent") in next(s for s in form.sheets() if s.offer.module == made.orders).offer.ways


def test_saving_without_a_change_keeps_everything_conditions_included(made, admin):
    """T3–T6, F1–F3, M2: what the page does not show of a type it does not lose either."""
    criteria = {"field": "total", "how": "gt", "value": "10"}
    stored = define(
        made,
        {
            **OWN,
            "create": True,
            "clone": True,
            "fields": {"name": "required", "email": "visible"},
            "far": ["name"],
        },
        {
            **BOUGHT,
            "match": "any",
            "conditions": criteria,
            "layouts": ["Return"],
            "layout_fields": {"Return": {"number": "visible", "total": "visible"}},
            "far": ["number"],
            "view": "cards",
            "export": True,
            "edit_shared": True,
        },
        {"module": "products", "sharing": "public", "fields": {"name": "visible"}},
        company_key="company",
    )
    before = usertypes.description_of(stored)
    assert before["modules"][1]["conditions"]
    address, given = grid(admin, stored)
    assert admin.post(address, posted(given)).status_code == 302
    assert usertypes.description_of(usertypes.user_type(stored.pk)) == before
    assert "Total is more than" in admin.get(address).content.decode()


def test_a_field_is_required_far_or_hidden_by_choice(made, admin):
    """F3, C6: the far box starts as not personal, and each is stored as it was sent."""
    stored = define(made, OWN, BOUGHT)
    address, given = grid(admin, stored)
    assert (given["contacts-far-phone"], given["orders-far-margin"]) == (False, True)
    given |= {"contacts-field-phone": "required", "orders-far-total": False, "orders-field-margin": "visible"}
    assert admin.post(address, posted(given)).status_code == 302
    found = rows(stored)
    assert found["contacts"]["fields"]["phone"] == "required"
    assert found["orders"]["far"] == ["customer", "margin", "number"]


def test_a_layout_gets_fields_of_its_own_in_two_steps(made, admin):
    """T3, F1: set apart it begins with the module's fields; then each of its fields is chosen alone."""
    stored = define(made, OWN, BOUGHT)
    address, given = grid(admin, stored)
    assert not any("-in-" in name for name in given)
    admin.post(address, posted({**given, "orders-apart": ["Sale"]}))
    assert rows(stored)["orders"]["layout_fields"] == {"Sale": rows(stored)["orders"]["fields"]}
    address, given = grid(admin, stored)
    apart = [name for name in given if "-in-" in name]
    assert len(apart) == len(catalogue.fields(made.orders))
    hidden = {name: "hidden" for name in apart if not name.endswith("-number")}
    admin.post(address, posted({**given, **hidden}))
    assert rows(stored)["orders"]["layout_fields"] == {"Sale": {"number": "visible"}}
    refused = admin.post(address, posted({**given, **dict.fromkeys(apart, "hidden")}))
    assert refused.status_code == 400 and "none is chosen" in refused.content.decode()


def test_only_a_module_without_people_and_personal_fields_can_be_public(made, admin):
    """T12, T13."""
    stored = define(made, OWN)
    address, given = grid(admin, stored)
    assert {name for name in given if name.endswith("-sharing")} == {
        "orders-sharing",
        "lines-sharing",
        "products-sharing",
        "companies-sharing",
    }
    given |= {"products-shared": True, "products-sharing": "public", "products-field-name": "visible"}
    assert admin.post(address, posted(given)).status_code == 302
    assert rows(stored)["products"]["sharing"] == "public"
    Field.objects.visible_to(_LOOK).filter(module__key="products", key="price").update(personal="normal")
    description = usertypes.description_of(usertypes.user_type(stored.pk))
    with pytest.raises(BadInput, match="personal field"):
        usertypes.define_user_type(actor=made.actor("administrator"), **description)


def test_a_way_that_was_masked_meanwhile_is_refused_and_not_dropped(made, admin):
    """T6: left out without a word, the conditions alone would share more than before."""
    stored = define(made, OWN, {**BOUGHT, "conditions": {"field": "total", "how": "gt", "value": "10"}})
    Field.objects.visible_to(_LOOK).filter(module=made.orders, key="customer").update(masked=True)
    address, given = grid(admin, stored)
    refused = admin.post(address, posted(given))
    assert refused.status_code == 400 and "masked and cannot decide" in refused.content.decode()
    assert rows(stored)["orders"]["via"] == ["customer"]


def test_the_link_to_the_company_is_chosen_for_the_type(made, admin):
    """M2."""
    stored = define(made, OWN)
    address, given = grid(admin, stored)
    assert admin.post(address, posted({**given, "company_key": "company"})).status_code == 302
    assert usertypes.user_type(stored.pk).company_key == "company"
    assert admin.post(address, posted({**given, "company_key": "email"})).status_code == 400


def test_a_change_of_the_way_is_recorded(made, admin):
    """T6: the scope a type had on a date can be told from the leaves."""
    stored = define(made, OWN, BOUGHT)
    address, given = grid(admin, stored)
    admin.post(address, posted({**given, "orders-via": ["agent"]}))
    leaves = details("user_type.defined", f"user_type:{stored.pk}")
    ways = [{row["module"]: row["via"] for row in leaf["modules"]}["orders"] for leaf in leaves]
    assert ways == [["customer"], ["agent"]]


def test_limits_are_named_when_they_are_reached(made, settings):
    """T15, decision 17: layouts, fields, and the way must stand in every layout that is shared."""
    both = {**BOUGHT, "layouts": ["Sale", "Return"]}
    define(made, OWN, both)
    settings.LIMIT_LAYOUTS = 1
    with pytest.raises(BadInput, match="DSR_LIMIT_LAYOUTS"):
        define(made, OWN, both)
    settings.LIMIT_LAYOUTS, settings.LIMIT_FIELDS = 7, 2
    with pytest.raises(BadInput, match="DSR_LIMIT_FIELDS"):
        define(made, OWN, both)
    settings.LIMIT_FIELDS = 500
    Layout.objects.visible_to(_LOOK).filter(name="Sale").update(sections=[{"title": "", "keys": ["number"]}])
    with pytest.raises(BadInput, match="must be in the layout “Sale”"):
        define(made, OWN, both)
    define(made, OWN, {**both, "layouts": ["Return"]})


def test_a_grid_of_many_modules_and_fields_is_taken_whole(made, admin):
    """T2: 20 modules of 40 fields are more values than a form may send by default."""
    for number in range(20):
        fields = [{"key": f"f{one}", "label": f"Field {one}"} for one in range(40)]
        name = f"module{number}"
        described = {"key": name, "label": name, "label_plural": name, "title_key": "f0", "fields": fields}
        catalogue.define(actor=cast.SETTING_UP, description=described)
    stored = define(made, OWN, BOUGHT)
    address, given = grid(admin, stored)
    wanted = {"module19-shared": True, "module19-sharing": "public", "module19-field-f39": "visible"}
    assert admin.post(address, posted({**given, **wanted})).status_code == 302
    assert rows(stored)["module19"]["fields"] == {"f39": "visible"}
