"""The auditor's reading room: the log by pages and filters, signed heads, cases (attack 24)."""

import re
from datetime import timedelta

import pytest
from django.db import transaction

from exports import audit
from portals_core.ledger import append, checkpoint, seal
from portals_core.ledger.models import Checkpoint, LedgerEntry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Forbidden
from requests.models import Case
from tests.exports.export_cast import READ, approved
from tests.exports.web import browser

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
PAGES = ["/audit/", "/audit/log/", "/audit/check/"]


def write(number: int, *, sealed: bool) -> None:
    with transaction.atomic():
        for place in range(number):
            append.record("bundle.purged", actor=READ, about=f"test:{place}", at=clock.now())
    while sealed and seal.seal():
        pass


def walk(actor, **given) -> list[LedgerEntry]:
    found: list[LedgerEntry] = []
    after = ""
    while True:
        page = audit.log(actor, after=after, **given)
        found += page.entries
        if not page.following:
            return found
        after = page.following


@pytest.mark.parametrize(("sealed", "waiting"), [(120, 0), (0, 120), (70, 70)])
def test_pages_hold_every_entry_once_newest_first(made, sealed, waiting):
    write(sealed, sealed=True)
    write(waiting, sealed=False)
    found = [one.pk for one in walk(made.actor("auditor"))]
    assert len(found) == len(set(found)) == LedgerEntry.objects.count()
    indexes = [one.index for one in walk(made.actor("auditor")) if one.index is not None]
    assert indexes == sorted(indexes, reverse=True)


def test_filters_narrow_by_event_thing_and_day(made):
    write(3, sealed=True)
    auditor = made.actor("auditor")
    assert {one.about for one in walk(auditor, code="bundle.purged")} == {"test:0", "test:1", "test:2"}
    assert [one.about for one in walk(auditor, about="test:1")] == ["test:1"]
    assert walk(auditor, since=clock.now() + timedelta(days=1)) == []
    assert len(walk(auditor, code="bundle.purged", until=clock.now() + timedelta(days=1))) == 3


def test_a_damaged_cursor_is_bad_input(made):
    for damaged in ("x", "w", "wx_y", "w2026-01-01_x"):
        with pytest.raises(BadInput):
            audit.log(made.actor("auditor"), after=damaged)


@pytest.mark.parametrize("who", ["officer", "administrator", "operator", "subject"])
@pytest.mark.parametrize("page", PAGES)
def test_only_auditors_read_there(made, who, page):
    assert browser(made, who).get(page).status_code == 403
    assert browser(made, "auditor").get(page).status_code == 200


def test_the_reader_refuses_without_the_page(made):
    with pytest.raises(Forbidden):
        audit.log(made.actor("officer"))
    with pytest.raises(Forbidden):
        audit.heads(made.actor("officer"))


def test_signed_heads_say_whether_their_signature_holds(made, settings, tmp_path):
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"
    checkpoint.create_signing_key()
    write(3, sealed=True)
    checkpoint.sign_next()
    auditor = made.actor("auditor")
    assert [head.holds for head in audit.heads(auditor)] == [True]
    page = browser(made, "auditor")
    assert "state-good" in page.get("/audit/log/").content.decode()
    Checkpoint.objects.update(size=99)
    assert [head.holds for head in audit.heads(auditor)] == [False]
    assert "state-bad" in page.get("/audit/log/").content.decode()


def test_cases_are_listed_by_pages_and_found_by_number(made, monkeypatch):
    first, second = approved(made), approved(made, who="stranger")
    monkeypatch.setattr(audit, "PAGE", 1)
    auditor = made.actor("auditor")
    found, after = audit.case_list(auditor)
    rest, end = audit.case_list(auditor, after=after)
    assert {one.number for one in found + rest} == {first.number, second.number} and end == ""
    assert [one.number for one in audit.case_list(auditor, number=first.number)[0]] == [first.number]


def test_the_list_of_cases_reads_what_it_shows_and_nothing_else(made, django_assert_num_queries):
    """W22: a case has near fifty columns, among them words of the person; a line shows five."""
    case, auditor = approved(made), made.actor("auditor")
    with django_assert_num_queries(1) as captured:
        found, _after = audit.case_list(auditor)
    (asked,) = captured.captured_queries
    columns = set(re.findall(r'"dsr_requests_case"\."(\w+)"', asked["sql"]))
    assert columns - {"filed_at"} == set(audit.CaseLine._fields)  # filed_at is their order
    shown = browser(made, "auditor").get("/audit/").content.decode()
    stored = Case.objects.visible_to(READ).get(pk=case.pk)
    assert [tuple(one) for one in found] == [tuple(getattr(stored, name) for name in audit.CaseLine._fields)]
    assert all(str(word) in shown for word in (stored.get_kind_display(), stored.get_state_display()))


def test_a_page_of_the_log_takes_a_constant_number_of_queries(made, django_assert_num_queries):
    auditor = made.actor("auditor")
    write(2, sealed=True)
    with django_assert_num_queries(1):
        audit.log(auditor)
    write(48, sealed=True)
    with django_assert_num_queries(1):
        audit.log(auditor)
