"""What differs between two texts, word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.catalogue.compare import Kind, Part, compare, differ

SAME, GONE, NEW = Kind.SAME, Kind.GONE, Kind.NEW


def told(before: str, after: str) -> list[tuple[Kind, str]]:
    return [(part.kind, part.words) for part in compare(before, after)]


def test_words_are_marked_not_letters():
    assert told("We keep it for two years.", "We keep it for one year.") == [
        (SAME, "We keep it for "),
        (GONE, "two years"),
        (NEW, "one year"),
        (SAME, "."),
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ("", "a", [(NEW, "a")]),
        ("a", "", [(GONE, "a")]),
        ("a b", "a b", [(SAME, "a b")]),
        ("a  b", "a b", [(SAME, "a"), (GONE, "  "), (NEW, " "), (SAME, "b")]),
        ("a\nb", "a b", [(SAME, "a"), (GONE, "\n"), (NEW, " "), (SAME, "b")]),
        ("保存两年", "保存一年", [(SAME, "保存"), (GONE, "两"), (NEW, "一"), (SAME, "年")]),
        ("Äpfel", "Apfel", [(GONE, "Äpfel"), (NEW, "Apfel")]),
    ],
)
def test_spaces_line_breaks_and_writing_without_spaces(before, after, expected):
    assert told(before, after) == expected


def test_a_line_break_that_is_gone_or_new_is_seen():
    assert Part(NEW, "a\nb").marked == "a¶\nb"


def test_long_texts_of_frequent_words():
    """20,000 characters, every word frequent: one change is found, two at the ends lose nothing."""
    before = "the end " * 2_500
    once = compare(before, before.replace("the end", "the beginning", 1))
    assert [part.words for part in once if part.kind is NEW] == ["beginning "]
    both = compare(before, f"first {before}last")
    assert "".join(part.words for part in both if part.kind is not NEW) == before


WORDS = st.lists(st.sampled_from(["the", "end", " ", "  ", "\n", ".", "年", "保", "\x00", "\t", "<b>"])).map(
    "".join
)


@given(before=WORDS | st.text(), after=WORDS | st.text())
def test_nothing_is_lost_and_nothing_invented(before, after):
    parts = compare(before, after)
    assert "".join(part.words for part in parts if part.kind is not NEW) == before
    assert "".join(part.words for part in parts if part.kind is not GONE) == after
    assert differ(parts) == (before != after)
    assert all(part.words for part in parts)
