"""Whoever reads a page in their own language reads all of it (N8)."""

from __future__ import annotations

import re

import polib
import pytest
from django.conf import settings
from django.utils.translation import to_locale

from tests.parts import ROOT

OTHERS = [to_locale(code) for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def catalogue(locale: str) -> polib.POFile:
    """The sentences of one language."""
    return polib.pofile(str(ROOT / "locale" / locale / "LC_MESSAGES" / "django.po"))


@pytest.mark.parametrize("locale", OTHERS)
def test_every_sentence_is_translated(locale):
    found = catalogue(locale)
    assert [entry.msgid for entry in found.untranslated_entries()] == []
    assert [entry.msgid for entry in found.fuzzy_entries()] == []


@pytest.mark.parametrize("locale", OTHERS)
def test_every_translation_keeps_what_is_filled_in(locale):
    """A lost placeholder hides a name or a date; an invented one breaks the page."""
    wrong = [
        entry.msgid
        for entry in catalogue(locale)
        if not entry.msgid_plural
        and sorted(PLACEHOLDER.findall(entry.msgid)) != sorted(PLACEHOLDER.findall(entry.msgstr))
    ]
    assert wrong == []


def test_all_catalogues_hold_the_same_sentences():
    ids = {locale: {(entry.msgctxt, entry.msgid) for entry in catalogue(locale)} for locale in OTHERS}
    first = ids[OTHERS[0]]
    assert {locale: len(found ^ first) for locale, found in ids.items()} == dict.fromkeys(OTHERS, 0)
    assert len(first) > 1000


def test_a_sentence_without_translation_would_be_seen():
    found = polib.POFile()
    found.append(polib.POEntry(msgid="Withdraw", msgstr=""))
    assert [entry.msgid for entry in found.untranslated_entries()] == ["Withdraw"]
