"""A list leaves as a CSV file: whose rows, which fields, what the log says (F12, L10, attack 52)."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.access.actor import system
from portals_core.ledger.models import LedgerEntry
from portals_core.locks import place
from portals_core.people.models import FieldAccess, ModuleAccess
from portals_core.plumbing.errors import BadInput, Forbidden
from portals_core.records import catalogue
from portals_core.records.filters import Row
from portals_core.records.models import Field, Record
from portals_core.writing import exported
from tests import cast
from tests.portals_core import trail
from tests.seats import seat

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"]), pytest.mark.both]
_LOOK = system("look in a test")
DESK, PORTAL = "/desk/records/orders/export/", "/m/orders/export/"


@pytest.fixture
def made():
    made = cast.set_up()
    for number in ("A-1", "A-2", "B-3"):
        cast.order(made, number, made.subject, margin="7")
    cast.order(made, "A-9", made.stranger, total="100")
    _access(made, made.orders, can_export=True)
    return made


def _access(made, module, **change):
    ModuleAccess.objects.visible_to(_LOOK).filter(user_type=made.user_type, module=module).update(**change)


def _field(made, key, **change):
    Field.objects.visible_to(_LOOK).filter(module=made.orders, key=key).update(**change)


def _rows(response):
    assert response.status_code == 200, response.content
    return _read(response.getvalue().decode())


def _read(text):
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def _numbers(response):
    return sorted(row["Number"] for row in _rows(response))


def _exported(made, who="operator", **asked):
    return "".join(exported.export_list(actor=made.actor(who), module=made.orders, at=cast.NOW, **asked))


# --- who, and what --------------------------------------------------------------------------------


def test_a_person_takes_away_what_their_list_shows(made):
    """Rows in reach, fields that are readable, links by title."""
    response = seat(made, "subject").post(PORTAL)
    assert response.headers["Content-Disposition"] == 'attachment; filename="orders.csv"'
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    rows = sorted(_rows(response), key=lambda row: row["Number"])
    assert rows[0] == {"Number": "A-1", "Customer": "Sage Winter", "Total": "12.50"} and len(rows) == 3


def test_a_file_holds_what_the_filter_of_the_list_keeps(made):
    """The same words give the same rows as a page and as a file."""
    asked = {"find": "a-", "f1": "total", "h1": "gt", "v1": "50"}
    desk = seat(made, "administrator")
    assert _numbers(desk.post(DESK, asked)) == ["A-9"]
    assert [row.title for row in desk.get("/desk/records/orders/", asked).context["page"].rows] == ["A-9"]
    assert len(_rows(desk.post(DESK))) == 4


def test_who_may_not_export_has_no_button_and_gets_nothing(made):
    """F12: refused alike whatever the list holds, and nothing is told to the log as done."""
    button = 'action="/m/orders/export/"'
    subject = seat(made, "subject")
    assert button in subject.get("/m/orders/").content.decode()
    _access(made, made.orders, can_export=False)
    assert button not in subject.get("/m/orders/").content.decode()
    assert subject.post(PORTAL).status_code == 403
    assert seat(made, "operator").post(DESK).status_code == 403
    assert DESK not in seat(made, "operator").get("/desk/records/orders/").content.decode()
    assert DESK in seat(made, "administrator").get("/desk/records/orders/").content.decode()
    assert trail.leaves("records.exported") == []
    with pytest.raises(Forbidden):
        exported.export_list(actor=made.actor("operator"), module=made.orders, at=cast.NOW)


def test_a_module_out_of_reach_is_absent_and_reading_an_address_exports_nothing(made):
    subject = seat(made, "subject")
    assert subject.post("/m/lines/export/").status_code == subject.post("/m/nope/export/").status_code == 404
    assert subject.get(PORTAL).status_code == 405
    assert trail.leaves("records.exported") == []


@pytest.mark.parametrize("asked", [{"f1": "margin", "h1": "is", "v1": "7"}, {"total__gt": "1"}])
def test_a_file_of_what_cannot_be_asked_is_refused_before_anything_leaves(made, asked):
    subject = seat(made, "subject")
    assert subject.post(PORTAL, asked).status_code == 400 and trail.leaves("records.exported") == []
    assert subject.post(PORTAL, {"f1": "total", "h1": "is", "v1": "12.5"}).status_code == 200


@pytest.mark.parametrize(
    "mark", [{"masked": True}, {"encrypted": True}, {"withheld": ["export"]}, {"withheld": ["api", "export"]}]
)
def test_masked_encrypted_and_withheld_fields_do_not_leave(made, mark):
    """F12, F13, decision 10: neither the values nor the heads of their columns; no role changes that."""
    desk = seat(made, "administrator")
    before = desk.post(DESK).getvalue().decode()
    assert "Margin" in before and ",7" in before
    _field(made, "margin", **mark)
    after = desk.post(DESK).getvalue().decode()
    assert "Margin" not in after and ",7" not in after and "A-9" in after


def test_a_field_withheld_from_other_channels_leaves(made):
    _field(made, "margin", withheld=["api", "vendor_apps"])
    assert {row["Margin"] for row in _rows(seat(made, "administrator").post(DESK))} == {"7", ""}


def test_each_record_shows_what_is_readable_in_its_layout(made):
    """F1: a column is there for records that show it, and blank for the others."""
    layout = catalogue.layouts(made.orders).first()
    other = type(layout)(module=made.orders, name="Other")
    other.save()
    access = ModuleAccess.objects.visible_to(_LOOK).get(user_type=made.user_type, module=made.orders)
    for key in ("number", "margin"):
        field = Field.objects.visible_to(_LOOK).get(module=made.orders, key=key)
        FieldAccess(access=access, field=field, layout=other).save()
    Record.objects.visible_to(_LOOK).filter(folded__number="a-2").update(layout=other)
    rows = {row["Number"]: row for row in _rows(seat(made, "subject").post(PORTAL))}
    assert (rows["A-1"]["Total"], rows["A-1"]["Margin"]) == ("12.50", "")
    assert (rows["A-2"]["Total"], rows["A-2"]["Margin"]) == ("", "7")


def test_records_that_a_condition_alone_shares_leave_with_fewer_fields(made):
    """C6."""
    _access(made, made.orders, sharing="public")
    rows = {row["Number"]: row for row in _rows(seat(made, "subject").post(PORTAL))}
    assert rows["A-9"]["Total"] == "100"
    FieldAccess.objects.visible_to(_LOOK).filter(field__key="total").update(far=False)
    rows = {row["Number"]: row for row in _rows(seat(made, "subject").post(PORTAL))}
    assert rows["A-9"]["Total"] == "" and rows["A-1"]["Total"] == "12.50"
    assert "Robin" not in str(rows)


@pytest.mark.parametrize(
    ("ground", "left"), [("restriction", True), ("legal_hold", False), ("business", False)]
)
def test_restricted_records_stay_where_they_are(made, ground, left):
    """L10, R9: other locks do not stop an export."""
    record = Record.objects.visible_to(_LOOK).get(folded__number="a-2")
    place.place(actor=_LOOK, record=record.pk, ground=ground, reason="x", placed_by="case:1", at=cast.NOW)
    for client, address in ((seat(made, "subject"), PORTAL), (seat(made, "administrator"), DESK)):
        assert ("A-2" not in _numbers(client.post(address))) is left
    place.lift(actor=_LOOK, placed_by="case:1", at=cast.NOW, reason="over")
    assert "A-2" in _numbers(seat(made, "subject").post(PORTAL))


def test_no_cell_is_run_by_the_spreadsheet_that_opens_it(made):
    """Attack 52."""
    cast.order(made, '=HYPERLINK("http://evil.example")', made.subject)
    cast.order(made, " ＝1+1", made.subject)
    found = _numbers(seat(made, "subject").post(PORTAL))
    assert '\'=HYPERLINK("http://evil.example")' in found and "'＝1+1" in found


# --- the log, and memory --------------------------------------------------------------------------


def test_the_log_knows_of_an_export_before_its_first_byte_and_how_it_ended(made):
    """W9: who, which module, which fields, by which filter; then how many rows went out."""
    actor = made.actor("administrator")
    rows = [Row("total", "lt", "50"), Row("customer", "is", "sage@people.example")]
    lines = exported.export_list(actor=actor, module=made.orders, find="A-", rows=rows, at=cast.NOW)
    assert trail.leaves("records.exported") == [(actor.ref, "module:orders")]
    assert trail.leaves("records.export_ended") == []
    (told,) = trail.details("records.exported")
    assert told["fields"] == ["number", "customer", "agent", "total", "margin"] and told["find"] == "A-"
    assert told["filter"] == f"Total is less than “50” and Customer is “{made.subject.pk}”"
    assert len(_read("".join(lines))) == 2
    (ended,) = trail.details("records.export_ended")
    entry = LedgerEntry.objects.get(code="records.exported")
    assert ended == {"entry": str(entry.pk), "rows": 2}
    assert LedgerEntry.objects.get(code="records.export_ended").outcome == "done"


def test_an_export_that_breaks_off_says_how_far_it_came(made, monkeypatch):
    monkeypatch.setattr(exported, "PIECE", 1)
    lines = exported.export_list(actor=made.actor("administrator"), module=made.orders, at=cast.NOW)
    next(lines), next(lines), next(lines)
    lines.close()
    assert LedgerEntry.objects.get(code="records.export_ended").outcome == "broken_off"
    assert trail.details("records.export_ended")[0]["rows"] == 2


def test_the_log_keeps_no_word_that_was_searched_among_people(made):
    actor, rows = made.actor("administrator"), [Row("name", "is", "Robin Stranger")]
    list(exported.export_list(actor=actor, module=made.contacts, find="Robin", rows=rows, at=cast.NOW))
    (told,) = trail.details("records.exported")
    assert (told["find"], told["filter"]) == ("…", "Name is “…”")


def test_a_long_list_is_read_in_pieces_as_it_is_sent(made, monkeypatch):
    """W22: nothing is read before it is wanted, no piece is larger than agreed, each row comes once."""
    monkeypatch.setattr(exported, "PIECE", 2)
    _access(made, made.orders, sharing="public")
    lines = exported.export_list(actor=made.actor("subject"), module=made.orders, at=cast.NOW)
    with CaptureQueriesContext(connection) as queries:
        next(lines)
    assert len(queries) == 0
    pieces = [piece.count("\r\n") for piece in lines]
    assert pieces == [2, 2]


def test_a_piece_costs_the_same_queries_whatever_it_holds(made, monkeypatch):
    costs = []
    for more in (0, 20):
        for number in range(more):
            cast.order(made, f"N-{number}", made.subject, agent=str(made.stranger.pk))
        with CaptureQueriesContext(connection) as queries:
            _exported(made, "administrator")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_filter_that_asks_too_much_of_a_long_list_leaves_no_entry(made, monkeypatch):
    monkeypatch.setattr("portals_core.records.reads.CAP", 2)
    with pytest.raises(BadInput):
        _exported(made, "administrator", rows=[Row("total", "gt", "1")])
    assert trail.leaves("records.exported") == []
    assert len(_read(_exported(made, "administrator"))) == 4
