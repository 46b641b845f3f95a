"""The sign of a lock in a list (L8): every row has its own reason, however often one is drawn."""

from __future__ import annotations

from django.template import Context, Template
from django.utils import translation

_LIST = Template("{% load lock_marks %}{% for why in whys %}[{% lock_mark why %}]{% endfor %}")
_MARK = Template('{% include "portals_core/locks/mark.html" with lock=why only %}')


def test_each_row_has_the_sign_of_its_own_reason_and_a_free_one_has_none():
    whys = ["held", "", "kept <by law>", "held", ""]
    one = {why: _MARK.render(Context({"why": why})) if why else "" for why in whys}
    assert _LIST.render(Context({"whys": whys})) == "".join(f"[{one[why]}]" for why in whys)
    assert not one[""] and "held" in one["held"]


def test_a_reason_is_text_and_never_markup():
    drawn = _LIST.render(Context({"whys": ["<b>x</b>", "<b>x</b>"]}))
    assert "<b>" not in drawn and drawn.count("&lt;b&gt;x") == 4


def test_the_sign_drawn_for_one_page_is_not_kept_for_the_next(monkeypatch):
    """Another reader may read another language."""
    first = _LIST.render(Context({"whys": ["x", "x"]}))
    monkeypatch.setattr(translation, "gettext", lambda sentence: sentence.replace("Locked", "Lukittu"))
    second = _LIST.render(Context({"whys": ["x", "x"]}))
    assert first.count("Locked") == 2 and second == first.replace("Locked", "Lukittu")
