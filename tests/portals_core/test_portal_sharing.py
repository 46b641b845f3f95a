"""What the portal does with what a user type opens: reach, acts, clone, cards, required fields (T, F)."""

import re

import pytest

from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.people import usertypes
from portals_core.plumbing.errors import BadInput, Forbidden, Locked
from portals_core.plumbing.sources import SOURCES
from portals_core.records import catalogue
from portals_core.records.models import Field, Layout, Record
from portals_core.writing.records import change_record, create_record, delete_record
from tests import cast
from tests.consent import consent_cast
from tests.portals_core.trail import details
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
OWN = {
    "module": "contacts",
    "create": True,
    "edit": True,
    "fields": {"name": "editable", "email": "editable", "phone": "editable"},
}
BOUGHT = {
    "module": "orders",
    "via": ["customer"],
    "create": True,
    "fields": {"number": "editable", "customer": "editable", "total": "editable", "agent": "visible"},
}


@pytest.fixture
def made():
    return cast.set_up()


def opened(made, *modules):
    usertypes.define_user_type(
        actor=made.actor("administrator"),
        name="Customer Portal",
        identity_module="contacts",
        modules=list(modules),
    )
    return made.actor("subject")


def seen(actor, module):
    return set(Record.objects.visible_to(actor, module=module.pk).values_list("pk", flat=True))


def restrict(record):
    place.place(
        actor=_LOOK, record=record.pk, ground="restriction", reason="test", placed_by="case:1", at=cast.NOW
    )


# --- reach ------------------------------------------------------------------------------------------


def test_ones_own_record_is_always_in_reach(made):
    """T1: in whatever layout, with no field opened and nothing allowed; a stranger's never."""
    away = Layout(module=made.contacts, name="Away", sections=[])
    away.save()
    Layout(module=made.contacts, name="Here", sections=[]).save()
    Record.objects.visible_to(_LOOK).filter(pk=made.subject.pk).update(layout=away)
    actor = opened(made, {"module": "contacts", "layouts": ["Here"], "fields": {}})
    assert seen(actor, made.contacts) == {made.subject.pk, made.added.pk}
    assert seat(made, "subject").get(f"/m/contacts/{made.subject.pk}/").status_code == 200


def test_only_records_in_the_shared_layouts_are_in_reach(made):
    """T3: with no layout chosen, all of them."""
    layouts = []
    for name in ("Sale", "Return"):
        layouts.append(Layout(module=made.orders, name=name, sections=[{"title": "", "keys": ["customer"]}]))
        layouts[-1].save()
    sale, back = (cast.order(made, number, made.subject) for number in ("S-1", "R-1"))
    for record, layout in zip((sale, back), layouts, strict=True):
        Record.objects.visible_to(_LOOK).filter(pk=record.pk).update(layout=layout)
    assert seen(opened(made, OWN, BOUGHT), made.orders) == {sale.pk, back.pk}
    assert seen(opened(made, OWN, {**BOUGHT, "layouts": ["Sale"]}), made.orders) == {sale.pk}


def test_what_a_person_adds_begins_in_a_layout_they_see(made):
    """T3, F1: the module's first one is not shared with them; a copy stays in the layout of its original."""
    first, back = [
        Layout(module=made.orders, name=name, sections=[{"title": "", "keys": ["customer"]}], position=place)
        for place, name in enumerate(("Sale", "Return"))
    ]
    first.save()
    back.save()
    customer = opened(made, OWN, {**BOUGHT, "create": True, "clone": True, "layouts": ["Return"]})
    given = {"number": "ADDED-2", "customer": str(made.subject.pk)}
    added = create_record(actor=customer, module=made.orders, given=given, source="portal", at=cast.NOW)
    assert added.layout == back and added.pk in seen(customer, made.orders)
    officer, given = made.actor("operator"), {"number": "ADDED-3", "customer": str(made.subject.pk)}
    told = {"actor": officer, "module": made.orders, "source": "staff", "at": cast.NOW}
    assert create_record(given=given, **told).layout == catalogue.layouts(made.orders).first() != back
    copied = create_record(given={**given, "number": "ADDED-4"}, clone_of=added.pk, **told)
    assert copied.layout == back


def test_changing_and_deleting_act_on_what_the_person_added(made):
    """T4, T14: what was shared from inside needs a right of its own, and is never deleted."""
    theirs = cast.order(made, "SHARED-1", made.subject)
    bought = {**BOUGHT, "edit": True, "delete": True}
    actor = opened(made, OWN, bought)
    mine = create_record(
        actor=actor,
        module=made.orders,
        given={"number": "ADDED-1", "customer": str(made.subject.pk)},
        source="portal",
        at=cast.NOW,
    )
    assert change_record(actor=actor, record=mine.pk, given={"total": "1"}, at=cast.NOW)
    with pytest.raises(Forbidden):
        change_record(actor=actor, record=theirs.pk, given={"total": "1"}, at=cast.NOW)
    actor = opened(made, OWN, {**bought, "edit_shared": True})
    assert change_record(actor=actor, record=theirs.pk, given={"total": "1"}, at=cast.NOW)
    with pytest.raises(Forbidden):
        delete_record(actor=actor, record=theirs.pk, at=cast.NOW)
    delete_record(actor=actor, record=mine.pk, at=cast.NOW)
    assert seen(actor, made.orders) == {theirs.pk}


def test_the_chosen_link_decides_who_sees_a_record(made):
    """T6: of two links only the one that was chosen counts; with both chosen, both do."""
    bought = cast.order(made, "BOUGHT", made.subject, agent=str(made.stranger.pk))
    sold = cast.order(made, "SOLD", made.stranger, agent=str(made.subject.pk))
    assert seen(opened(made, OWN, BOUGHT), made.orders) == {bought.pk}
    assert seen(opened(made, OWN, {**BOUGHT, "via": ["agent"]}), made.orders) == {sold.pk}
    assert seen(opened(made, OWN, {**BOUGHT, "via": ["customer", "agent"]}), made.orders) == {
        bought.pk,
        sold.pk,
    }


def test_a_way_over_a_second_record_reaches_what_hangs_on_it(made):
    """T6, C5: the lines of one's orders, and not those of others."""
    mine = cast.line(made, cast.order(made, "A1", made.subject), "Mine")
    cast.line(made, cast.order(made, "A2", made.stranger), "Bait")
    lines = {"module": "lines", "via": ["order.customer"], "fields": {"product": "visible"}}
    assert seen(opened(made, OWN, lines), made.lines) == {mine.pk}


def test_a_public_module_shows_all_records_or_those_that_keep_the_conditions(made):
    """T13: and the person's own identity module stays private (T12)."""
    few, many = (
        cast.order(made, number, made.stranger, total=total) for number, total in (("1", "5"), ("2", "50"))
    )
    public = {"module": "orders", "sharing": "public", "fields": {"number": "visible"}}
    assert seen(opened(made, OWN, public), made.orders) == {few.pk, many.pk}
    narrow = {**public, "conditions": {"field": "total", "how": "gt", "value": "10"}}
    assert seen(opened(made, OWN, narrow), made.orders) == {many.pk}
    with pytest.raises(BadInput, match="only be shared as private"):
        opened(made, {**OWN, "sharing": "public"})


def test_switching_a_module_off_leaves_it_in_the_copy(made):
    """T11, F1: the report tells what the portal no longer shows, whatever the layout."""
    mine = cast.order(made, "MINE-1", made.subject)
    assert seen(opened(made, OWN, BOUGHT), made.orders) == {mine.pk}
    actor = opened(made, OWN)
    assert seen(actor, made.orders) == set()
    rows = list(SOURCES.get("records").export(made.subject.pk, actor=actor))
    assert [row.values["number"] for row in rows if row.table == "orders"] == ["MINE-1"]


# --- correction and required fields -----------------------------------------------------------------


def test_changing_ones_own_data_leaves_its_history(made):
    """T9: no request is needed, and the leaf tells before and after."""
    actor = opened(made, OWN)
    change_record(actor=actor, record=made.subject.pk, given={"name": "Sage Summer"}, at=cast.NOW)
    (leaf,) = details("record.changed", f"record:{made.subject.pk}")
    assert (leaf["before"], leaf["after"]) == ({"name": "Sage Winter"}, {"name": "Sage Summer"})


def test_a_field_to_look_at_offers_a_correction(made):
    """F2: and one that can be changed does not."""
    opened(made, {**OWN, "fields": {"name": "editable", "email": "visible"}})
    page = seat(made, "subject").get(f"/m/contacts/{made.subject.pk}/").content.decode()
    assert re.findall(r'Ask for correction<span class="visually-hidden">: (.*?)</span>', page) == ["E-mail"]


@pytest.mark.parametrize("by", ["module", "type", "layout"])
def test_what_must_be_filled_in_is_marked_and_asked_for(made, by):
    """F3: by the module, by what is shared, by the layout; the field beside it stays optional."""
    fields = {**OWN["fields"], **({"phone": "required"} if by == "type" else {})}
    if by == "module":
        Field.objects.visible_to(_LOOK).filter(module=made.contacts, key="phone").update(required=True)
    if by == "layout":
        Layout.objects.visible_to(_LOOK).filter(module=made.contacts).update(required=["phone"])
    opened(made, {**OWN, "fields": fields})
    client = seat(made, "subject")
    form = client.get("/m/contacts/new/").context["form"]
    assert (form.fields["phone"].required, form.fields["email"].required) == (True, False)
    refused = client.post("/m/contacts/new/", {"f-name": "New Person"})
    assert refused.status_code == 400 and set(refused.context["form"].errors) == {"phone"}
    assert client.post("/m/contacts/new/", {"f-name": "N", "f-phone": "+48221234567"}).status_code == 302


# --- clone ------------------------------------------------------------------------------------------


@pytest.fixture
def original(made):
    agent = str(made.stranger.pk)
    return cast.order(made, "A-1", made.subject, total="12.50", agent=agent, margin="33.5")


def test_a_clone_begins_with_what_may_be_read_and_written(made, original):
    """T7: no unique value, no hidden one, no one that can only be seen; the leaf names the original."""
    opened(made, OWN, {**BOUGHT, "clone": True})
    client, address = seat(made, "subject"), f"/m/orders/{original.pk}/clone/"
    assert address in client.get(f"/m/orders/{original.pk}/").content.decode()
    form = client.get(address).context["form"]
    assert {name: form[name].value() for name in form.fields if name != "version"} == {
        "number": "",
        "customer": str(made.subject.pk),
        "total": "12.50",
    }
    sent = {"f-customer": str(made.subject.pk), "f-total": "12.50"}
    assert client.post(address, sent).status_code == 400
    new = client.post(address, {**sent, "f-number": "A-2"})["Location"].strip("/").split("/")[-1]
    stored = Record.objects.visible_to(_LOOK).get(pk=new)
    assert stored.values == {"number": "A-2", "customer": str(made.subject.pk), "total": "12.50"}
    assert stored.creator_id == made.users["subject"].pk
    (leaf,) = details("record.created", f"record:{new}")
    assert leaf["clone_of"] == str(original.pk)


def test_a_link_out_of_sight_is_not_copied(made, original):
    """T7: the person may write the field, and does not see whom it names."""
    opened(made, OWN, {**BOUGHT, "clone": True, "fields": {**BOUGHT["fields"], "agent": "editable"}})
    client, address = seat(made, "subject"), f"/m/orders/{original.pk}/clone/"
    page = client.get(address)
    assert page.context["form"]["agent"].value() in ("", None)
    assert str(made.stranger.pk) not in page.content.decode()
    sent = {"f-number": "A-2", "f-customer": str(made.subject.pk), "f-total": "12.50", "f-agent": ""}
    new = client.post(address, sent)["Location"].strip("/").split("/")[-1]
    assert "agent" not in Record.objects.visible_to(_LOOK).get(pk=new).values


def test_cloning_is_a_right_of_its_own(made, original):
    """T7: without it there is no button and no page; nobody clones what is out of sight or restricted."""
    opened(made, OWN, BOUGHT)
    client, address = seat(made, "subject"), f"/m/orders/{original.pk}/clone/"
    assert "/clone/" not in client.get(f"/m/orders/{original.pk}/").content.decode()
    assert client.get(address).status_code == 403
    actor = opened(made, OWN, {**BOUGHT, "clone": True})
    assert client.get(address).status_code == 200
    foreign = cast.order(made, "FOREIGN", made.stranger)
    assert client.get(f"/m/orders/{foreign.pk}/clone/").status_code == 404
    restrict(original)
    assert "/clone/" not in client.get(f"/m/orders/{original.pk}/").content.decode()
    with pytest.raises(Locked):
        create_record(
            actor=actor,
            module=made.orders,
            given={"number": "A-2"},
            source="portal",
            clone_of=original.pk,
            at=cast.NOW,
        )


def test_a_clone_of_a_person_starts_undecided(made):
    """D19: the consent of the original is bait."""
    asked = consent_cast.Asked(made, *consent_cast.offer())
    asked.give("subject")
    opened(made, {**OWN, "clone": True})
    sent = {"f-name": "Sage Winter", "f-email": "other@people.example"}
    address = seat(made, "subject").post(f"/m/contacts/{made.subject.pk}/clone/", sent)["Location"]
    assert consent_cast.states(made.subject.pk) == ["obtained"]
    assert consent_cast.states(address.strip("/").split("/")[-1]) == []


# --- list or cards ----------------------------------------------------------------------------------


def test_cards_show_what_the_list_shows_and_nothing_to_press(made, original):
    """T5: the same records and values; links to the records are all there is in a card."""
    listed = seat(made, "subject")
    opened(made, OWN, BOUGHT)
    table = listed.get("/m/orders/").content.decode()
    opened(made, OWN, {**BOUGHT, "view": "cards"})
    cards = listed.get("/m/orders/").content.decode()
    assert '<table class="table' in table and '<table class="table' not in cards
    found = re.search(r'<ul class="cards".*?</ul>', cards, re.DOTALL)
    assert found and "A-1" in found[0] and "12.50" in found[0] and "33.5" not in cards
    assert not re.search(r"<(button|form|input)", found[0])
    assert f"/m/orders/{original.pk}/" in found[0]
