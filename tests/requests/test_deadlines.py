"""Art. 12(3) counted by Reg. 1182/71: file of cases, worked examples, and an independent count by days."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portals_core.plumbing.errors import BadInput
from requests.law.calendars import ZONES
from requests.law.deadlines import Pause, Skipped, due, parse_received, paused

CASES = Path(__file__).parent.parent / "data" / "deadline_cases.csv"


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_a_worked_case_ends_on_the_day_the_file_names(case: dict[str, str]) -> None:
    """R2, W2."""
    answer = due(date.fromisoformat(case["received"]), case["country"], extended=case["extended"] == "true")
    assert answer.due_on == date.fromisoformat(case["due"]), case["reason"]


def test_the_file_of_cases_is_whole() -> None:
    assert len(cases()) == 25
    assert {case["extended"] for case in cases()} == {"true", "false"}


WORKED = [
    ("PL", "2026-01-31", False, "2026-03-02"),
    ("FI", "2026-08-31", False, "2026-09-30"),
    ("PT", "2026-08-30", False, "2026-09-30"),
    ("DE", "2027-10-01", False, "2027-11-01"),
    ("IE", "2027-10-01", False, "2027-11-01"),
    ("FI", "2027-10-01", False, "2027-11-01"),
    ("PL", "2027-10-01", False, "2027-11-02"),
    ("FR", "2027-10-01", False, "2027-11-02"),
    ("PT", "2027-10-01", False, "2027-11-02"),
    ("DE-BY", "2027-10-01", False, "2027-11-02"),
    ("PL", "2026-11-24", False, "2026-12-28"),
    ("DE", "2026-11-24", False, "2026-12-24"),
    ("PT", "2026-11-25", False, "2026-12-28"),
    ("IE", "2026-09-26", False, "2026-10-27"),
    ("PL", "2027-08-01", True, "2027-11-02"),
    ("FR", "2026-03-05", False, "2026-04-07"),  # EDPB 01/2022: 5 March to 5 April, here Easter Sunday
    ("PL", "2027-03-05", False, "2027-04-05"),  # the same example in a year without a holiday in the way
]


@pytest.mark.parametrize(("country", "received", "extended", "expected"), WORKED)
def test_a_worked_example_of_the_law_page_holds(
    country: str, received: str, extended: bool, expected: str
) -> None:
    answer = due(date.fromisoformat(received), country, extended=extended)
    assert answer.due_on == date.fromisoformat(expected)


def test_one_moment_is_two_days_in_two_member_states() -> None:
    moment = datetime(2026, 8, 31, 22, 30, tzinfo=UTC)
    warsaw, dublin = due(moment, "PL"), due(moment, "IE")
    assert (warsaw.received_on, warsaw.due_on) == (date(2026, 9, 1), date(2026, 10, 1))
    assert (dublin.received_on, dublin.due_on) == (date(2026, 8, 31), date(2026, 9, 30))


def test_the_period_ends_with_the_last_second_of_the_local_day() -> None:
    summer, winter = due(date(2026, 6, 15), "PL"), due(date(2026, 1, 12), "PL")
    assert summer.ends_at.isoformat() == "2026-07-15T23:59:59+02:00"
    assert winter.ends_at.isoformat() == "2026-02-12T23:59:59+01:00"


def test_a_region_may_live_on_another_clock() -> None:
    moment = datetime(2026, 8, 31, 22, 30, tzinfo=UTC)
    assert due(moment, "ES").received_on == date(2026, 9, 1)
    assert due(moment, "ES-CN").received_on == date(2026, 8, 31)
    assert due(moment, "PT", "20").received_on == date(2026, 8, 31)


def test_every_day_passed_over_is_named_with_its_reason() -> None:
    answer = due(date(2026, 11, 24), "PL")
    assert answer.nominal == date(2026, 12, 24)
    assert [(skipped.day.day, skipped.why) for skipped in answer.reasons] == [
        (24, "holiday"),
        (25, "holiday"),
        (26, "holiday"),
        (27, "weekend"),
    ]
    assert answer.reasons[0].name == "Christmas Eve"
    assert due(date(2026, 11, 24), "DE").reasons == ()
    assert due(date(2026, 1, 31), "PL").reasons == (
        Skipped(date(2026, 2, 28), "weekend"),
        Skipped(date(2026, 3, 1), "weekend"),
    )


def test_an_extension_counts_from_receipt_and_not_from_the_first_due_date() -> None:
    """W1: "first due date plus two months" would give 28 April."""
    assert due(date(2027, 1, 31), "FR").nominal == date(2027, 2, 28)
    assert due(date(2027, 1, 31), "FR", extended=True).due_on == date(2027, 4, 30)


def test_a_region_counts_its_own_holidays_only_when_it_is_named() -> None:
    assert due(date(2026, 12, 6), "DE").due_on == date(2027, 1, 6)
    assert due(date(2026, 12, 6), "DE", "BY").due_on == date(2027, 1, 7)
    assert due(date(2026, 12, 6), "de-by") == due(date(2026, 12, 6), "DE", "BY")
    assert due(date(2026, 12, 6), "DE-BY", "DE-BY") == due(date(2026, 12, 6), "DE", "BY")


def test_an_outermost_region_of_the_union_has_its_own_holidays() -> None:
    assert due(date(2026, 11, 20), "FR").due_on == date(2026, 12, 21)
    assert due(date(2026, 11, 20), "FR-974").reasons[0].day == date(2026, 12, 20)
    assert due(date(2027, 11, 20), "FR-974").due_on == date(2027, 12, 21)
    assert due(date(2027, 11, 20), "FR").due_on == date(2027, 12, 20)


def test_christmas_eve_is_a_polish_holiday_only_since_2025() -> None:
    assert due(date(2024, 11, 24), "PL").due_on == date(2024, 12, 24)
    assert due(date(2025, 11, 24), "PL").due_on == date(2025, 12, 29)


@pytest.mark.parametrize("country", sorted(ZONES))
def test_every_state_of_the_eu_and_eea_has_a_calendar_and_a_clock(country: str) -> None:
    answer = due(datetime(2026, 12, 1, 12, tzinfo=UTC), country)
    assert answer.due_on > date(2027, 1, 1)
    assert answer.reasons[0].why == "holiday"
    assert len(ZONES) == 30


@pytest.mark.parametrize(
    ("received", "country", "subdivision", "code"),
    [
        (date(2026, 3, 5), "US", "", "deadline.country"),
        (date(2026, 3, 5), "", "", "deadline.country"),
        (date(2026, 3, 5), "Poland", "", "deadline.country"),
        (date(2026, 3, 5), "DE", "XX", "deadline.subdivision"),
        (date(2026, 3, 5), "DE-BY", "BE", "deadline.subdivision"),
        (date(2026, 3, 5), "DE", "Augsburg", "deadline.subdivision"),
        (date(2026, 3, 5), "FR", "Zone A", "deadline.subdivision"),
        (date(2026, 3, 5), "FR", "NC", "deadline.subdivision"),
        (date(2026, 3, 5), "NO", "21", "deadline.subdivision"),
        (date(2026, 3, 5), "HR", "01", "deadline.subdivision"),
        (datetime(2026, 3, 5, 9, 30), "PL", "", "deadline.naive"),
        (date(2017, 12, 31), "PL", "", "deadline.received"),
        (date(2100, 1, 1), "PL", "", "deadline.received"),
        (datetime.max.replace(tzinfo=UTC), "PL", "", "deadline.received"),
        (datetime.min.replace(tzinfo=UTC), "PL", "", "deadline.received"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_a_sentence(
    received: date, country: str, subdivision: str, code: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        due(received, country, subdivision)
    assert refusal.value.code == code
    assert len(str(refusal.value)) > 30


@pytest.mark.parametrize("text", ["2026-02-30", "yesterday", "", "2026-03-05 25:00", "5.3.2026"])
def test_a_day_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_received(text)


def test_a_day_that_can_be_read_is_a_date_or_a_moment() -> None:
    assert parse_received(" 2026-03-05 ") == date(2026, 3, 5)
    assert parse_received("2026-03-05T09:30Z") == datetime(2026, 3, 5, 9, 30, tzinfo=UTC)


# --- pauses ------------------------------------------------------------------------------------


def test_a_pause_adds_its_whole_local_days_and_keeps_the_unpaused_date() -> None:
    """W2."""
    period = due(date(2026, 6, 1), "PL")
    moved = paused(period, [Pause(date(2026, 6, 3), date(2026, 6, 10))])
    assert (moved.days, moved.due_on) == (7, date(2026, 7, 8))
    assert moved.unpaused.due_on == date(2026, 7, 1)
    assert moved.ends_at.isoformat() == "2026-07-08T23:59:59+02:00"


def test_no_pause_moves_nothing_and_neither_does_an_answer_on_the_same_day() -> None:
    period = due(date(2026, 1, 31), "PL")
    for pauses in ([], [Pause(date(2026, 2, 3), date(2026, 2, 3))]):
        moved = paused(period, pauses)
        assert (moved.due_on, moved.days, moved.reasons) == (period.due_on, 0, period.reasons)
        assert not moved.running


def test_days_of_a_pause_are_local_days() -> None:
    period = due(date(2026, 6, 1), "PL")
    asked, answered = datetime(2026, 6, 3, 21, tzinfo=UTC), datetime(2026, 6, 4, 22, 30, tzinfo=UTC)
    assert paused(period, [Pause(asked, answered)]).days == 2  # 3 June 23:00 to 5 June 00:30 in Warsaw
    assert paused(due(date(2026, 6, 1), "IE"), [Pause(asked, answered)]).days == 1


def test_overlapping_pauses_count_once_and_separate_ones_add_up() -> None:
    period = due(date(2026, 6, 1), "PL")
    first = Pause(date(2026, 6, 3), date(2026, 6, 10))
    assert paused(period, [Pause(date(2026, 6, 5), date(2026, 6, 12)), first]).days == 9
    assert paused(period, [first, Pause(date(2026, 6, 12), date(2026, 6, 15))]).days == 10


def test_the_lengthened_period_rolls_once_at_its_own_end() -> None:
    period = due(date(2026, 1, 31), "PL")  # nominal Sat 28 Feb, due Mon 2 Mar
    assert paused(period, [Pause(date(2026, 2, 10), date(2026, 2, 12))]).due_on == date(2026, 3, 2)
    assert paused(period, [Pause(date(2026, 2, 10), date(2026, 2, 13))]).due_on == date(2026, 3, 3)


def test_a_question_on_the_rolled_over_days_pauses_what_still_runs() -> None:
    period = due(date(2026, 1, 31), "PL")
    assert paused(period, [Pause(date(2026, 3, 1), date(2026, 3, 5))]).due_on == date(2026, 3, 6)


def test_a_question_after_the_end_pauses_nothing() -> None:
    period = due(date(2026, 1, 31), "PL")
    moved = paused(period, [Pause(date(2026, 3, 3), date(2026, 3, 30))])
    assert (moved.due_on, moved.days) == (period.due_on, 0)


def test_an_open_pause_is_running_and_counts_up_to_the_day_asked_about() -> None:
    period = due(date(2026, 6, 1), "PL")
    question = [Pause(date(2026, 6, 3))]
    assert paused(period, question).running
    assert paused(period, question).due_on == period.due_on
    assert paused(period, question, as_of=date(2026, 6, 10)).due_on == date(2026, 7, 8)


def test_a_pause_begins_with_receipt_at_the_earliest() -> None:
    period = due(date(2026, 6, 1), "PL")
    assert paused(period, [Pause(date(2026, 5, 1), date(2026, 6, 3))]).days == 2


def test_an_answer_before_its_question_is_refused() -> None:
    with pytest.raises(BadInput):
        paused(due(date(2026, 6, 1), "PL"), [Pause(date(2026, 6, 3), date(2026, 6, 2))])


dates = st.dates(date(2024, 1, 1), date(2030, 12, 31))
spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40)), max_size=4)


@given(dates, st.sampled_from(["PL", "FI", "DE-BY", "IE"]), spans)
def test_pauses_never_shorten_and_never_end_on_a_free_day(
    received: date, country: str, offsets: list[tuple[int, int]]
) -> None:
    period = due(received, country)
    pauses = []
    for start, length in offsets:
        asked = received + timedelta(days=start)
        pauses.append(Pause(asked, asked + timedelta(days=length)))
    moved = paused(period, pauses)
    assert moved.due_on >= period.due_on
    assert moved.due_on.weekday() < 5
    assert paused(period, list(reversed(pauses))) == moved
    assert 0 <= moved.days <= sum(length for _start, length in offsets)


# --- an independent count, day by day ----------------------------------------------------------


def western_easter(year: int) -> date:
    """Gauss's method as Lichtenberg corrected it; shares nothing with the table under test."""
    century = year // 100
    m = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    s = 2 - (3 * century + 3) // 4
    a = year % 19
    d = (19 * a + m) % 30
    r = (d + a // 11) // 29
    og = 21 + d - r
    oe = 7 - (og - (7 - (year + year // 4 + s) % 7)) % 7
    return date(year, 3, 1) + timedelta(days=og + oe - 1)


FIXED = {  # month, day: transcribed from the national holiday acts, 2025 and later
    "PL": "1-1 1-6 5-1 5-3 8-15 11-1 11-11 12-24 12-25 12-26",
    "FI": "1-1 1-6 5-1 12-6 12-24 12-25 12-26",
    "PT": "1-1 4-25 5-1 6-10 8-15 10-5 11-1 12-1 12-8 12-25",
    "DE-BY": "1-1 1-6 5-1 10-3 11-1 12-25 12-26",
    "FR": "1-1 5-1 5-8 7-14 8-15 11-1 11-11 12-25",
    "IE": "1-1 3-17 12-25 12-26",
}
FROM_EASTER = {
    "PL": (0, 1, 49, 60),
    "FI": (-2, 0, 1, 39, 49),
    "PT": (-2, 0, 60),
    "DE-BY": (-2, 1, 39, 50, 60),
    "FR": (1, 39, 50),
    "IE": (1,),
}


def first_weekday_from(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def movable(country: str, year: int) -> set[date]:
    if country == "FI":
        midsummer = first_weekday_from(date(year, 6, 20), 5)
        return {midsummer, midsummer - timedelta(days=1), first_weekday_from(date(year, 10, 31), 5)}
    if country == "IE":
        last_october = first_weekday_from(date(year, 10, 25), 0)
        brigid = date(year, 2, 1)
        if brigid.weekday() != 4:  # 1 February itself where that is a Friday, else the first Monday
            brigid = first_weekday_from(brigid, 0)
        return {first_weekday_from(date(year, month, 1), 0) for month in (5, 6, 8)} | {last_october, brigid}
    return set()


def free_days(country: str, years: range) -> set[date]:
    free: set[date] = set()
    for year in years:
        for text in FIXED[country].split():
            month, day = text.split("-")
            free.add(date(year, int(month), int(day)))
        free |= {western_easter(year) + timedelta(days=offset) for offset in FROM_EASTER[country]}
        free |= movable(country, year)
    return free


def counted_by_days(received: date, months: int, free: set[date]) -> date:
    """Walk one day at a time: to the month, to its same-numbered or last day, to a working day."""
    day, turned = received, 0
    while turned < months:
        day += timedelta(days=1)
        turned += day.day == 1
    while day.day < received.day and (day + timedelta(days=1)).month == day.month:
        day += timedelta(days=1)
    while day.weekday() in (5, 6) or day in free:
        day += timedelta(days=1)
    return day


def swept(country: str, first: date, last: date) -> int:
    free = free_days(country, range(first.year, last.year + 2))
    day, compared = first, 0
    while day <= last:
        for months in (1, 3):
            found = due(day, country, extended=months == 3).due_on
            assert found == counted_by_days(day, months, free), f"{country} {day} {months}"
            compared += 1
        day += timedelta(days=1)
    return compared


@pytest.mark.parametrize("country", sorted(FIXED))
def test_two_years_of_receipts_agree_with_a_count_by_days(country: str) -> None:
    assert swept(country, date(2026, 1, 1), date(2027, 12, 31)) == 2 * 730


@pytest.mark.sweep
@pytest.mark.parametrize("country", sorted(FIXED))
def test_two_decades_of_receipts_agree_with_a_count_by_days(country: str) -> None:
    assert swept(country, date(2025, 1, 1), date(2045, 12, 31)) > 15_000


def test_the_independent_easter_is_the_known_one() -> None:
    known = {2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2038: (4, 25), 2049: (4, 18)}
    assert {year: (western_easter(year).month, western_easter(year).day) for year in known} == known


def test_the_independent_count_notices_a_missing_holiday() -> None:
    """The comparison above can fail: without Christmas Eve it does."""
    free = free_days("PL", range(2026, 2028)) - {date(2026, 12, 24)}
    assert counted_by_days(date(2026, 11, 24), 1, free) == date(2026, 12, 24)
    assert due(date(2026, 11, 24), "PL").due_on == date(2026, 12, 28)
