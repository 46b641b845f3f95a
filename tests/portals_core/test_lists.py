"""Lists: filters, orders, pages and counts, the same for portal and desk (F14, T7, attack 26)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.access.actor import system
from portals_core.people.models import FieldAccess, ModuleAccess
from portals_core.plumbing import outbox
from portals_core.records import catalogue, filters, listing, reads
from portals_core.records.filters import Row
from portals_core.records.models import Field, Record
from portals_core.writing.records import create_record
from tests import cast
from tests.seats import seat

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"]), pytest.mark.both]
_LOOK = system("look in a test")
ROOMS = [("subject", "/m/orders/"), ("operator", "/desk/records/orders/")]


@pytest.fixture
def made():
    made = cast.set_up()
    for number, total in (("A-1", "9"), ("A-2", "100"), ("B-3", "10.50"), ("b-4", None)):
        cast.order(made, number, made.subject, total=total)
    cast.order(made, "A-9", made.stranger, total="100")
    return made


def _titles(response):
    return [row.title for row in response.context["page"].rows]


def _by(made, who, *rows, **asked):
    page = listing.page(made.actor(who), made.orders, rows=[Row(*row) for row in rows], **asked)
    assert not page.problem, page.problem
    return {row.title for row in page.rows}


# --- filters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "address"), ROOMS)
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"f1": "total", "h1": "gt", "v1": "9.5"}, {"A-2", "B-3"}),
        ({"f1": "total", "h1": "between", "v1": "9; 10.50"}, {"A-1", "B-3"}),
        ({"f1": "total", "h1": "empty"}, {"b-4"}),
        ({"f1": "number", "h1": "starts", "v1": "B-"}, {"B-3", "b-4"}),
        ({"f1": "number", "h1": "in", "v1": "a-1;b-4"}, {"A-1", "b-4"}),
        ({"f1": "number", "h1": "contains", "v1": "-", "f2": "total", "h2": "is_not", "v2": "9"}, None),
        ({"f3": "number", "v3": "a-2"}, {"A-2"}),
        ({"f2": "customer", "v2": "SAGE@people.example", "f3": "total", "h3": "lt", "v3": "10"}, {"A-1"}),
        ({"find": "b-", "f1": "total", "h1": "not_empty"}, {"B-3"}),
    ],
)  # fmt: skip
def test_a_list_is_filtered_by_the_rows_of_its_form(made, who, address, asked, found):
    """C12: comparisons as rules know them; all rows must hold."""
    response = seat(made, who).get(address, asked)
    assert response.status_code == 200
    mine = {title for title in _titles(response) if title != "A-9"}
    assert mine == (found if found is not None else {"A-2", "B-3", "b-4"})
    assert response.context["page"].count == len(_titles(response))


def test_what_was_asked_stands_in_the_form_again_and_fits_the_field(made):
    page = seat(made, "subject").get("/m/orders/", {"f1": "total", "h1": "gt", "v1": "9"})
    form = page.context["form"]
    assert [form[name].value() for name in ("f1", "h1", "v1")] == ["total", "gt", "9"]
    assert "starts" not in dict(form.fields["h1"].choices) and "starts" in dict(form.fields["h2"].choices)
    assert set(dict(form.fields["f1"].choices)) == {"", "number", "customer", "total"}


@pytest.mark.parametrize(("who", "address"), ROOMS)
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"f1": "nonsense", "h1": "is", "v1": "1"}, "no field “nonsense”"),
        ({"f1": "nonsense"}, "no field “nonsense”"),
        ({"f1": "total", "h1": "contains", "v1": "1"}, "does not fit"),
        ({"f1": "total", "h1": "sounds_like", "v1": "1"}, "no comparison “sounds_like”"),
        ({"h2": "sounds_like"}, "no comparison “sounds_like”"),
        ({"f1": "total", "h1": "is", "v1": "many"}, "write a number"),
        ({"f1": "total", "h1": "is"}, "needs 1 value"),
        ({"f1": "total", "h1": "between", "v1": "5"}, "needs 2 values"),
        ({"v1": "5"}, "Choose the field"),
        ({"f1": "customer", "h1": "is", "v1": "nobody@people.example"}, "there is no such record"),
        ({"f1": "customer", "h1": "contains", "v1": "sage@people.example"}, "does not fit"),
        ({"sort": "nonsense"}, "no column “nonsense”"),
        ({"sort": "customer"}, "no column “customer”"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason_and_shows_no_row(made, who, address, asked, words):
    """C11: nothing that is asked is passed over."""
    response = seat(made, who).get(address, asked)
    assert response.status_code == 400 and words in str(response.context["page"].problem)
    assert words in response.content.decode() and _titles(response) == []


@pytest.mark.parametrize(("who", "address"), ROOMS)
@pytest.mark.parametrize(
    "name", ["_connector", "folded__total__gt", "total", "module", "creator_id__in", "f4", "F1", "page"]
)
def test_a_name_that_lists_do_not_know_is_refused(made, who, address, name):
    """Attack 26: parameters have fixed names; none becomes part of a query."""
    client = seat(made, who)
    refused = client.get(address, {name: "1"})
    assert refused.status_code == 400 and name in refused.content.decode()
    assert client.get(address, {"f1": ""}).status_code == 200


def test_the_moment_of_a_filter_is_one_of_the_persons_own_day(made):
    catalogue.define(
        actor=_LOOK,
        description={
            "key": "visits", "label": "Visit", "label_plural": "Visits", "title_key": "what",
            "fields": [{"key": "what", "label": "What"}, {"key": "at", "label": "At", "type": "datetime"}],
        },
    )  # fmt: skip
    module = catalogue.module("visits")
    given = {"what": "Bait", "at": "2026-03-05T09:30:00+00:00"}
    create_record(actor=_LOOK, module=module, given=given, source="test", at=cast.NOW)
    made.users["operator"].refresh_from_db()
    made.users["operator"].time_zone = "Europe/Warsaw"
    made.users["operator"].save()
    asked = {"f1": "at", "h1": "is"}
    desk = seat(made, "operator")
    assert _titles(desk.get("/desk/records/visits/", {**asked, "v1": "2026-03-05T10:30"})) == ["Bait"]
    assert _titles(desk.get("/desk/records/visits/", {**asked, "v1": "2026-03-05T09:30"})) == []


# --- orders ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("total", ["A-1", "B-3", "A-2", "b-4"]),
        ("-total", ["A-2", "B-3", "A-1", "b-4"]),
        ("number", ["A-1", "A-2", "B-3", "b-4"]),
        ("-number", ["b-4", "B-3", "A-2", "A-1"]),
    ],
)
def test_a_list_stands_in_the_order_of_a_column_and_what_is_missing_comes_last(made, sort, order):
    response = seat(made, "subject").get("/m/orders/", {"sort": sort})
    assert _titles(response) == order
    assert 'aria-sort="descending"' in response.content.decode() if sort[0] == "-" else True


@pytest.mark.parametrize("sort", ["", "total", "-total"])
def test_pages_of_an_ordered_list_follow_each_other_without_gap_or_repetition(made, monkeypatch, sort):
    """Rows in reach by two ways, equal values and missing ones lie across the edges of pages."""
    monkeypatch.setattr(listing, "PAGE", 3)
    user = made.users["subject"]
    for number in range(9):
        total = str(number // 4) if number % 3 else None
        row = cast.order(made, f"C-{number}", made.subject, total=total)
        Record.objects.visible_to(_LOOK).filter(pk=row.pk).update(creator=user if number % 2 else None)
    client, seen, after = seat(made, "subject"), [], ""
    while after is not None:
        page = client.get("/m/orders/", {"sort": sort, "after": after}).context["page"]
        seen += [row.id for row in page.rows]
        after = page.after
    rows = Record.objects.visible_to(_LOOK).filter(folded__customer=str(made.subject.pk))
    there = sorted((row for row in rows if "total" in row.folded or not sort), key=lambda row: row.pk)
    missing = sorted((row for row in rows if "total" not in row.folded and sort), key=lambda row: row.pk)
    if sort:
        there.sort(key=lambda row: row.folded["total"], reverse=sort[0] == "-")
    assert seen == [row.pk for row in there + missing] and len(seen) == 13


def test_where_the_page_ended_is_named_by_id_and_a_row_out_of_sight_starts_anew(made):
    """No value stands in the address of the next page; a foreign row tells nothing about its value."""
    theirs = Record.objects.visible_to(_LOOK).get(folded__number="a-9")
    client = seat(made, "subject")
    asked = {"sort": "total", "after": str(theirs.pk)}
    assert _titles(client.get("/m/orders/", asked)) == ["A-1", "B-3", "A-2", "b-4"]
    mine = Record.objects.visible_to(_LOOK).get(folded__number="b-3")
    assert _titles(client.get("/m/orders/", {**asked, "after": str(mine.pk)})) == ["A-2", "b-4"]


# --- how much may be asked --------------------------------------------------------------------------


def test_a_long_list_is_asked_only_what_an_index_answers(made, monkeypatch):
    """The rest can be asked of what is left."""
    monkeypatch.setattr(reads, "CAP", 4)
    connection.check_constraints()
    outbox.drain()
    desk, address = seat(made, "operator"), "/desk/records/orders/"
    robin = {"f1": "customer", "h1": "is", "v1": "robin@people.example"}
    for asked in ({"f1": "total", "h1": "is", "v1": "100"}, {"sort": "total"}):
        refused = desk.get(address, asked)
        assert refused.status_code == 400 and "more than 10,000" in refused.content.decode()
    plain = desk.get(address)
    assert plain.context["page"].sorts == () and "This list is long" in plain.content.decode()
    assert _titles(desk.get(address, {"find": "a-9"})) == ["A-9"]
    assert _titles(desk.get(address, {**robin, "sort": "-total"})) == ["A-9"]
    assert _titles(desk.get(address, {**robin, "f2": "total", "h2": "is", "v2": "100"})) == ["A-9"]
    assert _titles(desk.get(address, {**robin, "f2": "total", "h2": "is", "v2": "9"})) == []


@pytest.mark.parametrize(("who", "address"), ROOMS)
def test_a_filtered_and_ordered_list_costs_the_same_queries_for_1_3_and_50_rows(made, who, address):
    client, counts, rows = seat(made, who), [], []
    asked = {"f1": "number", "h1": "starts", "v1": "x", "f2": "customer", "h2": "not_empty", "sort": "-total"}
    for batch in (1, 2, 47):
        for _number in range(batch):
            cast.order(made, f"X-{len(rows)}", made.subject, agent=str(made.stranger.pk))
            rows.append(1)
        with CaptureQueriesContext(connection) as queries:
            assert len(_titles(client.get(address, asked))) == len(rows)
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2]


def test_the_modules_of_the_desk_are_counted_in_the_same_queries_however_many_there_are(made):
    desk, costs = seat(made, "operator"), []
    for more in range(2):
        for number in range(more * 4):
            row = {"key": f"extra{number}", "label": "x", "label_plural": "x", "title_key": "a"}
            catalogue.define(actor=_LOOK, description={**row, "fields": [{"key": "a", "label": "A"}]})
        with CaptureQueriesContext(connection) as queries:
            modules = desk.get("/desk/records/").context["modules"]
        costs.append(len(queries))
    assert costs[0] == costs[1] and len(modules) == 7
    assert {of.key: count for of, count in modules}["orders"] == 5


def test_counts_of_modules_stop_at_the_cap(made, monkeypatch):
    monkeypatch.setattr(reads, "CAP", 3)
    counted = {of.key: count for of, count in listing.counted(made.actor("operator"))}
    assert counted == {"contacts": 3, "orders": 4, "lines": 0}
    assert {of.key: n for of, n in listing.counted(made.actor("subject"))} == {"contacts": 2, "orders": 4}


def test_the_targets_of_a_link_are_read_in_parts_each_once(made, monkeypatch):
    """A record in reach by two ways is offered once, and no longer list is read than can be chosen from."""
    monkeypatch.setattr("portals_core.records.inputs.MOST_CHOICES", 2)
    access = ModuleAccess.objects.visible_to(_LOOK).get(user_type=made.user_type, module=made.orders)
    field = Field.objects.visible_to(_LOOK).get(module=made.orders, key="customer")
    FieldAccess.objects.visible_to(_LOOK).filter(access=access, field=field).update(editable=True)
    ModuleAccess.objects.visible_to(_LOOK).filter(pk=access.pk).update(can_create=True)
    Record.objects.visible_to(_LOOK).filter(pk=made.subject.pk).update(creator=made.users["subject"])
    form = seat(made, "subject").get("/m/orders/new/").context["form"]
    offered = [label for _value, label in form.fields["customer"].widget.choices]
    assert offered == ["–", "Ada Added", "Sage Winter"]


def test_filters_in_words_leave_values_of_persons_out(made):
    """What the log keeps outlives a person: comparisons stay, their words do not."""
    contacts, orders = catalogue.fields(made.contacts), catalogue.fields(made.orders)
    actor = made.actor("operator")
    tree = filters.tree(actor, contacts, [Row("name", "contains", "Sage"), Row("phone", "empty")])
    assert filters.words(tree, contacts) == "Name contains “…” and Phone is empty"
    tree = filters.tree(
        actor, orders, [Row("total", "gt", "9"), Row("customer", "is", "sage@people.example")]
    )
    assert filters.words(tree, orders) == f"Total is more than “9” and Customer is “{made.subject.pk}”"
