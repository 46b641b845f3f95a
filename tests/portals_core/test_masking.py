"""Masked fields: covered on pages, uncovered one by one with a leaf, probed by nothing (F7, F12, F14)."""

import io

import pytest

from portals_core import sources
from portals_core.access.actor import system
from portals_core.imports import runs
from portals_core.people import accounts
from portals_core.people.models import FieldAccess, ModuleAccess, Role
from portals_core.people.usertypes import define_user_type
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Forbidden
from portals_core.records import catalogue, descriptions, masking, reads
from portals_core.records.models import Channel, Field, Project, Record
from portals_core.writing.records import change_record, create_record
from tests import cast
from tests.portals_core import trail
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
SECRET = "AB-4711"


@pytest.fixture
def made():
    """Contacts with a masked unique number. The operator edits, the officer uncovers, the clerk does both."""
    made = cast.set_up()
    row = {"label": "Passport", "masked": True, "unique": True, "personal": "sensitive"}
    descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row=row)
    made.person = cast.contact(made.contacts, "Vera Masked", passport=SECRET)
    held = ["records.view", "records.edit", "records.unmask", "imports.run"]
    Role(key="clerk", name="Clerk", permissions=held).save()
    made.users["clerk"] = accounts.create_staff(
        actor=cast.SETTING_UP, email="clerk@staff.example", name="Clerk", roles=["clerk"], at=cast.NOW
    )
    return made


def _now(record):
    return Record.objects.visible_to(_LOOK).get(pk=record.pk)


def _uncover(made, who, key="passport", record=None):
    record = record or made.person
    return masking.uncover(actor=made.actor(who), record=record.pk, key=key, at=cast.NOW)


def _url(record, *rest):
    return "/".join(["/desk/records", "contacts", str(record.pk), *rest, ""])


def _text(response):
    return response.content.decode()


# --- uncovering ------------------------------------------------------------------------------------


def test_uncovering_returns_the_value_and_leaves_a_leaf(made):
    """F7, W9: who looked, at whose record, at which field; never the value."""
    assert _uncover(made, "officer") == SECRET
    about = f"record:{made.person.pk}"
    assert trail.leaves("field.uncovered") == [(made.actor("officer").ref, about)]
    assert trail.details("field.uncovered", about) == [{"field": "passport"}]


def test_an_encrypted_masked_value_is_uncovered_too(made):
    row = {"label": "Iban", "masked": True, "encrypted": True}
    descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row=row)
    person = cast.contact(made.contacts, "Uma Both", iban="DE89")
    assert _uncover(made, "officer", "iban", person) == "DE89"


@pytest.mark.parametrize("who", ["operator", "administrator", "subject"])
def test_nobody_without_the_right_uncovers(made, who):
    """F7: not the administrator, not the person in the portal; and nothing is logged as seen."""
    with pytest.raises(Forbidden):
        _uncover(made, who, record=made.subject)
    assert trail.leaves("field.uncovered") == []
    assert _uncover(made, "officer", record=made.subject) is None


@pytest.mark.parametrize("key", ["name", "nowhere", ""])
def test_what_is_not_masked_is_not_uncovered(made, key):
    with pytest.raises(Absent):
        _uncover(made, "officer", key)
    assert trail.leaves("field.uncovered") == []


def test_a_field_of_another_project_is_not_uncovered(made):
    """F8: whoever works in no project of the field does not even see that it is there."""
    Project(key="north", name="North").save()
    whole = descriptions.described(made.contacts)
    for row in whole["fields"]:
        row.update({"projects": ["north"]} if row["key"] == "passport" else {"system": True})
    catalogue.define(actor=cast.SETTING_UP, description={**whole, "by_project": True})
    with pytest.raises(Absent):
        _uncover(made, "clerk")
    assert _uncover(made, "officer") == SECRET
    assert "Passport" not in _text(seat(made, "clerk").get(_url(made.person)))


def test_a_record_out_of_sight_is_absent(made):
    """The auditor sees no records at all; the same call succeeds for the officer."""
    made.users["auditor"].refresh_from_db()
    with pytest.raises(Absent):
        _uncover(made, "auditor")
    assert _uncover(made, "officer") == SECRET


# --- pages -----------------------------------------------------------------------------------------


def test_the_page_covers_it_and_the_button_shows_this_one_only(made):
    """F7: dots for everybody; with the right a button, whose answer is stored nowhere."""
    descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row={"label": "Pin", "masked": True})
    change_record(actor=_LOOK, record=made.person.pk, given={"pin": "9876-5"}, at=cast.NOW)
    desk = seat(made, "officer")
    page = _text(desk.get(_url(made.person)))
    assert SECRET not in page and "9876-5" not in page and page.count("••••••") == 2
    assert 'name="field" value="passport"' in page
    shown = desk.post(_url(made.person, "show"), {"field": "passport"})
    assert SECRET in _text(shown) and "9876-5" not in _text(shown) and _text(shown).count("••••••") == 1
    assert "no-store" in shown.headers["Cache-Control"]
    assert SECRET not in _text(desk.get(_url(made.person)))
    assert len(trail.leaves("field.uncovered")) == 1


def test_without_the_right_there_are_dots_and_no_button(made):
    desk = seat(made, "operator")
    page = _text(desk.get(_url(made.person)))
    assert "Passport" in page and "••••••" in page and SECRET not in page
    assert 'id="uncover"' not in page and 'value="passport"' not in page
    assert desk.post(_url(made.person, "show"), {"field": "passport"}).status_code == 403


def test_an_empty_masked_field_looks_like_a_filled_one(made):
    """F14: the page does not tell whether there is anything."""
    empty = cast.contact(made.contacts, "Edda Empty")
    desk = seat(made, "operator")
    pages = [_text(desk.get(_url(one))) for one in (made.person, empty)]
    assert [page.count("••••••") for page in pages] == [1, 1]


def test_looking_changes_nothing(made):
    """W16: the address of the button answers no GET."""
    assert seat(made, "officer").get(_url(made.person, "show")).status_code == 405
    assert trail.leaves("field.uncovered") == []


def test_the_page_counts_masked_fields_among_the_personal_ones(made):
    """F11"""
    context = seat(made, "operator").get(_url(made.person)).context
    assert (context["personal"], context["sensitive"]) == (3, 2)


def test_the_portal_never_has_it(made):
    """Decision 10: not even where a grant for it is stored; the name beside it is there."""
    access = ModuleAccess.objects.visible_to(_LOOK).get(user_type=made.user_type, module=made.contacts)
    field = Field.objects.visible_to(_LOOK).get(module=made.contacts, key="passport")
    FieldAccess(access=access, field=field, editable=True).save()
    change_record(actor=_LOOK, record=made.subject.pk, given={"passport": "ZZ-1"}, at=cast.NOW)
    portal = seat(made, "subject")
    for address in (
        "/m/contacts/",
        f"/m/contacts/{made.subject.pk}/",
        f"/m/contacts/{made.subject.pk}/edit/",
    ):
        page = _text(portal.get(address))
        assert "Sage Winter" in page and "ZZ-1" not in page and "Passport" not in page
    with pytest.raises(Forbidden):
        change_record(
            actor=made.actor("subject"), record=made.subject.pk, given={"passport": "X"}, at=cast.NOW
        )


def test_no_user_type_shares_it(made):
    """F7: its twin, a field that is not masked, is shared."""
    for key, refused in (("passport", True), ("health", False)):
        rows = [{"module": "contacts", "fields": {"name": "visible", key: "visible"}}]
        wanted = {"name": "Guests", "identity_module": "contacts", "modules": rows}
        if refused:
            with pytest.raises(BadInput, match="is masked and never shows in the portal"):
                define_user_type(actor=cast.SETTING_UP, **wanted)
        else:
            assert define_user_type(actor=cast.SETTING_UP, **wanted).name == "Guests"


def test_the_persons_own_copy_has_it_in_clear(made):
    """Decision 10"""
    rows = list(sources.Records().export(made.person.pk, actor=_LOOK))
    assert [row.values["passport"] for row in rows if row.table == "contacts"] == [SECRET]


# --- writing without seeing ------------------------------------------------------------------------


def _form(client, record):
    form = client.get(_url(record, "edit")).context["form"]
    return form, {f"f-{name}": form[name].value() or "" for name in form.fields}


def test_with_the_right_it_is_written_blind_and_empty_means_unchanged(made):
    """F7: the form never holds the value, says that empty keeps it, and stores what is written."""
    clerk = seat(made, "clerk")
    form, sent = _form(clerk, made.person)
    assert form["passport"].value() == "" and "stays as it is" in form["passport"].help_text
    assert clerk.post(_url(made.person, "edit"), {**sent, "f-phone": "+47 1"}).status_code == 302
    assert (_now(made.person).values["passport"], _now(made.person).values["phone"]) == (SECRET, "+47 1")
    _form_again, sent = _form(clerk, made.person)
    assert clerk.post(_url(made.person, "edit"), {**sent, "f-passport": "CD-1"}).status_code == 302
    assert _now(made.person).values["passport"] == "CD-1"


def test_without_the_right_the_form_does_not_ask_for_it(made):
    operator = seat(made, "operator")
    form, sent = _form(operator, made.person)
    assert "passport" not in form.fields and "phone" in form.fields
    operator.post(_url(made.person, "edit"), {**sent, "f-passport": "CD-1", "f-phone": "+47 1"})
    assert (_now(made.person).values["passport"], _now(made.person).values["phone"]) == (SECRET, "+47 1")


# --- probes: nothing answers differently for a value that is there -----------------------------------


@pytest.mark.parametrize("guess", [SECRET, "XX-0000", "", None])
def test_writing_without_the_right_answers_every_guess_alike(made, guess):
    """F6, decision 10: the present value, another one and an empty one are refused with one sentence."""
    with pytest.raises(Forbidden, match="may not change the field “Passport”"):
        change_record(
            actor=made.actor("operator"), record=made.person.pk, given={"passport": guess}, at=cast.NOW
        )


@pytest.mark.parametrize("guess", [SECRET, "XX-0000"])
def test_a_new_record_without_the_right_probes_no_uniqueness(made, guess):
    """F6: taken or free, the refusal is the same; who may uncover learns that it is taken, of nobody."""
    given = {"name": "Prudence Probe", "passport": guess}
    wanted = {"module": made.contacts, "given": given, "source": "test", "at": cast.NOW}
    with pytest.raises(Forbidden, match="may not change the field “Passport”"):
        create_record(actor=made.actor("operator"), **wanted)
    if guess == SECRET:
        with pytest.raises(BadInput) as refusal:
            create_record(actor=made.actor("clerk"), **wanted)
        assert "must be unique" in str(refusal.value) and "Vera" not in str(refusal.value)
    else:
        assert create_record(actor=made.actor("clerk"), **wanted).values["passport"] == guess


@pytest.mark.parametrize("words", [SECRET, SECRET.lower(), SECRET[:4]])
def test_no_search_finds_it(made, words):
    """F14: not even for who may uncover; the unique address beside it does find the record."""
    for who in ("operator", "clerk"):
        desk = seat(made, who)

        def found(text, desk=desk):
            page = desk.get("/desk/records/contacts/", {"find": text}).context["page"]
            return [row.title for row in page.rows], page.count

        assert found("vera@people.example") == (["Vera Masked"], 1) and found(words) == ([], 0)
        assert "passport" not in {one.key for one in reads.askable(made.actor(who), made.contacts)}


def test_no_condition_asks_for_it(made):
    """F14: not even whether it is empty."""
    for asked in ({"how": "is", "value": SECRET}, {"how": "not_empty"}):
        conditions = {"field": "passport", **asked}
        rows = [{"module": "contacts", "fields": {"name": "visible"}, "conditions": conditions}]
        with pytest.raises(BadInput, match="“Passport” is masked: a condition on it would tell its value"):
            define_user_type(actor=cast.SETTING_UP, name="Guests", identity_module="contacts", modules=rows)
    rows[0]["conditions"] = {"field": "phone", "how": "not_empty"}
    assert define_user_type(
        actor=cast.SETTING_UP, name="Guests", identity_module="contacts", modules=rows
    ).name


def _import(made, who, mapping, text, module=None, **more):
    run = runs.start(
        actor=made.actor(who),
        module=module or made.contacts,
        file=io.BytesIO(text.encode()),
        file_name="people.csv",
        mapping=mapping,
        at=cast.NOW,
        **more,
    )
    outbox.drain(about=f"import:{run.pk}")
    run, rows = runs.report(made.actor(who), run.pk)
    return run.accepted, [row.sentence for row in rows]


def test_an_import_writes_it_only_with_the_right(made):
    """F7: the administrator imports everything else."""
    text = "name,pass\nAnn New,QQ-1\n"
    mapping = {"values": {"name": "{{name}}", "passport": "{{pass}}"}}
    with pytest.raises(BadInput, match="“Passport” is hidden from your role, or masked"):
        _import(made, "administrator", mapping, text)
    assert _import(made, "administrator", {"values": {"name": "{{name}}"}}, text) == (1, [])
    assert _import(made, "clerk", mapping, text) == (1, [])


@pytest.mark.parametrize("who", ["administrator", "clerk"])
def test_an_import_recognises_nobody_by_it(made, who):
    """F14: neither the record itself nor the target of a link; a file of guesses tells nothing."""
    text = f"name,pass\nAnn New,{SECRET}\n"
    values = {"name": "{{name}}", **({"passport": "{{pass}}"} if who == "clerk" else {})}
    with pytest.raises(BadInput, match="“passport” is none"):
        _import(made, who, {"values": values, "match": "passport"}, text, dry_run=True)
    orders = {"values": {"number": "N1", "customer": "{{pass}}"}}
    with pytest.raises(BadInput, match="Known: email"):
        _import(made, who, {**orders, "lookups": {"customer": "passport"}}, text, made.orders)
    linked = {"values": {"number": "N1", "customer": "vera@people.example"}, "lookups": {"customer": "email"}}
    assert _import(made, who, linked, text, made.orders) == (1, [])


def test_the_mapping_page_offers_only_what_may_be_mapped(made):
    for who, offered in (("administrator", False), ("clerk", True)):
        desk = seat(made, who)
        sent = {"module": "contacts", "file": io.BytesIO(b"name,passport\nAnn,Q-1\n")}
        sent["file"].name = "people.csv"
        form = desk.get(desk.post("/desk/imports/new/", sent).url).context["form"]
        assert ("v_passport" in form.fields) is offered
        assert [key for key, _label in form.fields["match"].choices] == ["", "email"]


# --- channels --------------------------------------------------------------------------------------


def test_withheld_fields_stay_out_of_their_channel_only(made):
    """F12; the person's own copy has no channel."""
    for key, channels in (("phone", ["api"]), ("health", ["export", "vendor_apps"])):
        descriptions.change_field(
            actor=cast.SETTING_UP, of=made.contacts, key=key, change={"withheld": channels}
        )
    fields = [one for one in catalogue.fields(made.contacts) if one.key in ("phone", "health")]
    kept = {one: [field.key for field in masking.fields_on(one, fields)] for one in Channel.values}
    assert kept == {
        "vendor_apps": ["phone"],
        "third_party_apps": ["phone", "health"],
        "api": ["health"],
        "export": ["phone"],
    }
    change_record(actor=_LOOK, record=made.person.pk, given={"health": "asthma"}, at=cast.NOW)
    rows = list(sources.Records().export(made.person.pk, actor=_LOOK))
    assert [row.values["health"] for row in rows if row.table == "contacts"] == ["asthma"]
