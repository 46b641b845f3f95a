"""What cases hold of people's words goes on schedule."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from portals_core.ledger.models import LedgerDetail, LedgerEntry
from portals_core.plumbing import duties, outbox
from portals_core.plumbing.models import Job
from requests.casebook import details, lifecycle
from requests.desk import purging
from requests.models import Case, CaseDetail, Mandate, Proof, Transition
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import GROUND, TEST, again, decide, file
from tests.requests.many_cases import row

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def run(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        from django.db import transaction

        with transaction.atomic():
            outbox.enqueue(purging.JOB, about="duty:test")
        outbox.drain(about="duty:test")


def words_of(case) -> str:
    detail = CaseDetail.objects.visible_to(TEST).filter(case=case).first()
    return detail.text if detail else ""


def test_the_words_of_a_closed_case_go_after_their_time_and_the_facts_stay(made, settings):
    settings.CASE_WORDS_MONTHS = 36
    case = decide(made, file(made, "export", text="Mine"), "refuse", ground=GROUND, sentence="No, because.")
    run(datetime(2029, 3, 6, 8, 59, tzinfo=UTC))
    assert words_of(case) == "Mine" and again(case).purged_at is None
    over = datetime(2029, 3, 6, 9, 0, tzinfo=UTC)
    run(over)
    kept = again(case)
    assert (words_of(case), kept.sentence, kept.purged_at) == ("", "", over)
    assert (kept.ground, kept.state, kept.number) == (GROUND, "refused", case.number)
    assert case_cast.codes(case)[-1] == "case.purged"


def test_an_open_case_keeps_its_words_however_old(made):
    case = file(made, "export", text="Mine")
    run(datetime(2040, 1, 1, tzinfo=UTC))
    assert words_of(case) == "Mine" and again(case).purged_at is None


def test_what_was_typed_into_a_request_that_was_never_proved_goes_soon(made, settings):
    """Attack 78: withdrawn, objected to or lapsed before anybody proved who asks."""
    settings.PROOF_DAYS = 14
    case = file(made, "delete", subject=made.added.pk, text="Ada asked me")
    proved = file(made, "stop", text="Mine")
    proof = Proof(case=case, kind="email", value="ada@people.example", name_hash="x", seen="a card")
    proof.save(force_insert=True)
    for one in (case, proved):
        lifecycle.withdraw(actor=made.actor("subject"), case=one.pk, at=cast.NOW, reason="A mistake of Ada")
    run(cast.NOW + timedelta(days=13))
    assert words_of(case) == "Ada asked me"
    run(cast.NOW + timedelta(days=14))
    assert words_of(case) == "" and again(case).purged_at is not None
    proof.refresh_from_db(from_queryset=Proof.objects.visible_to(TEST))
    assert (proof.value, proof.seen, proof.name_hash != "x") == ("", "", True)
    assert Mandate.objects.visible_to(TEST).get(case=case).address == ""
    assert not Transition.objects.visible_to(TEST).filter(case=case).exclude(reason="").exists()
    assert words_of(proved) == "Mine" and again(proved).purged_at is None


def test_it_is_done_once_and_says_so_once(made):
    rows = [row(made, place, state="refused", closed_at=cast.NOW) for place in range(3)]
    Case.objects.visible_to(TEST).bulk_create(rows)
    for days in (2_000, 2_001):
        run(cast.NOW + timedelta(days=days))
    told = LedgerEntry.objects.filter(code="case.purged")
    assert told.count() == 3
    assert {again(one).purged_at for one in rows} == {cast.NOW + timedelta(days=2_000)}
    assert LedgerDetail.objects.filter(entry__in=told.values("pk")).count() == 3


def test_a_batch_asks_as_much_for_thirty_cases_as_for_three(made):
    """W22: words, mark and entries of a batch go together."""
    asked = []
    for start, number in ((0, 3), (100, 30)):
        rows = [row(made, start + n, state="refused", closed_at=cast.NOW) for n in range(number)]
        Case.objects.visible_to(TEST).bulk_create(rows)
        with CaptureQueriesContext(connection) as main, CaptureQueriesContext(connections["keyring"]) as keys:
            run(cast.NOW + timedelta(days=2_000 + start))
        asked.append((len(main), len(keys)))
        told = LedgerEntry.objects.filter(about__in=[one.ref for one in rows], code="case.purged")
        assert told.count() == number
    assert asked[0] == asked[1]


def test_what_broke_off_between_two_batches_goes_on_where_it_stopped(made, monkeypatch):
    """Promise 14: each batch stands with its mark and its entries, or not at all."""
    monkeypatch.setattr(purging, "BATCH", 2)
    rows = [row(made, place, state="refused", closed_at=cast.NOW) for place in range(5)]
    Case.objects.visible_to(TEST).bulk_create(rows)
    whole, calls = details.purge, []

    def breaks(cases):
        calls.append(cases)
        if len(calls) == 2:
            raise RuntimeError("the power went")
        whole(cases)

    monkeypatch.setattr(details, "purge", breaks)
    at = cast.NOW + timedelta(days=2_000)
    with pytest.raises(RuntimeError):
        run(at)
    assert Case.objects.visible_to(TEST).filter(purged_at=None).count() == 3
    assert LedgerEntry.objects.filter(code="case.purged").count() == 2
    Job.objects.all().delete()
    run(at)
    assert not Case.objects.visible_to(TEST).filter(purged_at=None).exists()
    assert LedgerEntry.objects.filter(code="case.purged").count() == 5


def test_it_is_promised_every_day(made):
    assert dict(duties.DAILY.items())[purging.JOB] == purging.JOB


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [("2026-03-31", 1, "2026-02-28"), ("2028-02-29", 12, "2027-02-28"), ("2026-01-15", 36, "2023-01-15")],
)
def test_months_are_counted_back_to_a_day_that_exists(day, months, before):
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert purging.months_before(at, months).date().isoformat() == before
