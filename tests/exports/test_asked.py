"""An export holds what was asked for and says so: kinds, a period, only the portable part (Art. 15, 20)."""

import json
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.storage import default_storage

from consent.grounds import recording
from exports import scope
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.sources import Row
from portals_core.records.models import Record
from portals_core.writing.notes import add_note
from requests.arriving import intake
from requests.deciding import approvals
from tests import cast
from tests.exports.export_cast import READ, bundle_of

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def orders(made):
    """Two orders with a note each, and one line."""
    found = [cast.order(made, number, made.subject, margin="3") for number in ("A1", "A2")]
    cast.line(made, found[0], "Chai")
    for record in (*found, made.subject):
        add_note(actor=made.actor("subject"), record=record.pk, body=f"On {record.pk}", at=cast.NOW)
    return found


def exported(made, **asked):
    """`data.json` and the report of an export for which this was asked."""
    subject = made.actor("subject")
    case = intake.file_case(actor=subject, kind="export", asked=asked, at=clock.now())
    approvals.decide(actor=made.actor("officer"), case=case.pk, outcome="approve", at=clock.now())
    outbox.drain(about=case.ref)
    bundle = bundle_of(case)
    with zipfile.ZipFile(default_storage.path(bundle.file)) as packed:
        top = f"{bundle.pk}/data"
        return json.loads(packed.read(f"{top}/data.json")), packed.read(f"{top}/report.html").decode()


def test_without_a_wish_everything_is_in_it(made, orders):
    data, report = exported(made)
    assert {"contacts", "orders", "lines", "notes", "account"} <= set(data["tables"])
    assert data["asked"] == {}
    assert "not everything we hold" not in report


def test_other_kinds_are_left_out_and_the_report_says_what_was_asked(made, orders):
    data, report = exported(made, kinds=["records:orders"])
    rows = data["tables"]
    assert {one["number"] for one in rows["orders"]} == {"A1", "A2"}
    assert {one["record"] for one in rows["notes"]} == {str(one.pk) for one in orders}
    assert not {"contacts", "lines", "account", "requests"} & set(rows)
    assert data["asked"]["Only these kinds"] == "Orders"
    assert "<dt>Only these kinds</dt><dd>Orders</dd>" in report
    assert "not everything we hold about you" in report


def test_what_was_made_outside_the_period_is_left_out(made, orders):
    """The person's own record is in every copy of it; days are those of the organisation's zone."""
    Record.objects.visible_to(READ).filter(pk=orders[0].pk).update(
        created_at=datetime(2025, 12, 31, 12, tzinfo=UTC)
    )
    data, _report = exported(made, since="2026-01-01")
    assert [one["number"] for one in data["tables"]["orders"]] == ["A2"]
    assert data["tables"]["contacts"][0]["id"] == str(made.subject.pk)
    early, report = exported(made, until="2025-12-31")
    assert [one["number"] for one in early["tables"]["orders"]] == ["A1"]
    assert "Dec. 31, 2025" in report


def test_only_the_portable_part_holds_what_the_person_gave(made, orders):
    """Art. 20, WP 242: nothing derived, nothing that staff wrote; the bases stay, because they open it."""
    officer = made.actor("officer")
    recording.record_basis(actor=officer, subject=made.subject.pk, basis="A6-1-b", at=cast.NOW)
    add_note(actor=made.actor("operator"), record=orders[0].pk, body="Pays late.", at=cast.NOW, internal=True)
    data, _report = exported(made, form="portable")
    rows = data["tables"]
    assert "margin" not in rows["orders"][0] and rows["orders"][0]["total"]
    assert not {"staff_notes", "messages", "mentions"} & set(rows)
    assert data["portable"]["bases"] == ["A6-1-b"] and "orders" in data["portable"]["tables"]
    assert [one["basis"] for one in rows["processing_bases"]] == ["A6-1-b"]


def test_the_period_counts_whole_days_and_rows_without_a_moment_stay(made):
    day = date(2026, 3, 5)
    wanted = scope.Scope(subject=made.subject.pk, since=day, until=day)
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    moments = [noon - timedelta(hours=13), noon - timedelta(hours=12), noon + timedelta(hours=11.9), None]
    rows = [("consent", Row("objections", {"at": at and at.isoformat()})) for at in moments]
    assert list(wanted.rows(rows)) == rows[1:]


def test_rows_are_handed_on_one_by_one(made):
    asked = []

    def rows():
        for number in range(3):
            asked.append(number)
            yield "zz", Row("fine", {"n": number})

    walk = scope.Scope(subject=made.subject.pk).rows(rows())
    assert next(walk)[1].values == {"n": 0} and asked == [0]
