"""The receipt that people read."""

from __future__ import annotations

import re
import zlib
from datetime import timedelta

import pytest
from django.utils import translation
from django.utils.html import escape
from hypothesis import given, settings

from consent.models import Authority, Channel, Method, State
from consent.receipts import paper
from tests.consent import receipt_facts
from tests.consent.receipt_facts import AT, PAGE, act, notice, receipt

CODES = re.compile(r"by representative|not_responded|A6-1-a|dpv:|A7-3")


def fonts(made: bytes) -> list[set[str]]:
    """The characters that each font of the document draws, as a reader of the file finds them."""
    found = []
    for part in made.split(b"stream\n")[1:]:
        try:
            opened = zlib.decompressobj().decompress(part)
        except zlib.error:
            opened = part
        drawn = re.findall(
            rb"^<[0-9a-f]{4}> <([0-9a-f]+)>$", opened.partition(b"beginbfchar")[2], re.MULTILINE
        )
        if drawn:
            found.append(set("".join(bytes.fromhex(text.decode()).decode("utf-16-be") for text in drawn)))
    return found


def boxes(made: bytes) -> set[str]:
    """Characters drawn as an empty box: the font of the Latin letters lends its own to what no font has."""
    return {sign for font in fonts(made) if "a" in font for sign in font if ord(sign) > 0x2E80}


def test_it_tells_everything_in_words():
    later = AT + timedelta(days=365)
    page = paper.html(receipt(act(ends_at=later, remarks="Only on Mondays.")))
    for words in (
        "Given", "The person", "In the portal", "E-mail, Post", "Only on Mondays.", "once a month.",
        "Harjula Outdoor Oy", "Rantatie 1, 00100 Helsinki, Finland", "E-mail address", "Allergies", PAGE,
        "Trail Partners (Another controller, Switzerland)", "Two years after the last letter.",
        "March 5, 2026, 9 a.m. (UTC)", "March 5, 2027, 9 a.m. (UTC)", "withdraw this consent at any time",
        "complain to the supervisory authority", f"{1:064d}", "d" * 64, "Version 2 of March 5, 2026",
        "privacy@harjula.example",
    ):  # fmt: skip
        assert words in page
    assert not CODES.search(page)
    assert "until you withdraw it" in paper.html(receipt())


@pytest.mark.parametrize("state", State.values)
def test_an_end_is_told_of_what_was_given_only(state):
    page = paper.html(receipt(act(state=state)))
    assert escape(str(State(state).label)) in page
    given = state in ("obtained", "renewed")
    assert ("until you withdraw it" in page) is given and ("How to withdraw" in page) is given


@settings(max_examples=25)
@given(receipt_facts.receipts())
def test_no_receipt_lacks_its_state_its_text_and_its_digest(found):
    page = paper.html(found)
    with translation.override(found.act.notice.language):
        assert escape(str(State(found.act.state).label)) in page
    assert escape(found.act.notice.title) in page and found.act.evidence in page


def test_every_way_and_channel_is_in_words():
    for authority in Authority:
        assert str(authority.label) in paper.html(receipt(act(authority=authority.value)))
    for method in Method:
        assert str(method.label) in paper.html(receipt(act(method=method.value)))
    for channel in Channel:
        assert f"<dd>{channel.label}</dd>" in paper.html(receipt(act(channels=(channel.value,))))


@pytest.mark.parametrize(
    ("language", "title", "body", "word"),
    [
        ("pl", "Zgoda na biuletyn", "Zażółć gęślą jaźń raz w miesiącu.", "Udzielono"),
        ("zh-hans", "新闻通讯", "我们每月给您写一次信。", "权利"),
    ],
)
def test_it_speaks_the_language_of_the_text_and_every_sign_is_drawn(language, title, body, word):
    """N8, W15: whatever the reader's language is, and never as an empty box."""
    found = receipt(act(notice=notice(language=language, title=title, words=(body,))))
    page = paper.html(found)
    assert f'lang="{language}"' in page and body in page and word in page and "Given" not in page
    made = paper.written(found)
    assert set(title + body) - {" "} <= set().union(*fonts(made))
    assert boxes(made) == set()


def test_a_sign_that_no_font_has_would_be_seen():
    assert boxes(paper.written(receipt(act(notice=notice(title="A \U00012000 B"))))) == {"\U00012000"}


def test_a_text_cannot_reach_out_of_the_page():
    """What was published is text, never markup."""
    found = receipt(act(notice=notice(words=("<img src='file:///etc/passwd'>",))))
    assert paper.written(found).startswith(b"%PDF-") and "&lt;img" in paper.html(found)


def test_equal_receipts_give_equal_bytes():
    assert paper.written(receipt()) == paper.written(receipt())
    assert paper.written(receipt()) != paper.written(receipt(act(method="paper")))
