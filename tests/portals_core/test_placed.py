"""In which layout a record stands: chosen at the desk, through the one door (T3, F3, L11)."""

from __future__ import annotations

import pytest

from portals_core.access.actor import system
from portals_core.access.fields import UNMASK
from portals_core.locks import place
from portals_core.people.models import LayoutAccess, ModuleAccess
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, Locked
from portals_core.records import catalogue, layouts, placed
from portals_core.records.models import Field, Record
from portals_core.writing.records import change_record, create_record
from tests import cast
from tests.portals_core.test_lock_paths import rule_on
from tests.portals_core.trail import details, leaves
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
CHOOSE = f"f-{placed.KEY}"


@pytest.fixture
def made():
    return cast.set_up()


@pytest.fixture
def standard(made):
    return catalogue.layouts(made.contacts).first()


@pytest.fixture
def brief(made, standard):
    return _layout(made, "Brief")


def _layout(made, name, *, keys=("name",), required=()):
    return layouts.store_layout(
        actor=made.actor("administrator"),
        of=made.contacts,
        name=name,
        sections=[{"title": "", "keys": list(keys)}],
        required=required,
    )


def _now(record):
    return Record.objects.visible_to(_LOOK).get(pk=record.pk)


def _move(made, layout, *, who="operator", record=None, **more):
    given = {"given": {}, "at": cast.NOW, **more}
    record = record or made.subject
    return change_record(actor=made.actor(who), record=record.pk, layout=layout.pk, **given)


def _address(record, *rest, room="desk/records"):
    return "/".join(["", room, "contacts", str(record.pk), *rest, ""])


def _sent(form, **change):
    return {f"f-{name}": form[name].value() or "" for name in form.fields} | change


# --- through the door ------------------------------------------------------------------------------


def test_a_record_moves_and_keeps_every_value(made, standard, brief):
    """Fields that are not in the new layout keep what they hold."""
    before = _now(made.subject)
    assert before.layout == standard and placed.offered(made.actor("operator"), made.contacts) == [
        standard,
        brief,
    ]
    (told,) = _move(made, brief)
    after = _now(made.subject)
    assert (after.layout, after.values, after.version) == (brief, before.values, before.version + 1)
    assert after.changed_source == "staff"
    assert (told.label, told.before, told.after) == ("Layout", "Standard", "Brief")
    (leaf,) = details("record.changed", f"record:{made.subject.pk}")
    assert leaf["layout"] == {"before": "Standard", "after": "Brief"} and leaf["after"] == {}


def test_to_stay_where_one_is_changes_nothing(made, standard):
    assert _move(made, standard) == [] and _now(made.subject).version == 1
    assert leaves("record.changed", f"record:{made.subject.pk}") == []


def test_values_and_layout_change_together_or_not_at_all(made, brief):
    with pytest.raises(BadInput):
        _move(made, brief, given={"email": "robin@people.example"})
    assert _now(made.subject).layout != brief
    assert len(_move(made, brief, given={"phone": "+48221234567"})) == 2
    assert len(leaves("record.changed", f"record:{made.subject.pk}")) == 1


def test_what_the_new_layout_requires_must_be_filled_in(made):
    """F3: with the move, or before it."""
    calls = _layout(made, "Calls", keys=("name", "phone"), required=["phone"])
    with pytest.raises(BadInput) as refused:
        _move(made, calls)
    assert list(refused.value.fields) == ["phone"] and _now(made.subject).layout != calls
    _move(made, calls, given={"phone": "+48221234567"})
    with pytest.raises(BadInput):
        change_record(actor=_LOOK, record=made.subject.pk, given={"phone": ""}, at=cast.NOW)
    # What only the old one requires may be emptied on the way out.
    standard = catalogue.layouts(made.contacts).first()
    _move(made, standard, given={"phone": ""})
    assert _now(made.subject).layout == standard and "phone" not in _now(made.subject).values


def test_a_required_field_out_of_sight_says_nothing_of_what_it_holds(made, brief):
    """Decision 10: whoever neither reads nor writes a field is not told that it is empty."""
    calls = _layout(made, "Calls", keys=("name", "phone"), required=["phone"])
    with pytest.raises(BadInput):
        _move(made, calls)
    Field.objects.visible_to(_LOOK).filter(module=made.contacts, key="phone").update(masked=True)
    assert not made.actor("operator").may(UNMASK)
    assert _move(made, calls)


def test_the_portal_chooses_no_layout(made, standard, brief):
    """Who looks does not choose what is shown to them: neither of their own record nor of one they add."""
    own = {"actor": made.actor("subject"), "at": cast.NOW}
    assert placed.offered(own["actor"], made.contacts) == []
    with pytest.raises(Absent):
        change_record(record=made.subject.pk, given={}, layout=brief.pk, **own)
    new = {"module": made.contacts, "given": {"name": "Bea"}, "source": "t"}
    with pytest.raises(Absent):
        create_record(layout=brief.pk, **new, **own)
    assert _now(made.subject).layout == standard
    assert create_record(**new, **own).layout == standard
    assert create_record(**new, actor=made.actor("operator"), layout=brief.pk, at=cast.NOW).layout == brief


def test_a_copy_begins_in_the_layout_of_its_original(made, standard, brief):
    """Its control is a record that is a copy of none."""
    _move(made, brief)
    given = {"module": made.contacts, "source": "t", "actor": made.actor("operator"), "at": cast.NOW}
    copy = create_record(given={"name": "Ann"}, clone_of=made.subject.pk, **given)
    assert (copy.layout, create_record(given={"name": "Bo"}, **given).layout) == (brief, standard)


def test_only_layouts_of_the_module_are_there(made, brief):
    other = catalogue.layouts(made.orders).first()
    with pytest.raises(Absent):
        _move(made, other)
    with pytest.raises(Absent):
        create_record(
            actor=_LOOK, module=made.contacts, given={"name": "X"}, source="t", layout=other.pk, at=cast.NOW
        )
    assert _move(made, brief)


def test_who_may_not_change_a_record_may_not_move_it(made, brief):
    cast.take_away("records.edit", role="officer")
    for who, error in (("officer", Forbidden), ("auditor", Absent), ("stranger", Absent)):
        with pytest.raises(error):
            _move(made, brief, who=who)
    assert _now(made.subject).layout != brief


def test_an_editor_who_saw_an_older_version_moves_nothing(made, brief):
    change_record(actor=_LOOK, record=made.subject.pk, given={"phone": "+48221234567"}, at=cast.NOW)
    with pytest.raises(Conflict):
        _move(made, brief, version=1)
    assert _move(made, brief, version=2)


def _rule(made, mode):
    """Phone alone stays open, or is closed alone."""
    rule_on(made, made.subject, "business", "edit", fields_mode=mode, fields=["phone"])


def test_a_restriction_keeps_a_record_in_its_layout(made, brief):
    place.place(
        actor=_LOOK, record=made.subject.pk, ground="restriction", reason="x", placed_by="case:1", at=cast.NOW
    )
    with pytest.raises(Locked):
        _move(made, brief)
    assert _now(made.subject).layout != brief and _move(made, brief, record=made.stranger)


def test_a_lock_that_leaves_some_fields_open_keeps_a_record_in_its_layout(made, brief):
    _rule(made, "except")
    with pytest.raises(Locked):
        _move(made, brief)
    assert _now(made.subject).layout != brief
    change_record(
        actor=made.actor("operator"), record=made.subject.pk, given={"phone": "+48221234567"}, at=cast.NOW
    )


def test_a_lock_on_some_fields_only_keeps_no_record_in_its_layout(made, brief):
    _rule(made, "only")
    with pytest.raises(Locked):
        _move(made, brief, given={"phone": "+48221234567"})
    assert _move(made, brief)


# --- at the desk -------------------------------------------------------------------------------------


def test_a_new_record_begins_in_the_layout_that_was_chosen(made, standard, brief):
    desk, room = seat(made, "operator"), "/desk/records/contacts/new/"
    form = desk.get(room).context["form"]
    assert form.fields[placed.KEY].choices == [(str(standard.pk), "Standard"), (str(brief.pk), "Brief")]
    for name, choice, layout in (("Ann", {}, standard), ("Bo", {CHOOSE: str(brief.pk)}, brief)):
        assert desk.post(room, _sent(form, **{"f-name": name}, **choice)).status_code == 302
        assert Record.objects.visible_to(_LOOK).get(values__name=name).layout == layout
    assert desk.post(room, {"f-name": "From before"}).status_code == 302


def test_an_existing_record_offers_the_others_and_its_page_names_where_it_is(made, standard, brief):
    desk, room = seat(made, "operator"), _address(made.subject, "edit")
    assert "<dd>Standard</dd>" in desk.get(_address(made.subject)).content.decode()
    sent = _sent(desk.get(room).context["form"])
    assert desk.post(room, sent).status_code == 302 and _now(made.subject).version == 1
    assert desk.post(room, sent | {CHOOSE: str(brief.pk)}).status_code == 302
    assert _now(made.subject).layout == brief
    assert "<dd>Brief</dd>" in desk.get(_address(made.subject)).content.decode()
    form = desk.get(room).context["form"]
    assert [name for _key, name in form.fields[placed.KEY].choices] == ["Brief", "Standard"]


def test_where_there_is_one_layout_nothing_is_asked(made, standard):
    desk = seat(made, "operator")
    for room in ("/desk/records/contacts/new/", _address(made.subject, "edit")):
        assert placed.KEY not in desk.get(room).context["form"].fields
    assert "<dd>Standard</dd>" not in desk.get(_address(made.subject)).content.decode()


def test_the_form_in_the_portal_does_not_ask_and_does_not_take(made, standard, brief):
    portal, room = seat(made, "subject"), _address(made.subject, "edit", room="m")
    form = portal.get(room).context["form"]
    assert placed.KEY not in form.fields
    sent = _sent(form, **{"f-name": "Sage Summer", CHOOSE: str(brief.pk)})
    assert portal.post(room, sent).status_code == 302
    assert (_now(made.subject).values["name"], _now(made.subject).layout) == ("Sage Summer", standard)


def test_a_choice_that_is_not_offered_is_refused_at_its_field(made, standard, brief):
    desk, room = seat(made, "operator"), _address(made.subject, "edit")
    sent = _sent(desk.get(room).context["form"])
    for strange in (str(catalogue.layouts(made.orders).first().pk), "x"):
        answer = desk.post(room, sent | {CHOOSE: strange})
        assert answer.status_code == 400 and list(answer.context["form"].errors) == [placed.KEY]


def test_the_browser_demands_only_what_every_layout_requires(made):
    """Otherwise one could not save the record in the layout that leaves the field free."""
    room = "/desk/records/contacts/new/"
    calls = _layout(made, "Calls", keys=("name", "phone"), required=["phone"])
    desk = seat(made, "operator")
    form = desk.get(room).context["form"]
    assert form.fields["name"].required and not form.fields["phone"].required
    refused = desk.post(room, _sent(form, **{"f-name": "Ann", CHOOSE: str(calls.pk)}))
    assert refused.status_code == 400 and list(refused.context["form"].errors) == ["phone"]
    assert refused.context["form"][placed.KEY].value() == str(calls.pk)


def test_a_lock_takes_the_choice_away_and_one_that_comes_later_says_so(made, brief):
    desk, room = seat(made, "operator"), _address(made.subject, "edit")
    form = desk.get(room).context["form"]
    _rule(made, "except")
    sent = _sent(form, **{CHOOSE: str(brief.pk), "f-phone": "+48221234567"})
    refused = desk.post(room, sent)
    assert refused.status_code == 423 and _now(made.subject).layout != brief
    assert placed.KEY not in refused.context["form"].fields and refused.context["form"].non_field_errors()
    form = desk.get(room).context["form"]
    assert placed.KEY not in form.fields and "phone" in form.fields
    assert (
        desk.post(room, _sent(form, kept=["name", "email"], **{"f-phone": "+48221234567"})).status_code == 302
    )


# --- what the portal shows of it ---------------------------------------------------------------------


def test_a_move_takes_a_record_out_of_reach_or_into_it_at_once(made, brief):
    """T3, C3: only records in shared layouts are in reach by a link."""
    order = cast.order(made, "A1", made.subject)
    inside = layouts.store_layout(
        actor=made.actor("administrator"),
        of=made.orders,
        name="Inside",
        sections=[{"title": "", "keys": ["number", "customer"]}],
    )
    access = ModuleAccess.objects.visible_to(_LOOK).get(user_type=made.user_type, module=made.orders)
    LayoutAccess(access=access, layout=_now(order).layout).save()
    portal, page = seat(made, "subject"), f"/m/orders/{order.pk}/"
    assert portal.get(page).status_code == 200
    first = _now(order).layout
    for layout, status in ((inside, 404), (first, 200)):
        _move(made, layout, record=order)
        assert portal.get(page).status_code == status
