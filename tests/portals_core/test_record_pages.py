"""Pages of records: who finds what, what is never sent, what a form may change (T4, T7, F1–F3, L8, C10)."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.people.models import FieldAccess, ModuleAccess
from portals_core.records import catalogue
from portals_core.records.models import Field, Note, Record
from portals_core.writing.notes import add_note
from portals_core.writing.records import change_record
from tests import cast
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")


@pytest.fixture
def made():
    return cast.set_up()


@pytest.fixture
def subject(made):
    return seat(made, "subject")


def _url(record, *rest, room="m"):
    return "/".join([f"/{room}", record.module.key, str(record.pk), *rest, ""])


def _now(record):
    return Record.objects.visible_to(_LOOK).get(pk=record.pk)


def _access(made, module, **change):
    ModuleAccess.objects.visible_to(_LOOK).filter(user_type=made.user_type, module=module).update(**change)


def _text(response):
    return response.content.decode()


def _restrict(record, ground="restriction", reason="INTERNAL-REASON"):
    place.place(actor=_LOOK, record=record.pk, ground=ground, reason=reason, placed_by="case:1", at=cast.NOW)


# --- lists -------------------------------------------------------------------------------------


def test_the_list_shows_own_added_and_linked_records_and_no_others(made, subject):
    """T7: own record, those one added, those linked; a stranger's is bait."""
    mine, theirs = cast.order(made, "MINE-1", made.subject), cast.order(made, "THEIRS-1", made.stranger)
    people, orders = _text(subject.get("/m/contacts/")), _text(subject.get("/m/orders/"))
    assert "Sage Winter" in people and "Ada Added" in people and "Robin Stranger" not in people
    assert str(mine.pk) in orders and "MINE-1" in orders
    assert "THEIRS-1" not in orders and str(theirs.pk) not in orders
    assert "THEIRS-1" in _text(seat(made, "stranger").get("/m/orders/"))


def test_a_module_without_a_grant_is_as_absent_as_one_that_is_not_there(made, subject):
    cast.line(made, cast.order(made, "A1", made.subject), "Bait")
    there, nowhere = subject.get("/m/lines/"), subject.get("/m/nowhere/")
    assert there.status_code == nowhere.status_code == 404
    same = re.compile(r'name="(csrfmiddlewaretoken|next)" value="[^"]*"')
    assert same.sub("", _text(there)) == same.sub("", _text(nowhere)) and "lines" not in same.sub(
        "", _text(there)
    )
    assert seat(made, "operator").get("/desk/records/lines/").status_code == 200


@pytest.mark.parametrize(
    ("who", "address"), [("subject", "/m/orders/"), ("operator", "/desk/records/orders/")]
)
def test_a_list_costs_the_same_queries_for_1_row_and_for_30(made, who, address):
    client, counts = seat(made, who), []
    for batch in (["N0"], [f"N{number}" for number in range(1, 30)]):
        for number in batch:
            cast.order(made, number, made.subject)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = _text(client.get(address))
        assert page.count('<th scope="row"') == len(
            Record.objects.visible_to(_LOOK).filter(module=made.orders)
        )
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_pages_follow_each_other_without_gap_or_repetition(made, subject):
    for number in range(120):
        cast.order(made, f"N{number:03}", made.subject)
    address, seen = "/m/orders/", []
    while address:
        response = subject.get(address)
        page = response.context["page"]
        seen += [row.title for row in page.rows]
        address = f"/m/orders/?after={page.after}" if page.after else ""
    assert sorted(seen) == [f"N{number:03}" for number in range(120)]
    assert subject.get("/m/orders/?after=nonsense").status_code == 200


def test_find_knows_parts_of_names_and_whole_unique_values_of_readable_fields_only(made, subject):
    """Decision 10: no search may probe what a person does not see."""
    cast.order(made, "AB-17", made.subject, margin="33.5")
    cast.order(made, "CD-18", made.subject)
    cast.order(made, "AB-99", made.stranger)

    def found(client, words):
        return {row.title for row in client.get("/m/orders/", {"find": words}).context["page"].rows}

    assert found(subject, "ab-") == {"AB-17"}
    assert found(subject, "33.5") == set() and found(subject, "AB-99") == set()
    people = subject.get("/m/contacts/", {"find": "SAGE@people.example"}).context["page"].rows
    assert [row.id for row in people] == [made.subject.pk]
    key = FieldAccess.objects.visible_to(_LOOK).get(field__key="email", field__module=made.contacts)
    key.delete()
    assert subject.get("/m/contacts/", {"find": "sage@people.example"}).context["page"].rows == []


# --- one record ----------------------------------------------------------------------------------


def test_hidden_fields_never_reach_the_page(made, subject):
    """F1: bait lies in a field the user type does not open."""
    change_record(
        actor=_LOOK,
        record=made.subject.pk,
        given={"health": "BAIT-HEALTH", "phone": "+48221234567"},
        at=cast.NOW,
    )
    for address in (_url(made.subject), _url(made.subject, "edit"), "/m/contacts/"):
        page = _text(subject.get(address))
        assert "Sage Winter" in page
        assert "BAIT-HEALTH" not in page and "Health note" not in page
    edit = _text(subject.get(_url(made.subject, "edit")))
    assert 'name="f-name"' in edit and "f-health" not in edit and "f-phone" not in edit
    desk = _text(seat(made, "operator").get(_url(made.subject, room="desk/records")))
    assert "BAIT-HEALTH" in desk


@pytest.mark.parametrize("rest", [(), ("edit",), ("delete",)])
def test_a_strangers_record_is_absent_and_ones_own_is_not(made, subject, rest):
    _access(made, made.contacts, can_delete=True)
    own = made.added if rest == ("delete",) else made.subject
    assert subject.get(_url(own, *rest)).status_code == 200
    assert subject.get(_url(made.stranger, *rest)).status_code == 404


@pytest.mark.parametrize("rest", [("edit",), ("delete",), ("notes",)])
def test_a_strangers_record_takes_no_post(made, subject, rest):
    _access(made, made.contacts, can_delete=True)
    sent = {"f-name": "Taken Over", "f-version": "1", "body": "a note"}
    assert subject.post(_url(made.stranger, *rest), sent).status_code == 404
    assert _now(made.stranger).values["name"] == "Robin Stranger"
    assert not Note.objects.visible_to(_LOOK).exists()
    assert subject.post(_url(made.added, *rest), sent).status_code == 302


def test_a_record_under_another_module_is_absent(made, subject):
    assert subject.get(f"/m/orders/{made.subject.pk}/").status_code == 404
    assert subject.get(f"/m/contacts/{made.subject.pk}/").status_code == 200


def test_links_lead_to_records_in_sight_by_title_and_others_stay_unnamed(made, subject):
    FieldAccess(
        access=ModuleAccess.objects.visible_to(_LOOK).get(user_type=made.user_type, module=made.orders),
        field=Field.objects.visible_to(_LOOK).get(module=made.orders, key="agent"),
    ).save()
    order = cast.order(made, "A1", made.subject, agent=str(made.stranger.pk))
    page = _text(subject.get(_url(order)))
    assert f'href="/m/contacts/{made.subject.pk}/"' in page and "Sage Winter" in page
    assert str(made.stranger.pk) not in page and "Robin" not in page
    assert "not shared with you" in page


def test_read_only_fields_offer_to_ask_for_a_correction(made, subject):
    """F2."""
    page = _text(subject.get(_url(made.subject)))
    assert (
        page.count("/privacy/requests/new/?kind=rectify") == 1
    )  # e-mail may be changed too, phone is hidden
    assert _text(subject.get(_url(cast.order(made, "A1", made.subject)))).count("kind=rectify") == 3


def test_fields_stand_in_the_order_of_the_layout(made, subject):
    layout = catalogue.layouts(made.contacts).first()
    layout.sections = [{"title": "Reach", "keys": ["email"]}, {"title": "Person", "keys": ["name", "health"]}]
    layout.save()
    page = _text(subject.get(_url(made.subject)))
    assert page.index("Reach") < page.index("sage@people.example") < page.index("<h2>Person")
    assert "Health" not in page


# --- changing -------------------------------------------------------------------------------------


def _sent(client, record, **change):
    form = client.get(_url(record, "edit")).context["form"]
    return {f"f-{name}": form[name].value() or "" for name in form.fields} | change


def test_a_change_is_stored_and_an_unchanged_form_changes_nothing(made, subject):
    sent = _sent(subject, made.subject)
    assert subject.post(_url(made.subject, "edit"), sent).status_code == 302
    assert _now(made.subject).version == 1
    answer = subject.post(_url(made.subject, "edit"), sent | {"f-name": "Sage Summer"})
    assert answer.status_code == 302 and answer.url == _url(made.subject)
    assert _now(made.subject).values["name"] == "Sage Summer"


def test_fields_that_may_not_be_written_are_ignored_when_sent(made, subject):
    sent = _sent(subject, made.subject, **{"f-health": "X", "f-phone": "1", "f-owner": "2", "health": "X"})
    subject.post(_url(made.subject, "edit"), sent | {"f-name": "Sage Summer"})
    assert _now(made.subject).values == {"name": "Sage Summer", "email": "sage@people.example"}


def test_the_writers_words_stand_at_their_field_and_what_was_entered_stays(made, subject):
    """F6: the sentence about a taken value says nothing of its owner."""
    for change, field in (({"f-name": ""}, "name"), ({"f-email": "robin@people.example"}, "email")):
        answer = subject.post(_url(made.subject, "edit"), _sent(subject, made.subject, **change))
        assert answer.status_code == 400 and answer.context["form"].errors[field]
        assert "Robin" not in _text(answer) and "Error:" in _text(answer)
    assert 'value="robin@people.example"' in _text(answer)
    assert _now(made.subject).version == 1


def test_whoever_comes_second_is_told_and_loses_nothing(made, subject):
    sent = _sent(subject, made.subject, **{"f-name": "Second"})
    change_record(actor=_LOOK, record=made.subject.pk, given={"name": "First"}, at=cast.NOW)
    answer = subject.post(_url(made.subject, "edit"), sent)
    assert answer.status_code == 409 and 'value="Second"' in _text(answer)
    assert _now(made.subject).values["name"] == "First"


def test_a_lock_shows_its_plain_ground_and_stops_the_change(made, subject):
    """L8: subjects see the plain ground, staff the reason."""
    sent = _sent(subject, made.subject, **{"f-name": "Changed"})
    _restrict(made.subject)
    page = _text(subject.get(_url(made.subject)))
    assert "processing is restricted" in page and "INTERNAL-REASON" not in page
    answer = subject.post(_url(made.subject, "edit"), sent)
    assert answer.status_code == 423 and "INTERNAL-REASON" not in _text(answer)
    assert "<strong>Changed</strong>" in _text(answer)
    note = subject.post(_url(made.subject, "notes"), {"body": "Hello"})
    assert note.status_code == 423 and "Hello" in _text(note)
    desk = seat(made, "operator")
    assert "INTERNAL-REASON" in _text(desk.get(_url(made.subject, room="desk/records")))
    assert desk.post(_url(made.subject, "edit", room="desk/records"), sent).status_code == 423
    assert subject.post(_url(made.added, "edit"), _sent(subject, made.added)).status_code == 302


def test_a_record_one_may_see_but_not_change_says_so(made, subject):
    order = cast.order(made, "A1", made.subject)
    assert subject.get(_url(order)).status_code == 200
    assert subject.get(_url(order, "edit")).status_code == 403
    assert subject.post(_url(order, "edit"), {"f-number": "B1"}).status_code == 403
    assert subject.post(_url(order, "delete")).status_code == 403
    assert subject.get("/m/orders/new/").status_code == 403


def test_somebody_is_added_in_the_portal(made, subject):
    answer = subject.post("/m/contacts/new/", {"f-name": "Bea New", "f-email": "bea@people.example"})
    assert answer.status_code == 302
    stored = Record.objects.visible_to(_LOOK).get(values__name="Bea New")
    assert (stored.creator_id, stored.source) == (made.users["subject"].pk, "portal")
    refused = subject.post("/m/contacts/new/", {"f-name": "", "f-email": "bea@people.example"})
    assert refused.status_code == 400
    assert refused.context["form"].errors["name"]


def test_deleting_says_first_what_goes_along_and_then_does_it(made, subject):
    """T4: only what one added; the page offers the erasure form, counts leave out what is not in sight."""
    _access(made, made.contacts, can_delete=True)
    for internal in (True, False):
        add_note(actor=made.actor("operator"), record=made.added.pk, body="x", internal=internal, at=cast.NOW)
    cast.order(made, "A1", made.stranger, agent=str(made.added.pk))
    page = _text(subject.get(_url(made.added, "delete")))
    assert "1 note on it" in page and "0 other records" in page and "kind=delete" in page
    assert Record.objects.visible_to(_LOOK).filter(pk=made.added.pk).exists()
    assert subject.post(_url(made.added, "delete")).status_code == 302
    assert not Record.objects.visible_to(_LOOK).filter(pk=made.added.pk).exists()
    assert subject.get(_url(made.subject, "delete")).status_code == 403


def test_notes_are_added_and_internal_ones_stay_inside(made, subject):
    """C10."""
    assert subject.post(_url(made.subject, "notes"), {"body": "From me", "internal": "on"}).status_code == 302
    desk = seat(made, "operator")
    for body, extra in (("For staff", {"internal": "on"}), ("For both", {})):
        desk.post(_url(made.subject, "notes", room="desk/records"), {"body": body, **extra})
    portal, staff = (
        _text(subject.get(_url(made.subject))),
        _text(desk.get(_url(made.subject, room="desk/records"))),
    )
    assert "From me" in portal and "For both" in portal
    assert "For staff" not in portal and "For staff" in staff and "From me" in staff
    assert "Operator" not in portal and "Operator" in staff
    empty = subject.post(_url(made.subject, "notes"), {"body": " "})
    assert empty.status_code == 400 and empty.context["form"].errors["body"]


# --- every type ------------------------------------------------------------------------------------

EVERY_TYPE = {
    "key": "things",
    "label": "Thing",
    "label_plural": "Things",
    "fields": [
        {"key": "имя", "label": "Имя", "required": True},
        {"key": "story", "label": "Story", "type": "multiline"},
        {"key": "site", "label": "Site", "type": "url"},
        {"key": "size", "label": "Size", "type": "number"},
        {"key": "ok", "label": "OK", "type": "boolean"},
        {"key": "day", "label": "Day", "type": "date"},
        {"key": "moment", "label": "Moment", "type": "datetime"},
        {"key": "one", "label": "One", "type": "picklist", "choices": ["a", "b"]},
        {"key": "many", "label": "Many", "type": "multiselect", "choices": ["x", "y", "z"]},
        {"key": "who", "label": "Who", "type": "lookup", "target": "contacts"},
    ],
}


def test_every_type_of_field_is_entered_shown_and_left_alone_when_untouched(made):
    catalogue.define(actor=_LOOK, description=EVERY_TYPE)
    user = made.users["operator"]
    user.time_zone = "Europe/Warsaw"
    user.save()
    desk = seat(made, "operator")
    sent = {
        "f-имя": "Вещь",
        "f-story": "two\r\nlines",
        "f-site": "https://example.org/x",
        "f-size": "9.80000019",
        "f-ok": "no",
        "f-day": "2026-03-05",
        "f-moment": "2026-03-05T10:30",
        "f-one": "b",
        "f-many": ["x", "z"],
        "f-who": str(made.subject.pk),
    }
    answer = desk.post("/desk/records/things/new/", sent)
    assert answer.status_code == 302, answer.context["form"].errors
    stored = Record.objects.visible_to(_LOOK).get(module__key="things")
    assert stored.values == {
        "имя": "Вещь",
        "story": "two\nlines",
        "site": "https://example.org/x",
        "size": "9.80000019",
        "ok": False,
        "day": "2026-03-05",
        "moment": "2026-03-05T09:30:00.000000Z",
        "one": "b",
        "many": ["x", "z"],
        "who": str(made.subject.pk),
    }
    page, table = _text(desk.get(answer.url)), _text(desk.get("/desk/records/things/"))
    for shown in ("two<br>lines", "9.80000019", "March 5, 2026", "10:30", "x, z", "Sage Winter"):
        assert shown in page
    assert ">No<" in page.replace("\n", "") and "Вещь" in table and "https://example.org/x" in table
    form = desk.get(f"{answer.url}edit/").context["form"]
    again = {f"f-{name}": form[name].value() for name in form.fields}
    assert desk.post(f"{answer.url}edit/", again | {"f-story": "two\r\nlines"}).status_code == 302
    assert _now(stored).version == 1
    assert desk.post(f"{answer.url}edit/", again | {"f-many": [], "f-ok": "yes"}).status_code == 302
    changed = _now(stored).values
    assert "many" not in changed and changed["ok"] is True
    bad = {"f-version": "2", "f-day": "soon", "f-site": "x", "f-moment": "?"}
    wrong = desk.post(f"{answer.url}edit/", again | bad)
    assert {"day", "site", "moment"} <= set(wrong.context["form"].errors)


def test_a_link_with_too_many_targets_is_written_by_its_unique_value(made, monkeypatch):
    monkeypatch.setattr("portals_core.records.inputs.MOST_CHOICES", 2)
    order, desk = cast.order(made, "A1", made.subject), seat(made, "operator")
    address = _url(order, "edit", room="desk/records")
    form = desk.get(address).context["form"]
    assert form["customer"].value() == "sage@people.example"
    sent = {f"f-{name}": form[name].value() or "" for name in form.fields}
    assert desk.post(address, sent).status_code == 302 and _now(order).version == 1
    wrong = desk.post(address, sent | {"f-customer": "nobody@people.example"})
    assert wrong.status_code == 400 and wrong.context["form"].errors["customer"]
    assert desk.post(address, sent | {"f-customer": " ROBIN@people.example"}).status_code == 302
    assert _now(order).values["customer"] == str(made.stranger.pk)


def test_a_link_out_of_sight_is_kept_and_its_target_not_named_in_the_form(made, subject):
    access = ModuleAccess.objects.visible_to(_LOOK).get(user_type=made.user_type, module=made.orders)
    _access(made, made.orders, can_edit=True, can_edit_shared=True)
    for key in ("agent", "number"):
        field = Field.objects.visible_to(_LOOK).get(module=made.orders, key=key)
        FieldAccess.objects.visible_to(_LOOK).filter(access=access, field=field).delete()
        FieldAccess(access=access, field=field, editable=True).save()
    order = cast.order(made, "A1", made.subject, agent=str(made.stranger.pk))
    page = subject.get(_url(order, "edit"))
    assert str(made.stranger.pk) not in _text(page) and "Robin" not in _text(page)
    sent = _sent(subject, order, **{"f-number": "A2"})
    assert subject.post(_url(order, "edit"), sent).status_code == 302
    assert _now(order).values == {**order.values, "number": "A2"}
    guessed = subject.post(
        _url(order, "edit"), _sent(subject, order, **{"f-agent": str(made.stranger.pk)[::-1]})
    )
    assert guessed.status_code == 400


# --- desk -------------------------------------------------------------------------------------------


def test_the_desk_shows_marks_counts_source_and_creator(made):
    """F11, D18."""
    desk = seat(made, "administrator")
    page = _text(desk.get(_url(made.added, room="desk/records")))
    assert "3 personal fields" in page and "1 sensitive field" in page
    assert "test" in page and "Sage Winter" in page and f"/desk/consent/subject/{made.added.pk}/" in page
    modules = desk.get("/desk/records/").context["modules"]
    assert [(of.key, count) for of, count in modules] == [("contacts", 3), ("orders", 0), ("lines", 0)]


def test_desk_pages_are_for_staff_with_the_right_and_portal_pages_for_portal_users(made, subject):
    pages = [
        "/desk/records/",
        "/desk/records/contacts/",
        _url(made.subject, room="desk/records"),
        "/desk/locks/",
    ]
    for address in pages:
        assert seat(made, "officer").get(address).status_code == 200
        assert seat(made, "auditor").get(address).status_code == 403
        assert subject.get(address).status_code == 403
    assert seat(made, "officer").get("/desk/records/contacts/new/").status_code == 403
    assert seat(made, "operator").get("/desk/records/contacts/new/").status_code == 200
    assert seat(made, "operator").get("/m/contacts/").status_code == 403


def test_the_register_lists_every_lock_in_force_page_by_page(made, monkeypatch):
    for record in (made.subject, made.stranger, made.added):
        _restrict(record, reason=f"R-{record.values['name']}")
    place.place(
        actor=_LOOK,
        record=made.subject.pk,
        ground="legal_hold",
        reason="Ended",
        placed_by="user:1",
        at=cast.NOW,
    )
    place.lift(actor=_LOOK, placed_by="user:1", at=cast.NOW, reason="over")
    monkeypatch.setattr(place, "PAGE", 2)
    desk = seat(made, "officer")
    first = desk.get("/desk/locks/")
    following = first.context["following"]
    second = desk.get("/desk/locks/", {"after": following})
    reasons = [lock.reason for page in (first, second) for lock, _named in page.context["locks"]]
    assert sorted(reasons) == ["R-Ada Added", "R-Robin Stranger", "R-Sage Winter"]
    assert not second.context["following"] and "Ended" not in _text(first) + _text(second)


def test_the_navigation_follows_the_grants(made, subject):
    page = _text(subject.get("/m/contacts/"))
    assert 'href="/m/contacts/" aria-current="page"' in page and 'href="/m/orders/"' in page
    assert "/m/lines/" not in page and "/desk/" not in page
    ModuleAccess.objects.visible_to(_LOOK).filter(user_type=made.user_type, module=made.orders).delete()
    assert 'href="/m/orders/"' not in _text(subject.get("/m/contacts/"))
    assert 'href="/desk/records/"' in _text(seat(made, "officer").get("/desk/locks/"))


def test_home_leads_to_the_modules(made, subject):
    page = _text(subject.get("/"))
    assert 'href="/m/contacts/"' in page and 'href="/m/orders/"' in page
