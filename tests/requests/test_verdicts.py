"""Drafts item by item: who may write them, what a refusal needs, what holds before what."""

from dataclasses import replace
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.ledger.models import LedgerEntry
from portals_core.people import accounts
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from requests.deciding import board, verdicts
from requests.holding import holdings, planning
from requests.holding.book import batches
from requests.models import Verdict
from tests import cast
from tests.requests import case_cast, partly_cast
from tests.requests.case_cast import GROUND, LATER, TEST, file
from tests.requests.partly_cast import CLAIMS, REQUIRED, bought, lock, put, seen

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
WORDS = {"ground": CLAIMS, "sentence": "A claim is open."}


def drafts(case):
    return Verdict.objects.visible_to(TEST).filter(case=case)


def rows(made, case, key="records:orders"):
    return {row.ref: row for row in seen(made, case)[key].items}


def test_an_items_verdict_goes_before_its_kinds_and_that_before_the_suggestion(made):
    """W5."""
    things = bought(made)
    case, ref = file(made, "delete"), str(things.orders[0].pk)
    assert {row.origin for row in rows(made, case).values()} == {"suggestion"}
    put(made, case, **WORDS)
    assert {(row.verdict, row.origin) for row in rows(made, case).values()} == {("refuse", "group")}
    put(made, case, ref=ref, verdict="fulfil")
    found = rows(made, case)
    assert (found[ref].verdict, found[ref].origin, found[ref].suggestion) == ("fulfil", "item", "fulfil")
    assert seen(made, case)["records:orders"].tally == {"refuse": 2, "fulfil": 1}


def test_a_draft_survives_its_officer_and_the_later_one_stands(made):
    """Who wrote it last and when is shown to the next."""
    bought(made)
    case = file(made, "delete")
    put(made, case, **WORDS)
    put(made, case, ground=REQUIRED, sentence="A law.", who="second_officer")
    row = drafts(case).get()
    assert (row.ground, row.sentence, row.by, row.at) == (
        REQUIRED, "A law.", made.users["second_officer"], LATER,
    )  # fmt: skip
    assert {line.by for line in rows(made, case).values()} == {made.users["second_officer"]}


def test_a_draft_can_be_taken_back(made):
    bought(made)
    case = file(made, "delete")
    put(made, case, **WORDS)
    for _again in range(2):
        verdicts.clear(actor=made.actor("officer"), case=case.pk, source="records", kind="orders", at=LATER)
    assert not drafts(case).exists()


def test_every_draft_is_in_the_log_once_and_without_words(made):
    """22: the same draft again is no change."""
    bought(made)
    case = file(made, "delete")
    for _again in range(2):
        put(made, case, **WORDS)
    assert case_cast.codes(case).count("case.verdict") == 1


@pytest.mark.parametrize("who", ["subject", "stranger", "administrator", "auditor", "operator"])
def test_only_officers_draft(made, who):
    bought(made)
    case = file(made, "delete")
    with pytest.raises(Forbidden):
        put(made, case, who=who, **WORDS)
    assert not drafts(case).exists()
    assert LedgerEntry.objects.get(code="case.refused_attempt").about == case.ref


def test_an_officer_without_second_factor_drafts_nothing(made):
    bought(made)
    case = file(made, "delete")
    unverified = accounts.actor_of(made.users["officer"], verified=False)
    with pytest.raises(Forbidden):
        verdicts.put(
            actor=unverified, case=case.pk, source="records", kind="orders", verdict="fulfil", at=LATER
        )


@pytest.mark.parametrize("kind", ["delete", "stop", "export"])
def test_only_a_case_in_review_is_drafted_about(made, kind):
    bought(made, locked=False)
    case = file(made, kind)
    put(made, case, verdict="fulfil")
    case_cast.decide(made, case)
    with pytest.raises(Conflict):
        put(made, case, **WORDS)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("delete", {}),
        ("delete", {"ground": CLAIMS}),
        ("delete", {"ground": CLAIMS, "sentence": "   "}),
        ("delete", {"sentence": "No"}),
        ("delete", {"ground": "made_up", "sentence": "No"}),
        ("delete", {"ground": CLAIMS, "sentence": "x" * 2_001}),
        ("delete", {"verdict": "redact"}),
        ("delete", {"verdict": "burn"}),
        ("delete", {"verdict": ""}),
        ("stop", {"ground": CLAIMS, "sentence": "No"}),
        ("stop", {"verdict": "redact"}),
        ("export", {"ground": CLAIMS, "sentence": "No"}),
    ],
)
def test_a_refusal_needs_a_ground_of_its_kind_and_words(made, kind, given):
    """W19, Art. 12(4)."""
    bought(made, locked=False)
    case = file(made, kind)
    with pytest.raises(BadInput):
        put(made, case, **given)
    assert not drafts(case).exists()


def test_what_is_wrong_is_said_of_the_draft_it_is_wrong_in_and_nothing_is_kept(made):
    """All drafts of a form or none."""
    things = bought(made)
    case, ref = file(made, "delete"), str(things.orders[0].pk)
    given = [
        verdicts.Draft("records", "lines", verdict="fulfil"),
        verdicts.Draft("records", "orders", ref, "refuse", CLAIMS),
    ]
    with pytest.raises(BadInput) as caught:
        verdicts.put_all(actor=made.actor("officer"), case=case.pk, drafts=given, at=LATER)
    assert set(caught.value.fields) == {f"sentence-records:orders:{ref}"}
    assert not drafts(case).exists()


def test_a_lock_gives_ground_and_words(made):
    """N2: the officer need not write what the lock says."""
    things = bought(made)
    case = file(made, "delete")
    row = put(made, case, kind="invoices", ref=str(things.invoice.pk))
    assert (row.verdict, row.ground, row.sentence) == ("refuse", REQUIRED, "")


@pytest.mark.parametrize("size", [1, 500])
@pytest.mark.parametrize("locked", [0, 2])
def test_a_lock_on_some_of_a_kind_gives_no_words_for_all_of_it(made, monkeypatch, locked, size):
    """Wherever the locked ones stand, and whatever a batch holds; the invoices keep the walk going. Its
    passing twin: all of them are locked."""
    monkeypatch.setattr(verdicts, "batches", partial(batches, size=size))
    things = bought(made)
    case = file(made, "delete")
    held = [item.ref for item in planning.items_for(case) if item.kind == "orders"]
    orders = {str(order.pk): order for order in things.orders}
    lock(orders[held[locked]])
    given = [verdicts.Draft("records", kind, verdict="refuse") for kind in ("orders", "invoices")]
    for drafted in (given[:1], given):
        with pytest.raises(BadInput):
            verdicts.put_all(actor=made.actor("officer"), case=case.pk, drafts=drafted, at=LATER)
    for ref in held:
        if ref != held[locked]:
            lock(orders[ref])
    assert put(made, case).ground == REQUIRED


@pytest.mark.parametrize("what", ["somebody else's", "another kind's", "none", "no source"])
def test_what_the_case_is_not_about_is_absent(made, what):
    """Attack 17 in small: the answer is the same for missing and foreign."""
    things = bought(made)
    case = file(made, "delete")
    given = {
        "somebody else's": {"ref": str(cast.order(made, "B1", made.stranger).pk)},
        "another kind's": {"ref": str(things.invoice.pk)},
        "none": {"kind": "bricks"},
        "no source": {"source": "attic"},
    }[what]
    with pytest.raises(Absent):
        put(made, case, verdict="fulfil", **given)


def test_a_correction_has_no_verdicts_of_this_kind(made):
    case = file(made, "rectify", proposals={"name": "New"})
    with pytest.raises(BadInput):
        put(made, case, kind="contacts", verdict="fulfil")


def test_the_table_shows_counts_marks_locks_and_people_besides(made):
    """W11, F11, N2, 15(4)."""
    bought(made)
    found = seen(made, file(made, "delete"))
    invoices, contacts = found["records:invoices"], found["records:contacts"]
    assert (invoices.count, invoices.verdict, invoices.ground, invoices.locked) == (1, "refuse", REQUIRED, 1)
    assert (str(invoices.label), invoices.ends, invoices.locked_by) == (
        "Invoices", partly_cast.UNTIL, "Kept by law",
    )  # fmt: skip
    assert invoices.items[0].third_persons.names == ("Robin Stranger",)
    assert (contacts.personal, contacts.sensitive, contacts.names) == (3, 1, ["Sage Winter"])
    assert contacts.why and sorted(found["records:orders"].names) == ["A0", "A1", "A2"]


def test_nobody_is_named_to_whom_records_are_closed(made):
    """F9: counts stay, names go."""
    bought(made)
    case = file(made, "delete")
    cast.take_away("records.view", role="officer")
    for group in seen(made, case).values():
        assert group.names == [] and group.third_persons.names == ()
    assert seen(made, case)["records:invoices"].third_persons.count == 1


@pytest.mark.parametrize("who", ["operator", "stranger"])
def test_the_table_is_absent_where_the_case_is(made, who):
    case = file(made, "delete")
    with pytest.raises((Absent, Forbidden)):
        board.board(made.actor(who), case, LATER)


def test_nothing_held_and_everything_kept_are_different_answers(made):
    """W25."""
    bought(made, locked=False)
    case = file(made, "delete")
    table = board.board(made.actor("officer"), case, LATER)
    assert (table.nothing, table.all_kept, table.editable) == (False, False, True)
    for group in table.groups:
        put(made, case, source=group.source, kind=group.kind, **WORDS)
    kept = board.board(made.actor("officer"), case, LATER)
    assert (kept.nothing, kept.all_kept) == (False, True)
    case.asked = {"what": "kinds", "kinds": ["records:bricks"]}
    case.save()
    empty = board.board(made.actor("officer"), case, LATER)
    assert (empty.nothing, empty.all_kept, empty.total) == (True, False, 0)


def walked(officer, case, kind="orders"):
    """Every item of a kind as its pages list them."""
    found, after = [], ""
    while (page := board.page(officer, case, "records", kind, after=after)).after:
        found, after = found + page.items, page.after
    return found + page.items


def test_kinds_and_items_stand_by_what_they_are_called(made, monkeypatch):
    """On every look and on every page alike, whichever was written first."""
    monkeypatch.setattr(board, "PAGE", 3)
    for name in ("b 2", "A 9", "c 1", "a 1", "B 3", "B 1", "d 0"):
        cast.order(made, name, made.subject)
    case, officer = file(made, "delete"), made.actor("officer")
    labels = [str(group.label) for group in board.board(officer, case, LATER).groups]
    assert labels == sorted(labels, key=str.casefold) and len(labels) > 2
    names = [row.name for row in walked(officer, case)]
    assert [name.casefold() for name in names] == ["a 1", "a 9", "b 1", "b 2", "b 3", "c 1", "d 0"]
    assert [row.ref for row in walked(officer, case)] == [row.ref for row in walked(officer, case)]
    assert seen(made, case)["records:orders"].names == names[:3]


def test_who_reads_no_names_learns_none_by_the_order(made):
    for name in ("b", "a", "c"):
        cast.order(made, name, made.subject)
    case, officer = file(made, "delete"), made.actor("officer")
    blind = replace(officer, permissions=officer.permissions - {"records.view"})
    refs = [row.ref for row in board.page(blind, case, "records", "orders").items]
    assert refs == sorted(refs) and len(refs) == 3


def test_a_page_whose_last_item_is_gone_begins_again(made):
    case, officer = file(made, "delete"), made.actor("officer")
    order = cast.order(made, "A", made.subject)
    lost = board.page(officer, case, "records", "orders", after=str(made.stranger.pk))
    assert [row.ref for row in lost.items] == [str(order.pk)]


def test_items_of_a_kind_come_page_by_page_each_once(made, monkeypatch):
    monkeypatch.setattr(board, "PAGE", 4)
    wanted = [str(cast.order(made, f"C{n}", made.subject).pk) for n in range(10)]
    case, officer = file(made, "delete"), made.actor("officer")
    group = seen(made, case)["records:orders"]
    assert (len(group.items), group.more, group.count) == (4, True, 10)
    found, after = [row.ref for row in group.items], group.items[-1].ref
    while after:
        page = board.page(officer, case, "records", "orders", after=after)
        found += [row.ref for row in page.items]
        after = page.after
    assert found == wanted


def test_counting_stops_and_says_so(made, monkeypatch):
    monkeypatch.setattr(holdings, "MOST", 3)
    bought(made)
    table = board.board(made.actor("officer"), file(made, "delete"), LATER)
    assert table.capped and table.total == 3


def test_the_table_costs_the_same_queries_for_more_items(made):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            board.board(officer, case, LATER)
        return len(captured)

    bought(made)
    case, officer = file(made, "delete"), made.actor("officer")
    before = queries()
    for n in range(12):
        cast.order(made, f"C{n}", made.subject, agent=str(made.stranger.pk))
    assert queries() == before


def test_ground_codes_of_the_whole_request_refuse_items_too(made):
    bought(made)
    case = file(made, "delete")
    assert put(made, case, ground=GROUND, sentence="Again the same.").ground == GROUND
