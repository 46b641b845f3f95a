"""From which age a child agrees alone (Art. 8(1))."""

from datetime import date

import pytest
from django.core.checks import run_checks

from consent.law import ages
from consent.law.ages import Row, age_of_consent, parse, years_old
from consent.standing import children

TODAY = date(2026, 3, 5)
ROW = '{ country = "PL", age = 16, since = 2018-05-25 }'
#: As the law page of the project has it; what is unconfirmed is not in it.
KNOWN = {
    13: "BE EE FI LV MT PT SE",
    14: "AT BG CY ES IT LT",
    15: "CZ DK FR GR",
    16: "DE HR HU IE LU NL PL RO SK",
}


@pytest.mark.parametrize(("age", "countries"), KNOWN.items())
def test_the_age_of_every_member_state(age, countries):
    assert {age_of_consent(country, TODAY) for country in countries.split()} == {age}


@pytest.mark.parametrize("country", ["SI", "NO", "IS", "LI", "US", "", "pl"])
def test_what_is_unconfirmed_or_unknown_is_16(country):
    """The regulation's own age: never lower than we know."""
    assert age_of_consent(country, TODAY) == 16


def test_a_row_counts_from_its_day():
    """Denmark raised its age on 1 January 2024."""
    assert age_of_consent("DK", date(2023, 12, 31)) == 13
    assert age_of_consent("DK", date(2024, 1, 1)) == 15
    assert age_of_consent("DK", date(2018, 5, 24)) == 16


def test_the_order_of_rows_does_not_matter():
    rows = [Row("PL", 14, date(2027, 1, 1)), Row("PL", 15, date(2026, 1, 1)), Row("PL", 13, date(2025, 1, 1))]
    assert [age_of_consent("PL", date(year, 6, 1), rows) for year in (2025, 2026, 2027)] == [13, 15, 14]


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2010, 3, 5), date(2026, 3, 4), 15),
        (date(2010, 3, 5), date(2026, 3, 5), 16),
        (date(2012, 2, 29), date(2025, 2, 28), 12),
        (date(2012, 2, 29), date(2025, 3, 1), 13),
        (date(2012, 2, 29), date(2028, 2, 29), 16),
    ],
)
def test_years_change_on_the_birthday(born, on, years):
    assert years_old(born, on) == years


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "ages = 13",
        "ages = []",
        f"ages = [{ROW}]\nmore = 1",
        "ages = [13]",
        'ages = [{ country = "PL", age = 16 }]',
        f"ages = [{ROW.replace(' }', ', why = 1 }')}]",
        f"ages = [{ROW.replace('PL', 'Poland')}]",
        f"ages = [{ROW.replace('PL', 'pl')}]",
        f"ages = [{ROW.replace('= 16', '= 12')}]",
        f"ages = [{ROW.replace('= 16', '= 17')}]",
        f"ages = [{ROW.replace('= 16', '= true')}]",
        f"ages = [{ROW.replace('2018-05-25', '2018-05-25T00:00:00')}]",
        f"ages = [{ROW.replace(' }', ', confirmed = 1 }')}]",
        f"ages = [{ROW}, {ROW}]",
        "ages = [",
    ],
)
def test_a_table_that_cannot_be_used_is_refused(wrong):
    assert parse(f"ages = [{ROW}]") == (Row("PL", 16, date(2018, 5, 25)),)
    with pytest.raises(ValueError, match=r".+"):
        parse(wrong)


def ages_checked() -> list[str]:
    return [found.id for found in run_checks() if found.id and found.id.startswith("consent.")]


@pytest.mark.django_db(databases=["default", "keyring"])
def test_a_bad_table_is_reported_at_start(settings, tmp_path):
    """It does not start with a table that would let children agree alone."""
    assert ages_checked() == []
    settings.AGES = str(tmp_path / "ages.toml")
    assert ages_checked() == ["consent.E001"]
    (tmp_path / "ages.toml").write_text("ages = [")
    assert ages_checked() == ["consent.E001"]
    (tmp_path / "ages.toml").write_text(f"ages = [{ROW.replace('= 16', '= 13')}]")
    assert ages_checked() == []
    assert age_of_consent("PL", TODAY, children.table()) == 13
    assert age_of_consent("PL", TODAY, ages.standard()) == 16
