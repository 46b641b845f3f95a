"""Nothing a person may ask tells them what they may not see (promises 2 and 3, attacks 15–17, F14).

Every probe asks everything twice: with one hidden value in the store and with another. Pages, counts,
statuses and files must be equal to the letter. The twin beside it changes the same value where it may be
seen, and some answer must change: the questions are able to tell.
"""

import re

import pytest

from portals_core.access.actor import system
from portals_core.people.models import (
    FieldAccess,
    Holding,
    LayoutAccess,
    ModuleAccess,
    Profile,
    ProfileField,
    ProfileModule,
    Role,
)
from portals_core.records import catalogue, values
from portals_core.records.models import Field, Layout, Module, Project, Record, UniqueValue
from portals_core.writing.notes import add_note
from tests import cast
from tests.seats import seat

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"]), pytest.mark.timeout(300)]
_LOOK = system("look in a test")
#: What may change from one answer to the next by itself.
CHANCE = re.compile(r'name="(csrfmiddlewaretoken|next)" value="[^"]*"|nonce="[^"]*"')
#: The two worlds: values of "total" and of "number", which is title and unique.
SECRETS = {"total": ("4711", "42"), "number": ("Z-SECRET", "Y-OTHER")}


class World:
    """An order of somebody with a line on it, and two orders around it that are plain to see."""

    def __init__(self):
        self.made = cast.set_up()
        self.mine = cast.order(self.made, "M-5", self.made.subject, total="1000")
        cast.order(self.made, "M-6", self.made.subject, total="7")
        self.bait = cast.order(self.made, "M-7", self.made.subject, total="4711", margin="3")
        cast.line(self.made, self.bait, "Bait line")
        self.access = self._access(self.made.orders)
        lines = ModuleAccess(user_type=self.made.user_type, module=self.made.lines, via=["order.customer"])
        lines.can_create = lines.can_export = True
        lines.save()
        self.shows(lines, "order", "product", editable=True)
        self.opens(can_export=True)

    def _access(self, module):
        return ModuleAccess.objects.visible_to(_LOOK).get(user_type=self.made.user_type, module=module)

    def opens(self, **change):
        ModuleAccess.objects.visible_to(_LOOK).filter(pk=self.access.pk).update(**change)

    def shows(self, access, *keys, **how):
        for one in Field.objects.visible_to(_LOOK).filter(module=access.module_id, key__in=keys):
            FieldAccess(access=access, field=one, **how).save()

    def hides(self, key, **how):
        rows = FieldAccess.objects.visible_to(_LOOK).filter(access=self.access, field__key=key)
        rows.update(**how) if how else rows.delete()

    def field(self, key, **change):
        Field.objects.visible_to(_LOOK).filter(module=self.made.orders, key=key).update(**change)

    def move(self, **change):
        Record.objects.visible_to(_LOOK).filter(pk=self.bait.pk).update(**change)

    def to_the_stranger(self):
        """The bait becomes a record of somebody else."""
        stored = Record.objects.visible_to(_LOOK).get(pk=self.bait.pk)
        key = str(self.made.stranger.pk)
        self.move(
            values={**stored.values, "customer": key}, folded={**stored.folded, "customer": key}, creator=None
        )

    def write(self, key, text):
        """Stores a value of the bait past every rule."""
        field = Field.objects.visible_to(_LOOK).get(module=self.made.orders, key=key)
        stored = Record.objects.visible_to(_LOOK).get(pk=self.bait.pk)
        folded = {**stored.folded, key: values.comparable(field, text)}
        self.move(values={**stored.values, key: text}, folded=folded)
        if field.unique:
            rows = UniqueValue.objects.visible_to(_LOOK).filter(field=field, record=self.bait)
            rows.update(value=values.normal_form(field, text))


@pytest.fixture
def world(monkeypatch):
    # Links of forms are typed by a unique value here: one more way to ask for one.
    monkeypatch.setattr("portals_core.records.inputs.MOST_CHOICES", 1)
    return World()


def questions(key):
    """(module, what is asked of its list) for every way to ask about a value of an order."""
    one, other = SECRETS[key]
    for text in (one, other, one.lower()[:2], "M-"):
        yield "orders", {"find": text}
    for text in (one, other):
        for how in ("is", "is_not", "contains", "ge", "lt", "not_in"):
            yield "orders", {"f1": key, "h1": how, "v1": text}
        yield "lines", {"f1": "order", "h1": "is", "v1": text}
    yield "orders", {"f1": key, "h1": "starts", "v1": one[:2]}
    yield "orders", {"f1": key, "h1": "not_empty"}
    yield "orders", {"f1": key, "h1": "is", "v1": one, "f2": "customer", "h2": "not_empty"}
    for sort in (key, f"-{key}"):
        yield "orders", {"sort": sort}
    for module in ("orders", "lines"):
        yield module, {}
    yield "lines", {"find": "Bait"}


def kept(response):
    text = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, CHANCE.sub("", text.decode())


def answers(client, room, key):
    """Everything that is answered: status and text of pages, files, modules and typed links."""

    found = {}
    for module, asked in questions(key):
        found["page", module, str(asked)] = kept(client.get(f"{room}/{module}/", asked))
        if asked.get("h1") in ("is", "ge", None) and "sort" not in asked:
            found["file", module, str(asked)] = kept(client.post(f"{room}/{module}/export/", asked))
    for address in (f"{room}/", "/", f"{room}/lines/new/"):
        found["page", address, ""] = kept(client.get(address))
    for text in SECRETS[key]:
        sent = {"f-product": "", "f-order": text}
        found["typed", "lines", text] = kept(client.post(f"{room}/lines/new/", sent))
    return found


def differing(world, client, room, key):
    """The questions whose answer depends on the hidden value."""
    one, other = SECRETS[key]
    world.write(key, one)
    before = answers(client, room, key)
    world.write(key, other)
    after = answers(client, room, key)
    assert {status for status, _text in before.values()} & {200}
    return {asked for asked in before if before[asked] != after[asked]}


# --- the portal -----------------------------------------------------------------------------------


def _other_layout(world, *keys):
    """The bait moves to a layout that has its own fields."""
    other = Layout(module=world.made.orders, name="Other")
    other.save()
    world.shows(world.access, *keys, layout=other)
    world.move(layout=other)


def _layout_not_shared(world, key):
    first = catalogue.layouts(world.made.orders).first()
    Record.objects.visible_to(_LOOK).filter(module=world.made.orders).update(layout=first)
    LayoutAccess(access=world.access, layout=first).save()
    _other_layout(world, "number", "customer", "total")


def _profile(world, key):
    profile = Profile(user_type=world.made.user_type, name="Few", is_default=True)
    profile.save()
    for module in (world.made.contacts, world.made.orders, world.made.lines):
        within = ProfileModule(profile=profile, module=module, edits=True)
        within.save()
        for field in catalogue.fields(module):
            if field.key != key:
                ProfileField(within=within, field=field, editable=True).save()


def _far(world, key):
    world.opens(sharing="public")
    world.hides(key, far=False)
    world.to_the_stranger()


def _foreign(world, key):
    """The line stays: the person added it, and its link leads out of sight."""
    world.to_the_stranger()
    lines = Record.objects.visible_to(_LOOK).filter(module=world.made.lines)
    lines.update(creator=world.made.users["subject"])


IN_THE_PORTAL = {
    "hidden field": lambda world, key: world.hides(key),
    "masked field": lambda world, key: world.field(key, masked=True),
    "far record": _far,
    "foreign record": _foreign,
    "other layout": lambda world, key: _other_layout(world, "customer", "agent"),
    "layout that is not shared": _layout_not_shared,
    "profile without the field": _profile,
}


@pytest.mark.parametrize("key", SECRETS)
@pytest.mark.parametrize("hiding", IN_THE_PORTAL)
def test_no_answer_of_the_portal_depends_on_what_is_hidden(world, hiding, key):
    IN_THE_PORTAL[hiding](world, key)
    assert differing(world, seat(world.made, "subject"), "/m", key) == set()


@pytest.mark.parametrize(("who", "room"), [("subject", "/m"), ("administrator", "/desk/records")])
@pytest.mark.parametrize("key", SECRETS)
def test_the_same_questions_tell_what_is_not_hidden(world, who, room, key):
    """The control: every way of asking finds out about a value that may be seen."""
    found = differing(world, seat(world.made, who), room, key)
    one, asked = SECRETS[key][0], {where for _kind, _module, where in found}
    expected = {str({"f1": key, "h1": how, "v1": one}) for how in ("is", "is_not", "contains", "ge")}
    if key == "total":
        expected.discard(str({"f1": key, "h1": "contains", "v1": one}))
    else:
        expected.discard(str({"f1": key, "h1": "ge", "v1": one}))
        expected |= {str({"find": one}), str({"f1": "order", "h1": "is", "v1": one})}
        assert ("typed", "lines", one) in found
        assert ("page", "lines", "{}") in found and ("file", "lines", "{}") in found
    assert expected | {str({"sort": key}), str({"sort": f"-{key}"}), "{}"} <= asked
    assert ("file", "orders", "{}") in found


# --- the desk -------------------------------------------------------------------------------------


def _divided(world, key):
    Project(key="other", name="Other").save()
    for role in ("administrator", "officer"):
        cast.take_away("records.all_projects", role=role)
    Module.objects.visible_to(_LOOK).filter(pk=world.made.orders.pk).update(by_project=True)
    Field.objects.visible_to(_LOOK).filter(module=world.made.orders).update(system=True)
    world.field(key, system=False, projects=["other"])


def _limited(world, key):
    """A role that reaches orders without the field, and lines with all of theirs (F9)."""
    role = Role(key="few", name="Few", limited=True)
    role.permissions = ["records.view", "records.edit", "records.export"]
    role.save()
    for module in (world.made.orders, world.made.lines):
        access = ModuleAccess(role=role, module=module, can_edit=True, can_create=True, can_export=True)
        access.save()
        world.shows(access, *(one.key for one in catalogue.fields(module) if one.key != key))
    holdings = Holding.objects.visible_to(_LOOK).filter(user=world.made.users["administrator"])
    holdings.update(role=role)


def _module_out_of_reach(world, key):
    _limited(world, key)
    ModuleAccess.objects.visible_to(_LOOK).filter(role__key="few", module=world.made.orders).delete()


AT_THE_DESK = {
    "masked field": lambda world, key: world.field(key, masked=True),
    "encrypted field": lambda world, key: world.field(key, encrypted=True),
    "field of another project": _divided,
    "role without the field": _limited,
    "role without the module": _module_out_of_reach,
}


#: A unique field is never encrypted (F13).
DESK_CASES = [(h, k) for h in AT_THE_DESK for k in SECRETS if (h, k) != ("encrypted field", "number")]


@pytest.mark.parametrize(("hiding", "key"), DESK_CASES)
def test_no_answer_of_the_desk_depends_on_what_is_hidden(world, hiding, key):
    AT_THE_DESK[hiding](world, key)
    assert differing(world, seat(world.made, "administrator"), "/desk/records", key) == set()


@pytest.mark.parametrize("hiding", ["hidden field", "masked field", "profile without the field"])
def test_a_field_out_of_sight_is_refused_in_the_words_for_one_that_is_not_there(world, hiding):
    """Attack 17: the sentence names what may be asked and echoes the question, nothing else."""
    IN_THE_PORTAL[hiding](world, "total")
    client = seat(world.made, "subject")
    for asked in ({"f1": "total", "h1": "gt", "v1": "1"}, {"f1": "total"}, {"sort": "total"}):
        page, twin = (
            CHANCE.sub("", client.get("/m/orders/", {**asked, **change}).content.decode())
            for change in ({}, {name: "tutal" for name in asked if asked[name] == "total"})
        )
        assert page == twin.replace("tutal", "total") and "tutal" in twin


# --- notes ----------------------------------------------------------------------------------------

#: The two worlds: nobody wrote a note, and somebody wrote this.
BODY = "Z-SECRET"


def about_notes(world, client, room):
    """Everything that is answered about a record that may have a note: alone, in its list, in a file."""
    found, page = {}, f"{room}/orders/{world.bait.pk}/"
    asked_of_the_list = (
        *({}, {"find": BODY}, {"find": "M-"}, {"sort": "notes"}, {"sort": "-total"}),
        *({"f1": name, "h1": "contains", "v1": BODY} for name in ("notes", "note", "body")),
        {"f1": "notes", "h1": "not_empty"},
    )
    for asked in asked_of_the_list:
        found["list", str(asked)] = kept(client.get(f"{room}/orders/", asked))
        found["file", str(asked)] = kept(client.post(f"{room}/orders/export/", asked))
    for address in (page, f"{page}delete/", f"{page}edit/", f"{page}clone/", f"{room}/", f"{room}/lines/"):
        found["page", address] = kept(client.get(address))
    return found


def telling(world, client, room, **note):
    """The questions whose answer depends on the note."""
    before = about_notes(world, client, room)
    add_note(actor=world.made.actor("operator"), record=world.bait.pk, body=BODY, at=cast.NOW, **note)
    after = about_notes(world, client, room)
    assert {status for status, _text in before.values()} & {200}
    return {asked for asked in before if before[asked] != after[asked]}


def _may_be_read(world):
    """The person added the record: they may do with it whatever is granted."""
    world.opens(can_read_notes=True, can_note=True, can_delete=True, can_edit=True)
    world.move(creator=world.made.users["subject"])


def _notes_closed(world):
    _may_be_read(world)
    world.opens(can_read_notes=False, can_note=False)


def _far_with_notes(world):
    _may_be_read(world)
    world.opens(sharing="public")
    world.to_the_stranger()


def _of_a_stranger(world):
    _may_be_read(world)
    world.to_the_stranger()


#: How a note is out of sight -> what is set up for it, and how the note is written.
NOTES_HIDDEN = {
    "written for staff only": (_may_be_read, {"internal": True}),
    "module whose notes are closed": (_notes_closed, {}),
    "far record": (_far_with_notes, {}),
    "foreign record": (_of_a_stranger, {}),
}


@pytest.mark.parametrize("hiding", NOTES_HIDDEN)
def test_no_answer_of_the_portal_tells_that_there_is_a_note(world, hiding):
    """T14, C10: neither lists, counts, order and files, nor the record's own pages."""
    set_up, note = NOTES_HIDDEN[hiding]
    set_up(world)
    assert telling(world, seat(world.made, "subject"), "/m", **note) == set()


def test_the_same_questions_tell_of_a_note_that_may_be_read(world):
    """The control: the record's page shows it and the deletion counts it; lists and files know no notes."""
    _may_be_read(world)
    page = f"/m/orders/{world.bait.pk}/"
    told = telling(world, seat(world.made, "subject"), "/m")
    assert told == {("page", page), ("page", f"{page}delete/")}


@pytest.mark.parametrize("hiding", ["role without the module", None])
def test_staff_are_told_of_notes_where_they_reach_the_record(world, hiding):
    if hiding:
        AT_THE_DESK[hiding](world, "total")
    told = telling(world, seat(world.made, "administrator"), "/desk/records", internal=True)
    assert told == (set() if hiding else {("page", f"/desk/records/orders/{world.bait.pk}/")})
