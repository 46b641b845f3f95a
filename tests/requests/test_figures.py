"""Figures of the cases: by month, time to the answer, due, refusals."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from requests.desk import figures
from requests.law.states import State
from requests.models import Case, Kind
from tests import cast
from tests.requests.case_cast import GROUND, LATER, TEST
from tests.requests.many_cases import many, row
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
DAY = timedelta(days=1)


def closed(made, place: int, days: int, *, state=State.FULFILLED, **given) -> Case:
    at = given.pop("at", cast.NOW)
    return row(made, place, state=state, received_at=at - days * DAY, closed_at=at, **given)


def test_cases_are_counted_by_month_and_kind_of_the_last_year(made):
    rows = [
        row(made, 0, received_at=datetime(2026, 3, 1, 0, 30, tzinfo=UTC), kind=Kind.DELETE),
        row(made, 1, received_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
        row(made, 2, received_at=datetime(2026, 2, 1, tzinfo=UTC)),
        row(made, 3, received_at=datetime(2025, 3, 31, 23, tzinfo=UTC)),
        row(made, 4, received_at=datetime(2025, 4, 1, tzinfo=UTC), kind=Kind.STOP),
    ]
    Case.objects.visible_to(TEST).bulk_create(rows)
    found = figures.months(made.actor("officer"), at=LATER)
    assert [one.first.isoformat() for one in found][:1] == ["2025-04-01"] and len(found) == 12
    assert found[-1].first.isoformat() == "2026-03-01" and found[-1].received["delete"] == 1
    assert found[-2].received["export"] == 2 and found[0].received["stop"] == 1
    assert sum(sum(one.received.values()) for one in found) == 4
    longer = figures.months(made.actor("officer"), at=LATER, number=1_000)
    assert len(longer) == figures.MOST_MONTHS
    assert sum(sum(one.received.values()) for one in longer) == 5


def test_the_time_to_the_answer_is_the_median_and_what_nine_of_ten_waited(made):
    """Withdrawn requests were not answered; they shorten nothing."""
    rows = [closed(made, place, days) for place, days in enumerate((1, 2, 3, 4, 5, 6, 7, 8, 20, 700))]
    rows.append(closed(made, 10, 0, state=State.WITHDRAWN))
    Case.objects.visible_to(TEST).bulk_create(rows)
    *_before, last = figures.months(made.actor("officer"), at=LATER)
    assert (last.answered, last.median, last.ninetieth) == (10, 5, 20)
    assert _before[-1].median is None and _before[-1].answered == 0


def test_percentiles_of_a_histogram():
    assert figures.percentile({}, 50) is None
    assert figures.percentile({3: 1}, 90) == 3
    assert figures.percentile({1: 9, 30: 1}, 90) == 1
    assert figures.percentile({1: 8, 30: 2}, 90) == 30
    assert figures.percentile({0: 1, 10: 1}, 50) == 0


def test_a_day_has_passed_only_when_it_is_whole(made):
    at = cast.NOW
    rows = [
        row(made, 0, state=State.FULFILLED, received_at=at - DAY, closed_at=at),
        row(made, 1, state=State.FULFILLED, received_at=at - DAY + timedelta(minutes=1), closed_at=at),
    ]
    Case.objects.visible_to(TEST).bulk_create(rows)
    last = figures.months(made.actor("officer"), at=LATER)[-1]
    assert (last.median, last.ninetieth) == (0, 1)


def test_open_cases_are_counted_by_how_far_their_day_is(made):
    today = LATER.date()
    for place, days in enumerate((-31, -30, -1, 0, 7, 8, 30, 31)):
        row(made, place, due_on=today + days * DAY).save(force_insert=True)
    closed(made, 9, 3).save(force_insert=True)
    found = figures.waiting(made.actor("officer"), at=LATER)
    assert list(vars(found).values()) == [1, 2, 2, 2, 1]


def test_refusals_are_counted_by_ground_most_first(made):
    rows = [closed(made, place, 3, state=State.REFUSED, ground=GROUND) for place in range(3)]
    rows += [closed(made, 3, 3, state=State.REFUSED, ground="OwnA16DataAccurate")]
    rows += [closed(made, 4, 3, state=State.REFUSED, ground="gone from the list")]
    rows += [closed(made, 5, 3, state=State.REFUSED, ground=GROUND, at=cast.NOW - 500 * DAY)]
    rows += [closed(made, 6, 3, ground=GROUND)]
    Case.objects.visible_to(TEST).bulk_create(rows)
    found = figures.refusals(made.actor("officer"), at=LATER)
    assert [(one.article, one.number) for one in found] == [("12(5)(b)", 3), ("16", 1), ("", 1)]


def test_who_may_not_read_cases_counts_none(made):
    many(made, 2)
    actor = made.actor("operator")
    assert sum(sum(one.received.values()) for one in figures.months(actor, at=LATER)) == 0
    assert set(vars(figures.waiting(actor, at=LATER)).values()) == {0}


def test_the_page_draws_each_figure_with_its_numbers_as_a_table(made, django_assert_num_queries):
    desk, address = browser(made, "officer"), reverse("dsr_requests:figures")
    assert "Nothing was refused." in words(desk.get(address))
    with CaptureQueriesContext(connection) as empty:
        desk.get(address)
    many(made, 30)
    closed(made, 40, 3, state=State.REFUSED, ground=GROUND).save(force_insert=True)
    with django_assert_num_queries(len(empty)):
        page = desk.get(address)
    body = page.content.decode()
    # Eleven months without an answer have neither median nor ninth tenth; how many were answered is known.
    assert len(re.findall(r'<td class="number" data-label="Days">–</td>', body)) == 22
    assert 'Answered">–' not in body
    assert body.count('<figure class="plot">') == body.count('class="plot-data"') == 8
    assert "The request is clearly without foundation." in words(page)
    assert browser(made, "operator").get(address).status_code == 403
