"""Art. 12(4), 77: every country and every Land has an authority to complain to, with a link of its own."""

from urllib.parse import urlsplit

import pytest

from portals_core.plumbing.errors import BadInput
from requests.law.authorities import LAND, NATIONAL, authority
from requests.law.calendars import ZONES, regions


def test_every_state_with_a_calendar_has_one_authority() -> None:
    assert sorted(entry.country for entry in NATIONAL) == sorted(ZONES)


def test_every_land_has_one_authority_baden_wuerttemberg_included() -> None:
    assert sorted(entry.region for entry in LAND) == sorted(regions("DE"))
    assert authority("DE", "BW").name.endswith("Baden-Württemberg")


def test_no_two_authorities_share_a_homepage_and_every_link_is_https() -> None:
    addresses = [urlsplit(entry.url) for entry in (*NATIONAL, *LAND)]
    assert len({address.hostname for address in addresses}) == len(NATIONAL) + len(LAND)
    assert {address.scheme for address in addresses} == {"https"}


def test_the_croatian_authority_has_the_croatian_homepage() -> None:
    assert authority("HR").url == "https://azop.hr/"
    assert authority("GR").url == "https://www.dpa.gr/"


def test_a_land_may_be_named_either_way_and_elsewhere_the_nation_answers() -> None:
    assert authority("DE", "BY") == authority("de-by") == authority("DE", "DE-BY")
    assert authority("DE").short == "BfDI"
    assert authority("PL").short == "UODO"
    assert authority("ES", "CT") == authority("ES")


@pytest.mark.parametrize("country", ["US", "", "UK"])
def test_elsewhere_there_is_nobody_to_name(country: str) -> None:
    with pytest.raises(BadInput):
        authority(country)
