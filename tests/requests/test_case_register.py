"""The register of requests as a file for a supervisory authority."""

import csv
import io
import tracemalloc
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing.errors import BadInput, Forbidden
from requests.desk import case_register
from requests.models import Case, RecipientNotice
from tests import cast
from tests.requests.case_cast import GROUND, LATER, TEST, decide, file
from tests.requests.many_cases import many, row
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SINCE, UNTIL = date(2026, 1, 1), date(2026, 12, 31)


def lines(made, who="auditor", since=SINCE, until=UNTIL) -> list[list[str]]:
    text = "".join(case_register.export(actor=made.actor(who), since=since, until=until, at=LATER))
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_each_request_is_a_row_with_procedure_and_outcome_and_nobodys_name(made):
    refused = decide(made, file(made, "export", text="Mine!"), "refuse", ground=GROUND, sentence="No, Sage.")
    waiting = file(made, "delete", "stranger")
    for standing in ("told", "answered", "open", "impossible"):
        notice = RecipientNotice(case=refused, recipient=uuid4(), name="Firm", act="erase", way="mail")
        notice.standing = standing
        notice.save(force_insert=True)
    head, *rows = lines(made)
    first, second = sorted(rows)
    found = dict(zip(head, first, strict=True))
    assert found["Number"] == refused.number and found["Outcome"] == "Refused"
    assert found["Ground"] == "12(5)(b): The request is clearly without foundation."
    assert (found["Received"], found["Closed on"]) == ("2026-03-05", "2026-03-06")
    assert (found["Due"], found["Recipients told"]) == (refused.due_on.isoformat(), "2")
    assert second[0] == waiting.number and dict(zip(head, second, strict=True))["Closed on"] == ""
    everything = str([first, second])
    for name in ("Sage", "Robin", "people.example", "Mine!", "Firm"):
        assert name not in everything


def test_the_period_counts_by_day_of_receipt_both_days_included(made):
    for place, days in enumerate((0, 1, 2, 3)):
        row(made, place, received_at=cast.NOW + timedelta(days=days)).save(force_insert=True)
    found = lines(made, since=date(2026, 3, 6), until=date(2026, 3, 7))[1:]
    assert [one[0] for one in found] == ["2020-00001", "2020-00002"]
    with pytest.raises(BadInput):
        lines(made, since=UNTIL, until=SINCE)


def test_only_who_reads_evidence_or_approves_takes_it_away(made):
    many(made, 1)
    assert len(lines(made, "auditor")) == len(lines(made, "officer")) == 2
    cast.take_away("cases.approve", role="officer")
    cast.take_away("cases.view", role="auditor")
    for who in ("officer", "auditor", "operator", "subject"):
        with pytest.raises(Forbidden):
            lines(made, who)


def test_the_ledger_knows_who_took_what_and_whether_it_all_left(made, monkeypatch):
    monkeypatch.setattr(case_register, "PIECE", 2)
    many(made, 5)
    assert len(lines(made)) == 6
    stream = case_register.export(actor=made.actor("auditor"), since=SINCE, until=UNTIL, at=LATER)
    next(stream), next(stream)
    stream.close()
    entries = LedgerEntry.objects.filter(about="case_register").order_by("created", "at")
    assert (
        list(entries.filter(code="case.register_taken").values_list("actor", flat=True))
        == [made.actor("auditor").ref] * 2
    )
    outcomes = entries.filter(code="case.register_ended").values_list("outcome", flat=True)
    assert sorted(outcomes) == ["broken_off", "done"]


def test_pieces_of_one_moment_neither_repeat_nor_miss_a_row(made, monkeypatch):
    monkeypatch.setattr(case_register, "PIECE", 3)
    many(made, 10)
    numbers = [one[0] for one in lines(made)[1:]]
    assert sorted(numbers) == [f"2020-{place:05d}" for place in range(10)]


def test_no_cell_is_run_by_a_spreadsheet(made):
    """Attack 52."""
    row(made, 0, number="=1+1", ground="@SUM(A1)").save(force_insert=True)
    found = lines(made)[1]
    assert found[0] == "'=1+1" and found[9] == "'@SUM(A1)"


def test_memory_does_not_grow_with_the_register(made, monkeypatch):
    """W22."""
    monkeypatch.setattr(case_register, "PIECE", 50)

    def peak() -> int:
        tracemalloc.start()
        for _line in case_register.export(actor=made.actor("auditor"), since=SINCE, until=UNTIL, at=LATER):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    many(made, 100)
    peak()
    small = peak()
    many(made, 1_900, start=100)
    assert peak() < small * 1.5


def test_it_is_downloaded_by_a_button_and_looking_leaves_no_trace(made):
    many(made, 2)
    auditor, address = browser(made, "auditor"), reverse("dsr_requests:register")
    assert "no names" in words(auditor.get(address))
    assert not LedgerEntry.objects.filter(about="case_register").exists()
    sent = auditor.post(address, {"since": "2026-01-01", "until": "2026-12-31"})
    assert sent.headers["Content-Disposition"] == 'attachment; filename="requests-2026-01-01-2026-12-31.csv"'
    body = b"".join(sent.streaming_content).decode()
    assert body.count("\r\n") == 3 and "2020-00001" in body
    wrong = auditor.post(address, {"since": "2026-12-31", "until": "2026-01-01"})
    assert wrong.status_code == 400 and "too early" in words(wrong)
    assert auditor.post(address, {"since": "x"}).status_code == 400
    assert browser(made, "operator").get(address).status_code == 403
    assert Case.objects.visible_to(TEST).count() == 2
