"""Tag files of a bag, against RFC 8493."""

from datetime import date

import pytest

from exports.manifest import Entry, NotABag, bag_info, encoded, manifest, payload_oxum

ONE, TWO = Entry("data/a", "a1", 3), Entry("data/b c", "b1", 5)


def test_only_line_feed_carriage_return_and_percent_are_encoded():
    """RFC 8493, 2.1.3."""
    assert encoded("data/50% a\nb\rc ä数.csv") == "data/50%25 a%0Ab%0Dc ä数.csv"


@pytest.mark.parametrize("path", ["/etc/passwd", "data/../x", "..", "~/x", "\\x", "a\x00b", ""])
def test_a_path_that_leads_out_of_the_bag_is_refused(path):
    """Attack 48."""
    with pytest.raises(NotABag):
        encoded(path)


def test_every_file_stands_once_sorted_with_its_digest():
    assert manifest([TWO, ONE]) == "a1  data/a\nb1  data/b c\n"
    with pytest.raises(NotABag):
        manifest([ONE, TWO, ONE])


def test_the_oxum_counts_the_payload_only():
    assert payload_oxum([ONE, TWO, Entry("bagit.txt", "c", 99)]) == "8.2"


def test_no_value_forges_a_line():
    text = bag_info(
        made_on=date(2026, 3, 5),
        identifier="x",
        organisation="Evil\nPayload-Oxum: 0.0",
        email="a@b.example",
        entries=[ONE],
    )
    assert [line for line in text.splitlines() if line.startswith("Payload-Oxum")] == ["Payload-Oxum: 3.1"]
    assert len(text.splitlines()) == 5
