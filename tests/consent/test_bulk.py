"""One basis for many people: a job that doubles nobody, leaves out whom it must, and says whom (D8)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from consent.grounds import bulk, changes, people, recording
from consent.grounds.people import UNDECIDED, Filter
from consent.models import Basis, BasisChange, ChangeState
from consent.standing import reads
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.plumbing.models import Job
from portals_core.records.models import Record
from portals_core.writing.records import change_record
from tests import cast
from tests.consent import consent_cast, pages
from tests.consent.consent_cast import LOOK, leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
EVERYBODY = Filter()


@pytest.fixture
def made():
    return consent_cast.set_up()


def begin(made, who="officer", **changed):
    given = {"chosen": EVERYBODY, "basis": "A6-1-b", "at": clock.now(), **changed}
    return bulk.start(actor=made.actor(who), **given)


def run(change: BasisChange) -> BasisChange:
    outbox.drain(about=f"bases:{change.pk}")
    change.refresh_from_db()
    return change


def in_force(made) -> dict:
    rows = Basis.objects.visible_to(LOOK).filter(valid_to=None)
    return {(row.subject, row.purpose_id): row.basis for row in rows}


def crowd(made, number: int) -> list:
    """So many people more, without the cost of entering each."""
    rows = [
        Record(module=made.org.contacts, values={"name": f"P{n}"}, created_at=cast.NOW, changed_at=cast.NOW)
        for n in range(number)
    ]
    Record.objects.visible_to(LOOK).bulk_create(rows)
    return [row.pk for row in rows]


def test_everybody_on_a_filter_gets_a_row_and_an_entry_of_their_own(made):
    """D8: the undecided only; the basis that was there stays as it was."""
    org = made.org
    recording.record_basis(
        actor=made.actor("officer"), subject=org.subject.pk, basis="A6-1-c", at=clock.now()
    )
    before = leaves("basis.recorded")
    change = run(begin(made, chosen=Filter(basis=UNDECIDED), reason="Orders"))
    assert (change.state, change.recorded, change.total, change.refused) == (ChangeState.DONE, 2, 2, 0)
    assert in_force(made) == {
        (org.subject.pk, None): "A6-1-c",
        (org.added.pk, None): "A6-1-b",
        (org.stranger.pk, None): "A6-1-b",
    }
    entries = LedgerEntry.objects.filter(code="basis.recorded").order_by("at", "id")
    told = {entry.about for entry in entries} - {f"record:{org.subject.pk}"}
    assert told == {f"record:{org.added.pk}", f"record:{org.stranger.pk}"}
    assert leaves("basis.recorded") == before + 2
    assert leaves("bases.change_started") == leaves("bases.change_ended") == 1
    assert {entry.actor for entry in entries} == {made.actor("officer").ref}


def test_those_ticked_and_nobody_else_for_one_purpose(made):
    change = run(begin(made, chosen=None, ticked=[made.org.added.pk], purpose="news"))
    assert in_force(made) == {(made.org.added.pk, made.news.pk): "A6-1-b"}
    assert (change.recorded, change.ticked) == (1, [])


def test_who_cannot_get_it_is_left_out_counted_and_named(made):
    """D8, Art. 9(2): the others get it."""
    org = made.org
    change_record(actor=cast.SETTING_UP, record=org.subject.pk, given={"health": "Asthma"}, at=cast.NOW)
    recording.record_basis(
        actor=made.actor("officer"), subject=org.stranger.pk, basis="A6-1-c", at=clock.now()
    )
    change = run(begin(made, valid_from=cast.NOW - timedelta(days=3)))
    assert (change.state, change.recorded, change.refused) == (ChangeState.DONE, 1, 2)
    told = {
        str(reason["sentence"]): (reason["count"], [one.id for one in reason["people"]])
        for reason in changes.left_out(made.actor("officer"), change)
    }
    assert told == {
        str(changes.SENTENCES["basis.condition_needed"]): (1, [org.subject.pk]),
        str(changes.SENTENCES["basis.too_early"]): (1, [org.stranger.pk]),
    }
    assert in_force(made) == {(org.added.pk, None): "A6-1-b", (org.stranger.pk, None): "A6-1-c"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"basis": "A6-1-g"},
        {"basis": "A6-1-f"},
        {"condition": "A9-2-z"},
        {"chosen": None},
        {"ticked": ["00000000-0000-4000-8000-000000000000"]},
        {"chosen": Filter(basis="A6-1-e")},
        {"chosen": Filter(module="orders")},
    ],
)
def test_what_cannot_be_begun_stores_nothing(made, wrong):
    with pytest.raises(BadInput):
        begin(made, **wrong)
    assert not BasisChange.objects.visible_to(LOOK).exists() and not Job.objects.filter(handler=bulk.HANDLER)
    begin(made)


def test_at_most_a_thousand_are_ticked(made):
    ids = crowd(made, bulk.MOST_TICKED + 1)
    with pytest.raises(BadInput):
        begin(made, chosen=None, ticked=ids)
    assert len(begin(made, chosen=None, ticked=ids[1:]).ticked) == bulk.MOST_TICKED


def test_another_number_than_the_one_shown_is_a_conflict(made):
    """W11: only what was shown is done."""
    with pytest.raises(Conflict):
        begin(made, seen=2)
    begin(made, seen=3)


def test_beginning_needs_the_permission_and_running_asks_for_it_again(made):
    for who in ("operator", "auditor", "subject"):
        with pytest.raises(Forbidden):
            begin(made, who)
    change = begin(made)
    cast.take_away("consent.manage", role="officer")
    run(change)
    assert (change.state, change.recorded) == (ChangeState.STOPPED, 0) and not in_force(made)


def test_a_closed_account_stops_it_too(made):
    change = begin(made)
    made.org.users["officer"].is_active = False
    made.org.users["officer"].save()
    assert run(change).state == ChangeState.STOPPED and not in_force(made)


def test_nobody_who_came_after_the_preview_is_drawn_in(made):
    change = begin(made)
    late = crowd(made, 1)[0]
    Record.objects.visible_to(LOOK).filter(pk=late).update(created_at=clock.now() + timedelta(seconds=1))
    assert run(change).recorded == 3
    assert (late, None) not in in_force(made)


def test_a_worker_that_lost_its_lease_stores_nothing_and_the_next_doubles_nobody(made, monkeypatch):
    """Promise 14: the batch of the old worker is rolled back whole, the cursor with it."""
    crowd(made, bulk.BATCH + 20)
    change = begin(made)
    job = Job.objects.get(handler=bulk.HANDLER)
    old = outbox.claim(job.pk, at=clock.now())
    batches = []
    taken_over = []

    def reach(point):
        batches.append(point)
        later = clock.now() + timedelta(days=1)
        taken_over.append(outbox.claim(job.pk, at=later))

    monkeypatch.setattr("portals_core.plumbing.faults.reach", reach)
    with pytest.raises(outbox.Stale):
        bulk.carry_out(old)
    assert len(batches) == 1
    change.refresh_from_db()
    assert change.recorded == len(in_force(made)) == bulk.BATCH
    monkeypatch.undo()
    bulk.carry_out(taken_over[0])
    change.refresh_from_db()
    everybody = bulk.BATCH + 23
    assert (change.state, change.recorded, change.total) == (ChangeState.DONE, everybody, everybody)
    assert Basis.objects.visible_to(LOOK).count() == leaves("basis.recorded") == everybody


def test_the_number_of_a_page_and_of_a_filter_agree(made):
    officer = made.actor("officer")
    recording.record_basis(actor=officer, subject=made.org.added.pk, basis="A6-1-b", at=clock.now())
    for wanted, number in ((Filter(), 3), (Filter(basis=UNDECIDED), 2), (Filter(basis="A6-1-b"), 1)):
        assert bulk.number(officer, chosen=wanted) == len(people.page(officer, wanted)) == number


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def officer(made):
    return pages.at_the_desk(made.org.users["officer"])


def text_of(response) -> str:
    return response.content.decode()


def test_an_officer_chooses_sees_what_will_happen_and_begins(made, officer):
    """W11: nothing is stored before the last step, and the number shown is the number done."""
    address = reverse("consent:change-bases")
    whom = {"whom": "all", "held": "undecided"}
    page = text_of(officer.post(address, whom))
    assert "3 people are chosen." in page and "Record now" not in page
    given = {**whom, "basis": "A6-1-f", "assessment": "LIA 7", "reason": "Kept words"}
    page = text_of(officer.post(address, {**given, "step": "preview"}))
    assert "3 people get the basis “Legitimate interests”." in page and "Record now" in page
    assert 'type="radio"' not in page, "what was shown cannot be changed on the way"
    page = text_of(officer.post(address, {**given, "step": "edit"}))
    assert 'type="radio"' in page and "Kept words" in page and "Record now" not in page
    assert not BasisChange.objects.visible_to(LOOK).exists()
    moved = officer.post(address, {**given, "step": "start", "seen": "4"})
    assert moved.status_code == 409 and "Kept words" in text_of(moved)
    begun = officer.post(address, {**given, "step": "start", "seen": "3"})
    change = BasisChange.objects.visible_to(LOOK).get()
    shown = reverse("consent:basis-change", args=[change.pk])
    assert (begun.status_code, begun.url) == (302, shown)
    assert "Waiting for its turn" in text_of(officer.get(shown))
    run(change)
    page = text_of(officer.get(shown))
    assert "LIA 7" in page and "Kept words" in page and "Done" in page
    assert reads.general_basis(made.actor("officer"), made.org.added.pk).assessment == "LIA 7"


def test_what_is_wrong_is_said_on_the_form_with_what_was_entered(made, officer):
    address = reverse("consent:change-bases")
    given = {"whom": "ticked", "people": [made.org.added.pk], "reason": "Kept words"}
    for step in ("preview", "start"):
        for wrong in ({"basis": "A6-1-f"}, {}, {"basis": "A6-1-b", "valid_from": "2999-01-01"}):
            answer = officer.post(address, {**given, **wrong, "step": step})
            assert answer.status_code == 400 and "Kept words" in text_of(answer)
            assert "1 person is chosen." in text_of(answer)
    assert not BasisChange.objects.visible_to(LOOK).exists()


@pytest.mark.parametrize(
    "whom",
    [
        {"whom": "ticked"},
        {"whom": "ticked", "people": ["x"]},
        {"whom": "ticked", "people": ["00000000-0000-4000-8000-000000000000"]},
        {"whom": "all", "held": "A6-1-z"},
        {"whom": "all", "held": "A6-1-e"},
        {"whom": "else"},
        {},
    ],
)
def test_where_nobody_is_chosen_the_list_says_so(made, officer, whom):
    answer = officer.post(reverse("consent:change-bases"), whom, follow=True)
    assert answer.redirect_chain == [(reverse("consent:desk-people"), 302)]
    assert "alert-bad" in text_of(answer)


def test_progress_is_told_while_it_runs_and_the_page_loads_anew_at_the_end(made, officer):
    change = begin(made)
    shown = reverse("consent:basis-change", args=[change.pk])
    asked = officer.get(shown, headers={"HX-Request": "true"})
    assert 'id="progress"' in text_of(asked) and "<html" not in text_of(asked)
    run(change)
    assert officer.get(shown, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_who_was_left_out_is_named_on_the_page(made, officer):
    change_record(actor=cast.SETTING_UP, record=made.org.subject.pk, given={"health": "x"}, at=cast.NOW)
    change = run(begin(made))
    page = text_of(officer.get(reverse("consent:basis-change", args=[change.pk])))
    assert "Sage Winter" in page and "Ada Added" not in page
    assert str(changes.SENTENCES["basis.condition_needed"]) in page


def test_others_find_no_change(made):
    change = begin(made)
    for who in ("operator", "auditor", "subject"):
        with pytest.raises(Absent):
            changes.change_of(made.actor(who), change.pk)
    assert changes.change_of(made.actor("officer"), change.pk) == change
